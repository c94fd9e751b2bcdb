"""Posts: writing, editing, deleting, and what readers mark for themselves. Voting is in vote.py, removing in moderation.py."""

from datetime import datetime
from typing import Any

from msgspec import UNSET

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import link_preview, permissions, post_listing, settings, vote, writing
from lemmy_lite.domain.link_preview import Preview
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.domain.writing import House
from lemmy_lite.model.clock import micros, moment
from lemmy_lite.model.community import CommunityModeratorView, CommunityView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import PostCreated, PostDeleted, PostEdited
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm, PostView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, mark, person, post, site, spent
from lemmy_lite.storage.views import community as community_views
from lemmy_lite.storage.views import post as views
from lemmy_lite.text import names
from lemmy_lite.text.translations import Phrase, phrase

MOST_MARKED_AT_ONCE = 10_000
MOST_CROSS_POSTS = 10


class Thread(Struct, kw_only=True):
    """A post as its own page shows it. `missing` says why its text is not here, in a sentence, where it left the disk."""

    post_view: PostView
    community_view: CommunityView
    moderators: list[CommunityModeratorView]
    cross_posts: list[PostView]
    missing: Phrase | None = None


def existing(tx: Transaction, post_id: PostId) -> Post:
    """A post by id, whatever its state. Raises couldnt_find_post."""
    found = post.get(tx, post_id)
    if found is None:
        raise LemmyError("couldnt_find_post")
    return found


def view(tx: Transaction, viewer: Viewer | None, post_id: PostId) -> PostView:
    """A post as the viewer may see it. Raises couldnt_find_post, instance_is_private."""
    settings.require_open_to(tx, viewer)
    found = views.read(tx, viewer, post_id)
    if found is None:
        raise LemmyError("couldnt_find_post")
    return found


def thread(tx: Transaction, context: Context, viewer: Viewer | None, post_id: PostId | None, comment_id: CommentId | None = None) -> Thread:
    """A post, asked for by its id or by that of one of its comments, with its community and other posts of the same link.

    Raises couldnt_find_post, couldnt_find_comment, couldnt_find_community, instance_is_private.
    """
    settings.require_open_to(tx, viewer)  # before anything is looked up, or strangers learn which numbers there are
    if post_id is None:
        if comment_id is None:
            raise LemmyError("couldnt_find_post")
        of_comment = comment.get(tx, comment_id)
        if of_comment is None:
            raise LemmyError("couldnt_find_comment")
        post_id = of_comment.post_id
    found = view(tx, viewer, post_id)
    return Thread(
        post_view=found,
        community_view=communities.view(tx, viewer, found.community.id),
        moderators=community_views.moderators(tx, found.community.id),
        cross_posts=_cross_posts(tx, context, viewer, found.post),
        missing=_missing(tx, found.post),
    )


def _missing(tx: Transaction, of: Post) -> Phrase | None:
    stub = None if of.local else spent.stub(tx, of.id)
    if stub is None or stub.since is None:
        return None
    if stub.trouble is None:
        return phrase(
            "This post is old, and its text was dropped here to save space. It is being fetched again: look once more in a moment."
        )
    return phrase(
        "This post is old, and its text was dropped here to save space. It could not be fetched again: {why} It is tried anew in a while.",
        why=phrase(stub.trouble),
    )


def _cross_posts(tx: Transaction, context: Context, viewer: Viewer | None, of: Post) -> list[PostView]:
    """Other posts with the same link, newest first."""
    if not of.url:
        return []
    query = PostQuery(url=of.url, listing=ListingType.ALL, sort=SortType.NEW, limit=MOST_CROSS_POSTS + 1)
    found = post_listing.page(tx, context.history, viewer, query).posts
    return [other for other in found if other.post.id != of.id][:MOST_CROSS_POSTS]


async def publish(database: Database, context: Context, actor: Person, form: PostForm) -> Post:
    """Write a post with the preview of its link, which is fetched first. Raises as `create`."""
    preview = await link_preview.fetched_or_nothing(context, form.url if form.url is not UNSET else None, nsfw=form.nsfw is True)
    return await database.write(create, context, actor, form, preview=preview)


async def revise(database: Database, context: Context, actor: Person, post_id: PostId, form: PostForm) -> Post:
    """Change a post; a link that is given gets a new preview. Raises as `edit`."""
    given = form.url is not UNSET and form.url
    preview = await link_preview.fetched_or_nothing(context, given, nsfw=form.nsfw is True) if given else None
    return await database.write(edit, context, actor, post_id, form, preview=preview)


