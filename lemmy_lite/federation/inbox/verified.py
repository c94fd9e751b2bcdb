"""An activity whose sender is proven, and what of it may have an effect (design rules 5, 7 and 8).

Handlers take a `Verified` activity only, so that none can run before signature, key owner and origins are checked. What it says about
objects is a hint: rows and documents from their own origins decide.
"""

from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.fetch import Document
from lemmy_lite.federation.objects import written
from lemmy_lite.federation.outbox.log import Outbox
from lemmy_lite.federation.protocol import values
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community_follower, community_moderator, person

NOT_A_MODERATOR = "not_a_moderator"


class Verified:
    """One activity in one transaction.

    `actor_id` is who did it. `announcer` is the community that signed for it; None when the actor signed. `activity` is the document's
    Struct, where it was parsed before. `unheard` are names of activities of which nothing is known, looked up in this transaction already.
    """

    def __init__(
        self,
        tx: Transaction,
        context: Context,
        evidence: Evidence,
        document: Document,
        announcer: str | None,
        *,
        activity: Activity | None = None,
        unheard: frozenset[str] = frozenset(),
    ) -> None:
        self.tx = tx
        self.context = context
        self.evidence = evidence
        self.document = document
        self.announcer = announcer
        self.unheard = unheard
        self.activity = parse(document) if activity is None else activity
        self.actor_id = actor_of(self.activity)
        origins.require_same(self.activity.id, self.actor_id, "activity")

    @property
    def object_id(self) -> str:
        """The id of what it is about. Raises Refused."""
        found = values.one(self.activity.object)
        if found is None:
            raise Refused("no_object", f"{self.activity.id[:200]} is about nothing")
        return found

    @property
    def is_first_hand(self) -> bool:
        """Whether the host that signed is the actor's own, so that it may speak for the actor."""
        return self.announcer is None or origins.origin(self.announcer) == origins.origin(self.actor_id)

    def object(self) -> Document:
        """The document of the object: as it came where the signer's host is the object's home, else from its own id.

        Raises Needs, Refused (`gone` when there is nothing any more).
        """
        embedded = self.activity.object
        if isinstance(embedded, dict) and self.is_first_hand and origins.origin(self.object_id) == origins.origin(self.actor_id):
            return embedded
        document = self.evidence.document(self.object_id)
        if document is None:
            raise Refused("gone", f"{self.object_id[:200]} has been deleted")
        return document

    def require_accepted_in(self, home: Community, about: Person | None = None) -> None:
        """Refuse what is not for this instance, or not announced by the community it happened in.

        What is decided about one of our own people, named by `about`, is for this instance though nobody here follows any more: a ban ends
        the following of who is banned, and its own end would never be heard. Raises Refused: not_a_community, foreign_announce,
        wrong_audience, community_has_no_followers (behaviour.md: after the last local follower has left nothing is accepted).
        """
        if home.visibility is not CommunityVisibility.PUBLIC:
            raise Refused("not_a_community", "it happened in a community that others do not see")
        if self.announcer is not None and self.announcer != home.actor_id:
            raise Refused("foreign_announce", f"{self.announcer[:200]} announces what happened in {home.actor_id}")
        audience = values.one(self.activity.audience)
        if audience is not None and audience != home.actor_id:
            raise Refused("wrong_audience", f"{self.activity.id[:200]} names {audience[:200]}, but happened in {home.actor_id}")
        ours = home.local or (about is not None and about.local)
        if not ours and not community_follower.has_local(self.tx, home.id):
            raise Refused("community_has_no_followers", f"nobody here follows {home.actor_id}")

    def moderator_of(self, home: Community) -> Person:
        """Who did it, if they may govern a community: one of its moderators by our own rows (design rule 8), or somebody of its own host
        for whom the community itself vouches by announcing it, as that is how we hear of its admins.

        Ranks are for `domain.permissions` to judge. Raises Needs, Refused (`not_a_moderator`: final for this copy only).
        """
        known = person.by_actor_id(self.tx, self.actor_id)
        if known is not None and community_moderator.moderates(self.tx, known.id, home.id):
            return known
        if self.announcer == home.actor_id and origins.origin(self.actor_id) == origins.origin(home.actor_id):
            return written.known_person(self.tx, self.actor_id)
        raise Refused(NOT_A_MODERATOR, f"{self.actor_id[:200]} does not moderate {home.actor_id}")

    def require_addressed_to(self, *receivers: str) -> None:
        """Refuse what names addressees, but neither the world nor one of these. Raises Refused."""
        addressed = [*values.every(self.activity.to), *values.every(self.activity.cc)]
        if addressed and not values.is_public(addressed) and not set(receivers).intersection(addressed):
            raise Refused("wrong_addressee", f"{self.activity.id[:200]} is addressed to others")

    def require_public(self) -> None:
        """Refuse what is not addressed to the world. Raises Refused."""
        if not values.is_public([*values.every(self.activity.to), *values.every(self.activity.cc)]):
            raise Refused("not_public", f"{self.activity.id[:200]} is not addressed to the public")

    def pass_on(self, home: Community, object_id: str) -> None:
        """Announce it to the followers of a local community, whole as it was received."""
        if home.local and self.announcer is None:
            Outbox(self.tx, self.context).announce(home, self.document, object_id)

    def show_on(self, home: Community, document: Document) -> None:
        """Announce a received post by itself as well: Mastodon and Pleroma know no other form, so followers there see it by this one."""
        if home.local and self.announcer is None:
            Outbox(self.tx, self.context).announce(home, document, self.object_id)

    def inner(self) -> "Verified":
        """The activity inside an Undo, done by the same actor. Raises Refused."""
        if not isinstance(self.activity.object, dict):
            raise Refused("no_object", f"{self.activity.id[:200]} does not say what it takes back")
        inner = Verified(self.tx, self.context, self.evidence, self.activity.object, self.announcer)
        if inner.actor_id != self.actor_id:
            raise Refused("foreign_object", f"{self.actor_id[:200]} cannot take back what {inner.actor_id[:200]} did")
        return inner


def parse(document: dict[str, Any]) -> Activity:
    """The Struct of an activity. Raises Refused (`malformed`)."""
    try:
        return into(Activity, document)
    except Malformed as cause:
        raise Refused("malformed", str(cause)) from cause


def actor_of(activity: Activity) -> str:
    """Who did it. Raises Refused."""
    found = values.one(activity.actor)
    if found is None:
        raise Refused("malformed", f"{activity.id[:200]} does not say who did it")
    return found
