"""Search, and resolving a remote address."""

from lemmy_lite.http.api_v3.wire.bounds import CommunityId, Int64, PersonId
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.community import CommunityView
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.model.person import PersonView
from lemmy_lite.model.post import PostView
from lemmy_lite.model.struct import Struct


class Search(Struct, kw_only=True):
    """`GET /search`."""

    q: str
    community_id: CommunityId | None = None
    community_name: str | None = None
    creator_id: PersonId | None = None
    type_: SearchType | None = None
    sort: SortType | None = None
    listing_type: ListingType | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    post_title_only: bool | None = None


class SearchResponse(Struct, kw_only=True):
    """The answer of search."""

    type_: SearchType
    comments: list[CommentView]
    posts: list[PostView]
    communities: list[CommunityView]
    users: list[PersonView]


class ResolveObject(Struct, kw_only=True):
    """`GET /resolve_object`."""

    q: str


class ResolveObjectResponse(Struct, kw_only=True):
    """The answer of resolveObject."""

    comment: CommentView | None = None
    post: PostView | None = None
    community: CommunityView | None = None
    person: PersonView | None = None
