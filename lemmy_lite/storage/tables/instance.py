"""Servers that this one has heard of."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import InstanceId
from lemmy_lite.model.instance import Instance
from lemmy_lite.storage.query import Row, Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows

INSTANCE = Shape(Instance, "instance")


def get_or_create(tx: Transaction, domain: str) -> InstanceId:
    """The id of a domain (lower case, no port), which is entered if it is new."""
    found = find(tx, domain)
    return found if found is not None else InstanceId(rows.insert(tx, "instance", domain=domain, published=tx.now))


def find(tx: Transaction, domain: str) -> InstanceId | None:
    """The id of a domain, if it is known."""
    return tx.recalled(("instance",), "SELECT id FROM instance WHERE domain = :domain", _first, domain=domain)


def get(tx: Transaction, instance_id: InstanceId) -> Instance | None:
    """One instance."""
    row = tx.one(f"SELECT {INSTANCE.columns} FROM instance WHERE id = :id", id=instance_id)
    return INSTANCE.build(row) if row else None


def domain(tx: Transaction, instance_id: InstanceId) -> str:
    """The domain of an instance that exists."""
    name: str = tx.value("SELECT domain FROM instance WHERE id = :id", id=instance_id)
    return name


def set_software(tx: Transaction, instance_id: InstanceId, software: str | None, version: str | None) -> None:
    """What the instance's NodeInfo says."""
    rows.update(tx, "instance", "id", instance_id, software=software, version=version, updated=tx.now)


def signature_schemes(tx: Transaction) -> dict[str, str]:
    """By domain, which form of HTTP signature was taken last (a SCHEME of crypto/), where that was ever learned."""
    return {row[0]: row[1] for row in tx.all("SELECT domain, signature_scheme FROM instance WHERE signature_scheme IS NOT NULL")}


def set_signature_scheme(tx: Transaction, domain: str, scheme: str) -> None:
    """Remember which form a domain took; nothing is entered for a domain that is not known."""
    tx.run("UPDATE instance SET signature_scheme = :scheme WHERE domain = :domain", scheme=scheme, domain=domain)


def allowed(tx: Transaction) -> list[str]:
    """The domains of the allow list; empty means that every domain not blocked is allowed."""
    return listed(tx, "federation_allowlist")


def blocked(tx: Transaction) -> list[str]:
    """The domains of the block list."""
    return listed(tx, "federation_blocklist")


def listed(tx: Transaction, table: str) -> list[str]:
    """The domains of the allow list (`federation_allowlist`) or the block list (`federation_blocklist`), in their order.

    From the list to the instances: to be given in order SQLite would walk through all instances that are known.
    """
    sql = f"SELECT domain FROM {table} CROSS JOIN instance WHERE instance.id = {table}.instance_id"
    return list(tx.recalled_all((table, "instance"), sql, lambda found: tuple(sorted(row[0] for row in found))))


def set_list(tx: Transaction, table: str, domains: list[str]) -> None:
    """Replace the allow list (`federation_allowlist`) or the block list (`federation_blocklist`)."""
    tx.run(f"DELETE FROM {table}")
    for name in dict.fromkeys(domains):
        rows.insert_plain(tx, table, instance_id=get_or_create(tx, name), published=tx.now)


def lately_well(tx: Transaction, limit: int) -> list[str]:
    """An inbox of each of the instances that took something last, the latest first."""
    return tx.column(
        """SELECT (SELECT MIN(actor.inbox_url) FROM actor WHERE actor.instance_id = delivery.instance_id AND actor.private_key IS NULL)
             FROM delivery WHERE fail_count = 0 AND last_successful_published_time IS NOT NULL
              AND EXISTS (SELECT 1 FROM actor WHERE actor.instance_id = delivery.instance_id AND actor.private_key IS NULL)
            ORDER BY last_successful_published_time DESC LIMIT :limit""",
        limit=limit,
    )


def unseen(tx: Transaction, after: InstanceId, before: Micros, limit: int) -> list[tuple[InstanceId, str, str | None]]:
    """The next instances with ids beyond `after`, ours left out, whose software was not looked at since a moment: id, domain, and an
    inbox there, if one is known. Those that are asleep are left alone."""
    return [
        (row[0], row[1], row[2])
        for row in tx.all(
            """SELECT instance.id, instance.domain,
                      (SELECT MIN(actor.inbox_url) FROM actor WHERE actor.instance_id = instance.id AND actor.private_key IS NULL)
                 FROM instance LEFT JOIN delivery ON delivery.instance_id = instance.id
                WHERE instance.id > :after AND (instance.updated IS NULL OR instance.updated < :before)
                  AND NOT COALESCE(delivery.asleep, FALSE)
                  AND NOT EXISTS (SELECT 1 FROM site JOIN local_site ON local_site.site_id = site.id WHERE site.instance_id = instance.id)
                ORDER BY instance.id LIMIT :limit""",
            after=after,
            before=before,
            limit=limit,
        )
    ]


def _first(row: Row) -> InstanceId:
    return InstanceId(row[0])
