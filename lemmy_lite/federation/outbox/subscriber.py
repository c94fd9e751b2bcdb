"""Which event is told by whom: the table at the end."""

from collections.abc import Callable
from typing import Any, Final

from lemmy_lite.context import Context
from lemmy_lite.federation.outbox import deleting, following, messaging, moderating, profiles, reporting, voting, writing
from lemmy_lite.federation.outbox.log import Outbox
from lemmy_lite.model import events
from lemmy_lite.model.events import Event
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import person, site


def within(context: Context) -> Callable[[Transaction, Event], None]:
    """The subscriber that writes the log."""

    def subscriber(tx: Transaction, event: Event) -> None:
        if tell := _TELLERS.get(type(event)):
            deed: Any = event  # every event of the table says who did it
            author = person.existing(tx, deed.actor_id)
            if author.local and site.local(tx).federation_enabled:
                tell(Outbox(tx, context), author, deed)

    return subscriber


_TELLERS: dict[type[Event], Callable[[Outbox, Person, Any], None]] = {
    events.PostCreated: writing.post_written,
    events.PostEdited: writing.post_written,
    events.PostDeleted: deleting.post_deleted,
    events.PostRemoved: deleting.post_removed,
    events.CommentCreated: writing.comment_written,
    events.CommentEdited: writing.comment_written,
    events.CommentDeleted: deleting.comment_deleted,
    events.CommentRemoved: deleting.comment_removed,
    events.PostLocked: moderating.post_locked,
    events.PostFeatured: moderating.post_featured,
    events.ModeratorAppointed: moderating.moderator_appointed,
    events.CommunityTransferred: moderating.community_transferred,
    events.PersonBannedFromCommunity: moderating.person_banned_from_community,
    events.PersonBanned: moderating.person_banned,
    events.PostReported: reporting.post_reported,
    events.CommentReported: reporting.comment_reported,
    events.VoteCast: voting.vote_cast,
    events.CommunityEdited: writing.community_edited,
    events.CommunityDeleted: deleting.community_deleted,
    events.CommunityRemoved: deleting.community_removed,
    events.PersonEdited: profiles.person_edited,
    events.SiteKeyRenewed: profiles.site_key_renewed,
    events.FollowerDismissed: profiles.follower_dismissed,
    events.PersonDeleted: deleting.person_deleted,
    events.CommunityFollowed: following.community_followed,
    events.PrivateMessageCreated: messaging.message_written,
    events.PrivateMessageEdited: messaging.message_written,
    events.PrivateMessageDeleted: messaging.message_deleted,
}
HEARS: Final = tuple(_TELLERS)
