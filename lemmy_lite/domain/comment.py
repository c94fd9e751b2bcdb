"""Comments: writing, editing, deleting, saving. Voting is in vote.py, removing in moderation.py, notifying in notification.py."""

from typing import Any

from msgspec import UNSET

from lemmy_lite.context import Context
from lemmy_lite.domain import permissions, vote, writing
from lemmy_lite.domain.writing import House
from lemmy_lite.model.clock import DAY, micros
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentCreated, CommentDeleted, CommentEdited
from lemmy_lite.model.ids import CommentId
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, mark, person, post, site

MOST_ANCESTORS = 50
"""A reply is refused below this many comments (contract, comment_depth_rule)."""
MOST_RECEIVED_ANCESTORS = 200
"""For what others wrote. Lemmy keeps its own bound there too, and loses what Mastodon and PieFed say below it."""

_NECRO_AGE = 2 * DAY


def create(tx: Transaction, context: Context, actor: Person, form: CommentForm, *, origin: RemoteOrigin | None = None) -> Comment:
    """Write a comment on `form.post_id`, below `form.parent_id` if given, or receive one. The author upvotes it.

    A received comment that is here already is answered as it is. Raises LemmyError: couldnt_find_post, deleted, locked,
    couldnt_find_comment, couldnt_create_comment (parent in another post), max_comment_depth_reached, language_not_allowed, the codes of
    House.markdown and of `comment.create`.
    """
    if origin and (known := comment.by_ap_id(tx, origin.ap_id)):
        return known
    house = House(tx, context, origin.ap_id if origin else None)
    values = _checked(house, form)
    of_post = post.get(tx, form.post_id) if form.post_id is not UNSET else None
    if of_post is None:
        raise LemmyError("couldnt_find_post")
    home = community.existing(tx, of_post.community_id)
    permissions.require(tx, "comment.create", actor, community=home)
    if of_post.deleted or of_post.removed:
        raise LemmyError("deleted")
    if of_post.locked:
        permissions.require(tx, "comment.create_in_locked_post", actor, community=home)
    parent_path = _parent_path(tx, of_post, form, MOST_ANCESTORS if origin is None else MOST_RECEIVED_ANCESTORS)
    written = comment.insert(
        tx,
        post_id=of_post.id,
        creator_id=actor.id,
        content=values.pop("content", ""),
        parent_path=parent_path,
        local=origin is None,
        ap_id=origin.ap_id if origin else f"new:{actor.id}:{tx.now}",
        language_id=writing.language(tx, actor, home, form.language_id),
        published=origin.published if origin else None,
        updated=origin.updated if origin else None,
        **values,
    )
    if origin is None:
        comment.update(tx, written.id, ap_id=f"{context.config.base_url}/comment/{written.id}")
    _count(tx, written, of_post, home, 1)
    if origin is None:
        mark.visit(tx, actor.id, of_post.id, post.counters(tx, of_post.id).comments)
    tx.append(CommentCreated(actor_id=actor.id, comment_id=written.id, called=origin.called if origin else ()))
    vote.own(tx, actor, written)
    return comment.existing(tx, written.id)


def edit(
    tx: Transaction, context: Context, actor: Person, comment_id: CommentId, form: CommentForm, *, origin: RemoteOrigin | None = None
) -> Comment:
    """Change a comment. A received change that is older than what stands here is ignored.

    Raises LemmyError: couldnt_find_comment, no_comment_edit_allowed, and those of `create`.
    """
    house = House(tx, context, origin.ap_id if origin else None)
    values = _checked(house, form)
    found, _, home = _found(tx, comment_id)
    permissions.require(tx, "comment.edit", actor, community=home, author_id=found.creator_id)
    if origin and found.updated is not None and (origin.updated is None or micros(found.updated) > origin.updated):
        return found
    if form.language_id is not UNSET:
        values["language_id"] = writing.language(tx, actor, home, form.language_id)
    comment.update(tx, found.id, updated=(origin.updated if origin else None) or tx.now, **values)
    tx.append(CommentEdited(actor_id=actor.id, comment_id=found.id, called=origin.called if origin else ()))
    return comment.existing(tx, found.id)


