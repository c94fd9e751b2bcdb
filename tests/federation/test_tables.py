"""The rows of federation on both databases: the log, its cursors, the inbox, and what is remembered."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite.model.ids import ActivityId, CommunityId, InstanceId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import (
    actor,
    community,
    community_follower,
    delivery,
    inbox_activity,
    instance,
    person,
    received_activity,
    sent_activity,
    tombstone,
)
from tests.storage.databases import migrated


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once SQLite and once Postgres."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite://{tmp_path}/lemmy.db"


def within(url: str, body: Callable[[Transaction], None]) -> None:
    """Run a test in one transaction."""

    async def run() -> None:
        async with migrated(url) as database:
            await database.write(body)

    asyncio.run(run())


def follower(tx: Transaction, name: str, host: str, home: CommunityId, *, shared: bool = True) -> InstanceId:
    """A person of another host who follows a community; answers the host's instance."""
    number = instance.get_or_create(tx, host)
    ap_id = f"https://{host}/u/{name}"
    made = person.insert(tx, name=name, actor_id=ap_id, instance_id=number, local=False)
    actor.put(
        tx,
        actor.Actor(
            ap_id=ap_id,
            person_id=made.id,
            instance_id=number,
            inbox_url=f"{ap_id}/inbox",
            shared_inbox_url=f"https://{host}/inbox" if shared else None,
            last_refreshed_at=tx.now,
            public_key="key",
        ),
    )
    community_follower.put(tx, made.id, home, pending=False)
    return number


def home_of(tx: Transaction) -> CommunityId:
    local = instance.get_or_create(tx, "home.example")
    ap_id = "https://home.example/c/tea"
    made = community.insert(tx, name="tea", title="Tea", actor_id=ap_id, instance_id=local, local=True, followers_url=f"{ap_id}/followers")
    return made.id


def sent(tx: Transaction, number: int, **target: object) -> ActivityId:
    return sent_activity.insert(
        tx,
        ap_id=f"https://home.example/activities/{number}",
        actor_ap_id="https://home.example/c/tea",
        object_ap_id=None,
        data=b'{"type":"Announce"}' * 10,
        **target,  # type: ignore[arg-type]  # the targets differ from test to test
    )


def test_an_instance_reads_from_the_log_what_concerns_it(database_url: str) -> None:
    def body(tx: Transaction) -> None:
        home = home_of(tx)
        one, two = follower(tx, "zoe", "one.example", home), instance.get_or_create(tx, "two.example")
        announced = sent(tx, 1, community_id=home)
        direct = sent(tx, 2, inboxes=["https://two.example/inbox"])
        everyone = sent(tx, 3, everyone=True)
        ids = sent_activity.numbers_concerning(tx, one, ActivityId(0), everyone, 10)
        assert ids == [announced, direct, everyone]
        assert sent_activity.numbers_concerning(tx, two, announced, everyone, 10) == [direct, everyone]
        found = sent_activity.by_ap_id(tx, "https://home.example/activities/2")
        assert found is not None
        assert (found.inboxes, found.data) == (["https://two.example/inbox"], b'{"type":"Announce"}' * 10)
        assert sent_activity.inboxes(tx, ActivityId(0), everyone) == {"https://two.example/inbox"}
        assert sent_activity.has_any_for_everyone(tx, direct, everyone)
        assert not sent_activity.has_any_for_everyone(tx, ActivityId(0), direct)
        (receiver,) = delivery.receivers(tx, ActivityId(0), announced)
        assert (receiver.instance_id, receiver.community_id, receiver.inbox) == (one, home, "https://one.example/inbox")
        assert delivery.receivers(tx, announced, everyone) == []
        assert [each.id for each in sent_activity.between(tx, announced, everyone)] == [direct, everyone]
        assert [each.id for each in sent_activity.several(tx, [everyone, announced])] == [announced, everyone]
        assert sent_activity.communities(tx, ids) == [home]
        assert sent_activity.forget(tx, tx.now + 1) == 3

    within(database_url, body)


def test_a_host_that_shares_its_inbox_is_told_once_and_another_in_each(database_url: str) -> None:
    def body(tx: Transaction) -> None:
        home = home_of(tx)
        one = follower(tx, "zoe", "one.example", home)
        follower(tx, "zac", "one.example", home)
        two = follower(tx, "lea", "two.example", home, shared=False)
        follower(tx, "leo", "two.example", home, shared=False)
        assert delivery.follower_inboxes(tx, home, one) == ["https://one.example/inbox"]
        assert sorted(delivery.follower_inboxes(tx, home, two)) == [
            "https://two.example/u/lea/inbox",
            "https://two.example/u/leo/inbox",
        ]
        assert delivery.all_inboxes(tx, one) == ["https://one.example/inbox"]

    within(database_url, body)


def step(number: InstanceId, to: ActivityId, published: int | None) -> delivery.Step:
    return delivery.Step(instance_id=number, number=to, published=published, delivered=True)


