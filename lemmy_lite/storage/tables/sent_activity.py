"""The log of what this instance has to say to others: appended in the transaction of the deed, read with a cursor per instance."""

import json

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import ActivityId, CommunityId, InstanceId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage import claims, packing
from lemmy_lite.storage.query import Row, Transaction


class SentActivity(Struct, kw_only=True):
    """One activity. It goes to the followers of `community_id`, to `inboxes`, or to `everyone`; `data` is its JSON.

    `object_ap_id` is what it is about: activities about one object reach an instance in their order.
    """

    id: ActivityId
    ap_id: str
    published: Micros
    sensitive: bool
    actor_ap_id: str
    object_ap_id: str | None = None
    community_id: CommunityId | None = None
    everyone: bool
    inboxes: list[str]
    data: bytes


_COLUMNS = "id, ap_id, published, sensitive, actor_ap_id, object_ap_id, community_id, everyone, inboxes, data"

# Which activities concern an instance: those of communities that its people follow, those for everyone, and those that name inboxes.
_CONCERNS = """(everyone OR inboxes <> '[]' OR community_id IN (
    SELECT community_follower.community_id FROM community_follower JOIN person ON person.id = community_follower.person_id
     WHERE person.instance_id = :instance AND NOT person.local AND NOT community_follower.pending))"""


def insert(
    tx: Transaction,
    *,
    ap_id: str,
    actor_ap_id: str,
    object_ap_id: str | None,
    data: bytes,
    sensitive: bool = False,
    community_id: CommunityId | None = None,
    everyone: bool = False,
    inboxes: list[str] | None = None,
) -> ActivityId:
    """Append an activity. Its number may be below one that another process has committed already: see `newest_and_open`."""
    claims.appending(tx)
    number: int = tx.value(
        """INSERT INTO sent_activity (ap_id, published, sensitive, actor_ap_id, object_ap_id, community_id, everyone, inboxes, data)
           VALUES (:ap_id, :now, :sensitive, :actor, :object, :community, :everyone, :inboxes, :data) RETURNING id""",
        ap_id=ap_id,
        now=tx.now,
        sensitive=sensitive,
        actor=actor_ap_id,
        object=object_ap_id,
        community=community_id,
        everyone=everyone,
        inboxes=json.dumps(inboxes or []),
        data=packing.packed(data),
    )
    return ActivityId(number)


def by_ap_id(tx: Transaction, ap_id: str) -> SentActivity | None:
    """The activity with this id, while it is kept."""
    row = tx.one(f"SELECT {_COLUMNS} FROM sent_activity WHERE ap_id = :id", id=ap_id)
    return _build(row) if row else None


def newest(tx: Transaction) -> ActivityId:
    """The id of the last activity; 0 when there is none."""
    return ActivityId(tx.value("SELECT COALESCE(MAX(id), 0) FROM sent_activity"))


def newest_and_open(tx: Transaction) -> tuple[ActivityId, frozenset[str]]:
    """The same where several processes append, and the transactions that were appending just after: once these have ended, nothing can come
    in any more at or below that id."""
    return newest(tx), claims.who_appends(tx)


def numbers_concerning(tx: Transaction, instance_id: InstanceId, after: ActivityId, to: ActivityId, limit: int) -> list[ActivityId]:
    """Which activities of a piece of the log may concern an instance, oldest first; the caller looks at `inboxes`."""
    return tx.column(
        f"SELECT id FROM sent_activity WHERE id > :after AND id <= :to AND {_CONCERNS} ORDER BY id LIMIT :limit",
        after=after,
        to=to,
        instance=instance_id,
        limit=limit,
    )


def communities(tx: Transaction, numbers: list[ActivityId]) -> list[CommunityId]:
    """The communities in which some activities happened."""
    return tx.column(
        "SELECT DISTINCT community_id FROM sent_activity WHERE id AMONG :numbers AND community_id IS NOT NULL", numbers=numbers
    )


def several(tx: Transaction, numbers: list[ActivityId]) -> list[SentActivity]:
    """Some activities, oldest first."""
    if not numbers:
        return []
    return [_build(row) for row in tx.all(f"SELECT {_COLUMNS} FROM sent_activity WHERE id AMONG :numbers ORDER BY id", numbers=numbers)]


def between(tx: Transaction, after: ActivityId, to: ActivityId) -> list[SentActivity]:
    """A piece of the log, oldest first."""
    return [
        _build(row)
        for row in tx.all(f"SELECT {_COLUMNS} FROM sent_activity WHERE id > :after AND id <= :to ORDER BY id", after=after, to=to)
    ]


def inboxes(tx: Transaction, after: ActivityId, to: ActivityId) -> set[str]:
    """The inboxes that a piece of the log names."""
    found = tx.column("SELECT DISTINCT inboxes FROM sent_activity WHERE id > :after AND id <= :to AND inboxes <> '[]'", after=after, to=to)
    return {inbox for listed in found for inbox in json.loads(listed)}


def has_any_for_everyone(tx: Transaction, after: ActivityId, to: ActivityId) -> bool:
    """Whether a piece of the log holds something for everyone."""
    return tx.one("SELECT 1 FROM sent_activity WHERE id > :after AND id <= :to AND everyone LIMIT 1", after=after, to=to) is not None


def forget(tx: Transaction, before: Micros, limit: int = 1000) -> int:
    """Drop some of the activities older than a moment; answers how many."""
    return tx.run(
        "DELETE FROM sent_activity WHERE id IN (SELECT id FROM sent_activity WHERE published < :before ORDER BY published LIMIT :limit)",
        before=before,
        limit=limit,
    )


def _build(row: Row) -> SentActivity:
    return SentActivity(
        id=ActivityId(row[0]),
        ap_id=row[1],
        published=row[2],
        sensitive=bool(row[3]),
        actor_ap_id=row[4],
        object_ap_id=row[5],
        community_id=row[6],
        everyone=bool(row[7]),
        inboxes=json.loads(row[8]),
        data=packing.unpacked(row[9]),
    )
