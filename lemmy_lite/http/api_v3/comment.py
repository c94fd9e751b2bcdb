"""Operations on comments."""

from lemmy_lite.context import Context
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import comment_listing, moderation, notification, permissions, settings, vote
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.deed import Deed
from lemmy_lite.http.api_v3.wire.comment import (
    CommentResponse,
    CreateComment,
    DeleteComment,
    DistinguishComment,
    EditComment,
    GetComment,
    GetComments,
    GetCommentsResponse,
    RemoveComment,
    SaveComment,
)
from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.http.api_v3.wire.vote import CreateCommentLike, ListCommentLikes, ListCommentLikesResponse
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.paging import page
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import vote as votes


async def create_comment(call: UserCall, form: CreateComment) -> CommentResponse:
    """Write a comment."""
    await call.federation.meet(form.content)
    return await call.database.write(_create, call.context, call.viewer, form)


async def get_comment(call: Call, form: GetComment) -> CommentResponse:
    """One comment."""
    return await call.database.read(_get, call.viewer, form)


async def edit_comment(call: UserCall, form: EditComment) -> CommentResponse:
    """Change one's own comment."""
    await call.federation.meet(form.content)
    return await call.database.write(_edit, call.context, call.viewer, form)


async def delete_comment(call: UserCall, form: DeleteComment) -> CommentResponse:
    """Delete or restore one's own comment."""
    return await call.database.write(_delete, call.viewer, form)


async def remove_comment(call: UserCall, form: RemoveComment) -> CommentResponse:
    """Remove or restore a comment as a moderator."""
    return await call.database.write(_remove, call.viewer, form)


async def distinguish_comment(call: UserCall, form: DistinguishComment) -> CommentResponse:
    """Mark one's own comment as spoken for the moderators."""
    return await call.database.write(_distinguish, call.viewer, form)


async def list_comment_likes(call: UserCall, form: ListCommentLikes) -> ListCommentLikesResponse:
    """Who voted on a comment, for the moderators."""
    return await call.database.read(_likes, call.viewer, form)


async def get_comments(call: Call, form: GetComments) -> GetCommentsResponse:
    """One page of a list of comments, or a thread."""
    found = await call.database.read(_list, call.context, call.viewer, form)
    if form.post_id is not None:
        call.federation.thread_opened(form.post_id, by_account=call.viewer is not None)
    return found


def _answer(tx: Transaction, viewer: Viewer | None, written: Comment, *, told: bool = False) -> CommentResponse:
    """`told`: name the accounts that the operation notified."""
    recipients = notification.recipients(tx, written) if told else []
    return CommentResponse(comment_view=comment_listing.one(tx, viewer, written.id), recipient_ids=recipients)


def _create(tx: Transaction, context: Context, viewer: Viewer, form: CreateComment) -> CommentResponse:
    return _answer(tx, viewer, comments.create(tx, context, viewer.person, form_of(CommentForm, form)), told=True)


def _get(tx: Transaction, viewer: Viewer | None, form: GetComment) -> CommentResponse:
    settings.require_open_to(tx, viewer)
    return CommentResponse(comment_view=comment_listing.one(tx, viewer, form.id), recipient_ids=[])


def _edit(tx: Transaction, context: Context, viewer: Viewer, form: EditComment) -> CommentResponse:
    return _answer(tx, viewer, comments.edit(tx, context, viewer.person, form.comment_id, form_of(CommentForm, form)), told=True)


def _delete(tx: Transaction, viewer: Viewer, form: DeleteComment) -> CommentResponse:
    return _answer(tx, viewer, comments.delete(tx, viewer.person, form.comment_id, form.deleted))


def _remove(tx: Transaction, viewer: Viewer, form: RemoveComment) -> CommentResponse:
    return _answer(tx, viewer, moderation.remove_comment(tx, viewer.person, form.comment_id, form.removed, form.reason))


def _distinguish(tx: Transaction, viewer: Viewer, form: DistinguishComment) -> CommentResponse:
    return _answer(tx, viewer, moderation.distinguish_comment(tx, viewer.person, form.comment_id, form.distinguished))


def _save(tx: Transaction, viewer: Viewer, form: SaveComment) -> CommentResponse:
    comments.save(tx, viewer.person, form.comment_id, form.save)
    return _answer(tx, viewer, comments.existing(tx, form.comment_id))


def _like(tx: Transaction, viewer: Viewer, form: CreateCommentLike) -> CommentResponse:
    settings.require_vote_allowed(tx, viewer, form.score)
    target = comments.existing(tx, form.comment_id)
    vote.cast(tx, viewer.person, target, form.score)
    return _answer(tx, viewer, target)


def _likes(tx: Transaction, viewer: Viewer, form: ListCommentLikes) -> ListCommentLikesResponse:
    target = comments.existing(tx, form.comment_id)
    home = communities.existing(tx, posts.existing(tx, target.post_id).community_id)
    permissions.require(tx, "comment.list_votes", viewer.person, community=home)
    return ListCommentLikesResponse(comment_likes=votes.likes(tx, "comment", target.id, page(form.limit, form.page)))


def _list(tx: Transaction, context: Context, viewer: Viewer | None, form: GetComments) -> GetCommentsResponse:
    community_id = form.community_id
    if form.community_name is not None:
        named = communities.named(tx, context, form.community_name)
        if named is None:
            raise LemmyError("unknown", "There is no such community here.", missing=True)
        community_id = named.id
    query = CommentQuery(
        listing=form.type_,
        sort=form.sort or CommentSortType.HOT,
        max_depth=form.max_depth,
        page=form.page,
        limit=form.limit,
        community_id=community_id,
        post_id=form.post_id,
        parent_id=form.parent_id,
        saved_only=bool(form.saved_only),
        liked_only=bool(form.liked_only),
        disliked_only=bool(form.disliked_only),
    )
    return GetCommentsResponse(comments=comment_listing.listing(tx, viewer, query))


save_comment = Deed(_save, own=True)
like_comment = Deed(_like)
