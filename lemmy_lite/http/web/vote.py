"""Who voted on a post or comment, for its moderators."""

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import comment_listing, permissions
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.comment import comment_id
from lemmy_lite.http.web.post import post_id
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.paging import LIMIT_MAX, PAGE_MAX, Page
from lemmy_lite.model.vote import VoteView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import vote as votes


async def post(visit: Visit) -> Response:
    """`GET /post/ID/votes`."""
    return await _page(visit, post_id(visit), None)


async def comment(visit: Visit) -> Response:
    """`GET /comment/ID/votes`."""
    return await _page(visit, None, comment_id(visit))


async def _page(visit: Visit, of_post: PostId | None, of_comment: CommentId | None) -> Response:
    me = visit.me
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1
    page = Page(limit=LIMIT_MAX, number=number)

    def matter(tx: Transaction, frame: Frame) -> tuple[str, list[VoteView]]:
        if of_comment is not None:
            said = comments.existing(tx, of_comment)
            home = communities.existing(tx, posts.existing(tx, said.post_id).community_id)
            permissions.require(tx, "comment.list_votes", me.person, community=home)
            return comment_listing.one(tx, me, said.id).comment.content, votes.likes(tx, "comment", of_comment, page)
        written = posts.existing(tx, of_post or PostId(0))
        permissions.require(tx, "post.list_votes", me.person, community=communities.existing(tx, written.community_id))
        return written.name, votes.likes(tx, "post", written.id, page)

    frame, (words, found) = await visit.read(matter)
    here = visit.request.path
    return visit.page(
        frame,
        "votes.html",
        votes=found,
        words=words,
        back=here.removesuffix("/votes"),
        next_href=href(here, page=number + 1) if len(found) == LIMIT_MAX and number < PAGE_MAX else None,
    )
