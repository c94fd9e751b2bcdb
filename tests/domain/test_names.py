"""Whom a name means when several instances share a domain, as they do on one machine."""

from lemmy_lite.domain import community, person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community as communities
from lemmy_lite.storage.tables import instance
from lemmy_lite.storage.tables import person as people
from tests.domain.house import House, told


def test_instances_of_one_domain_are_told_apart_by_their_ports(database_url: str) -> None:
    async def story(house: House) -> None:
        def enter(tx: Transaction) -> None:
            home = instance.get_or_create(tx, "lab.test")
            for port in (8537, 8538):
                base = f"http://lab.test:{port}"
                people.insert(tx, name="ada", actor_id=f"{base}/u/ada", instance_id=home, local=False)
                communities.insert(
                    tx, name="birds", title="Birds", actor_id=f"{base}/c/birds", instance_id=home, local=False, followers_url=f"{base}/f"
                )

        await house.database.write(enter)

        def named(tx: Transaction, name: str) -> tuple[str | None, str | None]:
            who, group = person.named(tx, house.context, f"ada@{name}"), community.named(tx, house.context, f"birds@{name}")
            return who.actor_id if who else None, group.actor_id if group else None

        for port in (8537, 8538):
            base = f"http://lab.test:{port}"
            assert await house.database.read(named, f"LAB.test:{port}") == (f"{base}/u/ada", f"{base}/c/birds")
        assert await house.database.read(named, "lab.test:9999") == (None, None)
        assert (await house.database.read(named, "lab.test"))[0] is not None

    told(database_url, story)


def test_another_instance_of_our_own_domain_is_not_us(database_url: str) -> None:
    async def story(house: House) -> None:
        await house.person("ada")
        home = await house.community(house.admin)

        def named(tx: Transaction, name: str) -> tuple[bool, bool]:
            return person.named(tx, house.context, f"ada@{name}") is not None, community.named(
                tx, house.context, f"birds@{name}"
            ) is not None

        assert await house.database.read(named, "here.test") == (True, True)
        assert await house.database.read(named, "here.test:8537") == (False, False)
        assert home.name == "birds"

    told(database_url, story)
