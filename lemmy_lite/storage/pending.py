"""Votes of other instances that are durable in the log (tables/vote_log.py) and not yet in their tables: what each adds to the counters.

One object for a database, in memory. The writer's thread alone changes it, after each unit of work that has succeeded; all threads read
it. Why it is so stands in README.md, "Votes of other instances".
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from struct import Struct
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lemmy_lite.model.clock import HOUR, MINUTE, SECOND, Micros
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.storage.digests import digest

if TYPE_CHECKING:
    from lemmy_lite.storage.query import Transaction
    from lemmy_lite.storage.vote_file import VoteFile

Kind = Literal["post", "comment"]
KINDS: Final[tuple[Kind, Kind]] = ("post", "comment")
Target = tuple[Kind, int]
Moved = tuple[int, int]
"""How many upvotes and downvotes the waiting votes add."""

STILL: Final[Moved] = (0, 0)
DIRECT_VOTES: Final = 50
"""Votes that go straight to their tables, as long as no more come than DIRECT_EVERY allows: an instance that hears little shows each in
every order at once, and its card does not mind."""
DIRECT_EVERY: Final[Micros] = 20 * SECOND
MERGED_EVERY: Final[Micros] = 6 * HOUR
MOST_WAITING: Final = 100_000
"""Votes that wait in memory, some 70 bytes each; beyond it they are merged at once."""
IDS_KEPT: Final[Micros] = 2 * (HOUR + 5 * MINUTE)
"""Twice as long as a signature holds by default (an hour back and what clocks differ by), so that no vote is told twice."""
_RUN: Final = 4_096
_LONGEST_RUN: Final = 16 * _RUN


class Ballot(NamedTuple):
    """One vote that waits: `score` is what it is now, `stored` what its table says, `moment` when it came."""

    kind: Kind
    number: int
    person_id: PersonId
    score: int
    stored: int
    moment: Micros

    @property
    def packed(self) -> bytes:
        """Person, score, what is stored and the moment: a hundred thousand wait in memory."""
        return _PACKED.pack(self.person_id, self.moment << 4 | (self.score + 1) << 2 | self.stored + 1)


_PACKED: Final = Struct("<QQ")
_MOVED: Final = Struct("<ii")


def _unpacked(target: Target, person_id: int, packed: int) -> Ballot:
    return Ballot(*target, PersonId(person_id), (packed >> 2 & 3) - 1, (packed & 3) - 1, packed >> 4)


def _place(votes: bytes, person_id: PersonId) -> int:
    """Where a person's vote begins among those on one target; -1 for nowhere."""
    sought = person_id.to_bytes(8, "little")
    place = votes.find(sought, _MOVED.size)
    while place >= 0 and (place - _MOVED.size) % _PACKED.size:
        place = votes.find(sought, place + 1)
    return place


def _key(target: Target) -> int:
    return target[1] << 1 | KINDS.index(target[0])


def _target(key: int) -> Target:
    return KINDS[key & 1], key >> 1


class Share:
    """What one unit of work has to do with waiting votes; `row` is the row of the log that keeps it, or will with the commit."""

    __slots__ = ("ballots", "counted", "ids", "merged", "row", "through")

    def __init__(self) -> None:
        self.ballots: dict[tuple[Kind, int, PersonId], Ballot] = {}
        self.ids: list[int] = []
        self.merged: list[Target] = []
        self.through: Micros | None = None
        self.counted: dict[PostId, PostCounted] = {}
        self.row: Micros | None = None


