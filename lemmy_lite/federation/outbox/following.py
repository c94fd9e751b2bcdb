"""Follow of a community elsewhere, and its Undo."""

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.outbox.log import Outbox
from lemmy_lite.model import events
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import community


def community_followed(outbox: Outbox, author: Person, event: events.CommunityFollowed) -> None:
    """One of our people follows a community, or no longer does."""
    home = community.existing(outbox.tx, event.community_id)
    if not home.local:
        follow = outgoing.follow(outbox.context, author, home)
        activity = follow if event.following else outgoing.undo(outbox.context, follow)
        outbox.to_one(activity, author.actor_id, home.actor_id, home.actor_id)
