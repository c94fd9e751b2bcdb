"""What a search finds: ids out of the tables of terms. What of it a viewer may see, and in which order, is the part of the listings.

A common word is in a large part of all texts, so every function here has a limit, and takes the newest (the oldest, if asked) first:
both databases read a table of terms by descending id without sorting it.
"""

from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.terms import Wanted
from lemmy_lite.storage.views.hits import by_birth, person_order
from lemmy_lite.storage.views.post_selection import SETS


class Scope(Struct):
    """Where a search looks; everywhere if nothing is given."""

    viewer_id: PersonId | None = None
    listing: ListingType | None = None
    community_id: CommunityId | None = None
    creator_id: PersonId | None = None

    @property
    def narrow(self) -> bool:
        """Whether it leaves anything out."""
        return self.community_id is not None or self.creator_id is not None or self._members is not None

    @property
    def _members(self) -> str | None:
        """The communities of the listing. Nobody follows or moderates without an account, and then Lemmy lists all."""
        if self.listing is ListingType.LOCAL or (self.viewer_id is not None and self.listing is not None):
            return SETS.get(self.listing)
        return None

    def conditions(self, community: str, creator: str) -> str:
        """Conditions on the columns that hold the community and the author, each after an AND."""
        found = ""
        if self.community_id is not None:
            found += f" AND {community} = :community"
        elif self._members is not None:
            found += f" AND {community} IN ({self._members})"
        return found + (f" AND {creator} = :creator" if self.creator_id is not None else "")


EVERYWHERE = Scope()


def posts(
    tx: Transaction, wanted: Wanted, limit: int, *, title_only: bool = False, scope: Scope = EVERYWHERE, oldest: bool = False
) -> list[PostId]:
    """Posts whose title, body or alternative text hold all that is wanted."""
    table = post_table(title_only=title_only)
    if not scope.narrow:
        return [PostId(number) for number in _rows(tx, table, wanted, limit, oldest=oldest)]
    tables = f"{table} CROSS JOIN post_aggregates a"
    where = f" AND a.post_id = {table}.rowid{scope.conditions('a.community_id', 'a.creator_id')}"
    return [PostId(number) for number in _rows(tx, table, wanted, limit, tables, where, scope, oldest=oldest)]


def post_table(*, title_only: bool) -> str:
    """The table of terms that posts are searched in."""
    return "post_title_terms" if title_only else "post_terms"


def comments(tx: Transaction, wanted: Wanted, limit: int, *, scope: Scope = EVERYWHERE, oldest: bool = False) -> list[CommentId]:
    """Comments that hold all that is wanted."""
    table = "comment_terms"
    if not scope.narrow:
        return [CommentId(number) for number in _rows(tx, table, wanted, limit, oldest=oldest)]
    tables = f"{table} CROSS JOIN comment CROSS JOIN post_aggregates topic"
    places = scope.conditions("topic.community_id", "comment.creator_id")
    where = f" AND comment.id = {table}.rowid AND topic.post_id = comment.post_id{places}"
    return [CommentId(number) for number in _rows(tx, table, wanted, limit, tables, where, scope, oldest=oldest)]


def communities(tx: Transaction, wanted: Wanted, limit: int) -> list[CommunityId]:
    """Communities whose name or title contain all that is wanted."""
    return [CommunityId(number) for number in _rows(tx, "community_terms", wanted, limit)]


def persons(tx: Transaction, wanted: Wanted, limit: int, sort: SortType, first: int) -> list[PersonId]:
    """People whose name or display name contain all that is wanted: the first of those with the `limit` oldest accounts, in Lemmy's order
    for a sort of posts."""
    match = tx.dialect.wanted(_enough(tx, "person_terms", wanted, limit, oldest=True))
    if not match:
        return []
    table, number = ("person", "id") if by_birth(sort) else ("person_aggregates", "person_id")
    return tx.column(
        f"""SELECT {number} FROM (
                SELECT rowid AS row_id FROM person_terms WHERE person_terms MATCH :match ORDER BY rowid LIMIT :limit
            ) found CROSS JOIN {table} WHERE {number} = found.row_id
             ORDER BY {person_order(sort)}, {number} LIMIT :first""",
        match=match,
        limit=limit,
        first=first,
    )


def posts_with_link(tx: Transaction, links: list[str], limit: int) -> list[PostId]:
    """The newest posts that link to, or embed a video from, one of these addresses."""
    # Two searches of an index each: SQLite would walk over all posts for a mere ORDER BY id.
    return tx.column(
        """SELECT id FROM (SELECT id FROM post WHERE url AMONG :links UNION SELECT id FROM post WHERE embed_video_url AMONG :links) found
            ORDER BY id DESC LIMIT :limit""",
        links=links,
        limit=limit,
    )


def everyone(tx: Transaction, sort: SortType, limit: int, offset: int, *, local_only: bool) -> list[PersonId]:
    """One page of all people but deleted ones, in Lemmy's order for a sort of posts."""
    here = " AND person.local" if local_only else ""
    return tx.column(
        f"""SELECT person.id FROM person JOIN person_aggregates counts ON counts.person_id = person.id WHERE NOT person.deleted{here}
             ORDER BY {person_order(sort)}, person.id LIMIT :limit OFFSET :offset""",
        limit=limit,
        offset=offset,
    )


def shown_persons(tx: Transaction, among: list[PersonId], *, local_only: bool) -> set[PersonId]:
    """Those of these people who are listed."""
    here = " AND local" if local_only else ""
    return set(tx.column(f"SELECT id FROM person WHERE id AMONG :among AND NOT deleted{here}", among=among))


def _rows(
    tx: Transaction,
    table: str,
    wanted: Wanted,
    limit: int,
    tables: str | None = None,
    where: str = "",
    scope: Scope = EVERYWHERE,
    *,
    oldest: bool = False,
) -> list[int]:
    """Rows of a table of terms, by id. Without anything wanted there are none.

    What is wanted everywhere is first taken as whole words, and where those alone reach the limit, longer words are not looked for
    (see `_enough`).
    """
    if wanted.prefixes and not where:
        found = _rows(tx, table, Wanted(wanted.terms + wanted.prefixes, ()), limit, oldest=oldest)
        if len(found) == limit:
            return found
    match = tx.dialect.wanted(wanted)
    if not match:
        return []
    return tx.column(
        f"""SELECT {table}.rowid FROM {tables or table} WHERE {table} MATCH :match{where}
             ORDER BY {table}.rowid {"ASC" if oldest else "DESC"} LIMIT :limit""",
        match=match,
        limit=limit,
        viewer=scope.viewer_id or 0,
        community=scope.community_id,
        creator=scope.creator_id,
    )


def _enough(tx: Transaction, table: str, wanted: Wanted, limit: int, *, oldest: bool = False) -> Wanted:
    """What finds `limit` rows with as little as possible: whole words alone, where they do.

    FTS5 gathers all rows of all words with a prefix before it answers the first, while the rows of one word come one by one.
    """
    whole = Wanted(wanted.terms + wanted.prefixes, ())
    if not wanted.prefixes:
        return whole
    direction = "ASC" if oldest else "DESC"
    last = tx.value(
        f"SELECT rowid FROM {table} WHERE {table} MATCH :match ORDER BY rowid {direction} LIMIT 1 OFFSET :skipped",
        match=tx.dialect.wanted(whole),
        skipped=limit - 1,
    )
    return wanted if last is None else whole
