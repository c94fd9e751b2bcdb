"""What a unit of work does at its end with the votes that it has gathered; how a commit keeps them, in the file where it holds nothing
else and in the table else; how memory is filled from both, and how votes go from there to their tables."""

import os
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge as merged_by
from itertools import chain, islice
from typing import Final

from lemmy_lite.model.clock import HOUR, Micros
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.storage import pending
from lemmy_lite.storage.pending import IDS_KEPT, KINDS, Ballot, Kind, Pending, Share
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import active_person, comment, post, spent, vote, vote_log
from lemmy_lite.storage.tables.vote_log import Entry
from lemmy_lite.storage.vote_file import EPOCH_BYTES

AT_ONCE: Final = 1_200
"""Posts and comments whose votes are merged in one unit: some tens of milliseconds, a few times a day, that others wait behind it. Each
unit writes the pages of the indexes by score and tier again: in units of 600 a vote took 60 bytes more."""
_LOOKED_AT: Final = 2_000


def finish(tx: Transaction) -> None:
    """Give what the unit has gathered its number, write what it has merged, and look again at the counters that it has changed."""
    waiting = tx.pending
    if waiting is None or (tx.share is None and not len(waiting)):
        return
    gathered = {target[1] for target in tx.share.ballots if target[0] == "post"} if tx.share else set()
    changed = {event.post_id for event in tx.events if isinstance(event, PostCounted)}
    if changed := {number for number in changed if number in gathered or waiting.keeps(number)}:
        share = pending.of(tx)
        share.counted = {number: found for number in changed if (found := post.counted(tx, number))}
    if tx.share is not None:
        _log(tx, waiting, tx.share)


def _log(tx: Transaction, waiting: Pending, share: Share) -> None:
    number = max(tx.now, waiting.newest + 1)  # a clock that was put back must not change the order
    if share.ballots or share.ids:
        share.row = number
    elif share.through is not None:
        vote_log.append_merged(tx, number, share.through)
        share.row = number


def entry(share: Share) -> Entry | None:
    """What the log has to keep of a unit of work."""
    if share.row is None or not (share.ballots or share.ids):
        return None
    return Entry(share.row, [(each.kind, each.number, each.person_id, each.score) for each in share.ballots.values()], share.ids)


def keep(tx: Transaction, waiting: Pending, entries: Sequence[Entry]) -> bytes | None:
    """Write to the table what units of one commit have gathered. Where the file may go on from here, answers its epoch: it is to begin once
    the commit is done."""
    for each in entries:
        vote_log.append(tx, each)
    if not entries or waiting.file is None or not waiting.file.may_begin:
        return None
    epoch = os.urandom(EPOCH_BYTES)
    waiting.newest += 1
    vote_log.append_epoch(tx, waiting.newest, epoch)
    return epoch


def fold(tx: Transaction, waiting: Pending) -> int:
    """Bring what is still needed of the file to the table, and say that nothing in the file counts any more; answers how many entries.
    Once that is committed, the file is to be retired."""
    return enter(tx, waiting.file.payloads() if waiting.file is not None else [])


def enter(tx: Transaction, payloads: Sequence[bytes]) -> int:
    """The same with what was read from the file of a database, into it or into a copy of it."""
    if vote_log.epoch(tx) is None:
        return 0
    vote_log.forget_epoch(tx)
    marks, before, done = vote_log.marks(tx), forgettable(tx), 0
    told: list[Entry] = []
    for payload in payloads:
        found = vote_log.unpacked(payload)
        if found.id <= min(marks.merged, marks.noted):
            found = found._replace(votes=[])  # its ids alone are of use
        if found.id < before:
            continue
        if found.votes:
            vote_log.append(tx, found)
        else:
            told.append(found)
        done += bool(found.votes or found.ids)
    vote_log.append_ids(tx, told)
    return done


def entries(tx: Transaction, waiting: Pending | None, after: Micros) -> Iterator[Entry]:
    """All entries after one, the oldest first, from the file and the table.

    The file is looked at first: what goes to the table meanwhile may come twice, but nothing is missed.
    """
    found = waiting.file.payloads() if waiting is not None and waiting.file is not None else []
    in_file = (each for payload in found if (each := vote_log.unpacked(payload)).id > after)
    return merged_by(in_file, chain.from_iterable(vote_log.pages(tx, after)), key=lambda each: each.id)


