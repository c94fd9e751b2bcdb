"""Search, and the address box: what looks like an address of the fediverse is fetched, for those who are logged in."""

import re
from collections.abc import Mapping

from lemmy_lite.domain import lookup, rendering, settings
from lemmy_lite.domain.lookup import LookedUp
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response
from lemmy_lite.http.web.listing import chosen
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
    if q:
        visit.site.limiter.take(Bucket.SEARCH, visit.request.address)
    resolved, hint = await _resolved(visit, q)

    def matter(tx: Transaction, frame: Frame) -> Mapping[int, str]:
        settings.require_open_to(tx, visit.viewer)
        return rendering.comments(tx, visit.site.context, [resolved.comment]) if resolved and resolved.comment else {}

    frame, texts = await visit.read(matter)
    return visit.page(
        frame,
        "search.html",
        q=q,
        type=kind.value,
        listing=listing.value,
        sort=sort.value,
        results=None,
        resolved=resolved,
        hint=hint,
        next_page=None,
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
