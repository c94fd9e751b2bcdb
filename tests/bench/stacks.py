"""Where a program stood each time it was looked at: frames, the rooms of the house that they belong to, and what of it is folded.

A sampler writes a stack a line, the outermost frame first: `thread (17): name;main (/path/a.py);read (/path/b.py) 12`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.house.sources import PACKAGE

TOP = Path(__file__).parent.parent.parent
ROOMS = ("http", "domain", "storage", "federation", "text", "crypto", "net", "other rooms", "libraries", "outside of Python")
"""The rooms that a picture tells apart. What a library of C does for one of ours counts as the function's own, as SQLite for `fetch`."""
LIBRARIES, OUTSIDE = ROOMS[-2:]

_FRAME = re.compile(r"(?P<function>.*) \((?P<file>.*)\)")
_THREAD = re.compile(r"thread \((?P<number>\d+)\)(: .*)?")
_BUILT = re.compile(r"<(?P<what>\w+ of a row)>")
_INSTALLED = re.compile(r".*/(?:site-packages|dist-packages|lib/python3\.\d+)/(?P<rest>.*)")

_BEGINNINGS = {
    ("asyncio/base_events.py", "_run_once"): "event loop",
    ("aiosqlite/core.py", "_connection_worker_thread"): "thread of a database connection",
    ("concurrent/futures/thread.py", "_worker"): "thread of a pool",
}
"""The frames at which work begins. What is below them is the same for all work, and only the kind of the thread is kept of it."""

_WAITS = {
    ("selectors.py", "select"),
    ("aiosqlite/core.py", "_connection_worker_thread"),
    ("concurrent/futures/thread.py", "_worker"),
    # It wakes the loop, which then wants the same core: who is seen here has used nothing, it waits to go on.
    ("asyncio/selector_events.py", "_write_to_self"),
}
"""Where a thread stands that waits for work or for the core. The kernel says of both that they run."""


class Frame(NamedTuple):
    """A function, the module of the house or the library that it is in, and one of ROOMS. A folded library has no function."""

    function: str
    place: str
    room: str

    @property
    def name(self) -> str:
        """The function as it is told."""
        return self.function.replace(".<locals>", "")


class Sample(NamedTuple):
    """A stack, outermost frame first, in which the thread of this number was seen so many times."""

    thread: int
    frames: tuple[Frame, ...]
    seen: int


Stacks = Mapping[tuple[Frame, ...], float]
"""What was spent in each stack: seconds of the processor."""


def samples(lines: Iterable[str]) -> Iterator[Sample]:
    """Read what a sampler wrote. Raises ValueError for what is no stack."""
    for line in lines:
        stack, _, seen = line.rstrip("\n").rpartition(" ")
        if not stack:
            continue
        thread, *frames = stack.split(";")
        found = _THREAD.fullmatch(thread)
        if found is None:
            raise ValueError(f"no thread stands first in {line[:80]!r}")
        yield Sample(int(found["number"]), tuple(frame(each) for each in frames), int(seen))


def frame(text: str) -> Frame:
    """A frame by what the sampler calls it."""
    found = _FRAME.fullmatch(text)
    function, file = (found["function"], found["file"]) if found else (text, "")
    if file.startswith(f"{TOP / PACKAGE}/"):
        place = file.removeprefix(f"{TOP / PACKAGE}/")
        room = place.split("/")[0]
        return Frame(function, place, room if room in ROOMS else "other rooms")
    if made := _BUILT.fullmatch(file):
        return Frame(made["what"], "storage/shapes.py", "storage")
    if (function, file) == ("<lambda>", "<string>"):
        return Frame("a named tuple made", "collections", LIBRARIES)
    installed = _INSTALLED.fullmatch(file)
    return Frame(function, installed["rest"] if installed else file, LIBRARIES)


def library(place: str) -> str:
    """The library of a place outside of the house: `asyncio` for `asyncio/events.py`."""
    return "Python" if place.startswith("<") or not place else place.split("/")[0].removesuffix(".py")


def waits(sample: Sample) -> bool:
    """Whether the thread waits where it stands, or does something that is not Python."""
    return not sample.frames or _at(sample.frames[-1]) in _WAITS


