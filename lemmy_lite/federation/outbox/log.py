"""The log of sent activities, as the families write to it.

Activities in a remote community go to that community's inbox, and it announces them. In a local community this instance announces them
to the followers, those that it received too. Content of a local-only community never leaves.
"""

from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.federation import origins, outgoing
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.federation.protocol.wire import builtins, encode
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.events import ActivityLogged
from lemmy_lite.model.ids import ActivityId, CommunityId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    actor,
    community,
    community_follower,
    community_moderator,
    delivery,
    instance,
    person_follower,
    post,
    sent_activity,
)

_LOGGED = ActivityLogged()


class Outbox:
    """The log, open for one transaction."""

    def __init__(self, tx: Transaction, context: Context) -> None:
        self.tx = tx
        self.context = context

    def in_community(
        self, activity: Activity, home: Community, object_id: str, called: list[str] | None = None, shown_by: Person | None = None
    ) -> None:
        """Tell what one of our people did in a community; `called` are ids of people to tell besides, `shown_by` whose followers see it."""
        if home.visibility is not CommunityVisibility.PUBLIC:
            return
        inboxes = [inbox for ap_id in called or [] if (inbox := self._inbox(ap_id))]
        if home.local:
            self.announce(home, builtins(activity), object_id)
        else:
            inboxes = [*filter(None, [self._inbox(home.actor_id)]), *inboxes]
        if shown_by is not None:
            inboxes += person_follower.inboxes(self.tx, shown_by.id)
        if inboxes:
            self._append(activity, str(activity.actor), object_id, inboxes=inboxes)

    def announce(self, home: Community, announced: dict[str, Any], object_id: str) -> None:
        """Tell the followers of a local community what happened in it; nothing is written when nobody elsewhere follows."""
        if home.visibility is not CommunityVisibility.PUBLIC or not community_follower.has_remote(self.tx, home.id):
            return
        activity = outgoing.announce(self.context, home, announced)
        self._append(activity, home.actor_id, object_id, community_id=home.id)

    def speaks_in(self, author: Person, home: Community) -> bool:
        """Whether others heed what one of our people decides in a community: everything in ours, elsewhere what moderators do."""
        return home.local or community_moderator.moderates(self.tx, author.id, home.id)

    def to_some(self, activity: Activity, sender_id: str, receiver_ids: list[str], object_id: str) -> None:
        """Tell a few actors something that is nobody else's business; those of this instance know."""
        inboxes = [inbox for ap_id in receiver_ids if (inbox := self._inbox(ap_id))]
        if inboxes:
            self._append(activity, sender_id, object_id, inboxes=inboxes, sensitive=True)

    def to_inboxes(self, activity: Activity, sender_id: str, inboxes: list[str], object_id: str) -> None:
        """Tell the instances of some inboxes."""
        self._append(activity, sender_id, object_id, inboxes=inboxes)

    def to_everyone(self, activity: Activity, sender_id: str, object_id: str) -> None:
        """Tell every instance with which we have spoken."""
        self._append(activity, sender_id, object_id, everyone=True)

    def to_one(self, activity: Activity, sender_id: str, receiver_id: str, object_id: str, *, own_inbox: bool = False) -> None:
        """Tell one actor of another instance something that is nobody else's business; with `own_inbox` not even through its host's."""
        found = actor.get(self.tx, receiver_id) if own_inbox else None
        if inbox := found.inbox_url if found and found.private_key is None else self._inbox(receiver_id):
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
        everyone: bool = False,
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
            everyone=everyone,
            inboxes=list(dict.fromkeys(inboxes or [])),
        )
        self.tx.append(_LOGGED)
        before = ActivityId(number - 1)
        if community_id is not None:
            delivery.begin_for_followers(self.tx, community_id, before)
        for inbox in inboxes or []:
            delivery.begin(self.tx, instance.get_or_create(self.tx, origins.domain(inbox)), before)


def home_of_post(tx: Transaction, post_id: PostId) -> Community:
    """The community in which a post stands."""
    return community.existing(tx, post.existing(tx, post_id).community_id)
