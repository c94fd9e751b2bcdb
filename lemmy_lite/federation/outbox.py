"""From events to the log of sent activities, in the transaction of the deed: a crash cannot part the two (design rule 21).

Activities in a remote community go to that community's inbox, and it announces them. In a local community this instance announces them
to the followers, those that it received too. Content of a local-only community never leaves.
"""

from collections.abc import Callable
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.federation import origins, outgoing
from lemmy_lite.federation.objects import comment as of_comments
from lemmy_lite.federation.objects import community as of_communities
from lemmy_lite.federation.objects import post as of_posts
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.federation.protocol.wire import Wire, builtins, encode
from lemmy_lite.model import events
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.events import Event
from lemmy_lite.model.ids import ActivityId, CommunityId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    actor,
    comment,
    community,
    community_follower,
    community_moderator,
    delivery,
    instance,
    person,
    post,
    sent_activity,
    site,
)


def within(context: Context) -> Callable[[Transaction, Event], None]:
    """The subscriber that writes the log."""

    def subscriber(tx: Transaction, event: Event) -> None:
        if tell := _TELLERS.get(type(event)):
            deed: Any = event  # every event of the table says who did it
            author = person.existing(tx, deed.actor_id)
            if author.local and site.local(tx).federation_enabled:
                tell(Outbox(tx, context), author, deed)

    return subscriber


class Outbox:
    """The log, open for one transaction."""

    def __init__(self, tx: Transaction, context: Context) -> None:
        self.tx = tx
        self.context = context

    def in_community(self, activity: Activity, home: Community, object_id: str, called: list[str] | None = None) -> None:
        """Tell what one of our people did in a community; `called` are ids of people to tell besides."""
        if home.visibility is not CommunityVisibility.PUBLIC:
            return
        inboxes = [inbox for ap_id in called or [] if (inbox := self._inbox(ap_id))]
        if home.local:
            self.announce(home, builtins(activity), object_id)
        else:
            inboxes = [*filter(None, [self._inbox(home.actor_id)]), *inboxes]
        if inboxes:
            self._append(activity, str(activity.actor), object_id, inboxes=inboxes)

    def announce(self, home: Community, announced: dict[str, Any], object_id: str) -> None:
        """Tell the followers of a local community what happened in it; nothing is written when nobody elsewhere follows."""
        if home.visibility is not CommunityVisibility.PUBLIC or not community_follower.has_remote(self.tx, home.id):
            return
        activity = outgoing.announce(self.context, home, announced)
        self._append(activity, home.actor_id, object_id, community_id=home.id)

    def to_one(self, activity: Activity, sender_id: str, receiver_id: str, object_id: str) -> None:
        """Tell one actor of another instance something that is nobody else's business."""
        if inbox := self._inbox(receiver_id):
            self._append(activity, sender_id, object_id, inboxes=[inbox], sensitive=True)

    def _inbox(self, ap_id: str) -> str | None:
        """Where an actor of another instance is reached, through the inbox of its whole host where there is one."""
        found = actor.get(self.tx, ap_id)
        return (found.shared_inbox_url or found.inbox_url) if found and found.private_key is None else None

    def _append(
        self,
        activity: Activity,
        sender_id: str,
        object_id: str,
        *,
        community_id: CommunityId | None = None,
        inboxes: list[str] | None = None,
        sensitive: bool = False,
    ) -> None:
        number = sent_activity.insert(
            self.tx,
            ap_id=activity.id,
            actor_ap_id=sender_id,
            object_ap_id=object_id,
            data=encode(activity),
            sensitive=sensitive,
            community_id=community_id,
            inboxes=list(dict.fromkeys(inboxes or [])),
        )
        before = ActivityId(number - 1)
        if community_id is not None:
            delivery.begin_for_followers(self.tx, community_id, before)
        for inbox in inboxes or []:
            delivery.begin(self.tx, instance.get_or_create(self.tx, origins.domain(inbox)), before)


def _home_of_post(tx: Transaction, post_id: PostId) -> Community:
    return community.existing(tx, post.existing(tx, post_id).community_id)


def _post_written(outbox: Outbox, author: Person, event: events.PostCreated | events.PostEdited) -> None:
    tx, found = outbox.tx, post.existing(outbox.tx, event.post_id)
    home = community.existing(tx, found.community_id)
    page = of_posts.to_wire(tx, outbox.context, found)
    kind = "Create" if isinstance(event, events.PostCreated) else "Update"
    outbox.in_community(outgoing.written(outbox.context, kind, author, home, page), home, found.ap_id)
    if home.local:
        # Mastodon and Pleroma know Announce of an object only, so followers there see posts by this second form.
        outbox.announce(home, builtins(page), found.ap_id)