def create(
    tx: Transaction,
    context: Context,
    actor: Person,
    form: PostForm,
    *,
    origin: RemoteOrigin | None = None,
    preview: Preview | None = None,
) -> Post:
    """Write a post to `form.community_id`, or receive one. The author upvotes it and has read it.

    A received post that is here already is answered as it is. Raises LemmyError: honeypot_failed, invalid_post_title, slurs, the codes of
    House.url and House.markdown, couldnt_find_community, only_mods_can_post_in_community, language_not_allowed, and those of `post.create`.
    """
    if origin and (known := post.by_ap_id(tx, origin.ap_id)):
        return known
    if form.honeypot:
        raise LemmyError("honeypot_failed")
    house = House(tx, context, origin.ap_id if origin else None)
    values = _checked(house, form, received=origin is not None)
    if form.name is UNSET:
        raise LemmyError("invalid_post_title")
    home = community.get(tx, form.community_id) if form.community_id is not UNSET else None
    if home is None:
        raise LemmyError("couldnt_find_community")
    permissions.require(tx, "post.create", actor, community=home)
    # Who may post in a community elsewhere is for its home to judge: the moderators whom we know may be those of yesterday.
    if home.posting_restricted_to_mods and (home.local or origin is None):
        permissions.require(tx, "community.post_when_restricted", actor, community=home)
    written = post.insert(
        tx,
        name=values.pop("name"),
        creator_id=actor.id,
        community_id=home.id,
        ap_id=origin.ap_id if origin else f"new:{actor.id}:{tx.now}",
        local=origin is None,
        language_id=writing.language(tx, actor, home, form.language_id),
        nsfw=home.nsfw or form.nsfw is True,
        published=origin.published if origin else None,
        updated=origin.updated if origin else None,
        **values,
    )
    if origin is None:
        post.update(tx, written.id, ap_id=f"{context.config.base_url}/post/{written.id}")
        mark.read(tx, actor.id, [written.id], marked=True)
    if preview is not None:
        link_preview.attach(tx, context, written.id, preview)
    count(tx, written, 1)
    tx.append(PostCreated(actor_id=actor.id, post_id=written.id))
    vote.own(tx, actor, written)
    return post.existing(tx, written.id)


def edit(
    tx: Transaction,
    context: Context,
    actor: Person,
    post_id: PostId,
    form: PostForm,
    *,
    origin: RemoteOrigin | None = None,
    preview: Preview | None = None,
) -> Post:
    """Change a post. A received change that is older than what stands here is ignored (security.md R24).

    Raises LemmyError: couldnt_find_post, no_post_edit_allowed, and those of `create`.
    """
    house = House(tx, context, origin.ap_id if origin else None)
    values = _checked(house, form, received=origin is not None)
    found = existing(tx, post_id)
    home = community.existing(tx, found.community_id)
    permissions.require(tx, "post.edit", actor, community=home, author_id=found.creator_id)
    if origin and _is_stale(found, origin):
        return found
    if form.language_id is not UNSET:
        values["language_id"] = writing.language(tx, actor, home, form.language_id)
    if form.nsfw is not UNSET:
        values["nsfw"] = home.nsfw or form.nsfw
    post.update(tx, found.id, updated=(origin.updated if origin else None) or tx.now, **values)
    if preview is not None:
        link_preview.attach(tx, context, found.id, preview)
    tx.append(PostEdited(actor_id=actor.id, post_id=found.id))
    return post.existing(tx, found.id)


def delete(tx: Transaction, actor: Person, post_id: PostId, deleted: bool) -> Post:
    """Delete a post, or restore it. Raises LemmyError: couldnt_find_post, couldnt_update_post when it is in that state already,
    no_post_edit_allowed."""
    found = existing(tx, post_id)
    if found.deleted == deleted:
        raise LemmyError("couldnt_update_post")
    home = community.existing(tx, found.community_id)
    permissions.require(tx, "post.delete", actor, community=home, author_id=found.creator_id)
    post.update(tx, found.id, deleted=deleted, updated=tx.now)
    recount(tx, found)
    tx.append(PostDeleted(actor_id=actor.id, post_id=found.id, deleted=deleted))
    return post.existing(tx, found.id)


