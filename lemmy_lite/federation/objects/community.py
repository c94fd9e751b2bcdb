"""Communities on the wire."""

from lemmy_lite.context import Context
from lemmy_lite.domain import community as communities
from lemmy_lite.domain.community import ReceivedCommunity
from lemmy_lite.federation import origins
from lemmy_lite.federation.objects import actor as of_actors
from lemmy_lite.federation.objects import texts
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.model.community import Community
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.text import names

MOST_DESCRIPTION_CHARACTERS = names.LIMITS["community description"].most


def to_wire(tx: Transaction, context: Context, found: Community, actor: Actor) -> actors.Group:
    """The document of a local community."""
    return actors.Group(
        id=found.actor_id,
        type="Group",
        preferred_username=found.name,
        inbox=actor.inbox_url,
        outbox=f"{found.actor_id}/outbox",
        followers=f"{found.actor_id}/followers",
        public_key=of_actors.public_key(actor),
        endpoints=actors.Endpoints(shared_inbox=actor.shared_inbox_url),
        name=found.title,
        summary=texts.html(context, found.description),
        source=values.written(found.description),
        icon=values.image(found.icon),
        image=values.image(found.banner),
        sensitive=found.nsfw,
        attributed_to=f"{found.actor_id}/moderators",
        featured=f"{found.actor_id}/featured",
        posting_restricted_to_mods=found.posting_restricted_to_mods,
        language=values.languages(community.languages(tx, found.id)),
        published=texts.when(found.published),
        updated=texts.when(found.updated),
    )


def receive(tx: Transaction, context: Context, wire: actors.Group) -> Community:
    """Enter or refresh a community. Its collections count only where they are of its own origin. Raises Refused."""
    of_actors.verify(context.config, wire)
    return communities.receive(
        tx,
        context,
        ReceivedCommunity(
            ap_id=wire.id,
            name=wire.preferred_username,
            domain=origins.domain(wire.id),
            title=texts.shortened(values.text(wire.name), of_actors.MOST_NAME_CHARACTERS) or wire.preferred_username,
            description=texts.shortened(texts.markdown_of(wire.summary, wire.source), MOST_DESCRIPTION_CHARACTERS),
            icon=values.link(wire.icon),
            banner=values.link(wire.image),
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


def _own(wire: actors.Group, value: object) -> str | None:
    found = values.one(value)
    return found if found and origins.origin(found) == origins.origin(wire.id) else None
