"""Search, and the address box: what looks like an address of the fediverse is fetched, for those who are logged in."""

import re
from collections.abc import Mapping

from lemmy_lite.domain import lookup, rendering, settings
from lemmy_lite.domain import search as searching
from lemmy_lite.domain.lookup import LookedUp
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.listing import PER_PAGE, chosen
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.storage.query import Transaction

MOST_CHARACTERS = 500

_ADDRESS = re.compile(r"(?:acct:)?[!@]?[^@!\s/]+@[^@\s/?#]+|https?://\S+")


async def search(visit: Visit) -> Response:
    """`GET /search`."""
    asked = visit.query
    q = asked.get("q", "").strip()[:MOST_CHARACTERS]
    kind = chosen(SearchType, asked.get("type"), SearchType.ALL)
    listing = chosen(ListingType, asked.get("listingType"), ListingType.ALL)
    sort = chosen(SortType, asked.get("sort"), SortType.TOP_ALL)
    number = forms.number(asked.get("page"), most=100) or 1
    if q:
        visit.site.limiter.take(Bucket.SEARCH, visit.request.address)
    resolved, hint = await _resolved(visit, q)
    query = SearchQuery(q=q, type=kind, listing=listing, sort=sort, page=number, limit=PER_PAGE)

    def matter(tx: Transaction, frame: Frame) -> tuple[searching.Found | None, Mapping[int, str]]:
        settings.require_open_to(tx, visit.viewer)
        found = searching.search(tx, visit.site.context, visit.viewer, query) if q else None
        comments = (found.comments if found else []) + ([resolved.comment] if resolved and resolved.comment else [])
        return found, rendering.comments(tx, visit.site.context, comments)

    frame, (found, texts) = await visit.read(matter)
    full = found is not None and PER_PAGE in (len(found.posts), len(found.comments), len(found.communities), len(found.users))
    return visit.page(
        frame,
        "search.html",
        q=q,
        type=kind.value,
        listing=listing.value,
        sort=sort.value,
        results=found,
        resolved=resolved,
        hint=hint,
        next_page=number + 1 if full and number < 100 else None,
        html=visit.html(comments=texts),
    )


async def _resolved(visit: Visit, q: str) -> tuple[LookedUp | None, str | None]:
    """What stands at the address, if the words are one, and a sentence when it could not be had."""
    if not _ADDRESS.fullmatch(q):
        return None, None
    try:
        found = await (visit.site.federation.resolve(q) if visit.viewer else visit.site.federation.resolve_locally(q))
        if found is not None:
            return await visit.site.database.read(lookup.view, visit.viewer, found), None
    except LemmyError as error:
        return None, f"Nothing could be had from this address. {error.sentence}"
    return None, "Log in to fetch this address from its server: without an account only what is known here is found."