class Pending:
    """The votes that wait. `gathers` False (Postgres) lets every vote go straight to its table. `file`, where there is one, takes what the
    log has to keep of commits that hold nothing else."""

    def __init__(self, *, gathers: bool, file: "VoteFile | None" = None) -> None:
        self._gathers = gathers
        self.file = file
        # For each target by its _key what its waiting votes add to its counters, then the votes.
        self._votes: dict[int, bytes] = {}
        self._counted: dict[PostId, PostCounted] = {}
        self._number = 0
        self._seen = _Seen()
        self.ids_kept: Micros = IDS_KEPT
        """For how long no activity of a vote is taken again; longer where signatures are believed for longer."""
        self._direct = float(DIRECT_VOTES)
        self._asked: Micros = 0
        self._merged: Micros = 0
        self._plan: list[Target] = []
        self._covered: Micros = 0
        self._merged_votes = 0
        self.newest: Micros = 0
        """The newest row of the log."""
        self.kept: Micros = 0
        """The newest that is known to be on the disk."""
        self.is_gathering = False
        """Whether votes come so fast now that they wait for each other."""

    def __len__(self) -> int:
        return self._number

    @property
    def targets(self) -> list[Target]:
        """The posts and comments of which a vote waits, in the order of their tables."""
        return [_target(key) for key in sorted(self._votes.copy(), key=lambda key: (key & 1, key))]

    def rushes(self, now: Micros) -> bool:
        """Whether the vote in hand must wait in the log; it is counted by the asking."""
        if not self._gathers or self.is_gathering:
            return self._gathers
        self._direct = min(float(DIRECT_VOTES), self._direct + max(0, now - self._asked) / DIRECT_EVERY)
        self._asked = now
        if self._direct >= 1:
            self._direct -= 1
            return False
        self.is_gathering, self._merged = True, now
        return True

    def score(self, share: Share | None, kind: Kind, number: int, person_id: PersonId) -> Ballot | None:
        """A person's vote, where it waits."""
        if share is not None and (found := share.ballots.get((kind, number, person_id))):
            return found
        return self._waiting((kind, number), person_id)

    def moved(self, share: Share | None, kind: Kind, number: int) -> Moved:
        """What waiting votes add to the counters of a post or comment."""
        votes = self._votes.get(_key((kind, number)))
        found: Moved = STILL if votes is None else _MOVED.unpack_from(votes)
        if share is not None:
            for ballot in share.ballots.values():
                if ballot.kind == kind and ballot.number == number:
                    found = _replaced(found, self._waiting((kind, number), ballot.person_id), ballot)
        return found

    def counted(self) -> dict[PostId, PostCounted]:
        """The counters of all posts of which a vote waits, with what waits."""
        return self._counted.copy()

    def knows(self, ap_id: str) -> bool:
        """Whether an activity has been noted in the log lately."""
        return digest(ap_id) in self._seen

    def keeps(self, post_id: PostId) -> bool:
        """Whether votes on a post wait."""
        return self.waits("post", post_id)

    def waits(self, kind: Kind, number: int) -> bool:
        """Whether votes on a post or comment wait."""
        return _key((kind, number)) in self._votes

    def due(self, now: Micros) -> bool:
        """Whether it is time to merge."""
        return self.is_gathering and (self._number >= MOST_WAITING or now - self._merged >= MERGED_EVERY or now < self._merged)

    @property
    def is_merging(self) -> bool:
        """Whether a merge has begun and not ended."""
        return bool(self._plan)

    def piece(self, share: Share, limit: int) -> Mapping[Target, Mapping[PersonId, Ballot]]:
        """The next targets of a merge, in the order of their tables, with their votes; the first one begins a merge. They wait no more once
        the unit has succeeded, and its last piece says in the log how far the merge went."""
        if not self._plan:
            self._plan, self._covered, self._merged_votes = self.targets, self.newest, 0
        found, left = self._plan[:limit], self._plan[limit:]
        share.merged += found
        if not left:
            # Where nothing waits any more, no row of the log may ever come again: votes that go straight to their tables follow.
            share.through = self._covered if self._votes.keys() - {_key(target) for target in found} else self.newest
        return {target: self.of(target) for target in found}

    def of(self, target: Target) -> Mapping[PersonId, Ballot]:
        """The votes on one post or comment that wait."""
        votes = self._votes.get(_key(target), b"")[_MOVED.size :]
        return {PersonId(person_id): _unpacked(target, person_id, packed) for person_id, packed in _PACKED.iter_unpack(votes)}

    def take(self, share: Share, now: Micros) -> None:
        """A unit of work has succeeded."""
        if share.row is not None:
            self.newest = share.row
        for target in share.merged:
            gone = self._drop(target)
            self._number -= gone
            self._merged_votes += gone
        if share.merged:
            merged = set(share.merged)
            self._plan = [target for target in self._plan if target not in merged]
        for ballot in share.ballots.values():
            self.put(ballot)
        for number in share.ids:
            self._seen.add(number, now, self.ids_kept)
        self.know(share.counted)
        if share.through is not None:
            self._rest(now)

    def forget(self) -> None:
        """Know of no vote: memory is filled from the log anew, at the start and after a commit that failed."""
        self._votes, self._counted, self._number, self._plan, self._seen = {}, {}, 0, [], _Seen()

    def saw(self, number: int, moment: Micros) -> None:
        """An id of the log."""
        self._seen.add(number, moment, self.ids_kept)

    def put(self, ballot: Ballot) -> None:
        """A vote that waits, instead of an earlier one of the same person."""
        target = ballot.kind, ballot.number
        votes = self._votes.get(_key(target), _MOVED.pack(*STILL))
        place = _place(votes, ballot.person_id)
        before = None if place < 0 else _unpacked(target, *_PACKED.unpack_from(votes, place))
        up, down = _MOVED.unpack_from(votes)
        head = _MOVED.pack(*_replaced((up, down), before, ballot))
        if before is None:
            self._votes[_key(target)] = head + votes[_MOVED.size :] + ballot.packed
            self._number += 1
        else:
            self._votes[_key(target)] = head + votes[_MOVED.size : place] + ballot.packed + votes[place + _PACKED.size :]

    def correct(self, target: Target, ballots: Iterable[Ballot]) -> None:
        """The votes on a target that wait are these."""
        self._number -= self._drop(target)
        for ballot in ballots:
            self.put(ballot)

    def loaded(self, newest: Micros, *, merged: bool) -> None:
        """Memory holds what the log does. The counters of posts are to be told by `know`.

        Unless all rows are `merged`, votes go on waiting until they are: a row must not come again after a vote that did not wait.
        """
        self.newest = self.kept = newest
        self.is_gathering = not merged

    def know(self, counted: Mapping[PostId, PostCounted]) -> None:
        """Keep the counters of posts of which votes wait, with what waits."""
        self._counted |= {post_id: found for post_id, found in counted.items() if self.keeps(post_id)}

    def _rest(self, now: Micros) -> None:
        """A merge is done. Where few votes came since the one before, they go straight to their tables again."""
        if not self._votes and self._merged_votes * DIRECT_EVERY < now - self._merged:
            self.is_gathering, self._direct, self._asked = False, DIRECT_VOTES / 2, now
        self._merged = now

    def _waiting(self, target: Target, person_id: PersonId) -> Ballot | None:
        votes = self._votes.get(_key(target))
        place = -1 if votes is None else _place(votes, person_id)
        return None if votes is None or place < 0 else _unpacked(target, *_PACKED.unpack_from(votes, place))

    def _drop(self, target: Target) -> int:
        """Know of no vote on a target; answers how many there were."""
        votes = self._votes.pop(_key(target), b"")
        if target[0] == "post":
            self._counted.pop(PostId(target[1]), None)
        return len(votes) // _PACKED.size


