"""Communities on the wire."""

from msgspec import UNSET

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain.community import ReceivedCommunity
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.objects import actor as of_actors
from lemmy_lite.federation.objects import texts
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.federation.protocol.reading import Malformed, into
from lemmy_lite.model.community import Community, CommunityForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.text import names

MOST_DESCRIPTION_CHARACTERS = names.LIMITS["community description"].most
MOST_MODERATORS = 50
"""How many moderators of a community elsewhere are believed; Lemmy has no bound."""


def to_wire(tx: Transaction, context: Context, found: Community, actor: Actor) -> actors.Group:
    """The document of a community: one of ours, or for the home of another what a moderator here made of it."""
    lists = community.collections(tx, found.id)
    return actors.Group(
        id=found.actor_id,
        type="Group",
        preferred_username=found.name,
        inbox=actor.inbox_url,
        outbox=lists.outbox,
        followers=lists.followers,
        public_key=of_actors.public_key(actor),
        endpoints=actors.Endpoints(shared_inbox=actor.shared_inbox_url),
        name=found.title,
        summary=texts.html(tx, context, found.description),
        source=values.written(found.description),
        icon=values.image(found.icon),
        image=values.image(found.banner),
        sensitive=found.nsfw,
        attributed_to=lists.moderators,
        featured=lists.featured,
        posting_restricted_to_mods=found.posting_restricted_to_mods,
        language=values.languages(community.languages(tx, found.id)),
        published=texts.when(found.published),
        updated=texts.when(found.updated),
    )


def receive(tx: Transaction, evidence: Evidence, context: Context, wire: actors.Group) -> Community:
    """Enter or refresh a community. Its collections count only where they are of its own origin. Raises NeedsText, Refused."""
    of_actors.verify(context.config, wire)
    return communities.receive(
        tx,
        context,
        ReceivedCommunity(
            ap_id=wire.id,
            name=wire.preferred_username,
            domain=origins.domain(wire.id),
            title=texts.shortened(values.text(wire.name), of_actors.MOST_NAME_CHARACTERS) or wire.preferred_username,
            description=texts.shortened(texts.markdown_of(evidence, wire.id, wire.summary, wire.source), MOST_DESCRIPTION_CHARACTERS),
            icon=texts.address(wire.icon),
            banner=texts.address(wire.image),
            nsfw=wire.sensitive is True,
            posting_restricted_to_mods=wire.posting_restricted_to_mods is True,
            published=texts.published(wire.published, tx.now),
            updated=texts.updated(wire.updated, tx.now),
            inbox_url=wire.inbox,
            shared_inbox_url=of_actors.shared_inbox(wire),
            followers_url=_own(wire, wire.followers) or f"{wire.id}/followers",
            # PeerTube lists persons here instead of naming a collection.
            moderators_url=_own(wire, wire.attributed_to) if isinstance(wire.attributed_to, str) else None,
            featured_url=_own(wire, wire.featured),
            outbox_url=_own(wire, wire.outbox),
            public_key=wire.public_key.public_key_pem,
            languages=[int(number) for number in values.read_languages(wire.language)],
        ),
    )


def form(evidence: Evidence, wire: actors.Group) -> CommunityForm:
    """What a moderator elsewhere makes of one of our communities. Languages stay: Lemmy sends its own idea of them along.

    Raises NeedsText.
    """
    restricted = wire.posting_restricted_to_mods
    return CommunityForm(
        title=texts.shortened(values.text(wire.name), of_actors.MOST_NAME_CHARACTERS) or wire.preferred_username,
        description=texts.shortened(texts.markdown_of(evidence, wire.id, wire.summary, wire.source), MOST_DESCRIPTION_CHARACTERS) or "",
        icon=texts.address(wire.icon) or "",
        banner=texts.address(wire.image) or "",
        nsfw=wire.sensitive is True,
        posting_restricted_to_mods=restricted if isinstance(restricted, bool) else UNSET,
    )


def has_its_own_addresses(wire: actors.Group, own: actors.Group) -> bool:
    """Whether a document of our community that comes from elsewhere has our key and our addresses wherever it has any."""
    try:
        endpoints = into(actors.Endpoints, wire.endpoints or {})
    except Malformed:
        return False
    key = (wire.public_key.id, wire.public_key.owner, wire.public_key.public_key_pem.strip())
    given = (wire.outbox, wire.followers, wire.featured, wire.attributed_to, endpoints.shared_inbox)
    expected = (own.outbox, own.followers, own.featured, own.attributed_to, own.endpoints.shared_inbox)
    return (
        key == (own.public_key.id, own.public_key.owner, own.public_key.public_key_pem.strip())
        and (wire.id, wire.preferred_username, wire.inbox) == (own.id, own.preferred_username, own.inbox)
        and all(mine in (None, ours) for mine, ours in zip(given, expected, strict=True))
    )


def _own(wire: actors.Group, value: object) -> str | None:
    found = values.one(value)
    try:
        return found if found and origins.origin(found) == origins.origin(wire.id) else None
    except Refused:
        return None
