"""The front page: posts or comments of all, of this site, or of what the reader follows."""

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from lemmy_lite.domain import blog as blogs
from lemmy_lite.domain import comment_listing, post_listing, rendering
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import blog, forms
from lemmy_lite.http.web.listing import PER_PAGE, comments_sort, kept, listing, mode, private_feed, sort
from lemmy_lite.http.web.render import stored_html
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.post import PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import site as sites

COMMENTS = "Comment"


class Listed(Struct, kw_only=True):
    """One page of posts or of comments; `next_page` is a cursor for posts and a number for comments."""

    posts: Sequence[PostView] = ()
    comments: Sequence[CommentView] = ()
    comments_html: Mapping[int, str] = MappingProxyType({})
    next_page: str | None = None


async def front(visit: Visit) -> Response:
    """`GET /`: the blog, where `site.front` names one and no list is asked for, else the lists."""
    return await (blog.front(visit) if not blog.wants_lists(visit) and await _has_blog(visit) else _lists(visit))


async def forum(visit: Visit) -> Response:
    """`GET /forum`: the lists that a blog took the place of."""
    return await _lists(visit) if await _has_blog(visit) else redirect("/")


async def _has_blog(visit: Visit) -> bool:
    context = visit.site.context
    if context.config.site.front is None:
        return False
    return await visit.site.database.read(blogs.front, context, visit.viewer) is not None


async def _lists(visit: Visit) -> Response:
    def matter(tx: Transaction, frame: Frame) -> tuple[ListingType, SortType, Listed, list[str], str | None]:
        kind, order = listing(frame, visit.viewer, visit.query.get("listingType")), sort(frame, visit.viewer, visit.query.get("sort"))
        taglines = [line.content for line in sites.taglines(tx)]
        return kind, order, listed(tx, visit, kind, order), taglines, _feed(tx, visit, kind)

    frame, (kind, order, found, taglines, feed) = await visit.read(matter)
    tagline = rendering.text(visit.site.context, random.choice(taglines)) if taglines else None
    return visit.page(
        frame,
        "front.html",
        posts=found.posts,
        comments=found.comments,
        listing=kind.value,
        sort=order.value,
        data_type=data_type(visit),
        kept=kept(visit.query),
        mode=mode(frame, visit.viewer, visit.query.get("postListingMode")).value,
        next_page=found.next_page,
        tagline=stored_html(tagline) if tagline else None,
        feed=feed,
        html=visit.html(comments=found.comments_html, frame=frame),
    )


def _feed(tx: Transaction, visit: Visit, kind: ListingType) -> str | None:
    """The address of the list's feed without its suffix, if it has one."""
    match kind:
        case ListingType.SUBSCRIBED:
            return private_feed(tx, visit.site.context, visit.viewer, "front")
        case ListingType.MODERATOR_VIEW:
            return private_feed(tx, visit.site.context, visit.viewer, "moderated")
        case _:
            return f"/feeds/{kind.lower()}"


def data_type(visit: Visit) -> str:
    """`Post` or `Comment`, as lemmy-ui names what a list shows."""
    return COMMENTS if visit.query.get("dataType") == COMMENTS else "Post"


def _switch(visit: Visit, name: str) -> bool | None:
    """What an address says of a filter; None leaves it to the reader's settings."""
    return {"true": True, "false": False}.get(visit.query.get(name, ""))


def listed(tx: Transaction, visit: Visit, kind: ListingType, order: SortType, community_id: CommunityId | None = None) -> Listed:
    """One page of the list that the address asks for. Raises couldnt_get_posts for a cursor that is not ours."""
    cursor = visit.query.get("pageCursor") or None
    if data_type(visit) != COMMENTS:
        query = PostQuery(
            listing=kind,
            sort=order,
            community_id=community_id,
            limit=PER_PAGE,
            page_cursor=cursor,
            show_read=_switch(visit, "showRead"),
            show_hidden=_switch(visit, "showHidden"),
        )
        page = post_listing.page(tx, visit.site.context.history, visit.viewer, query)
        return Listed(posts=page.posts, next_page=page.next_page if len(page.posts) == PER_PAGE else None)
    number = forms.number(cursor, most=100) or 1
    comments = comment_listing.listing(
        tx,
        visit.viewer,
        CommentQuery(listing=kind, sort=comments_sort(order), community_id=community_id, limit=PER_PAGE, page=number),
    )
    return Listed(
        comments=comments,
        comments_html=rendering.comments(tx, visit.site.context, comments),
        next_page=str(number + 1) if len(comments) == PER_PAGE and number < 100 else None,
    )
