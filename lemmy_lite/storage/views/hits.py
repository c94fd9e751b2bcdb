"""What a search has found, as rows that can be put in order: what the order hangs on, read from the narrow tables of counters alone.

Nothing here asks whether the viewer may see a hit. That costs several times as much a row, and only the first in the order need be asked
(domain/hits.py).
"""

from typing import Any

from msgspec import structs

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommentId, CommunityId, PostId
from lemmy_lite.model.listing import CommentSortType, SortType
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views import community_listing, post_listing
from lemmy_lite.storage.views.comment_listing import Key
from lemmy_lite.storage.views.post_listing import Part, Row
from lemmy_lite.storage.views.post_selection import Selection, Source, filtered, pinned

LEVELS = (1, 2, 3, 4, 6, 9, 14, 22, 40, 100, 400, 3000)
"""Scores between which a bound tells hits apart. Most have few votes, so most are told by the first."""


class Least(Struct):
    """How young a hit must be to stand before a place in a ranked order: the time after which it must lie with a score below each of
    LEVELS, and with a higher one."""

    since: tuple[Micros, ...]


Week = tuple[Micros, Micros]
"""The times between which a rank is not 0."""


def posts(
    tx: Transaction,
    selection: Selection,
    sort: SortType,
    among: list[PostId],
    *,
    least: Least | None = None,
    week: Week | None = None,
    first: int | None = None,
) -> list[Row]:
    """The rows of these posts, pinned ones as Part.PINNED. With `least` only those that have it or are pinned.

    With `first` as many of the first in the order, pinned ones before all others. An order that ranks is not known here; with `week` it is,
    but among the pinned and among those with a rank: what comes after the last of these is in order.
    """
    order = post_listing.order_of(sort)
    stands_first = pinned(selection)
    part = f"CASE WHEN {stands_first} THEN {Part.PINNED:d} ELSE {Part.HEAD:d} END"
    conditions = "" if selection.since is None else " AND a.published > :since"
    if least is not None:
        conditions += f" AND ({stands_first} OR {_reaches(order.column, 'a.score', least)})"
    ending = ""
    if first is not None:
        direction = "ASC" if order.ascending else "DESC"
        value = f"{order.column} {direction}" if week is None else _within(order.column)
        date = ", a.published DESC" if order.published else ""
        ending = f" ORDER BY {stands_first} DESC, {value}{date}, a.post_id DESC LIMIT :first"
    rows = tx.all(
        f"""SELECT {part}, {post_listing.columns(order, sort)} FROM post_aggregates a
             WHERE a.post_id AMONG :among{conditions}{ending}""",
        among=among,
        since=selection.since,
        first=first,
        **_values(least, week),
    )
    return [Row(*row) for row in rows]


def shown_posts(tx: Transaction, selection: Selection, among: list[PostId]) -> set[PostId]:
    """Those of these posts that pass the filters."""
    if selection.holding is None:
        raise ValueError("only hits are looked at")
    asked = structs.replace(selection, holding=structs.replace(selection.holding, among=tuple(among)))
    tables, filters = filtered(asked, Source.OWN, by_date=False)
    found = tx.column(
        f"SELECT a.post_id FROM {tables} WHERE {filters}",
        viewer=selection.viewer_id or 0,
        community=selection.community_id,
        creator=selection.creator_id,
        url=selection.url,
        among=among,
        vote=selection.vote,
        languages=list(selection.languages),
        since=selection.since,
        newest=selection.newest,
    )
    return set(found)


_COMMENT = Shape(Key, "counts", id="counts.comment_id")
_COMMENT_ORDERS = {
    CommentSortType.TOP: "counts.score DESC, counts.comment_id DESC",
    CommentSortType.NEW: "counts.published DESC, counts.comment_id DESC",
    CommentSortType.OLD: "counts.published, counts.comment_id",
}
_CONTESTED = "(counts.upvotes > 0 AND counts.downvotes > 0)"


def comments(
    tx: Transaction,
    among: list[CommentId],
    *,
    least: Least | None = None,
    week: Week | None = None,
    contested: bool | None = None,
    first: tuple[CommentSortType, int] | None = None,
) -> list[Key]:
    """The keys of these comments; a comment's counters have its date too. With `least` only those that have it, with `contested` those that
    have votes of both kinds or have not.

    With `first` as many of the first by a sort that does not rank; with `week` after those that have a rank.
    """
    conditions = "" if least is None else f" AND {_reaches('counts.published', 'counts.score', least)}"
    if contested is not None:
        conditions += f" AND {'' if contested else 'NOT '}{_CONTESTED}"
    ranked = "" if week is None else f"{_within('counts.published')}, "
    ending = "" if first is None else f" ORDER BY {ranked}{_COMMENT_ORDERS[first[0]]} LIMIT :first"
    rows = tx.all(
        f"SELECT {_COMMENT.columns} FROM comment_aggregates counts WHERE counts.comment_id AMONG :among{conditions}{ending}",
        among=among,
        first=first[1] if first else None,
        **_values(least, week),
    )
    return [_COMMENT.build(row) for row in rows]


def _within(time: str) -> str:
    return f"CASE WHEN {time} > :start AND {time} < :end THEN 0 ELSE 1 END"


def _reaches(time: str, score: str, least: Least) -> str:
    steps = " ".join(f"WHEN {score} < {level} THEN :since_{number}" for number, level in enumerate(LEVELS))
    return f"{time} > CASE {steps} ELSE :since_{len(least.since) - 1} END"


def _values(least: Least | None, week: Week | None) -> dict[str, Any]:
    values = {f"since_{number}": since for number, since in enumerate(least.since)} if least else {}
    return values | ({"start": week[0], "end": week[1]} if week else {})


def communities(
    tx: Transaction, sort: SortType, among: list[CommunityId], since: Micros | None, first: int
) -> list[tuple[CommunityId, int, int, Micros]]:
    """Of the first of these communities what they are sorted by, subscribers and birth. Before all others come, in no order of rank, those
    born after `since`, but for those to be born."""
    young = "" if since is None else "CASE WHEN counts.published > :since AND counts.published <= :now THEN 0 ELSE 1 END, "
    key = community_listing.KEYS[sort]
    rows = tx.all(
        f"""SELECT counts.community_id, {key}, counts.subscribers, counts.published
              FROM community_aggregates counts WHERE counts.community_id AMONG :among
             ORDER BY {young}{key} DESC, counts.subscribers DESC, counts.community_id DESC LIMIT :first""",
        among=among,
        since=since,
        now=tx.now,
        first=first,
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


_PERSON_ORDERS = {SortType.NEW: "published DESC", SortType.NEW_COMMENTS: "published DESC", SortType.OLD: "published"}


def by_birth(sort: SortType) -> bool:
    """Whether people are sorted by the age of their accounts, which is not among their counters."""
    return sort in _PERSON_ORDERS


def person_order(sort: SortType) -> str:
    """Lemmy's order of people for a sort of posts, the last one left out: by id. Its other order is by the score of all their comments, a
    counter that we do not keep; who writes more stands first instead."""
    return _PERSON_ORDERS.get(sort, "comment_count DESC, post_count DESC")
