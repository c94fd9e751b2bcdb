"""Asking other instances what they run."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite.federation.software import _link
from lemmy_lite.model.clock import DAY, MINUTE
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import instance, site
from tests.federation.lab import Place, eventually, lab
from tests.federation.peer import among_peers

FreePort = Callable[[], int]
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


async def _known(place: Place) -> dict[str, tuple[str | None, str | None]]:
    rows = await place.read(lambda tx: tx.all("SELECT domain, software, version FROM instance"))
    return {domain: (software, version) for domain, software, version in rows}


async def _meet(place: Place, address: str) -> None:
    """Look a community up, wait until its home was asked for its sake, and forget the answer."""
    await place.federation.resolve(address)
    await eventually(place.federation.backfills, gives=lambda found: found[0].phase != "front")
    await place.write(lambda tx: tx.run("UPDATE instance SET updated = NULL, software = NULL, version = NULL"))


def test_an_instance_says_what_it_runs_and_is_asked_once_a_day(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=database_url, beta=None) as (alpha, beta):
            await beta.community(await beta.person("bob"))
            await _meet(alpha, f"!tea@{beta.host}")
            await alpha.write(instance.get_or_create, "nobody.invalid")
            assert await alpha.federation.survey_software() == 1
            assert await _known(alpha) == {
                "alpha.test": (None, None),
                "beta.test": ("lemmy", "0.19.20"),
                "nobody.invalid": (None, None),
            }
            assert await alpha.federation.survey_software() == 0
            await alpha.write(lambda tx: tx.run("UPDATE instance SET updated = updated - :by, software = NULL", by=DAY - MINUTE))
            assert await alpha.federation.survey_software() == 0
            await alpha.write(lambda tx: tx.run("UPDATE instance SET updated = updated - :by", by=2 * MINUTE))
            assert await alpha.federation.survey_software() == 1

    asyncio.run(run())


def test_blocked_sleeping_and_all_instances_without_federation_are_left_alone(
    tmp_path: Path, free_port: FreePort, database_url: str
) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=database_url, beta=None) as (alpha, beta):
            await beta.community(await beta.person("bob"))
            await _meet(alpha, f"!tea@{beta.host}")

            def put(tx: Transaction, *, blocked: bool, enabled: bool, asleep: bool) -> None:
                instance.set_list(tx, "federation_blocklist", ["beta.test"] if blocked else [])
                site.update_local(tx, federation_enabled=enabled)
                number = instance.get_or_create(tx, "beta.test")
                tx.run("DELETE FROM delivery")
                tx.run("INSERT INTO delivery (instance_id, last_successful_id, asleep) VALUES (:id, 0, :asleep)", id=number, asleep=asleep)

            for blocked, enabled, asleep in ((True, True, False), (False, False, False), (False, True, True)):
                await alpha.write(put, blocked=blocked, enabled=enabled, asleep=asleep)
                await asyncio.sleep(1)  # the lists of the admins are looked at once a second
                assert await alpha.federation.survey_software() == 0
            await alpha.write(put, blocked=False, enabled=True, asleep=False)
            await asyncio.sleep(1)
            assert await alpha.federation.survey_software() == 1

    asyncio.run(run())


def test_who_does_not_answer_is_not_asked_again_before_tomorrow(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            await place.federation.resolve(one.person("zoe"))
            one.fetched.clear()
            for _ in range(3):
                assert await place.federation.survey_software() == 0
            assert one.fetched == ["/.well-known/nodeinfo"]
            now = place.context.clock.now
            place.context.clock.now = lambda: now() + DAY + MINUTE
            await place.federation.survey_software()
            assert len(one.fetched) == 2
            assert await _known(place) == {"home.test": (None, None), "one.test": (None, None)}

    asyncio.run(run())


@pytest.mark.parametrize(
    "listed",
    [
        None,
        [],
        {},
        {"links": None},
        {"links": [1, None, {}]},
        {"links": [{"rel": f"{SCHEMA}2.1", "href": "https://elsewhere.test/nodeinfo/2.1"}]},
        {"links": [{"rel": f"{SCHEMA}2.1", "href": "https://a.test.elsewhere.test/nodeinfo/2.1"}]},
        {"links": [{"rel": "https://other.example/2.1", "href": "https://a.test/nodeinfo/2.1"}]},
        {"links": [{"rel": f"{SCHEMA}2.1", "href": ["https://a.test/"]}]},
    ],
)
def test_a_list_that_offers_nothing_of_its_own_leads_nowhere(listed: object) -> None:
    assert _link(json.loads(json.dumps(listed)), "https://a.test") is None


def test_the_newest_document_is_taken() -> None:
    links = [{"rel": f"{SCHEMA}{number}", "href": f"https://a.test/nodeinfo/{number}"} for number in ("2.0", "2.1", "1.0")]
    assert _link({"links": links}, "https://a.test") == "https://a.test/nodeinfo/2.1"
