"""Which communities a list shows, and in which order. What is seen of each is the part of community.py."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


class CommunityQuery(Struct, kw_only=True):
    """What is asked of a list of communities; None means the default.

    `show_nsfw` asks for such communities besides what the viewer's settings say. `containing` is looked for in name and title, without
    regard to case, its blanks standing for anything; `among` are those that a search has found.
    """

    listing: ListingType | None = None
    sort: SortType = SortType.HOT
    show_nsfw: bool | None = None
    page: int | None = None
    limit: int | None = None
    containing: str | None = None
    among: tuple[CommunityId, ...] | None = None


_DAY = "counts.users_active_day"
_MONTH = "counts.users_active_month"
_HALF_YEAR = "counts.users_active_half_year"
_SUBSCRIBERS = "counts.subscribers"
KEYS: dict[SortType, str] = {
    # These three rank by heat (domain/community_listing.py); this is the order of all that have cooled down, where Lemmy has none.
    SortType.HOT: _MONTH,
    SortType.ACTIVE: _MONTH,
    SortType.SCALED: _MONTH,
    SortType.NEW_COMMENTS: _DAY,
    SortType.TOP_HOUR: _DAY,
    SortType.TOP_SIX_HOUR: _DAY,
    SortType.TOP_TWELVE_HOUR: _DAY,
    SortType.TOP_DAY: _DAY,
    SortType.TOP_WEEK: "counts.users_active_week",
    SortType.TOP_MONTH: _MONTH,
    SortType.TOP_THREE_MONTHS: _HALF_YEAR,
    SortType.TOP_SIX_MONTHS: _HALF_YEAR,
    SortType.TOP_NINE_MONTHS: _SUBSCRIBERS,
    SortType.TOP_YEAR: _SUBSCRIBERS,
    SortType.TOP_ALL: _SUBSCRIBERS,
    SortType.MOST_COMMENTS: "counts.comments",
    SortType.CONTROVERSIAL: "counts.comments",
    SortType.NEW: "counts.published",
    SortType.OLD: "-counts.published",
}
"""What each sort puts first (Lemmy's community_view.rs); equals stand by subscribers, then the newer first."""

_FROM = """
  FROM community_aggregates counts
  JOIN community ON community.id = counts.community_id
  LEFT JOIN community_follower follow ON follow.community_id = community.id AND follow.person_id = :viewer
"""
_ALWAYS = """
  (community.visibility = 'Public' OR :viewer > 0)
  AND NOT EXISTS (SELECT 1 FROM instance_block WHERE person_id = :viewer AND instance_id = community.instance_id)
  AND NOT EXISTS (SELECT 1 FROM community_block WHERE person_id = :viewer AND community_id = community.id)
"""
_NOT_FOR_ADMINS = "NOT community.removed AND NOT community.deleted AND (NOT community.hidden OR follow.person_id IS NOT NULL)"
_WARNED = "EXISTS (SELECT 1 FROM local_site JOIN site ON site.id = local_site.site_id WHERE site.content_warning IS NOT NULL)"
_CONTAINS = """(community.name_folded LIKE :folded ESCAPE '!'
  OR LOWER(community.title) LIKE :folded ESCAPE '!' OR community.title LIKE :pattern ESCAPE '!')"""
_FRESH = "(counts.published > :since AND counts.published <= :now)"


def private(tx: Transaction) -> bool:
    """Whether this site shows nothing to those who are not logged in."""
    return bool(tx.value("SELECT private_instance FROM local_site"))


def fresh(tx: Transaction, viewer: Viewer | None, query: CommunityQuery, since: Micros) -> list[tuple[CommunityId, int, Micros]]:
    """Id, subscribers and birth of the communities that are younger than `since`, in no order."""
    return [
        (row[0], row[1], row[2])
        for row in tx.all(
            f"SELECT community.id, counts.subscribers, counts.published {_FROM} WHERE {_where(viewer, query)} AND {_FRESH}",
            **_values(tx, viewer, query, since),
        )
    ]


def ids(
    tx: Transaction, viewer: Viewer | None, query: CommunityQuery, limit: int, offset: int, *, until: Micros | None = None
) -> list[CommunityId]:
    """The communities of one page in the order of `KEYS`; with `until`, only those that `fresh` leaves out."""
    where = _where(viewer, query) + (f" AND NOT {_FRESH}" if until is not None else "")
    # As the indexes of m0016 have it: an order that names a column twice is sorted instead of read.
    order = "" if KEYS[query.sort] == _SUBSCRIBERS else f"{KEYS[query.sort]} DESC, "
    return tx.column(
        f"""SELECT community.id {_FROM} WHERE {where}
             ORDER BY {order}counts.subscribers DESC, counts.community_id DESC LIMIT :limit OFFSET :offset""",
        limit=limit,
        offset=offset,
        **_values(tx, viewer, query, until or 0),
    )


def passing(tx: Transaction, viewer: Viewer | None, query: CommunityQuery) -> set[CommunityId]:
    """Every community that passes the filters, in no order."""
    return set(tx.column(f"SELECT community.id {_FROM} WHERE {_where(viewer, query)}", **_values(tx, viewer, query, 0)))


def _where(viewer: Viewer | None, query: CommunityQuery) -> str:
    conditions = [_ALWAYS]
    if viewer is None or not viewer.local_user.admin:
        conditions.append(_NOT_FOR_ADMINS)
    if query.listing is ListingType.SUBSCRIBED:
        conditions.append("follow.person_id IS NOT NULL")
    elif query.listing is ListingType.LOCAL:
        conditions.append("community.local")
    if not query.show_nsfw and not (viewer and viewer.local_user.show_nsfw):
        # A site with a content warning shows such communities, unless its user has said no (Lemmy's list.rs and local_user.rs).
        conditions.append("NOT community.nsfw" if viewer and query.show_nsfw is False else f"(NOT community.nsfw OR {_WARNED})")
    if query.containing:
        conditions.append(_CONTAINS)
    if query.among is not None:
        conditions.append("community.id AMONG :among")
    return " AND ".join(conditions)


def _values(tx: Transaction, viewer: Viewer | None, query: CommunityQuery, since: Micros) -> dict[str, object]:
    pattern = _pattern(query.containing or "")
    return {
        "viewer": viewer.id if viewer else 0,
        "now": tx.now,
        "since": since,
        "pattern": pattern,
        "folded": pattern.lower(),
        "among": list(query.among or ()),
    }


def _pattern(text: str) -> str:
    """A LIKE pattern for any text that holds these words in this order."""
    for mark in "!%_":
        text = text.replace(mark, f"!{mark}")
    return f"%{'%'.join(text.split())}%"