def _replaced(moved: Moved, before: Ballot | None, after: Ballot) -> Moved:
    was = after.stored if before is None else before.score
    return moved[0] - (was == 1) + (after.score == 1), moved[1] - (was == -1) + (after.score == -1)


class _Seen:
    """Digests of the last hours: some at hand, the others in sorted runs of eight bytes each."""

    def __init__(self) -> None:
        self._fresh: set[int] = set()
        self._runs: list[tuple[Micros, array[int]]] = []

    def add(self, number: int, now: Micros, kept: Micros = IDS_KEPT) -> None:
        self._fresh.add(number)
        if len(self._fresh) >= _RUN:
            runs = [run for run in self._runs if run[0] > now - kept]
            made = array("q", sorted(self._fresh))
            # Of hours at ten votes a second there would be fifty runs, and each is looked through three times for a vote.
            while runs and len(runs[-1][1]) <= len(made) <= _LONGEST_RUN // 2:
                made = array("q", sorted([*runs.pop()[1], *made]))
            self._runs = [*runs, (now, made)]
            self._fresh = set()

    def __contains__(self, number: int) -> bool:
        if number in self._fresh:
            return True
        for _, run in self._runs:
            place = bisect_left(run, number)
            if place < len(run) and run[place] == number:
                return True
        return False


def of(tx: "Transaction") -> Share:
    """The share of a unit of work in waiting votes."""
    if tx.share is None:
        tx.share = Share()
    return tx.share


def rushes(tx: "Transaction") -> bool:
    """Whether the vote of another instance that is in hand has to wait in the log."""
    return tx.pending is not None and tx.pending.rushes(tx.now)


def wait(tx: "Transaction", kind: Kind, number: int, person_id: PersonId, score: int, before: int) -> None:
    """Let a vote wait; `before` is what it has been until now."""
    earlier = tx.pending.score(tx.share, kind, number, person_id) if tx.pending is not None else None
    stored = before if earlier is None else earlier.stored
    of(tx).ballots[kind, number, person_id] = Ballot(kind, number, person_id, score, stored, tx.now)


def waits(tx: "Transaction", kind: Kind, number: int, person_id: PersonId) -> bool:
    """Whether somebody's vote waits."""
    return tx.pending is not None and tx.pending.score(tx.share, kind, number, person_id) is not None


def gathers(tx: "Transaction") -> bool:
    """Whether votes go to the log now."""
    return tx.pending is not None and tx.pending.is_gathering


def note(tx: "Transaction", ap_id: str) -> None:
    """Remember the activity of a vote in the log."""
    of(tx).ids.append(digest(ap_id))


def knows(tx: "Transaction", ap_id: str) -> bool:
    """Whether an activity is remembered in the log."""
    if tx.pending is None:
        return False
    return tx.pending.knows(ap_id) or (tx.share is not None and digest(ap_id) in tx.share.ids)
