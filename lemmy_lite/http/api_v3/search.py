"""Search."""

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import search as searching
from lemmy_lite.domain import settings
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.http.api_v3.call import Call
from lemmy_lite.http.api_v3.wire.search import Search, SearchResponse
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import SearchType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def search(call: Call, form: Search) -> SearchResponse:
    """One page of what fits; a community name that is not known here is looked up for a logged-in user."""
    query = SearchQuery(
        q=form.q,
        type=form.type_ or SearchType.ALL,
        listing=form.listing_type,
        sort=form.sort,
        community_id=await _community(call, form),
        creator_id=form.creator_id,
        title_only=bool(form.post_title_only),
        page=form.page,
        limit=form.limit,
    )
    found = await call.database.read(searching.search, call.context, call.viewer, query)
    return SearchResponse(type_=query.type, comments=found.comments, posts=found.posts, communities=found.communities, users=found.users)


async def _community(call: Call, form: Search) -> CommunityId | None:
    """The name goes before the id, as in Lemmy."""
    if form.community_name is None:
        return form.community_id
    found = await call.database.read(_named, call.context, call.viewer, form.community_name)
    if found is None and call.viewer is not None and "@" in form.community_name:
        fetched = await call.federation.resolve(f"!{form.community_name.removeprefix('!')}")
        found = fetched if isinstance(fetched, Community) else None
    if found is None:
        raise LemmyError("unknown", "There is no such community here.", missing=True)
    return found.id


def _named(tx: Transaction, context: Context, viewer: Viewer | None, name: str) -> Community | None:
    settings.require_open_to(tx, viewer)
    return communities.named(tx, context, name)
