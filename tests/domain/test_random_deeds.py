"""Any order of deeds leaves every counter right."""

import pytest

from tests.domain import recount
from tests.domain.deeds import live
from tests.domain.house import House, told


@pytest.mark.parametrize("seed", range(3))
def test_every_counter_equals_a_recount_after_hundreds_of_random_deeds(database_url: str, seed: int) -> None:
    async def story(house: House) -> None:
        assert await live(house, seed, 600) > 120
        assert await house.database.read(recount.differences) == []

    told(database_url, story)


def test_a_wrong_counter_would_be_found(database_url: str) -> None:
    async def story(house: House) -> None:
        home = await house.community(house.admin)
        written = await house.post(house.admin, home.id)
        await house.database.write(lambda tx: tx.run("UPDATE post_aggregates SET upvotes = 5 WHERE post_id = :id", id=written.id))
        assert len(await house.database.read(recount.differences)) == 1

    told(database_url, story)
