"""How far each instance has been told: one cursor into the log of sent activities, and how sending goes."""

from collections.abc import Iterable, Sequence

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import ActivityId, CommunityId, InstanceId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape


class Delivery(Struct, kw_only=True):
    """The state of sending to one instance. Everything up to `last_successful_id` has reached it, or never will."""

    instance_id: InstanceId
    last_successful_id: ActivityId
    last_successful_published_time: Micros | None = None
    fail_count: int
    failing_since: Micros | None = None
    last_retry: Micros | None = None
    next_retry: Micros | None = None
    asleep: bool
    trouble: str | None = None


class Peer(Struct, kw_only=True):
    """How telling an instance goes, for people. `behind` counts activities of the log that it has not been told, among them some that
    do not concern it; at most `MOST_BEHIND`. `trouble` is what went wrong at the last try."""

    domain: str
    behind: int
    fail_count: int
    failing_since: Micros | None = None
    next_retry: Micros | None = None
    last_successful_published_time: Micros | None = None
    asleep: bool
    trouble: str | None = None


MOST_BEHIND = 10_000


class Step(Struct, kw_only=True):
    """A cursor moved forward. `delivered`: the instance answered, so it is well."""

    instance_id: InstanceId
    number: ActivityId
    published: Micros | None
    delivered: bool


class Receiver(Struct):
    """An inbox of an instance through which its followers of a community are reached."""

    community_id: CommunityId
    instance_id: InstanceId
    inbox: str


DELIVERY = Shape(Delivery, "delivery")
# The inbox that serves a follower: the one its host shares, or its own.
_INBOXES = """SELECT DISTINCT COALESCE(actor.shared_inbox_url, actor.inbox_url) FROM community_follower
                JOIN person ON person.id = community_follower.person_id JOIN actor ON actor.person_id = person.id
               WHERE community_follower.community_id = :community AND NOT person.local AND NOT community_follower.pending"""


def get(tx: Transaction, instance_id: InstanceId) -> Delivery | None:
    """The state of one instance; None when nothing was ever sent to it."""
    row = tx.one(f"SELECT {DELIVERY.columns} FROM delivery WHERE instance_id = :id", id=instance_id)
    return DELIVERY.build(row) if row else None


def behind(tx: Transaction, newest: ActivityId) -> list[tuple[Delivery, str]]:
    """Healthy instances whose cursor is not at the end of the log, with their domains; many have missed nothing that concerns them."""
    found = tx.all(
        f"""SELECT {DELIVERY.columns}, instance.domain FROM delivery JOIN instance ON instance.id = delivery.instance_id
             WHERE last_successful_id < :newest AND next_retry IS NULL ORDER BY instance_id""",
        newest=newest,
    )
    return [(DELIVERY.build(row), row[DELIVERY.width]) for row in found]


def failing(tx: Transaction) -> list[tuple[Delivery, str]]:
    """Every instance that waits for another try, with its domain."""
    found = tx.all(
        f"""SELECT {DELIVERY.columns}, instance.domain FROM delivery JOIN instance ON instance.id = delivery.instance_id
             WHERE next_retry IS NOT NULL"""
    )
    return [(DELIVERY.build(row), row[DELIVERY.width]) for row in found]


def states(tx: Transaction, numbers: Iterable[InstanceId]) -> list[tuple[Delivery, str]]:
    """The states of some instances, with their domains."""
    found = tx.all(
        f"""SELECT {DELIVERY.columns}, instance.domain FROM delivery JOIN instance ON instance.id = delivery.instance_id
             WHERE instance_id AMONG :numbers ORDER BY instance_id""",
        numbers=list(numbers),
    )
    return [(DELIVERY.build(row), row[DELIVERY.width]) for row in found]


def receivers(tx: Transaction, after: ActivityId, to: ActivityId) -> list[Receiver]:
    """Where a piece of the log goes that happened in communities: for each, one inbox of each host that shares its inbox."""
    found = tx.all(
        """SELECT DISTINCT community_follower.community_id, person.instance_id, COALESCE(actor.shared_inbox_url, actor.inbox_url)
             FROM community_follower JOIN person ON person.id = community_follower.person_id JOIN actor ON actor.person_id = person.id
            WHERE NOT person.local AND NOT community_follower.pending AND community_follower.community_id IN (
                  SELECT community_id FROM sent_activity WHERE id > :after AND id <= :to AND community_id IS NOT NULL)""",
        after=after,
        to=to,
    )
    return [Receiver(community_id=row[0], instance_id=row[1], inbox=row[2]) for row in found]


