"""Sends what waits in the queue of mails, beside everything else: no request ever waits for a mail server.

What fails is tried again with growing pauses and given up a day after the first try, with a line in the log that names the kind and the
account, never an address's token. A server that does not answer holds up all mails alike, and loses none before that day is over.
"""

import asyncio
import logging
from functools import partial
from typing import Final

from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.domain import mail as mails
from lemmy_lite.domain import mail_letter, mail_matter
from lemmy_lite.domain.mail_matter import Matter
from lemmy_lite.mail.smtp import Connection, Line, MailError
from lemmy_lite.mail.told import Told
from lemmy_lite.model.clock import DAY, MINUTE, SECOND, Micros, moment
from lemmy_lite.model.events import Event
from lemmy_lite.model.struct import Struct
from lemmy_lite.net import tls, tunnel
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import mail

log = logging.getLogger(__name__)

KEPT: Final[Micros] = DAY
"""How long a mail is tried: who asked for a link has asked again by then, and news has been read elsewhere."""
BURST: Final = 10
"""Mails that may follow each other at once before `mail.per_minute` spaces them out."""
STEPS: Final = 8
"""Steps of one talk, each of which may take `mail.timeout`; meanwhile the mail is nobody else's."""
GRACE_SECONDS: Final = 2.0
LONGEST_SLEEP: Final = 3600.0
SHARED_SLEEP: Final = 30.0
"""Where several processes share the queue: one that died may have left a mail of which nobody was told."""


class Pauses(Struct, kw_only=True):
    """Seconds before another try: doubled from the first to the longest, for a silent server and for a single mail."""

    server_first: float = 5.0
    server_longest: float = 300.0
    mail_first: float = 60.0
    mail_longest: float = 7200.0


def line(config: Config) -> Line:
    """How the configured mail server is reached; one of one's own network is, like the database, without the proxy.

    Needs `config.email`. Raises MailError when `mail.ca_file` cannot be read.
    """
    try:
        trusted = tls.context(str(config.mail.ca_file) if config.mail.ca_file else None)
    except OSError as error:
        why = Told("The certificates in mail.ca_file ({file}) cannot be read.", {"file": str(config.mail.ca_file)})
        raise MailError(why, server_wide=True) from error
    if config.email is None or config.socks_proxy is None or not tunnel.leads_outside(config.email.smtp_server.host):
        return Line(trusted)
    return Line(trusted, partial(tunnel.dial, config.socks_proxy, seconds=float(config.mail.timeout)))