def delete(tx: Transaction, actor: Person, comment_id: CommentId, deleted: bool) -> Comment:
    """Delete a comment, or restore it. Raises LemmyError: couldnt_find_comment, couldnt_update_comment when it is in that state already,
    no_comment_edit_allowed."""
    found, _, home = _found(tx, comment_id)
    if found.deleted == deleted:
        raise LemmyError("couldnt_update_comment")
    permissions.require(tx, "comment.delete", actor, community=home, author_id=found.creator_id)
    comment.update(tx, found.id, deleted=deleted, updated=tx.now)
    recount(tx, found)
    tx.append(CommentDeleted(actor_id=actor.id, comment_id=found.id, deleted=deleted))
    return comment.existing(tx, found.id)


def save(tx: Transaction, actor: Person, comment_id: CommentId, saved: bool) -> None:
    """Keep a comment for later, or no longer. Raises couldnt_save_comment when there is no such comment."""
    permissions.require(tx, "comment.mark", actor)
    if comment.get(tx, comment_id) is None:
        raise LemmyError("couldnt_save_comment")
    mark.save(tx, "comment", actor.id, comment_id, saved=saved)


def existing(tx: Transaction, comment_id: CommentId) -> Comment:
    """A comment by id, whatever its state. Raises couldnt_find_comment."""
    found = comment.get(tx, comment_id)
    if found is None:
        raise LemmyError("couldnt_find_comment")
    return found


def ancestors(path: str) -> list[CommentId]:
    """The comments above the one whose path this is, the top one first."""
    return [CommentId(int(number)) for number in path.split(".")[1:-1]]


def recount(tx: Transaction, before: Comment) -> None:
    """Follow with the counters when a comment has been deleted, removed or brought back since `before`."""
    after = comment.existing(tx, before.id)
    counted, counts = not (before.deleted or before.removed), not (after.deleted or after.removed)
    if counted != counts:
        of_post = post.existing(tx, before.post_id)
        _count(tx, after, of_post, community.existing(tx, of_post.community_id), 1 if counts else -1)


def _count(tx: Transaction, written: Comment, of_post: Post, home: Community, by: int) -> None:
    """Add one comment to, or take it from, every counter that holds it; a new one also moves the times that Active sorts by.

    Lemmy's rules (replaceable_schema/triggers.sql): the author's own comments, and comments two days after the post, do not revive it; a
    comment that goes does not turn the time back; comments of a deleted or removed post do not count for the community.
    """
    counted = post.counters(tx, of_post.id)
    tx.append(counted)
    newest, necro = counted.newest_comment_time, counted.newest_comment_time_necro
    if by > 0:
        published = micros(written.published)
        newest = max(newest, published)
        if written.creator_id != of_post.creator_id and micros(of_post.published) > published - _NECRO_AGE:
            necro = max(necro, published)
    post.set_comments(tx, counted, counted.comments + by, newest, necro)
    comment.count_children(tx, ancestors(written.path), by)
    person.count(tx, written.creator_id, comments=by)
    if not (of_post.deleted or of_post.removed):
        community.count(tx, home.id, comments=by)
    if written.local:
        site.count(tx, comments=by)


def _parent_path(tx: Transaction, of_post: Post, form: CommentForm, most: int) -> str:
    if form.parent_id is UNSET:
        return "0"
    parent = comment.get(tx, form.parent_id)
    if parent is None:
        raise LemmyError("couldnt_find_comment")
    if parent.post_id != of_post.id:
        raise LemmyError("couldnt_create_comment")
    if len(parent.path.split(".")) - 1 > most:
        raise LemmyError("max_comment_depth_reached")
    return parent.path


def _checked(house: House, form: CommentForm) -> dict[str, Any]:
    if form.content is UNSET:
        return {}
    content, columns = house.body(form.content, "comment")
    return {"content": content, **columns}


def _found(tx: Transaction, comment_id: CommentId) -> tuple[Comment, Post, Community]:
    found = existing(tx, comment_id)
    of_post = post.existing(tx, found.post_id)
    return found, of_post, community.existing(tx, of_post.community_id)