def figures(tx: Transaction) -> tuple[int, int, int]:
    """How many instances are told something: in all, failing, and of these asleep."""
    row = tx.one("""SELECT COUNT(*), COUNT(*) FILTER (WHERE next_retry IS NOT NULL), COUNT(*) FILTER (WHERE asleep) FROM delivery""")
    return (row[0], row[1], row[2]) if row else (0, 0, 0)


def failing_since(tx: Transaction) -> tuple[Micros | None, Micros | None]:
    """Since when that instance has answered nothing which has been silent longest: of those awake, and of those asleep."""
    row = tx.one("SELECT MIN(failing_since) FILTER (WHERE NOT asleep), MIN(failing_since) FILTER (WHERE asleep) FROM delivery")
    return (row[0], row[1]) if row else (None, None)


def lagging(tx: Transaction, limit: int) -> list[tuple[str, int, int, Micros | None, bool]]:
    """The instances that are furthest behind: domain, activities of the log that they have not been told, among them some that do not
    concern them; failures in a row, the moment of the next try, and whether they are asleep."""
    return [
        (row[0], int(row[1]), int(row[2]), row[3], bool(row[4]))
        for row in tx.all(
            """SELECT instance.domain, (SELECT COUNT(*) FROM sent_activity WHERE sent_activity.id > delivery.last_successful_id) AS waiting,
                      fail_count, next_retry, asleep
                 FROM delivery JOIN instance ON instance.id = delivery.instance_id
                WHERE last_successful_id < (SELECT COALESCE(MAX(id), 0) FROM sent_activity)
                ORDER BY fail_count = 0, last_successful_id, instance.domain LIMIT :limit""",
            limit=limit,
        )
    ]


def peers(tx: Transaction, limit: int) -> list[Peer]:
    """Instances that fail, those without an answer for longest first, and then those that are furthest behind."""
    rows = tx.all(
        """SELECT instance.domain, fail_count, failing_since, next_retry, last_successful_published_time, asleep, trouble,
                  (SELECT COUNT(*) FROM (SELECT 1 FROM sent_activity
                                           WHERE sent_activity.id > delivery.last_successful_id LIMIT :most) AS part)
             FROM delivery JOIN instance ON instance.id = delivery.instance_id
            WHERE fail_count > 0 OR last_successful_id < (SELECT COALESCE(MAX(id), 0) FROM sent_activity)
            ORDER BY fail_count = 0, failing_since, last_successful_id, instance.domain LIMIT :limit""",
        most=MOST_BEHIND,
        limit=limit,
    )
    return [
        Peer(
            domain=row[0],
            fail_count=row[1],
            failing_since=row[2],
            next_retry=row[3],
            last_successful_published_time=row[4],
            asleep=bool(row[5]),
            trouble=row[6],
            behind=row[7],
        )
        for row in rows
    ]


def next_retry(tx: Transaction) -> Micros | None:
    """When the next failing instance is to be tried again."""
    moment: Micros | None = tx.value("SELECT MIN(next_retry) FROM delivery WHERE next_retry IS NOT NULL")
    return moment


def begin_for_followers(tx: Transaction, community_id: CommunityId, after: ActivityId) -> None:
    """Give a cursor to each instance that follows a community and has none. The writer remembers that none is without: else each vote
    would read all followers."""
    lacking = """SELECT 1 FROM community_follower JOIN person ON person.id = community_follower.person_id
                  WHERE community_follower.community_id = :community AND NOT person.local AND NOT community_follower.pending
                    AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.instance_id = person.instance_id) LIMIT 1"""
    if not tx.recalled(("community_follower", "delivery"), lacking, bool, community=community_id):
        return
    tx.run(
        """INSERT INTO delivery (instance_id, last_successful_id)
           SELECT DISTINCT person.instance_id, :after FROM community_follower JOIN person ON person.id = community_follower.person_id
            WHERE community_follower.community_id = :community AND NOT person.local AND NOT community_follower.pending
           ON CONFLICT (instance_id) DO NOTHING""",
        community=community_id,
        after=after,
    )