class Postman:
    """One for a process; several processes on one database share the queue. Needs `config.email`."""

    HEARS: Final = mails.HEARS

    def __init__(self, context: Context, database: Database, pauses: Pauses | None = None) -> None:
        self._context, self._database = context, database
        self._line: Line | None = None
        self._pauses = pauses or Pauses()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._silences = 0
        self._pace = _Pace(context.config.mail.per_minute)

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._work(), name="postman")

    async def close(self) -> None:
        """Stop after the letter that is being handed over, if that does not take long; what waits is sent after the next start."""
        if self._task is None:
            return
        self._stopping = True
        self._woken.set()
        await asyncio.wait([self._task], timeout=GRACE_SECONDS)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def after(self, event: Event) -> None:
        """Subscriber after the commit: there may be something to send."""
        if mails.tells(event):
            self._woken.set()

    async def _work(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                pause = await self._round()
            except Exception:
                log.exception("the postman stumbled")
                pause = self._pauses.server_longest
            if not self._stopping:
                await _waited(self._woken, pause)

    async def _sleep(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while not self._stopping and (left := end - asyncio.get_running_loop().time()) > 0:
            self._woken.clear()
            await _waited(self._woken, left)

    async def _round(self) -> float:
        """Send all that is due; answers the seconds after which to look again."""
        matter = await self._take()
        if matter is not None:
            talking = False
            try:
                async with Connection(self._context.config, await self._reached(), matter.site_name) as talk:
                    talking = True
                    while matter is not None:
                        await self._hand_over(talk, matter)
                        self._silences = 0
                        matter = None if self._stopping else await self._take()
            except MailError as error:
                # Every new mail wakes us, but a server that was silent just now is left in peace.
                await self._sleep(await self._server_failed(matter, error, talking=talking))
                return 0.0
        due = await self._database.read(mail.next_due)
        longest = SHARED_SLEEP if self._database.processes.are_several else LONGEST_SLEEP
        return longest if due is None else min(max(0.0, (due - self._context.clock.now()) / SECOND), longest)

    async def _reached(self) -> Line:
        """The line, made with the first mail: most instances send none for hours, and trusted authorities take memory."""
        if self._line is None:
            self._line = await asyncio.to_thread(line, self._context.config)
        return self._line

    async def _take(self) -> Matter | None:
        lease = max(10 * MINUTE, STEPS * self._context.config.mail.timeout * SECOND)
        return await self._database.note(mail_matter.take, self._context, self._context.clock.now() + lease)

    async def _hand_over(self, talk: Connection, matter: Matter) -> None:
        """One letter: it is gone, given up or put back. Raises MailError where no other letter would leave either."""
        await self._pace.turn()
        waiting, what = matter.mail, _named(matter)
        try:
            letter = await asyncio.to_thread(mail_letter.letter, self._context.config, matter, moment(self._context.clock.now()))
            await talk.send(letter)
        except MailError as error:
            if error.server_wide:
                raise
            trouble, permanent = str(error), error.permanent
        except Exception as error:
            log.exception("%s cannot be written", what)
            trouble, permanent = type(error).__name__, False
        else:
            await self._database.note(mail.delete, waiting.id)
            log.debug("%s was sent", what)
            return
        now = self._context.clock.now()
        if permanent or now - (waiting.tried or now) >= KEPT:
            await self._database.note(mail.delete, waiting.id)
            log.warning("%s is given up: %s", what, trouble)
        else:
            pause = _doubled(self._pauses.mail_first, waiting.attempts - 1, self._pauses.mail_longest)
            await self._database.note(mail.postpone, waiting.id, now + int(pause * SECOND))
            log.info("%s will be tried again in %.0f s: %s", what, pause, trouble)

    async def _server_failed(self, matter: Matter | None, error: MailError, *, talking: bool) -> float:
        pause = _doubled(self._pauses.server_first, self._silences, self._pauses.server_longest)
        self._silences += 1
        # A mail at which the server hangs up must not stand before all others at the next try.
        apart = _doubled(self._pauses.mail_first, matter.mail.attempts - 1, self._pauses.mail_longest) if talking and matter else 0.0
        given_up = await self._database.note(_server_failed, matter.mail.id if matter else None, int(apart * SECOND))
        for number, kind in given_up:
            log.warning("mail %s (%s) is given up after a day: %s", number, kind, error)
        log.log(logging.WARNING if self._silences == 1 else logging.INFO, "mails wait for another try in %.0f s: %s", pause, error)
        return pause


class _Pace:
    """Spaces mails out evenly once a burst is used up."""

    def __init__(self, per_minute: int) -> None:
        self._interval = 60.0 / per_minute
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - BURST * self._interval) + self._interval
        if self._next > now:
            await asyncio.sleep(self._next - now)


def _server_failed(tx: Transaction, mail_id: int | None, apart: Micros) -> list[tuple[int, str]]:
    """Put back what was taken; everything that was due counts as tried, and goes if that began a day ago."""
    if mail_id is not None:
        mail.postpone(tx, mail_id, tx.now + apart)
    mail.note_silence(tx)
    return mail.give_up(tx, tx.now - KEPT)


def _doubled(first: float, times: int, longest: float) -> float:
    return min(longest, first * 2.0 ** min(times, 30))


def _named(matter: Matter) -> str:
    return f"mail {matter.mail.id} ({matter.mail.kind}, account {matter.mail.local_user_id})"


async def _waited(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
