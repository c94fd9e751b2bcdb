"""What our moderators and admins do in communities: Lock, Add, Remove, Block, and what takes them back.

A moderator's deed in a remote community travels to its home; an admin's counts on this site alone (behaviour.md), as the home would not
heed it.
"""

import msgspec

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.outbox.log import Outbox, home_of_post
from lemmy_lite.federation.outbox.writing import tell_community
from lemmy_lite.federation.protocol import values
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.model import events
from lemmy_lite.model.clock import moment
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import community, person, post, site


def post_locked(outbox: Outbox, author: Person, event: events.PostLocked) -> None:
    """A post is closed to comments, or open again."""
    home, found = home_of_post(outbox.tx, event.post_id), post.existing(outbox.tx, event.post_id)
    if outbox.speaks_in(author, home):
        activity = outgoing.govern(outbox.context, "Lock", author, home, found.ap_id)
        outbox.in_community(activity if event.locked else outgoing.undo(outbox.context, activity), home, found.ap_id)


def post_featured(outbox: Outbox, author: Person, event: events.PostFeatured) -> None:
    """A post is pinned in its community, or no longer; what an admin pins to our front page is ours alone."""
    home, found = home_of_post(outbox.tx, event.post_id), post.existing(outbox.tx, event.post_id)
    target = community.collections(outbox.tx, home.id).featured
    if not event.locally and target is not None and outbox.speaks_in(author, home):
        kind = "Add" if event.featured else "Remove"
        outbox.in_community(outgoing.govern(outbox.context, kind, author, home, found.ap_id, target), home, found.ap_id)


def moderator_appointed(outbox: Outbox, author: Person, event: events.ModeratorAppointed) -> None:
    """Somebody moderates a community, or no longer; they are told as well, wherever they are."""
    home, who = community.existing(outbox.tx, event.community_id), person.existing(outbox.tx, event.person_id)
    target = community.collections(outbox.tx, home.id).moderators
    # Who has just stepped down acted as a moderator all the same.
    if target is not None and (author.id == who.id or outbox.speaks_in(author, home)):
        kind = "Add" if event.added else "Remove"
        activity = outgoing.govern(outbox.context, kind, author, home, who.actor_id, target)
        outbox.in_community(activity, home, who.actor_id, [who.actor_id])


def community_transferred(outbox: Outbox, author: Person, event: events.CommunityTransferred) -> None:
    """A community was handed over. Lemmy has no word for it; an Update makes those look who want to know the order."""
    home = community.existing(outbox.tx, event.community_id)
    if home.local:
        tell_community(outbox, author, home)


def person_banned_from_community(outbox: Outbox, author: Person, event: events.PersonBannedFromCommunity) -> None:
    """Somebody is banned from a community, or no longer; their home is told, for there they may be kept from writing."""
    home, who = community.existing(outbox.tx, event.community_id), person.existing(outbox.tx, event.person_id)
    if outbox.speaks_in(author, home):
        block = outgoing.govern(outbox.context, "Block", author, home, who.actor_id, home.actor_id)
        outbox.in_community(_decreed(outbox, block, event), home, who.actor_id, [who.actor_id])


def person_banned(outbox: Outbox, author: Person, event: events.PersonBanned) -> None:
    """One of our own people is banned from this site, or no longer: every instance that we speak with is told. What we think of people
    from elsewhere is told where it counts, in our communities (`person_banned_from_community`)."""
    who = person.existing(outbox.tx, event.person_id)
    here = site.view(outbox.tx)
    if who.local and here is not None:
        block = Activity(
            id=outgoing.new_id(outbox.context, "Block"),
            type="Block",
            actor=author.actor_id,
            to=[values.PUBLIC],
            object=who.actor_id,
            target=here.site.actor_id,
        )
        outbox.to_everyone(_decreed(outbox, block, event), author.actor_id, who.actor_id)


def _decreed(outbox: Outbox, block: Activity, event: events.PersonBanned | events.PersonBannedFromCommunity) -> Activity:
    """A Block with its terms, or the Undo of one. `restoreData` is Lemmy 1.0's; older ones restore nothing."""
    end = values.when(moment(event.expires)) if event.banned and event.expires is not None else None
    full = msgspec.structs.replace(block, summary=event.reason, remove_data=event.remove_data, end_time=end, expires=end)
    if event.banned:
        return full
    return msgspec.structs.replace(outgoing.undo(outbox.context, full), restore_data=event.remove_data)