def _comment_written(outbox: Outbox, author: Person, event: events.CommentCreated | events.CommentEdited) -> None:
    tx, found = outbox.tx, comment.existing(outbox.tx, event.comment_id)
    home = _home_of_post(tx, found.post_id)
    note = of_comments.to_wire(tx, outbox.context, found)
    kind = "Create" if isinstance(event, events.CommentCreated) else "Update"
    called = [tag.href for tag in note.tag]
    outbox.in_community(outgoing.written(outbox.context, kind, author, home, note), home, found.ap_id, called)


def _vote_cast(outbox: Outbox, author: Person, event: events.VoteCast) -> None:
    tx = outbox.tx
    home = _home_of_post(tx, event.post_id)
    target = comment.existing(tx, event.comment_id) if event.comment_id is not None else post.existing(tx, event.post_id)
    if event.score:
        activity = outgoing.vote(outbox.context, author, home, target.ap_id, event.score)
    else:
        activity = outgoing.undo(outbox.context, outgoing.vote(outbox.context, author, home, target.ap_id, event.before))
    outbox.in_community(activity, home, target.ap_id)


def _post_deleted(outbox: Outbox, author: Person, event: events.PostDeleted) -> None:
    _tell_deletion(outbox, author, event.post_id, post.existing(outbox.tx, event.post_id).ap_id, gone=event.deleted)


def _comment_deleted(outbox: Outbox, author: Person, event: events.CommentDeleted) -> None:
    found = comment.existing(outbox.tx, event.comment_id)
    _tell_deletion(outbox, author, found.post_id, found.ap_id, gone=event.deleted)


def _post_removed(outbox: Outbox, author: Person, event: events.PostRemoved) -> None:
    _tell_removal(outbox, author, event.post_id, post.existing(outbox.tx, event.post_id).ap_id, event.reason, gone=event.removed)


def _comment_removed(outbox: Outbox, author: Person, event: events.CommentRemoved) -> None:
    found = comment.existing(outbox.tx, event.comment_id)
    _tell_removal(outbox, author, found.post_id, found.ap_id, event.reason, gone=event.removed)


def _tell_removal(outbox: Outbox, author: Person, post_id: PostId, object_id: str, reason: str | None, *, gone: bool) -> None:
    """An admin's removal in a remote community stays here (behaviour.md), a moderator's travels."""
    home = _home_of_post(outbox.tx, post_id)
    if home.local or community_moderator.moderates(outbox.tx, author.id, home.id):
        _tell_deletion(outbox, author, post_id, object_id, gone=gone, reason=reason or "")


def _tell_deletion(outbox: Outbox, author: Person, post_id: PostId, object_id: str, *, gone: bool, reason: str | None = None) -> None:
    home = _home_of_post(outbox.tx, post_id)
    activity = outgoing.delete(outbox.context, author, home, object_id, reason)
    outbox.in_community(activity if gone else outgoing.undo(outbox.context, activity), home, object_id)


def _community_edited(outbox: Outbox, author: Person, event: events.CommunityEdited) -> None:
    home = community.existing(outbox.tx, event.community_id)
    own = actor.of_community(outbox.tx, home.id)
    if own is not None and home.local:
        group: Wire = of_communities.to_wire(outbox.tx, outbox.context, home, own)
        outbox.in_community(outgoing.written(outbox.context, "Update", author, home, group), home, home.actor_id)


def _community_deleted(outbox: Outbox, author: Person, event: events.CommunityDeleted) -> None:
    home = community.existing(outbox.tx, event.community_id)
    activity = outgoing.delete(outbox.context, author, home, home.actor_id, None)
    outbox.in_community(activity if event.deleted else outgoing.undo(outbox.context, activity), home, home.actor_id)


def _community_followed(outbox: Outbox, author: Person, event: events.CommunityFollowed) -> None:
    home = community.existing(outbox.tx, event.community_id)
    if not home.local:
        follow = outgoing.follow(outbox.context, author, home)
        activity = follow if event.following else outgoing.undo(outbox.context, follow)
        outbox.to_one(activity, author.actor_id, home.actor_id, home.actor_id)


_TELLERS: dict[type[Event], Callable[[Outbox, Person, Any], None]] = {
    events.PostCreated: _post_written,
    events.PostEdited: _post_written,
    events.PostDeleted: _post_deleted,
    events.PostRemoved: _post_removed,
    events.CommentCreated: _comment_written,
    events.CommentEdited: _comment_written,
    events.CommentDeleted: _comment_deleted,
    events.CommentRemoved: _comment_removed,
    events.VoteCast: _vote_cast,
    events.CommunityEdited: _community_edited,
    events.CommunityDeleted: _community_deleted,
    events.CommunityFollowed: _community_followed,
}