def save(tx: Transaction, actor: Person, post_id: PostId, saved: bool) -> None:
    """Keep a post for later, or no longer; a saved post counts as read. Raises couldnt_save_post when there is no such post."""
    permissions.require(tx, "post.mark", actor)
    if post.get(tx, post_id) is None:
        raise LemmyError("couldnt_save_post")
    mark.save(tx, "post", actor.id, post_id, saved=saved)
    mark.read(tx, actor.id, [post_id], marked=True)


def mark_as_read(tx: Transaction, actor: Person, post_ids: list[PostId], read: bool) -> None:
    """Mark posts as read or unread. Raises too_many_items above 10,000, couldnt_mark_post_as_read when one does not exist."""
    _mark(tx, actor, post_ids, "couldnt_mark_post_as_read")
    mark.read(tx, actor.id, post_ids, marked=read)


def mark_seen(tx: Transaction, actor: Person, seen: Post) -> None:
    """The same for one that was just looked up, and on which the actor has acted."""
    mark.read(tx, actor.id, [seen.id], marked=True)


def hide(tx: Transaction, actor: Person, post_ids: list[PostId], hidden: bool) -> None:
    """Hide posts from the actor's lists, or show them again. Raises too_many_items, couldnt_hide_post."""
    _mark(tx, actor, post_ids, "couldnt_hide_post")
    mark.hide(tx, actor.id, post_ids, hidden=hidden)


def visit(tx: Transaction, actor: Person, post_id: PostId) -> None:
    """Remember that the actor has opened a post and seen all its comments. Nothing happens when the post is gone meanwhile."""
    if post.get(tx, post_id) is not None:
        mark.visit(tx, actor.id, post_id, post.counters(tx, post_id).comments)


def last_visit(tx: Transaction, viewer: Viewer | None, post_id: PostId) -> datetime | None:
    """When the viewer opened a post last, so that what was written since can be told apart; None for a first visit."""
    found = mark.last_visit(tx, viewer.id, post_id) if viewer else None
    return moment(found) if found is not None else None


def count(tx: Transaction, written: Post, by: int) -> None:
    """Add one post to, or take it from, the counters of its community, its author and, for local posts, the site."""
    missing = spent.stub(tx, written.id)
    comments = post.counters(tx, written.id).comments - (missing.comments if missing else 0)  # the others left the disk
    community.count(tx, written.community_id, posts=by, comments=by * comments)
    person.count(tx, written.creator_id, posts=by)
    if written.local:
        site.count(tx, posts=by)


def recount(tx: Transaction, before: Post) -> None:
    """Follow with the counters when a post has been deleted, removed or brought back since `before`."""
    after = post.existing(tx, before.id)
    counted, counts = not (before.deleted or before.removed), not (after.deleted or after.removed)
    if counted != counts:
        count(tx, after, 1 if counts else -1)


def _checked(house: House, form: PostForm, *, received: bool) -> dict[str, Any]:
    """The columns that a form sets, each checked, in the order in which Lemmy complains. A received title may be short: "Hi"."""
    values: dict[str, Any] = {}
    if form.name is not UNSET:
        values["name"] = house.name(form.name) if received else names.check_post_title(house.name(form.name))
    if form.body is not UNSET:
        body, columns = house.body(form.body, "post body") if form.body else (None, house.rendered(None))
        values |= {"body": body, **columns}
    if form.url is not UNSET:
        bare = dict.fromkeys(("embed_title", "embed_description", "embed_video_url", "url_content_type", "thumbnail_url"))
        values |= {"url": house.url(form.url) if form.url else None, **bare}
    if form.custom_thumbnail is not UNSET:
        thumbnail = house.url(form.custom_thumbnail) if form.custom_thumbnail else None
        values |= {"custom_thumbnail": thumbnail, "thumbnail_url": thumbnail}
    if form.alt_text is not UNSET:
        names.check("alt text", form.alt_text)
        values["alt_text"] = form.alt_text or None
    return values


def _is_stale(found: Post, origin: RemoteOrigin) -> bool:
    return found.updated is not None and (origin.updated is None or micros(found.updated) > origin.updated)


def _mark(tx: Transaction, actor: Person, post_ids: list[PostId], otherwise: str) -> None:
    permissions.require(tx, "post.mark", actor)
    if len(post_ids) > MOST_MARKED_AT_ONCE:
        raise LemmyError("too_many_items")
    if len(mark.existing_posts(tx, post_ids)) != len(set(post_ids)):
        raise LemmyError(otherwise)
