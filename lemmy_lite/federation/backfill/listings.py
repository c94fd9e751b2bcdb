"""The public listings of instances that have Lemmy's API: where to find older posts, and the comments of a post.

Lemmy's outbox ends with the fiftieth post and its documents do not name their comments, so this is the only way to the rest. What is
listed is a hint: ids to ask for, and how much there is; no count and no text of it is kept.
"""

import re
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.clock import Micros
from lemmy_lite.net.budget import Budget

T = TypeVar("T", bound=msgspec.Struct)

ROOTS: Final = {"lemmy": "/api/v3", "piefed": "/api/alpha"}
"""Where the API lies, by the software's name in NodeInfo. PieFed's has the shape of Lemmy's."""
WITHOUT: Final = frozenset(
    {"mbin", "kbin", "mastodon", "pleroma", "akkoma", "misskey", "sharkey", "peertube", "friendica", "wordpress", "discourse", "nodebb"}
)
"""Software that is known not to have it; any other is asked once, as Lemmy has forks of many names."""
A_PAGE: Final = 20
"""Each comment is listed together with its post and community: fifty of a long post would be larger than what is fetched at once."""


_NUMBER: Final = re.compile(r"/post/(\d{1,18})", re.ASCII)


class Place(NamedTuple):
    """A community at its home: the origin, the root of the API there, and its name."""

    origin: str
    root: str
    name: str


class ListedPost(NamedTuple):
    """A post as listed: its id, its number at that place, how many comments it has there, and when it was written."""

    ap_id: str
    number: int
    comments: int | None
    published: Micros | None


class ListedComment(NamedTuple):
    """A comment as listed."""

    ap_id: str
    published: Micros | None


class _Thing(msgspec.Struct):
    id: int
    ap_id: str
    published: Any = None
    deleted: bool = False
    removed: bool = False


class _Counts(msgspec.Struct):
    comments: int | None = None


class _PostView(msgspec.Struct):
    post: _Thing
    counts: _Counts | None = None


class _Posts(msgspec.Struct):
    posts: list[_PostView]
    next_page: str | int | None = None


class _CommentView(msgspec.Struct):
    comment: _Thing


class _Comments(msgspec.Struct):
    comments: list[_CommentView]


class _Resolved(msgspec.Struct):
    post: _PostView | None = None


class _Found(msgspec.Struct):
    post_view: _PostView


class Listings:
    """Asks for pages of such listings. All methods raise Refused, Gone, TryLater."""

    def __init__(self, fetcher: Fetcher, policy: Policy) -> None:
        self._fetcher = fetcher
        self._policy = policy

    async def posts(self, place: Place, cursor: str | None, budget: Budget) -> tuple[list[ListedPost], str | None]:
        """A page of a community's posts, newest first behind those that are pinned, and the cursor of the next one."""
        wanted = {"community_name": place.name, "type_": "All", "sort": "New", "limit": A_PAGE}
        if cursor is not None:
            wanted["page" if place.root == ROOTS["piefed"] else "page_cursor"] = cursor
        body = await self._ask(place, "post/list", wanted, budget)
        found = _decoded(body, _Posts)
        listed = [_listed(view) for view in found.posts if not (view.post.deleted or view.post.removed)]
        following = str(found.next_page) if found.next_page and found.posts else None
        return listed, following if following != cursor else None

    async def comments(self, place: Place, page: int, budget: Budget, post: int | None = None) -> tuple[list[ListedComment], bool]:
        """A page (from 1) of a community's comments, or of one post's, newest first, and whether another may follow."""
        wanted: dict[str, object] = {"type_": "All", "sort": "New", "limit": A_PAGE, "page": page}
        wanted |= {"community_name": place.name} if post is None else {"post_id": post}
        found = _decoded(await self._ask(place, "comment/list", wanted, budget), _Comments).comments
        listed = [
            ListedComment(view.comment.ap_id, values.read_when(view.comment.published))
            for view in found
            if not (view.comment.deleted or view.comment.removed)
        ]
        return listed, len(found) >= A_PAGE

    async def post(self, place: Place, ap_id: str, budget: Budget) -> ListedPost:
        """One post as that place has it. Asked for an id without an account, Lemmy looks among what it has."""
        own = _NUMBER.fullmatch(ap_id.removeprefix(place.origin))
        if own:
            view: _PostView | None = _decoded(await self._ask(place, "post", {"id": own[1]}, budget), _Found).post_view
        else:
            view = _decoded(await self._ask(place, "resolve_object", {"q": ap_id}, budget), _Resolved).post
        if view is None or view.post.ap_id != ap_id:
            raise Refused("not_found", f"{place.origin} does not have {ap_id[:200]}")
        return _listed(view)

    async def _ask(self, place: Place, what: str, wanted: dict[str, Any], budget: Budget) -> bytes:
        url = f"{place.origin}{place.root}/{what}?{urlencode(wanted, quote_via=quote)}"
        await self._policy.require(url)
        response = await self._fetcher.get(url, budget, accept="application/json", same_origin=True)
        origins.require_same(response.url, url, "listing")
        return response.body


def _listed(view: _PostView) -> ListedPost:
    return ListedPost(view.post.ap_id, view.post.id, view.counts.comments if view.counts else None, values.read_when(view.post.published))


def root(software: str | None) -> str | None:
    """Where the API of some software lies, None when it has none."""
    name = (software or "").lower()
    return None if name in WITHOUT else ROOTS.get(name, ROOTS["lemmy"])


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (ValueError, RecursionError) as cause:
        raise Refused("malformed", f"no listing: {cause}") from cause
