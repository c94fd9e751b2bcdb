"""The list of instances, as anybody may read it."""

from lemmy_lite.domain import instance as instances
from lemmy_lite.model.clock import moment
from lemmy_lite.model.ids import ActivityId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, instance, site
from tests.domain.house import House, told


def test_linked_allowed_and_blocked_instances_are_told_apart_and_ours_is_not_among_them(database_url: str) -> None:
    async def story(house: House) -> None:
        def enter(tx: Transaction) -> None:
            for domain in ("b.test", "a.test"):
                instance.get_or_create(tx, domain)
            instance.set_list(tx, "federation_allowlist", ["friend.test"])
            instance.set_list(tx, "federation_blocklist", ["foe.test"])

        await house.database.write(enter)
        found = await house.database.read(instances.federated)
        assert found is not None
        assert [each.domain for each in found.linked] == ["a.test", "b.test", "friend.test"]
        assert [each.domain for each in found.allowed] == ["friend.test"]
        assert [each.domain for each in found.blocked] == ["foe.test"]

    told(database_url, story)


def test_how_sending_goes_is_shown_where_something_was_sent(database_url: str) -> None:
    async def story(house: House) -> None:
        def enter(tx: Transaction) -> int:
            well, ill = instance.get_or_create(tx, "well.test"), instance.get_or_create(tx, "ill.test")
            instance.get_or_create(tx, "silent.test")
            for number in (well, ill):
                delivery.begin(tx, number, ActivityId(3))
            step = delivery.Step(instance_id=well, number=ActivityId(7), published=1_700_000_000_000_000, delivered=True)
            delivery.advance(tx, [step])
            delivery.fail(tx, ill, 2, tx.now + 5_000_000, asleep=False)
            return tx.now

        now = await house.database.write(enter)
        found = await house.database.read(instances.federated)
        assert found is not None
        ill, silent, well = (each.federation_state for each in found.linked)
        assert silent is None
        assert well is not None
        assert (well.last_successful_id, well.last_successful_published_time) == (7, moment(1_700_000_000_000_000))
        assert (well.fail_count, well.next_retry) == (0, None)
        assert ill is not None
        assert (ill.fail_count, ill.last_retry, ill.next_retry) == (2, moment(now), moment(now + 5_000_000))

    told(database_url, story)


def test_who_federates_with_nobody_lists_nobody(database_url: str) -> None:
    async def story(house: House) -> None:
        await house.database.write(lambda tx: site.update_local(tx, federation_enabled=False))
        assert await house.database.read(instances.federated) is None

    told(database_url, story)