def begin(tx: Transaction, instance_id: InstanceId, after: ActivityId) -> None:
    """Give a cursor to an instance that has none."""
    if tx.recalled(("delivery",), "SELECT 1 FROM delivery WHERE instance_id = :id", bool, id=instance_id):
        return
    tx.run(
        "INSERT INTO delivery (instance_id, last_successful_id) VALUES (:id, :after) ON CONFLICT (instance_id) DO NOTHING",
        id=instance_id,
        after=after,
    )


def begin_for_everyone(tx: Transaction, after: ActivityId) -> None:
    """Give a cursor to every instance of which a person or community is known here."""
    tx.run(
        """INSERT INTO delivery (instance_id, last_successful_id)
           SELECT DISTINCT instance_id, :after FROM actor WHERE private_key IS NULL ON CONFLICT (instance_id) DO NOTHING""",
        after=after,
    )


def follower_inboxes(tx: Transaction, community_id: CommunityId, instance_id: InstanceId) -> list[str]:
    """The inboxes of an instance that serve its followers of a community: one where the host shares its inbox."""
    return tx.column(f"{_INBOXES} AND person.instance_id = :instance", community=community_id, instance=instance_id)


def all_inboxes(tx: Transaction, instance_id: InstanceId) -> list[str]:
    """One inbox through which an instance can be told what concerns everyone; none when no actor of it is known."""
    return tx.column(
        """SELECT COALESCE(shared_inbox_url, inbox_url) FROM actor WHERE instance_id = :id AND private_key IS NULL
            ORDER BY shared_inbox_url IS NULL, ap_id LIMIT 1""",
        id=instance_id,
    )


def advance(tx: Transaction, steps: Sequence[Step]) -> None:
    """Move cursors forward."""
    tx.run_many(
        """UPDATE delivery SET last_successful_id = :number,
                  last_successful_published_time = COALESCE(:published, last_successful_published_time)
            WHERE instance_id = :id AND last_successful_id < :number""",
        [{"id": step.instance_id, "number": step.number, "published": step.published} for step in steps],
    )
    tx.run_many(
        """UPDATE delivery SET fail_count = 0, failing_since = NULL, next_retry = NULL, trouble = NULL, asleep = :no
            WHERE instance_id = :id AND (fail_count > 0 OR next_retry IS NOT NULL)""",
        [{"id": step.instance_id, "no": False} for step in steps if step.delivered],
    )


def age(tx: Transaction, before: Micros) -> int:
    """Let the cursors move past what is about to be dropped from the log; answers how many did."""
    return tx.run(
        """UPDATE delivery SET last_successful_id = (SELECT MAX(id) FROM sent_activity WHERE published < :before)
            WHERE last_successful_id < (SELECT MAX(id) FROM sent_activity WHERE published < :before)""",
        before=before,
    )


def fail(
    tx: Transaction, instance_id: InstanceId, fail_count: int, next_retry: Micros, *, asleep: bool, trouble: str | None = None
) -> None:
    """Note that an instance could not be reached, why, and when to try again."""
    tx.run(
        """UPDATE delivery SET fail_count = :count, failing_since = COALESCE(failing_since, :now), last_retry = :now, next_retry = :next,
                  asleep = :asleep, trouble = :trouble WHERE instance_id = :id""",
        count=fail_count,
        now=tx.now,
        next=next_retry,
        asleep=asleep,
        trouble=trouble,
        id=instance_id,
    )


def wake(tx: Transaction, instance_id: InstanceId) -> bool:
    """The instance showed that it lives: forget its failures; answers whether there were any."""
    return (
        tx.run(
            """UPDATE delivery SET fail_count = 0, failing_since = NULL, next_retry = NULL, trouble = NULL, asleep = :no
                WHERE instance_id = :id AND (fail_count > 0 OR next_retry IS NOT NULL)""",
            no=False,
            id=instance_id,
        )
        > 0
    )
