"""Comments that a search has found, in the order of a list (hits.py)."""

from lemmy_lite.domain import hits
from lemmy_lite.domain.comment_listing import SORTS, SortKey
from lemmy_lite.domain.ranking import hot_rank
from lemmy_lite.model.ids import CommentId
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import comment_listing
from lemmy_lite.storage.views import hits as views
from lemmy_lite.storage.views.comment_listing import CommentQuery, Key


class Hits:
    """The comments among which a query is."""

    def __init__(self, tx: Transaction, viewer: Viewer | None, query: CommentQuery) -> None:
        self._tx = tx
        self._viewer = viewer
        self._query = query
        self._kind = ListingType.ALL if query.community_id is not None else query.listing
        self._among = list(query.among or ())

    def first(self, count: int) -> list[CommentId]:
        """The first `count` that pass the filters, in their order."""
        return [key.id for key in hits.first(count, len(self._among), self._best, self._shown)]

    def _best(self, wanted: int) -> list[Key]:
        return sorted(self._near(wanted), key=self._place, reverse=True)[:wanted]

    def _shown(self, keys: list[Key]) -> list[Key]:
        some = CommentQuery(community_id=self._query.community_id, creator_id=self._query.creator_id, among=tuple(key.id for key in keys))
        shown = {key.id for key in comment_listing.keys(self._tx, self._viewer, some, self._kind, None)}
        return [key for key in keys if key.id in shown]

    def _place(self, key: Key) -> SortKey:
        return SORTS[self._query.sort](key, self._tx.now)

    def _near(self, wanted: int) -> list[Key]:
        """The first `wanted` of all, and some more, in no order."""
        tx, among, sort = self._tx, self._among, self._query.sort
        if len(among) <= 2 * wanted:
            return views.comments(tx, among)
        if sort is CommentSortType.CONTROVERSIAL:
            others = views.comments(tx, among, contested=False, first=(CommentSortType.NEW, wanted))
            return views.comments(tx, among, contested=True) + others
        return self._hot(wanted) if sort is CommentSortType.HOT else views.comments(tx, among, first=(sort, wanted))

    def _hot(self, wanted: int) -> list[Key]:
        tx, among, sample = self._tx, self._among, hits.sampled(len(self._among), wanted)
        newest = views.comments(tx, among[:sample]) if sample else []
        if len(newest) >= wanted:
            rank = self._rank(sorted(newest, key=self._place, reverse=True)[wanted - 1])
            if rank > 0:
                return newest + views.comments(tx, among[sample:], least=hits.least(SortType.HOT, rank, tx.now))
        first = views.comments(tx, among, week=hits.week(tx.now), first=(CommentSortType.TOP, wanted))
        return views.comments(tx, among) if len(first) == wanted and self._rank(first[-1]) > 0 else first

    def _rank(self, key: Key) -> float:
        return hot_rank(key.score, self._tx.now - key.published)
