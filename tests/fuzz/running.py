"""Feeds a target for as long as it is told; what breaks it is kept small, once for each place where it breaks."""

import contextlib
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.target import Bench, Target

LONGEST = 20.0
"""Seconds of processor time for one input: nothing that is fed here takes a tenth of one."""

HERE = ("/lemmy_lite/", "/tests/fuzz/")


class Hang(Exception):
    """An input was not done with in LONGEST seconds."""


class Finding(NamedTuple):
    """What broke a target: the smallest input seen of this kind, and how it broke."""

    mark: str
    value: Any
    trace: str


class Tally:
    """What has happened in a run so far."""

    def __init__(self, target: Target, seconds: float) -> None:
        self.target = target
        self.executions = 0
        self.begun = time.monotonic()
        self.until = self.begun + seconds
        self.ended: float | None = None
        self.found: dict[str, Finding] = {}
        self.done: set[str] = set()

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.until

    @property
    def seconds(self) -> float:
        """How long it has gone on."""
        return (self.ended or time.monotonic()) - self.begun

    def note(self, value: Any, error: BaseException) -> str:
        """Remember what broke, if it is smaller than what is known of its kind. Answers the kind."""
        mark = mark_of(error)
        known = self.found.get(mark)
        if known is None or len(self.target.kind.written(value)) < len(self.target.kind.written(known.value)):
            self.found[mark] = Finding(mark, value, "".join(traceback.format_exception(error))[-6000:])
        return mark


def mark_of(error: BaseException) -> str:
    """Where something broke: the kind of error and the last line of ours on its way, of its first cause."""
    while error.__cause__ is not None:
        error = error.__cause__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if any(part in frame.filename for part in HERE)]
    last = next((frame for frame in reversed(frames) if not frame.filename.endswith("fuzz/running.py")), None)
    place = f"{Path(last.filename).name}:{last.name}:{last.lineno}" if last is not None else "nowhere"
    return f"{type(error).__name__} at {place}"


@contextlib.contextmanager
def bounded(seconds: float = LONGEST) -> Iterator[None]:
    """Raises Hang in what takes longer. In the main thread only."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise Hang(f"not done with in {seconds:.0f} s")

    # Of the processor, so that a busy machine makes no hang; who waits for ever is cut off where they wait.
    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL if before is None else before)  # None: it was not set from Python


def run(target: Target, seconds: float, first_seed: int, told: Callable[[Tally], None]) -> Tally:
    """Feed a target spell after spell, each on a fresh bench and from a seed of its own. `told` hears of every input."""
    tally = Tally(target, seconds)
    number = first_seed
    while not tally.over:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, target.opened(Path(folder)) as bench:
            _spell(target, bench, number, tally, told)
        number += 1
    return tally


def _spell(target: Target, bench: Bench, number: int, tally: Tally, told: Callable[[Tally], None]) -> None:
    left = target.spell

    def feed(value: Any) -> None:
        nonlocal left
        left -= 1
        if tally.over:
            return
        tally.executions += 1
        told(tally)
        try:
            with bounded():
                bench.check(value)
        except Exception as error:
            if tally.note(value, error) in tally.done:
                return  # known: what lies behind it is looked for
            raise

    while left > 0 and not tally.over:
        chosen = settings(
            max_examples=left,
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            print_blob=False,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        before = dict(tally.found)
        try:
            seed(number * 1000 + left)(chosen(given(bench.strategy)(feed)))()
            return
        except BaseException as error:
            new = set(tally.found) - tally.done
            if not new or isinstance(error, KeyboardInterrupt):
                raise
            tally.done |= new
            assert before.keys() <= tally.found.keys()
