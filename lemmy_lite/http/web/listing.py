"""What the address of a list means: its kind, its order, its page."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from lemmy_lite.context import Context
from lemmy_lite.domain import feed
from lemmy_lite.domain.person import comment_sort
from lemmy_lite.http.web.visit import Frame
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.model.site import PostListingMode
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

E = TypeVar("E", bound=StrEnum)

PER_PAGE = 20


def chosen(kind: type[E], text: str | None, default: E) -> E:
    """The member named in an address, or the default for anything else: old and foreign links still lead somewhere."""
    return next((member for member in kind if member.value == text), default)


def listing(frame: Frame, viewer: Viewer | None, text: str | None) -> ListingType:
    """Which posts a front page shows: what was asked, else the reader's setting, else the site's."""
    default = viewer.local_user.default_listing_type if viewer else frame.site.local_site.default_post_listing_type
    found = chosen(ListingType, text, default)
    return ListingType.ALL if viewer is None and found in (ListingType.SUBSCRIBED, ListingType.MODERATOR_VIEW) else found


def private_feed(tx: Transaction, context: Context, viewer: Viewer | None, part: str) -> str | None:
    """The address, without its suffix, of a feed that only its owner reads; None where they have made no private addresses."""
    key = feed.key(tx, context, viewer) if viewer is not None else None
    return f"/feeds/{part}/{key}" if key is not None else None


def sort(frame: Frame, viewer: Viewer | None, text: str | None) -> SortType:
    """The order of a list of posts: what was asked, else the reader's setting, else the site's."""
    return chosen(SortType, text, viewer.local_user.default_sort_type if viewer else frame.site.local_site.default_sort_type)


def mode(frame: Frame, viewer: Viewer | None, text: str | None) -> PostListingMode:
    """How posts are shown: what was asked, else the reader's setting, else the site's."""
    default = viewer.local_user.post_listing_mode if viewer else frame.site.local_site.default_post_listing_mode
    return chosen(PostListingMode, text, default)


KEPT = ("dataType", "listingType", "sort", "showRead", "showHidden", "postListingMode")


def kept(asked: Mapping[str, str]) -> dict[str, str | None]:
    """What the address of a list asks for, to be carried along by its links: lemmy-ui's names; anything else is dropped."""
    return {name: asked.get(name, "")[:30] or None for name in KEPT}


def comments_sort(of_posts: SortType) -> CommentSortType:
    """The order of comments in a list whose tabs are those of posts."""
    return comment_sort(of_posts)
