"""Which posts a viewer's list may show: every filter of Lemmy 0.19's list query (db_views, post_view.rs), as SQL."""

from enum import StrEnum

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId, LanguageId, PersonId, PostId
from lemmy_lite.model.listing import ListingType
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.tables import search_text


class Holding(Struct):
    """What a search asks of a post (search.py): to be among `among`, or, where that is None, to have the terms `match` in `table`. With
    `one_by_one` each post on the way is asked by its own text, and `match` is of `Dialect.asked`."""

    table: str
    match: str
    among: tuple[PostId, ...] | None
    one_by_one: bool = False


class Selection(Struct):
    """Whose eyes and which posts. `vote` keeps posts the viewer voted 1 or -1; `since` leaves older posts out (Top sorts), `newest`
    those that came later than the walk began. `gather`, `by_date` and `sieve` choose the way to them: through the communities of the
    listing, through all posts of the window, and past what is in none of its communities, which are read at once (domain/scan_plan.py)."""

    viewer_id: PersonId | None
    admin: bool
    listing: ListingType
    community_id: CommunityId | None
    creator_id: PersonId | None
    url: str | None
    holding: Holding | None
    saved_only: bool
    vote: int
    hide_read: bool
    hide_hidden: bool
    hide_nsfw: bool
    hide_bots: bool
    languages: tuple[LanguageId, ...]
    since: Micros | None
    newest: PostId
    gather: bool
    by_date: bool
    sieve: bool


class Source(StrEnum):
    """What leads to the rows: a walk over all, the gathered posts of a set of communities, one community, one author, what the viewer has
    done or a link, the short index of what is pinned, their ids, or communities with some number of active people."""

    WALK = "walk"
    GATHER = "gather"
    COMMUNITY = "community"
    CREATOR = "creator"
    OWN = "own"
    PINNED = "pinned"
    IDS = "ids"
    QUIET = "quiet"


SETS = {
    ListingType.SUBSCRIBED: "SELECT community_id FROM community_follower WHERE person_id = :viewer",
    ListingType.MODERATOR_VIEW: "SELECT community_id FROM community_moderator WHERE person_id = :viewer",
    ListingType.LOCAL: "SELECT id AS community_id FROM community WHERE local",
}


_FOLLOWED = "EXISTS (SELECT 1 FROM community_follower f WHERE f.person_id = :viewer AND f.community_id = a.community_id)"


def pinned(selection: Selection) -> str:
    """The column that says whether a post is pinned in such a list."""
    return "a.featured_local" if selection.community_id is None else "a.featured_community"


def source_of(selection: Selection) -> Source:
    """What leads to the rows of a selection with the least reading."""
    if selection.saved_only or selection.vote or selection.url is not None:
        return Source.OWN
    if selection.holding is not None and selection.holding.among is not None:
        return Source.OWN
    if selection.community_id is not None and (selection.gather or selection.creator_id is not None):
        return Source.COMMUNITY
    if selection.creator_id is not None:
        return Source.CREATOR
    if selection.community_id is not None:
        return Source.WALK
    return Source.GATHER if selection.gather else Source.WALK


def filtered(selection: Selection, source: Source, *, by_date: bool, placed: bool = False) -> tuple[str, str]:
    """The tables in their order, and every filter that applies. `by_date` lets the date of a Top sort's window lead to the rows; `placed`
    brings the counters of the row's community in, as `place`."""
    tables = "post_aggregates a CROSS JOIN community c"
    # SQLite asks in the order of the text: what most rows of a walk fail by comes first.
    filters = [*_members(selection, source), "c.id = a.community_id", "+a.post_id <= :newest", "NOT c.deleted"]
    if source is Source.QUIET:
        tables = f"community_aggregates place CROSS JOIN {tables}"
        filters[:0] = ["a.community_id = place.community_id"]
    elif placed:
        tables = tables.replace("post_aggregates a", "post_aggregates a CROSS JOIN community_aggregates place")
        filters[:0] = ["place.community_id = a.community_id"]
    if source is Source.GATHER:
        tables = f"({SETS[selection.listing]}) member CROSS JOIN {tables}"
    if selection.saved_only:
        tables = f"post_saved s CROSS JOIN {tables}"
        filters += ["s.person_id = :viewer", "a.post_id = s.post_id"]
    if selection.vote:
        if source is Source.OWN and not selection.saved_only:
            tables = f"post_vote v CROSS JOIN {tables}"
            filters += ["v.person_id = :viewer", "v.local", "v.score = :vote", "a.post_id = v.post_id"]
        else:
            filters.append("EXISTS (SELECT 1 FROM post_vote v WHERE v.post_id = a.post_id AND v.person_id = :viewer AND v.score = :vote)")
        filters.append("a.creator_id <> :viewer")
    if selection.url is not None:
        filters.append("a.post_id IN (SELECT id FROM post WHERE url = :url)")
    filters += _states(selection) + _places(selection) + _tastes(selection)
    if selection.since is not None:
        filters.append(f"{'' if by_date else '+'}a.published > :since")
    if selection.holding is not None:
        filters.append(_held(selection.holding))
    return tables, " AND ".join(filters)


