"""People and bots on the wire."""

from lemmy_lite.context import Context
from lemmy_lite.domain import person as persons
from lemmy_lite.domain.person import ReceivedPerson
from lemmy_lite.federation import origins
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.objects import actor as of_actors
from lemmy_lite.federation.objects import texts
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.text import names

MOST_BIO_CHARACTERS = names.LIMITS["bio"].most


def to_wire(tx: Transaction, context: Context, person: Person, actor: Actor) -> actors.Person:
    """The document of a local person."""
    return actors.Person(
        id=person.actor_id,
        type="Service" if person.bot_account else "Person",
        preferred_username=person.name,
        inbox=actor.inbox_url,
        outbox=f"{person.actor_id}/outbox",
        followers=f"{person.actor_id}/followers",
        public_key=of_actors.public_key(actor),
        endpoints=actors.Endpoints(shared_inbox=actor.shared_inbox_url),
        name=person.display_name,
        summary=texts.html(tx, context, person.bio),
        source=values.written(person.bio),
        icon=values.image(person.avatar),
        image=values.image(person.banner),
        matrix_user_id=person.matrix_user_id,
        published=texts.when(person.published),
        updated=texts.when(person.updated),
    )


def receive(tx: Transaction, evidence: Evidence, context: Context, wire: actors.Person) -> Person:
    """Enter or refresh a person, or a site that reports for its people, which is shown as a bot. Raises NeedsText, Refused."""
    of_actors.verify(context.config, wire)
    return persons.receive(
        tx,
        ReceivedPerson(
            ap_id=wire.id,
            name=wire.preferred_username,
            domain=origins.domain(wire.id),
            display_name=texts.shortened(values.text(wire.name), of_actors.MOST_NAME_CHARACTERS),
            bio=texts.shortened(texts.markdown_of(evidence, wire.id, wire.summary, wire.source), MOST_BIO_CHARACTERS),
            avatar=texts.address(wire.icon),
            banner=texts.address(wire.image),
            matrix_user_id=texts.matrix_id(wire.matrix_user_id),
            bot_account=wire.type not in ("Person", "Organization"),
            published=texts.published(wire.published, tx.now),
            updated=texts.updated(wire.updated, tx.now),
            inbox_url=wire.inbox,
            shared_inbox_url=of_actors.shared_inbox(wire),
            public_key=wire.public_key.public_key_pem,
        ),
    )
