"""What a unit of work does at its end with the votes that it has gathered: one row of the log; how memory is filled from the log, and how
votes go from there to their tables."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from typing import Final

from lemmy_lite.model.clock import HOUR, Micros
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.storage import pending
from lemmy_lite.storage.pending import IDS_KEPT, KINDS, Ballot, Kind, Pending, Share, Target
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import active_person, comment, post, spent, vote, vote_log

AT_ONCE: Final = 400
"""Posts and comments whose votes are merged in one unit: some tens of milliseconds, so that nobody waits long behind them."""


def finish(tx: Transaction) -> None:
    """Write what the unit has gathered or merged, and look again at the counters that it has changed."""
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
        votes = [(each.kind, each.number, each.person_id, each.score) for each in share.ballots.values()]
        vote_log.append(tx, number, votes, share.ids)
        share.row = number
    elif share.through is not None:
        vote_log.append_merged(tx, number, share.through)
        share.row = number


def load(tx: Transaction, waiting: Pending) -> None:
    """Fill memory from the log: the votes that no merge has reached, and the ids of the last hours."""
    merged = vote_log.marks(tx).merged
    latest: dict[Target, dict[PersonId, tuple[int, Micros]]] = defaultdict(dict)
    ids = []
    for entry in chain.from_iterable(vote_log.pages(tx, min(merged, tx.now - IDS_KEPT))):
        ids += [(number, entry.id) for number in entry.ids]
        for kind, number, person, score in entry.votes if entry.id > merged else ():
            latest[kind, number][PersonId(person)] = (score, entry.id)
    # Votes become numbers only where none wait, so what the log still holds of such things is in the numbers already.
    for kind in KINDS:
        for number in spent.all_folded(tx, kind, [number for of, number in latest if of == kind]):
            del latest[kind, number]
    ballots = []
    for (kind, number), votes in latest.items():
        stored = vote.scores(tx, kind, number, list(votes))
        ballots += [
            Ballot(kind, number, person, score, stored[person], moment)
            for person, (score, moment) in votes.items()
            if stored.get(person, score) != score
        ]
    waiting.load(ballots, ids, vote_log.newest(tx), merged=not latest)
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


def voters(tx: Transaction) -> tuple[list[tuple[CommunityId, PersonId, Micros]], Micros]:
    """Who has voted in which community, and in which hour last, by those rows of the log that have not been noted yet; and the last row.

    Taking a vote back is no activity, nor is a vote on what is one's own.
    """
    found: dict[tuple[CommunityId, PersonId], Micros] = {}
    for entries in vote_log.pages(tx, vote_log.marks(tx).noted):
        for kind in KINDS:
            votes = [(number, person, entry.id) for entry in entries for of, number, person, score in entry.votes if of == kind and score]
            places = active_person.places(tx, kind, sorted({number for number, _, _ in votes}))
            for number, person, moment in votes:
                community_id, author_id = places.get(number, (None, None))
                if community_id is not None and author_id != person:
                    found[community_id, PersonId(person)] = moment // HOUR * HOUR
    return [(*key, hour) for key, hour in sorted(found.items())], vote_log.newest(tx)


def voters_noted(tx: Transaction, through: Micros) -> None:
    """Keep that the voters of all rows up to one are noted."""
    if tx.pending is not None:
        share = pending.of(tx)
        share.row = max(tx.now, tx.pending.newest + 1)
        vote_log.append_noted(tx, share.row, through)


def forgettable(tx: Transaction) -> Micros:
    """The first row of the log that is still of use: before it all votes are merged, all voters noted, and no id is needed any more."""
    marks = vote_log.marks(tx)
    return min(marks.merged, marks.noted, tx.now - IDS_KEPT, marks.oldest or 0)
