"""Delete and its Undo: by the author, or with a reason by a moderator who removes; of communities, and of people who leave."""

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.outbox.log import Outbox, home_of_post
from lemmy_lite.model import events
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import comment, community, post


def post_deleted(outbox: Outbox, author: Person, event: events.PostDeleted) -> None:
    """A post is gone by its author, or back."""
    _tell_deletion(outbox, author, event.post_id, post.existing(outbox.tx, event.post_id).ap_id, gone=event.deleted)


def comment_deleted(outbox: Outbox, author: Person, event: events.CommentDeleted) -> None:
    """A comment is gone by its author, or back."""
    found = comment.existing(outbox.tx, event.comment_id)
    _tell_deletion(outbox, author, found.post_id, found.ap_id, gone=event.deleted)


def community_deleted(outbox: Outbox, author: Person, event: events.CommunityDeleted) -> None:
    """A community is gone, or back."""
    home = community.existing(outbox.tx, event.community_id)
    activity = outgoing.delete(outbox.context, author, home, home.actor_id, None)
    outbox.in_community(activity if event.deleted else outgoing.undo(outbox.context, activity), home, home.actor_id)


def post_removed(outbox: Outbox, author: Person, event: events.PostRemoved) -> None:
    """A post is removed, or back."""
    _tell_removal(outbox, author, event.post_id, post.existing(outbox.tx, event.post_id).ap_id, event.reason, gone=event.removed)


def comment_removed(outbox: Outbox, author: Person, event: events.CommentRemoved) -> None:
    """A comment is removed, or back."""
    found = comment.existing(outbox.tx, event.comment_id)
    _tell_removal(outbox, author, found.post_id, found.ap_id, event.reason, gone=event.removed)


def community_removed(outbox: Outbox, author: Person, event: events.CommunityRemoved) -> None:
    """An admin closed one of our communities, or opened it; one from elsewhere is closed here alone."""
    home = community.existing(outbox.tx, event.community_id)
    if home.local:
        activity = outgoing.delete(outbox.context, author, home, home.actor_id, event.reason or "")
        outbox.in_community(activity if event.removed else outgoing.undo(outbox.context, activity), home, home.actor_id)


def person_deleted(outbox: Outbox, author: Person, event: events.PersonDeleted) -> None:
    """One of our people left for good: every instance that we speak with is told."""
    activity = outgoing.farewell(outbox.context, author, remove_data=event.remove_data)
    outbox.to_everyone(activity, author.actor_id, author.actor_id)


def _tell_removal(outbox: Outbox, author: Person, post_id: PostId, object_id: str, reason: str | None, *, gone: bool) -> None:
    """An admin's removal in a remote community stays here (behaviour.md), a moderator's travels."""
    if outbox.speaks_in(author, home_of_post(outbox.tx, post_id)):
        _tell_deletion(outbox, author, post_id, object_id, gone=gone, reason=reason or "")


def _tell_deletion(outbox: Outbox, author: Person, post_id: PostId, object_id: str, *, gone: bool, reason: str | None = None) -> None:
    home = home_of_post(outbox.tx, post_id)
    activity = outgoing.delete(outbox.context, author, home, object_id, reason)
    told = activity if gone else outgoing.undo(outbox.context, activity)
    outbox.in_community(told, home, object_id, shown_by=author if reason is None else None)
