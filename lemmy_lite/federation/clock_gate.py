"""No signature is made or judged while our clock may be wrong (design rule 24).

A small board without a battery wakes up in 1970 or in the year of its last shutdown. What it signs then is refused for ever by its peers,
and what it accepts may be an old request sent again. So the time must be later than the making of this program and than anything stored,
and most of a few other instances must agree with it within five minutes; their answers carry the time for nothing. Their word also clears
a clock that is earlier than what was stored while it ran ahead. In doubt the inbox answers 503, delivery waits, and fetches go unsigned.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from lemmy_lite.context import Context
from lemmy_lite.crypto.signed_request import SignatureError, read_http_date
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused, TryLater
from lemmy_lite.federation.policy import Policy
from lemmy_lite.model.clock import MINUTE, SECOND, Micros, moment
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Response
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.tables import instance, witness
from lemmy_lite.text.translations import phrase

log = logging.getLogger(__name__)

MADE: Micros = 1_795_305_600 * SECOND
"""2026-11-22: no clock that shows less is right. Moves with each release."""
TOLERANCE: Micros = 5 * MINUTE
"""As much as signatures may lie ahead (Window.future): within it, a wrong clock harms nobody."""
ASKED_AT_ONCE = 5
MOST_VOICES = 15
ENOUGH_VOICES = 3
"""So many hosts are believed as they come; of fewer, the others that we know are asked first."""
VOICE_SECONDS = 6 * 3600.0
ASK = Limits(requests=2, depth=1, wire_bytes=16 * 2**10, decoded_bytes=16 * 2**10, seconds=3)
FIRST_VERDICT_SECONDS = 4.0
"""How long a request of the first moments waits for the first verdict."""
SECONDS_BETWEEN_VERDICTS = 0.5
SECONDS_IN_DOUBT = 20.0
"""Between two rounds of asking: it heals within a minute of the clock."""
SECONDS_AT_REST = 5.0
SECONDS_BETWEEN_ROUNDS = 600.0
"""Between two rounds that are caused by a host which contradicts us."""
SECONDS_BETWEEN_WARNINGS = 60.0


class ClockInDoubt(TryLater):
    """Nothing can be judged before the clock is right."""


def steady() -> float:
    """Seconds that nobody sets, counted through a suspension too where the system can (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def why_in_doubt(now: Micros, voices: list[Micros], stored: Micros) -> str | None:
    """Why a time is not believed, a Phrase; None when it is. `voices` are what other instances say that it is now."""
    if now < MADE:
        return phrase("the clock shows {now}, which is before this program was made", now=_shown(now))
    others = [voice for voice in voices if abs(voice - now) > TOLERANCE]
    if 2 * len(others) > len(voices):
        middle = sorted(others)[len(others) // 2]
        return phrase(
            "the clock shows {now}, but by other instances ({number} of them) it is {theirs}",
            now=_shown(now),
            number=len(others),
            theirs=_shown(middle),
        )
    if not voices and now < stored - TOLERANCE:
        return phrase("the clock shows {now}, but something was stored at {stored}", now=_shown(now), stored=_shown(stored))
    return None


def _shown(time: Micros) -> str:
    return f"{moment(time):%Y-%m-%d %H:%M}"


class ClockGate:
    """Watches the clock. `doubt()` costs nothing most of the time."""

    def __init__(self, context: Context, database: Database, policy: Policy, beat: Callable[[], float] = steady) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self._beat = beat
        self._stored: Micros = 0
        self._voices: OrderedDict[str, tuple[float, Micros]] = OrderedDict()
        self._asked_at: float | None = None
        self._contradicted_at: float | None = None
        self._verdict: str | None = phrase("the clock was not looked at yet")
        self._judged_at: float | None = None
        self._first = asyncio.Event()
        self._open = asyncio.Event()
        self._contradicted = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch; a repeat is harmless."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="clock gate")

    async def close(self) -> None:
        """Stop."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    def doubt(self) -> str | None:
        """Why the clock is not believed; None while it is."""
        if not self._first.is_set():
            return self._verdict
        now = self._beat()
        if self._judged_at is None or now - self._judged_at >= SECONDS_BETWEEN_VERDICTS:
            self._judge(now)
        return self._verdict

    async def verdict(self) -> str | None:
        """Like `doubt`, but waits for the first verdict after the start."""
        if not self._first.is_set() and self._watching is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_VERDICT_SECONDS):
                    await self._first.wait()
        return self.doubt()

    async def require(self) -> None:
        """Raises ClockInDoubt."""
        if (why := await self.verdict()) is not None:
            raise ClockInDoubt(why)

    async def opened(self) -> None:
        """Wait until the clock is believed."""
        while self.doubt() is not None:
            await self._open.wait()

    def heard(self, response: Response) -> None:
        """Take the time from an answer of another instance."""
        try:
            domain, said = origins.domain(response.url), read_http_date(response.header("date") or "")
        except (Refused, SignatureError):
            return
        beat = self._beat()
        self._voices[domain] = (beat, said - int(beat * SECOND))
        self._voices.move_to_end(domain)
        if len(self._voices) > MOST_VOICES:
            self._voices.popitem(last=False)
        if abs(said - self._context.clock.now()) > TOLERANCE:
            self._contradicted_at = self._contradicted_at or beat
            self._contradicted.set()

    def _judge(self, beat: float) -> None:
        now = self._context.clock.now()
        voices = [offset + int(beat * SECOND) for at, offset in self._voices.values() if beat - at < VOICE_SECONDS]
        if len(voices) < ENOUGH_VOICES and self._contradicted_at is not None and (self._asked_at or 0.0) < self._contradicted_at:
            # One host alone must not silence us: what it says counts when the others have been asked.
            voices = [voice for voice in voices if abs(voice - now) <= TOLERANCE]
        self._verdict = why_in_doubt(now, voices, self._stored)
        self._judged_at = beat
        if self._verdict is None:
            self._open.set()
        else:
            self._open.clear()

    async def _watch(self) -> None:
        warned_at: float | None = None
        while True:
            self._contradicted.clear()
            await self._round()
            self._judge(self._beat())
            self._first.set()
            if self._verdict is None:
                if warned_at is not None:
                    log.warning("the clock is believed again: federation goes on")
                    warned_at = None
                await self._until_doubtful()
                continue
            beat = self._beat()
            if warned_at is None or beat - warned_at >= SECONDS_BETWEEN_WARNINGS:
                log.warning("federation waits for the clock: %s", self._verdict)
                warned_at = beat
            await self._until_believed()

    async def _until_doubtful(self) -> None:
        """Rest while the clock is believed; a contradiction is looked into, every ten minutes at most."""
        rested_to = self._beat()
        if self._contradicted_at is not None:
            self._contradicted_at = None
            rested_to += self._pause(SECONDS_BETWEEN_ROUNDS)
        while self.doubt() is None:
            if self._contradicted.is_set() and self._beat() >= rested_to:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause(SECONDS_AT_REST)):
                    await (self._contradicted.wait() if not self._contradicted.is_set() else asyncio.sleep(SECONDS_AT_REST))

    async def _until_believed(self) -> None:
        """Rest between two rounds, looking at the clock itself each second: it may have been set."""
        ends = self._beat() + self._pause(SECONDS_IN_DOUBT)
        while self._beat() < ends:
            await asyncio.sleep(self._pause(1.0))
            self._judge(self._beat())
            if self._verdict is None:
                return

    def _pause(self, seconds: float) -> float:
        return min(seconds, 0.25) if self._context.config.testing.fast_federation else seconds

    async def _round(self) -> None:
        """Ask some instances that were well lately what time it is."""
        try:
            self._stored = await self._database.read(witness.latest) if self._asked_at is None else self._stored
            known = await self._database.read(instance.lately_well, ASKED_AT_ONCE)
            async with asyncio.TaskGroup() as asking:
                for inbox in known:
                    asking.create_task(self._ask(inbox))
        except StorageError as trouble:
            log.info("clock gate: %s", trouble)
        self._asked_at = self._beat()

    async def _ask(self, inbox: str) -> None:
        with contextlib.suppress(Refused, NetError):
            await self._policy.require(inbox)
            url = f"{origins.origin(inbox)}/.well-known/nodeinfo"
            self.heard(await self._context.net.head(url, Budget(ASK), same_origin_redirects=True))
