"""Search, and the address box: what looks like an address of the fediverse is fetched, for those who are logged in."""

import re
from collections.abc import Mapping

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import lookup, rendering
from lemmy_lite.domain import person as people
from lemmy_lite.domain import search as searching
from lemmy_lite.domain.lookup import LookedUp
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.listing import PER_PAGE, chosen
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import handle
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text.translations import phrase

MOST_CHARACTERS = 500

_ADDRESS = re.compile(r"(?:acct:)?[!@]?[^@!\s/]+@[^@\s/?#]+|https?://\S+")


class Searched(Struct, kw_only=True):
    """What was found, where and by whom it was searched, and why a place or person that was named is none."""

    found: searching.Found | None = None
    texts: Mapping[int, str] = {}
    community: Community | None = None
    creator: Person | None = None
    hint: str | None = None


async def search(visit: Visit) -> Response:
    """`GET /search`: `communityId` and `creatorId` as lemmy-ui has them, or `community` and `creator` by name, as our form sends them."""
    asked = visit.query
    q = asked.get("q", "").strip()[:MOST_CHARACTERS]
    kind = chosen(SearchType, asked.get("type"), SearchType.ALL)
    listing = chosen(ListingType, asked.get("listingType"), ListingType.ALL)
    sort = chosen(SortType, asked.get("sort"), SortType.TOP_ALL)
    number = forms.number(asked.get("page"), most=100) or 1
    title_only = asked.get("titleOnly") == "true"
    if q:
        visit.site.limiter.take(Bucket.SEARCH, visit.request.address)
    resolved, hint = await _resolved(visit, q)

    def matter(tx: Transaction, frame: Frame) -> Searched:
        community, creator, missing = _narrowed(tx, visit)
        query = SearchQuery(
            q=q,
            type=kind,
            listing=listing,
            sort=sort,
            community_id=community.id if community else None,
            creator_id=creator.id if creator else None,
            title_only=title_only,
            page=number,
            limit=PER_PAGE,
        )
        wanted = not missing and (q or community or creator)
        found = searching.search(tx, visit.site.context, visit.viewer, query) if wanted else None
        comments = (found.comments if found else []) + ([resolved.comment] if resolved and resolved.comment else [])
        texts = rendering.comments(tx, visit.site.context, comments)
        return Searched(found=found, texts=texts, community=community, creator=creator, hint=missing)

    frame, searched = await visit.read(matter)
    found = searched.found
    full = found is not None and PER_PAGE in (len(found.posts), len(found.comments), len(found.communities), len(found.users))
    return visit.page(
        frame,
        "search.html",
        q=q,
        type=kind.value,
        listing=listing.value,
        sort=sort.value,
        title_only=title_only,
        community=handle(searched.community) if searched.community else asked.get("community", "")[:200],
        creator=handle(searched.creator) if searched.creator else asked.get("creator", "")[:200],
        results=found,
        resolved=resolved,
        hint=hint or searched.hint,
        next_page=number + 1 if full and number < 100 else None,
        html=visit.html(comments=searched.texts),
    )


def _narrowed(tx: Transaction, visit: Visit) -> tuple[Community | None, Person | None, str | None]:
    """The community and the author that the search is narrowed to, and a sentence where one that was named is not known here."""
    asked, context = visit.query, visit.site.context
    name, author = asked.get("community", "").strip(), asked.get("creator", "").strip()
    group, person = forms.number(asked.get("communityId")), forms.number(asked.get("creatorId"))
    try:
        community = communities.named(tx, context, name) if name else communities.existing(tx, CommunityId(group)) if group else None
        creator = people.named(tx, context, author) if author else people.view(tx, PersonId(person)).person if person else None
    except LemmyError as error:
        return None, None, error.sentence
    if name and community is None:
        return None, creator, phrase("No community of the name {name} is known here.", name=name)
    if author and creator is None:
        return community, None, phrase("Nobody of the name {name} is known here.", name=author)
    return community, creator, None


async def _resolved(visit: Visit, q: str) -> tuple[LookedUp | None, str | None]:
    """What stands at the address, if the words are one, and a sentence when it could not be had."""
    if not _ADDRESS.fullmatch(q):
        return None, None
    try:
        found = await (visit.site.federation.resolve(q) if visit.viewer else visit.site.federation.resolve_locally(q))
        if found is not None:
            return await visit.site.database.read(lookup.view, visit.viewer, found), None
    except LemmyError as error:
        return None, phrase("Nothing could be had from this address. {why}", why=phrase(error.sentence))
    return None, "Log in to fetch this address from its server: without an account only what is known here is found."