def _members(selection: Selection, source: Source) -> list[str]:
    """The community, the author, and the kind of listing."""
    filters = []
    if selection.community_id is not None:
        filters.append(f"{'' if source is Source.COMMUNITY else '+'}a.community_id = :community")
    if selection.creator_id is not None:
        filters.append(f"{'' if source is Source.CREATOR else '+'}a.creator_id = :creator")
    listing = selection.listing
    if source is Source.GATHER:
        filters.append("a.community_id = member.community_id")
    elif listing not in SETS or (selection.viewer_id is None and listing is not ListingType.LOCAL):
        pass
    elif source is Source.WALK and selection.sieve:
        filters.append(f"+a.community_id IN ({SETS[listing]})")
    elif listing is ListingType.LOCAL:
        filters.append("c.local")
    elif listing is ListingType.SUBSCRIBED:
        filters.append(_FOLLOWED)
    else:
        filters.append("EXISTS (SELECT 1 FROM community_moderator m WHERE m.community_id = a.community_id AND m.person_id = :viewer)")
    return filters


def _held(holding: Holding) -> str:
    """What is deleted or removed is found by nobody, its author and admins included, as in Lemmy."""
    if holding.among is not None:
        return "a.listed AND a.post_id AMONG :among"
    if holding.one_by_one:
        texts = ", ".join(f"held.{column}" for column in search_text.POST.documents[holding.table])
        has = f"HOLDS({holding.table}, held.id, :match, {texts})"
        return f"a.listed AND EXISTS (SELECT 1 FROM post held WHERE held.id = a.post_id AND {has})"
    # Read once for the statement, not asked for each post: FTS5 gathers all rows of a prefix anew each time it is asked.
    return f"a.listed AND +a.post_id IN (SELECT rowid FROM {holding.table} WHERE {holding.table} MATCH :match)"


def _states(selection: Selection) -> list[str]:
    """Deleted posts are for their author, removed ones for admins who look at a profile, local-only ones for who is logged in."""
    inspecting = selection.admin and selection.creator_id is not None
    filters = [] if inspecting else ["NOT c.removed"]
    if selection.viewer_id is None:
        return [*filters, "a.listed", "c.visibility = 'Public'"]
    deleted = "(NOT p.deleted OR a.creator_id = :viewer)"
    removed = "" if inspecting else " AND NOT p.removed"
    filters.append(f"(a.listed OR EXISTS (SELECT 1 FROM post p WHERE p.id = a.post_id AND {deleted}{removed}))")
    return filters


def _places(selection: Selection) -> list[str]:
    """Hidden communities only followers see in lists."""
    if selection.viewer_id is None:
        return ["NOT c.hidden"]
    return [f"(NOT c.hidden OR {_FOLLOWED})"] if selection.listing in (ListingType.ALL, ListingType.LOCAL) else []


def _tastes(selection: Selection) -> list[str]:
    """What the viewer has switched off, hidden or blocked. Moderators see everything of their communities, whatever they have blocked."""
    filters = []
    if selection.hide_nsfw:
        filters.append("NOT a.nsfw AND NOT c.nsfw")
    if selection.hide_bots:
        filters.append("NOT EXISTS (SELECT 1 FROM person b WHERE b.id = a.creator_id AND b.bot_account)")
    if selection.hide_read:
        filters.append("NOT EXISTS (SELECT 1 FROM post_read r WHERE r.person_id = :viewer AND r.post_id = a.post_id AND r.marked)")
    if selection.hide_hidden:
        filters.append("NOT EXISTS (SELECT 1 FROM post_hidden h WHERE h.person_id = :viewer AND h.post_id = a.post_id)")
    if selection.viewer_id is None or selection.listing is ListingType.MODERATOR_VIEW:
        return filters
    if selection.languages:
        filters.append("a.language_id AMONG :languages")
    filters += [
        "NOT EXISTS (SELECT 1 FROM person_block x WHERE x.person_id = :viewer AND x.target_id = a.creator_id)",
        "NOT EXISTS (SELECT 1 FROM community_block y WHERE y.person_id = :viewer AND y.community_id = a.community_id)",
        "NOT EXISTS (SELECT 1 FROM instance_block z WHERE z.person_id = :viewer AND z.instance_id = c.instance_id)",
    ]
    return filters
