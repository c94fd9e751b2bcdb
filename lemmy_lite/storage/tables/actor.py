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
    """Enter an actor, or refresh its addresses and public key. What it is never changes; a private key does by `renew_key` alone."""
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


def ours(tx: Transaction, after: str, limit: int) -> list[Actor]:
    """Actors of this instance in the order of their ids, those beyond `after`."""
    found = tx.all(
        f"SELECT {ACTOR.columns} FROM actor WHERE private_key IS NOT NULL AND ap_id > :after ORDER BY ap_id LIMIT :limit",
        after=after,
        limit=limit,
    )
    return [ACTOR.build(row) for row in found]


def count_ours(tx: Transaction, after: str) -> int:
    """How many actors of this instance lie beyond `after`."""
    number: int = tx.value("SELECT COUNT(*) FROM actor WHERE private_key IS NOT NULL AND ap_id > :after", after=after)
    return number


def renew_key(tx: Transaction, ap_id: str, public_key: str, private_key: str) -> None:
    """Give one of our actors another key; the one before is kept aside for who has not heard of it (`retired_keys`)."""
    tx.run(
        """INSERT INTO retired_key (ap_id, private_key, retired)
           SELECT ap_id, private_key, :now FROM actor WHERE ap_id = :key AND private_key IS NOT NULL
           ON CONFLICT (ap_id) DO UPDATE SET private_key = excluded.private_key, retired = excluded.retired""",
        key=ap_id,
        now=tx.now,
    )
    tx.run(
        "UPDATE actor SET public_key = :public, private_key = :private WHERE ap_id = :key AND private_key IS NOT NULL",
        key=ap_id,
        public=public_key,
        private=private_key,
    )


def other_keys(tx: Transaction, ap_id: str, used: str, since: Micros) -> list[str]:
    """The private keys of one of our actors besides the one that was used: the present one first, then one retired after `since`."""
    return tx.column(
        """SELECT private_key FROM (
             SELECT private_key, 0 AS place FROM actor WHERE ap_id = :key
             UNION SELECT private_key, 1 FROM retired_key WHERE ap_id = :key AND retired > :since) AS known
            WHERE private_key IS NOT NULL AND private_key <> :used ORDER BY place""",
        key=ap_id,
        used=used,
        since=since,
    )


def forget_retired_keys(tx: Transaction, before: Micros) -> int:
    """Drop keys that were retired before a moment; answers how many."""
    return tx.run("DELETE FROM retired_key WHERE retired < :before", before=before)


def looked_at(tx: Transaction, ap_id: str) -> None:
    """An actor was looked at just now, though there was nothing to take over."""
    tx.run("UPDATE actor SET last_refreshed_at = :now WHERE ap_id = :key", now=tx.now, key=ap_id)


def _one(tx: Transaction, condition: str, key: str | int) -> Actor | None:
    return tx.recalled(("actor",), f"SELECT {ACTOR.columns} FROM actor WHERE {condition}", ACTOR.build, key=key)