def load(tx: Transaction, waiting: Pending) -> None:
    """Fill memory from the log: the votes that no merge has reached, and the ids of the last hours."""
    if waiting.file is not None and waiting.file.epoch is None:
        waiting.file.epoch = vote_log.epoch(tx)
    merged = vote_log.marks(tx).merged
    newest = vote_log.newest(tx)
    waiting.forget()
    for each in entries(tx, waiting, min(merged, tx.now - waiting.ids_kept)):
        newest = max(newest, each.id)
        for number in each.ids:
            waiting.saw(number, each.id)
        for kind, number, person, score in each.votes if each.id > merged else ():
            waiting.put(Ballot(kind, number, PersonId(person), score, 0, each.id))
    # Votes become numbers only where none wait, so what the log still holds of such things is in the numbers already.
    for kind in KINDS:
        for number in spent.all_folded(tx, kind, [number for of, number in waiting.targets if of == kind]):
            waiting.correct((kind, number), ())
    targets = waiting.targets
    for kind, number in targets:
        votes = waiting.of((kind, number))
        stored = vote.scores(tx, kind, number, list(votes))
        differs = [person for person, ballot in votes.items() if stored.get(person, ballot.score) != ballot.score]
        waiting.correct((kind, number), (votes[person]._replace(stored=stored[person]) for person in differs))
    waiting.loaded(newest, merged=not targets)
    posts = [PostId(number) for kind, number in waiting.targets if kind == "post"]
    waiting.know({number: found for number in posts if (found := post.counted(tx, number))})


def merge(tx: Transaction, limit: int = AT_ONCE) -> int:
    """Bring the votes on the next posts and comments to their tables; answers on how many. Pending.is_merging says whether more are left.

    Cut off anywhere, it can begin again: it makes a vote what it is, whatever it was.
    """
    if tx.pending is None:
        return 0
    piece = tx.pending.piece(pending.of(tx), limit)
    for (kind, number), votes in piece.items():
        _settle(tx, kind, number, votes)
    return len(piece)


def merge_when_due(tx: Transaction, limit: int = AT_ONCE) -> int:
    """Begin a merge when it is time for one; answers as `merge`."""
    return merge(tx, limit) if tx.pending is not None and tx.pending.due(tx.now) else 0


def _settle(tx: Transaction, kind: Kind, number: int, votes: Mapping[PersonId, Ballot]) -> None:
    """All votes on one post or comment at once. It, or who voted, may be gone by now."""
    counters = post.votes_if_there(tx, PostId(number)) if kind == "post" else comment.votes_if_there(tx, CommentId(number))
    if counters is None or spent.is_folded(tx, kind, number):
        return
    stored = vote.scores(tx, kind, number, list(votes))
    changed = [ballot for person, ballot in votes.items() if stored.get(person, ballot.score) != ballot.score]
    if not changed:
        return
    vote.put_many(tx, kind, number, {ballot.person_id: (ballot.score, ballot.moment) for ballot in changed})
    before, after = [stored[ballot.person_id] for ballot in changed], [ballot.score for ballot in changed]
    upvotes, downvotes = (counters[place] + after.count(score) - before.count(score) for place, score in enumerate((1, -1)))
    if kind == "post":
        post.set_votes(tx, PostId(number), upvotes, downvotes)
    else:
        comment.set_votes(tx, CommentId(number), upvotes, downvotes)


def voters(tx: Transaction) -> tuple[list[tuple[CommunityId, PersonId, int]], Micros]:
    """Who has voted in which community, and in which hour since 1970 last, by those rows of the log that have not been noted yet; and the
    last row.

    Taking a vote back is no activity, nor is a vote on what is one's own.
    """
    through = tx.pending.kept if tx.pending is not None else vote_log.newest(tx)
    found: dict[tuple[CommunityId, PersonId], int] = {}
    unnoted = entries(tx, tx.pending, vote_log.marks(tx).noted)
    while some := list(islice(unnoted, _LOOKED_AT)):
        for kind in KINDS:
            votes = [(number, person, each.id) for each in some for of, number, person, score in each.votes if of == kind and score]
            places = active_person.places(tx, kind, sorted({number for number, _, _ in votes}))
            for number, person, moment in votes:
                community_id, author_id = places.get(number, (None, None))
                if moment <= through and community_id is not None and author_id != person:
                    found[community_id, PersonId(person)] = moment // HOUR
    return [(*key, hour) for key, hour in sorted(found.items())], through


def voters_noted(tx: Transaction, through: Micros) -> None:
    """Keep that the voters of all rows up to one are noted."""
    if tx.pending is not None:
        share = pending.of(tx)
        share.row = max(tx.now, tx.pending.newest + 1)
        vote_log.append_noted(tx, share.row, through)


def forgettable(tx: Transaction) -> Micros:
    """The first row of the log that is still of use: before it all votes are merged, all voters noted, and no id is needed any more."""
    marks = vote_log.marks(tx)
    kept = tx.pending.ids_kept if tx.pending is not None else IDS_KEPT
    return min(marks.merged, marks.noted, tx.now - kept, marks.oldest or 0)
