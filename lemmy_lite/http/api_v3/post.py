"""Operations on posts."""

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import link_preview, moderation, permissions, post_listing, settings, vote
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.http import reopened
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.deed import Deed
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.http.api_v3.wire.post import (
    CreatePost,
    DeletePost,
    EditPost,
    FeaturePost,
    GetPost,
    GetPostResponse,
    GetPosts,
    GetPostsResponse,
    GetSiteMetadata,
    GetSiteMetadataResponse,
    HidePost,
    LockPost,
    MarkPostAsRead,
    PostResponse,
    RemovePost,
    SavePost,
)
from lemmy_lite.http.api_v3.wire.vote import CreatePostLike, ListPostLikes, ListPostLikesResponse
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.paging import PaginationCursor, page
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import vote as votes


async def create_post(call: UserCall, form: CreatePost) -> PostResponse:
    """Write a post."""
    await call.federation.meet(form.body)
    written = await posts.publish(call.database, call.context, call.viewer.person, form_of(PostForm, form))
    return await call.database.read(_answer, call.viewer, written.id)


async def get_post(call: Call, form: GetPost) -> GetPostResponse:
    """One post with its community; a logged-in reader has then seen it."""

    async def read() -> posts.Thread:
        return await call.database.read(posts.thread, call.context, call.viewer, form.id, form.comment_id)

    found = await reopened.opened(call.federation, form.id, read, lambda thread: thread, by_account=call.viewer is not None)
    if call.viewer is not None:
        await call.database.note(posts.visit, call.viewer.person, found.post_view.post.id)
    call.federation.thread_opened(found.post_view.post.id, by_account=call.viewer is not None)
    return GetPostResponse(
        post_view=reopened.explained(found),
        community_view=found.community_view,
        moderators=found.moderators,
        cross_posts=found.cross_posts,
    )


async def get_site_metadata(call: UserCall, form: GetSiteMetadata) -> GetSiteMetadataResponse:
    """What a linked page says about itself, for a form that is being filled in."""
    return GetSiteMetadataResponse(metadata=await link_preview.fetch(call.context, form.url))


async def edit_post(call: UserCall, form: EditPost) -> PostResponse:
    """Change one's own post."""
    await call.federation.meet(form.body)
    await posts.revise(call.database, call.context, call.viewer.person, form.post_id, form_of(PostForm, form))
    return await call.database.read(_answer, call.viewer, form.post_id)


async def delete_post(call: UserCall, form: DeletePost) -> PostResponse:
    """Delete or restore one's own post."""
    return await call.database.write(_delete, call.viewer, form)


async def remove_post(call: UserCall, form: RemovePost) -> PostResponse:
    """Remove or restore a post as a moderator."""
    return await call.database.write(_remove, call.viewer, form)


async def lock_post(call: UserCall, form: LockPost) -> PostResponse:
    """Close or open a post to comments."""
    return await call.database.write(_lock, call.viewer, form)


async def feature_post(call: UserCall, form: FeaturePost) -> PostResponse:
    """Pin or unpin a post."""
    return await call.database.write(_feature, call.viewer, form)


async def get_posts(call: Call, form: GetPosts) -> GetPostsResponse:
    """One page of a list of posts."""
    found = await call.database.read(_list, call.context, call.viewer, form)
    return GetPostsResponse(posts=found.posts, next_page=PaginationCursor(found.next_page) if found.next_page else None)


async def list_post_likes(call: UserCall, form: ListPostLikes) -> ListPostLikesResponse:
    """Who voted on a post, for its moderators."""
    return await call.database.read(_likes, call.viewer, form)


def _answer(tx: Transaction, viewer: Viewer, post_id: PostId) -> PostResponse:
    return PostResponse(post_view=posts.view(tx, viewer, post_id))


def _delete(tx: Transaction, viewer: Viewer, form: DeletePost) -> PostResponse:
    return _answer(tx, viewer, posts.delete(tx, viewer.person, form.post_id, form.deleted).id)


def _remove(tx: Transaction, viewer: Viewer, form: RemovePost) -> PostResponse:
    return _answer(tx, viewer, moderation.remove_post(tx, viewer.person, form.post_id, form.removed, form.reason).id)


def _lock(tx: Transaction, viewer: Viewer, form: LockPost) -> PostResponse:
    return _answer(tx, viewer, moderation.lock_post(tx, viewer.person, form.post_id, form.locked).id)


def _feature(tx: Transaction, viewer: Viewer, form: FeaturePost) -> PostResponse:
    return _answer(tx, viewer, moderation.feature_post(tx, viewer.person, form.post_id, form.featured, form.feature_type).id)


def _save(tx: Transaction, viewer: Viewer, form: SavePost) -> PostResponse:
    posts.save(tx, viewer.person, form.post_id, form.save)
    return _answer(tx, viewer, form.post_id)


def _like(tx: Transaction, viewer: Viewer, form: CreatePostLike) -> PostResponse:
    settings.require_vote_allowed(tx, viewer, form.score)
    target = posts.existing(tx, form.post_id)
    vote.cast(tx, viewer.person, target, form.score)
    posts.mark_seen(tx, viewer.person, target)
    return _answer(tx, viewer, target.id)


def _likes(tx: Transaction, viewer: Viewer, form: ListPostLikes) -> ListPostLikesResponse:
    target = posts.existing(tx, form.post_id)
    permissions.require(tx, "post.list_votes", viewer.person, community=communities.existing(tx, target.community_id))
    return ListPostLikesResponse(post_likes=votes.likes(tx, "post", target.id, page(form.limit, form.page)))


def _list(tx: Transaction, context: Context, viewer: Viewer | None, form: GetPosts) -> post_listing.PostPage:
    community_id = form.community_id
    if form.community_name is not None:
        named = communities.named(tx, context, form.community_name)
        if named is None:
            raise LemmyError("unknown", "There is no such community here.", missing=True)
        community_id = named.id
    query = PostQuery(
        listing=form.type_,
        sort=form.sort,
        community_id=community_id,
        saved_only=form.saved_only,
        liked_only=form.liked_only,
        disliked_only=form.disliked_only,
        show_hidden=form.show_hidden,
        show_read=form.show_read,
        show_nsfw=form.show_nsfw,
        page=form.page,
        limit=form.limit,
        page_cursor=form.page_cursor,
    )
    return post_listing.page(tx, context.history, viewer, query)


def _mark_as_read(tx: Transaction, viewer: Viewer, form: MarkPostAsRead) -> SuccessResponse:
    posts.mark_as_read(tx, viewer.person, form.post_ids, form.read)
    return SuccessResponse(success=True)


def _hide(tx: Transaction, viewer: Viewer, form: HidePost) -> SuccessResponse:
    posts.hide(tx, viewer.person, form.post_ids, form.hide)
    return SuccessResponse(success=True)


mark_post_as_read = Deed(_mark_as_read, own=True)
hide_post = Deed(_hide, own=True)
save_post = Deed(_save, own=True)
like_post = Deed(_like)
