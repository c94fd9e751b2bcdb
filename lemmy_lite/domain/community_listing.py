"""Lists of communities: the directory and its search by name."""

from msgspec import structs

from lemmy_lite.domain import hits
from lemmy_lite.domain.ranking import RANKED_FOR, hot_rank
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.community import CommunityView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.paging import Page, page
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import community, community_listing
from lemmy_lite.storage.views import hits as found_rows
from lemmy_lite.storage.views.community_listing import CommunityQuery

__all__ = ["CommunityQuery", "listing"]

_Place = tuple[bool, float, int, CommunityId]
"""What a community stands by, greatest first: whether it is young enough for a rank, the rank or the key of the sort, subscribers, id."""
_HOT = (SortType.HOT, SortType.ACTIVE, SortType.SCALED)


def listing(tx: Transaction, viewer: Viewer | None, query: CommunityQuery) -> list[CommunityView]:
    """One page of communities as the viewer may see them; three statements, four by Hot.

    Deleted, removed and hidden ones are for admins, hidden ones also for followers, local-only ones for those who are logged in; what the
    viewer has blocked is left out. ModeratorView lists what All does, as in Lemmy.

    Raises LemmyError: unknown for a page out of bounds, instance_is_private.
    """
    wanted = page(query.limit, query.page)
    if viewer is None and community_listing.private(tx):
        raise LemmyError("instance_is_private")
    if query.among is not None:
        ids = _found(tx, viewer, query, wanted)
    elif query.sort in _HOT:
        ids = _hot(tx, viewer, query, wanted)
    else:
        ids = community_listing.ids(tx, viewer, query, wanted.limit, wanted.offset)
    return community.by_ids(tx, viewer.id if viewer else None, ids)


def _hot(tx: Transaction, viewer: Viewer | None, query: CommunityQuery, wanted: Page) -> list[CommunityId]:
    """By hot rank over subscribers and birth, which is 0 after a week: the young ones are ranked here, the rest stand by activity."""
    since = tx.now - RANKED_FOR
    young = community_listing.fresh(tx, viewer, query, since)
    young.sort(key=lambda row: (hot_rank(row[1], tx.now - row[2]), row[1], row[0]), reverse=True)
    found = [row[0] for row in young[wanted.offset : wanted.offset + wanted.limit]]
    missing = wanted.limit - len(found)
    if missing > 0:
        found += community_listing.ids(tx, viewer, query, missing, max(0, wanted.offset - len(young)), until=since)
    return found


def _found(tx: Transaction, viewer: Viewer | None, query: CommunityQuery, wanted: Page) -> list[CommunityId]:
    """Those among which the query is, in the same order."""
    among = list(query.among or ())
    since = tx.now - RANKED_FOR if query.sort in _HOT else None

    def best(number: int) -> list[_Place]:
        rows = found_rows.communities(tx, query.sort, among, since, number)
        places = sorted((_place(tx, query.sort, *row) for row in rows), reverse=True)
        if number < len(among) and places and places[-1][0]:  # more young ones than that, and any of the others may be ranked higher
            return best(len(among))[:number]
        return places

    def shown(places: list[_Place]) -> list[_Place]:
        some = structs.replace(query, among=tuple(place[-1] for place in places))
        passing = community_listing.passing(tx, viewer, some)
        return [place for place in places if place[-1] in passing]

    places = hits.first(wanted.offset + wanted.limit, len(among), best, shown)
    return [place[-1] for place in places[wanted.offset :]]


def _place(tx: Transaction, sort: SortType, number: CommunityId, key: int, subscribers: int, published: Micros) -> _Place:
    young = sort in _HOT and tx.now - RANKED_FOR < published <= tx.now
    return young, hot_rank(subscribers, tx.now - published) if young else key, subscribers, number
