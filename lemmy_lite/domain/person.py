"""People: their profiles, and receiving those of other instances."""

from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import InstanceId, PersonId
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import instance, person
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.storage.views import person as views


class ReceivedPerson(Struct, kw_only=True):
    """A person as their home describes them, checked and reduced to plain values by federation/. Times are microseconds."""

    ap_id: str
    name: str
    domain: str
    display_name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    banner: str | None = None
    matrix_user_id: str | None = None
    bot_account: bool
    published: Micros
    updated: Micros | None = None
    inbox_url: str
    shared_inbox_url: str | None = None
    public_key: str


def receive(tx: Transaction, received: ReceivedPerson) -> Person:
    """Enter a person of another instance, or refresh what is known of them."""
    home = instance.get_or_create(tx, received.domain)
    values: dict[str, Any] = {
        "display_name": received.display_name,
        "bio": received.bio,
        "avatar": received.avatar,
        "banner": received.banner,
        "matrix_user_id": received.matrix_user_id,
        "bot_account": received.bot_account,
        "updated": received.updated,
    }
    known = person.by_actor_id(tx, received.ap_id)
    if known is None:
        known = person.insert(
            tx, name=received.name, actor_id=received.ap_id, instance_id=home, local=False, published=received.published, **values
        )
    else:
        person.update(tx, known.id, deleted=False, **values)
    actors.put(
        tx,
        Actor(
            ap_id=received.ap_id,
            person_id=known.id,
            instance_id=InstanceId(home),
            inbox_url=received.inbox_url,
            shared_inbox_url=received.shared_inbox_url,
            last_refreshed_at=tx.now,
            public_key=received.public_key,
        ),
    )
    return person.existing(tx, known.id)


def named(tx: Transaction, context: Context, name: str) -> Person | None:
    """The person that `name`, `name@host` or `name@host:port` means on this instance; None when they are not known here."""
    short, _, host = name.removeprefix("@").partition("@")
    if not host or host.lower() == context.config.hostname.lower():
        return person.local_by_name(tx, short)
    return person.by_name(tx, short, host.partition(":")[0])


def view(tx: Transaction, person_id: PersonId) -> PersonView | None:
    """A person with counters."""
    return views.view(tx, person_id)