def test_cursors_move_past_what_is_dropped_from_the_log(database_url: str) -> None:
    def body(tx: Transaction) -> None:
        one, two = (instance.get_or_create(tx, f"{name}.example") for name in ("one", "two"))
        first, second = sent(tx, 1, everyone=True), sent(tx, 2, everyone=True)
        delivery.begin(tx, one, ActivityId(0))
        delivery.begin(tx, two, second)
        tx.run("UPDATE sent_activity SET published = published - 100 WHERE id = :id", id=first)
        assert delivery.age(tx, tx.now - 50) == 1
        assert [state.last_successful_id for state, _ in delivery.states(tx, [one, two])] == [first, second]
        assert delivery.age(tx, tx.now - 50) == 0

    within(database_url, body)


def test_cursors_begin_move_fail_and_wake(database_url: str) -> None:
    def body(tx: Transaction) -> None:
        home = home_of(tx)
        one, two = follower(tx, "zoe", "one.example", home), follower(tx, "lea", "two.example", home)
        first = sent(tx, 1, community_id=home)
        delivery.begin_for_followers(tx, home, ActivityId(first - 1))
        delivery.begin_for_followers(tx, home, first)
        delivery.begin(tx, one, first)
        delivery.begin_for_everyone(tx, first)
        assert delivery.behind(tx, first) == delivery.states(tx, [two, one])
        assert [domain for _, domain in delivery.behind(tx, first)] == ["one.example", "two.example"]
        delivery.advance(tx, [step(one, first, tx.now), step(one, ActivityId(first - 1), None)])
        assert [state.instance_id for state, _ in delivery.behind(tx, first)] == [two]
        delivery.fail(tx, two, 3, tx.now + 10, asleep=True, trouble="It is tired.")
        (peer,) = delivery.peers(tx, 5)
        assert (peer.domain, peer.behind, peer.fail_count, peer.asleep, peer.trouble) == ("two.example", 1, 3, True, "It is tired.")
        assert delivery.behind(tx, first) == []
        assert delivery.next_retry(tx) == tx.now + 10
        ((failing, domain),) = delivery.failing(tx)
        assert (domain, failing.fail_count, failing.asleep, failing.failing_since) == ("two.example", 3, True, tx.now)
        assert delivery.figures(tx) == (2, 1, 1)
        assert delivery.lagging(tx, 5) == [("two.example", 1, 3, tx.now + 10, True)]
        assert delivery.wake(tx, two)
        assert not delivery.wake(tx, two)
        woken = delivery.get(tx, two)
        assert woken is not None
        assert (woken.fail_count, woken.asleep, woken.failing_since, woken.next_retry, woken.trouble) == (0, False, None, None, None)

    within(database_url, body)


def test_the_inbox_keeps_each_activity_once_in_the_order_of_its_host(database_url: str) -> None:
    def body(tx: Transaction) -> None:
        def append(number: int, host: str) -> bool:
            return inbox_activity.insert_new(tx, f"https://{host}/{number}", host, f"https://{host}/u/zoe", b"\x00{}")

        assert append(1, "one.example")
        assert not append(1, "one.example")
        assert append(2, "one.example")
        assert append(1, "two.example")
        assert sorted(inbox_activity.hosts(tx)) == ["one.example", "two.example"]
        first, second = inbox_activity.oldest_of(tx, "one.example", 2)
        assert (first.ap_id, first.data) == ("https://one.example/1", b"\x00{}")
        assert inbox_activity.count_attempt(tx, first.id) == 1
        inbox_activity.park(tx, first.id, "broken")
        assert inbox_activity.oldest_of(tx, "one.example", 2) == [second]
        assert second.ap_id == "https://one.example/2"
        assert inbox_activity.delete(tx, second.id)
        assert not inbox_activity.delete(tx, second.id)
        assert inbox_activity.oldest_of(tx, "one.example", 2) == []
        assert inbox_activity.waiting(tx) == 1
        assert received_activity.known_or_waits(tx, "https://one.example/1")
        assert not received_activity.known_or_waits(tx, "https://one.example/2")
        received_activity.insert(tx, "https://one.example/3")
        assert not append(3, "one.example"), "it had its effect"

    within(database_url, body)


def test_what_was_received_and_what_was_deleted_early_is_remembered(database_url: str) -> None:
    def body(tx: Transaction) -> None:
        assert received_activity.insert(tx, "https://one.example/1")
        assert not received_activity.insert(tx, "https://one.example/1")
        assert received_activity.known(tx, "https://one.example/1")
        assert received_activity.forget(tx, tx.now) == 0
        assert received_activity.forget(tx, tx.now + 1) == 1
        tombstone.put(tx, "https://one.example/post/1", "https://one.example/u/zoe")
        tombstone.put(tx, "https://one.example/post/1", "https://one.example/u/zoe")
        assert tombstone.holds(tx, "https://one.example/post/1")
        assert tombstone.lift(tx, "https://one.example/post/1")
        assert not tombstone.holds(tx, "https://one.example/post/1")

    within(database_url, body)
