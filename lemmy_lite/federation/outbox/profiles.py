"""What a person shows of themselves, told to those who know them; and who no longer may follow them."""

from lemmy_lite.federation import outgoing
from lemmy_lite.federation.objects import person as of_persons
from lemmy_lite.federation.objects import site as of_sites
from lemmy_lite.federation.outbox.log import Outbox
from lemmy_lite.model import events
from lemmy_lite.model.person import Person
from lemmy_lite.storage.tables import actor, person, site
from lemmy_lite.storage.views import acquaintance


def person_edited(outbox: Outbox, author: Person, _: events.PersonEdited) -> None:
    """One of our people changed their profile. Lemmy looks at people once a day and refuses this; Mastodon, Mbin and PieFed wait for it."""
    own = actor.of_person(outbox.tx, author.id)
    inboxes = acquaintance.inboxes(outbox.tx, author.id) if own else []
    if own is not None and inboxes:
        document = of_persons.to_wire(outbox.tx, outbox.context, author, own)
        outbox.to_inboxes(outgoing.profile(outbox.context, author, document), author.actor_id, inboxes, author.actor_id)


def site_key_renewed(outbox: Outbox, _: Person, __: events.SiteKeyRenewed) -> None:
    """Our site signs with another key. Who keeps keys of sites hears of it; Lemmy, which keeps none, refuses this and asks when it must."""
    view = site.view(outbox.tx)
    own = actor.of_site(outbox.tx, view.site.id) if view is not None else None
    if view is not None and own is not None:
        document = of_sites.to_wire(outbox.tx, outbox.context, view.site, own)
        outbox.to_everyone(outgoing.of_itself(outbox.context, own.ap_id, document), own.ap_id, own.ap_id)


def follower_dismissed(outbox: Outbox, author: Person, event: events.FollowerDismissed) -> None:
    """One of our people has blocked somebody who followed them."""
    follower = person.existing(outbox.tx, event.person_id)
    follow = {"type": "Follow", "actor": follower.actor_id, "object": author.actor_id}
    activity = outgoing.answer(outbox.context, "Reject", author.actor_id, follow, follower.actor_id)
    outbox.to_one(activity, author.actor_id, follower.actor_id, author.actor_id)
