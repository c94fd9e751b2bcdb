"""Addresses and keys of everything that can sign: persons, communities and sites, ours and others'."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId, InstanceId, PersonId, SiteId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape


class Actor(Struct, kw_only=True):
    """One actor as federation needs it. `private_key` is there for our own alone. `last_refreshed_at` is in microseconds."""

    ap_id: str
    person_id: PersonId | None = None
    community_id: CommunityId | None = None
    site_id: SiteId | None = None
    instance_id: InstanceId
    inbox_url: str
    shared_inbox_url: str | None = None
    last_refreshed_at: Micros
    public_key: str
    private_key: str | None = None


ACTOR = Shape(Actor, "actor")


def get(tx: Transaction, ap_id: str) -> Actor | None:
    """The actor with this id."""
    return _one(tx, "ap_id = :key", ap_id)


def of_person(tx: Transaction, person_id: PersonId) -> Actor | None:
    """The actor of a person."""
    return _one(tx, "person_id = :key", person_id)


def of_community(tx: Transaction, community_id: CommunityId) -> Actor | None:
    """The actor of a community."""
    return _one(tx, "community_id = :key", community_id)


def of_site(tx: Transaction, site_id: SiteId) -> Actor | None:
    """The actor of a site."""
    return _one(tx, "site_id = :key", site_id)


def put(tx: Transaction, actor: Actor) -> None:
    """Enter an actor, or refresh its addresses and public key. What it is, and a private key, never change."""
    tx.run(
        """INSERT INTO actor (ap_id, person_id, community_id, site_id, instance_id, inbox_url, shared_inbox_url, last_refreshed_at,
                              public_key, private_key)
           VALUES (:ap_id, :person_id, :community_id, :site_id, :instance_id, :inbox_url, :shared_inbox_url, :last_refreshed_at,
                   :public_key, :private_key)
           ON CONFLICT (ap_id) DO UPDATE SET inbox_url = excluded.inbox_url, shared_inbox_url = excluded.shared_inbox_url,
              last_refreshed_at = excluded.last_refreshed_at, public_key = excluded.public_key""",
        ap_id=actor.ap_id,
        person_id=actor.person_id,
        community_id=actor.community_id,
        site_id=actor.site_id,
        instance_id=actor.instance_id,
        inbox_url=actor.inbox_url,
        shared_inbox_url=actor.shared_inbox_url,
        last_refreshed_at=actor.last_refreshed_at,
        public_key=actor.public_key,
        private_key=actor.private_key,
    )


def looked_at(tx: Transaction, ap_id: str) -> None:
    """An actor was looked at just now, though there was nothing to take over."""
    tx.run("UPDATE actor SET last_refreshed_at = :now WHERE ap_id = :key", now=tx.now, key=ap_id)


def _one(tx: Transaction, condition: str, key: str | int) -> Actor | None:
    row = tx.one(f"SELECT {ACTOR.columns} FROM actor WHERE {condition}", key=key)
    return ACTOR.build(row) if row else None