def mended(found: Sequence[Sample]) -> list[Sample]:
    """The samples, those that lack their outermost frames with those of the stacks that are most like them.

    A stack that is read while it changes may end too early. The work that it shows is real; where its first frame is called is known from
    the whole stacks of the same thread.
    """
    callers: dict[tuple[int, Frame], Counter[tuple[Frame, ...]]] = {}
    for thread, frames, seen in found:
        if _begins(frames) >= 0:
            for place in range(_begins(frames) + 1, len(frames)):
                callers.setdefault((thread, frames[place]), Counter())[frames[:place]] += seen
    whole = []
    for each in found:
        if each.frames and _begins(each.frames) < 0 and (known := callers.get((each.thread, each.frames[0]))):
            each = each._replace(frames=known.most_common(1)[0][0] + each.frames)
        whole.append(each)
    return whole


def weighed(found: Iterable[Sample], spent: Mapping[int, float]) -> dict[tuple[Frame, ...], float]:
    """What was spent in each stack, when the threads have spent so many seconds: each thread's are shared among the stacks it was seen in.

    A sampler sees threads that wait for a core as if they had it; the clocks of the threads know better. A thread that was seen in no
    stack of Python spent its time outside.
    """
    working: dict[int, Counter[tuple[Frame, ...]]] = {}
    bare: Counter[int] = Counter()
    for sample in found:
        if not waits(sample):
            working.setdefault(sample.thread, Counter())[sample.frames] += sample.seen
        elif not sample.frames:
            bare[sample.thread] += sample.seen
    weights: dict[tuple[Frame, ...], float] = {}
    outside = (Frame("outside of Python", "the web server in Rust, the operating system", OUTSIDE),)
    for thread, seconds in spent.items():
        own = working.get(thread, Counter())
        whole = own.total() + bare[thread]
        for stack, seen in own.items():
            weights[stack] = weights.get(stack, 0.0) + seconds * seen / whole
        if (rest := seconds * bare[thread] / whole if whole else seconds) > 0:
            weights[outside] = weights.get(outside, 0.0) + rest
    return weights


def folded(stack: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """A stack fit to be drawn: it begins with the kind of its thread, and what one library does is one frame."""
    begins = _begins(stack)
    drawn = [Frame("", _BEGINNINGS[_at(stack[begins])], LIBRARIES)] if begins >= 0 else []
    for each in stack[begins + 1 :]:
        if each.room == LIBRARIES:
            each = Frame("", library(each.place), LIBRARIES)
            if drawn and drawn[-1] == each:
                continue
        drawn.append(each)
    return tuple(drawn)


def by_room(stacks: Stacks) -> dict[str, float]:
    """The share that each room has by what its functions do themselves, in the order of ROOMS; those of all rooms together are 1."""
    shares = dict.fromkeys(ROOMS, 0.0)
    whole = sum(stacks.values()) or 1.0
    for stack, weight in stacks.items():
        shares[stack[-1].room] += weight / whole
    return shares


def by_library(stacks: Stacks) -> dict[str, float]:
    """The shares of the libraries, the largest first."""
    shares: defaultdict[str, float] = defaultdict(float)
    whole = sum(stacks.values()) or 1.0
    for stack, weight in stacks.items():
        if stack[-1].room == LIBRARIES:
            shares[library(stack[-1].place)] += weight / whole
    return dict(sorted(shares.items(), key=lambda each: -each[1]))


class Hot(NamedTuple):
    """A function with the share that it spends itself (`own`) and the one that it and all that it calls spend (`whole`)."""

    frame: Frame
    own: float
    whole: float


def hottest(stacks: Stacks, most: int) -> list[Hot]:
    """The functions that spend most themselves, at most so many."""
    own: defaultdict[Frame, float] = defaultdict(float)
    whole: defaultdict[Frame, float] = defaultdict(float)
    everything = sum(stacks.values()) or 1.0
    for stack, weight in stacks.items():
        own[stack[-1]] += weight / everything
        for each in set(stack):
            whole[each] += weight / everything
    return [Hot(each, share, whole[each]) for each, share in sorted(own.items(), key=lambda each: -each[1])[:most]]


def _begins(stack: tuple[Frame, ...]) -> int:
    """Where in a stack the work begins; -1 where it is not seen."""
    return max((place for place, each in enumerate(stack) if _at(each) in _BEGINNINGS), default=-1)


def _at(each: Frame) -> tuple[str, str]:
    return each.place, each.function.rpartition(".")[2]
