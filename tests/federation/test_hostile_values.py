"""Whatever stands in a field of a properly signed message, we neither break nor park it: it has an effect or is refused."""

import asyncio
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.federation import store
from lemmy_lite.federation.errors import Needs, Refused
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text.names import LIMITS
from tests.evidence import evidence_of
from tests.federation.lab import Place
from tests.federation.messages import KINDS, Scene
from tests.federation.peer import Json, among_peers

FreePort = Callable[[], int]
HOSTILE: list[Any] = [
    None,
    True,
    0,
    2**70,
    -1.5,
    "",
    "x",
    "http://[",
    "https://user:pass@one.test/",
    "\x00",
    "\ud83c\udf75" * 10_000,
    [],
    [[]],
    {},
    {"id": 5},
    {"id": {"id": "x"}},
    [None, {"type": 3}],
    "9999-99-99T99:99:99Z",
]


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where all values of a message are, those that hold others too."""
    if place:
        yield place
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield from leaves(each, (*place, name))


def with_value(activity: Json, place: tuple[Any, ...], value: Any) -> Json:
    """A copy with one value replaced."""
    found = inner = copy.deepcopy(activity)
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_values_are_refused_or_harmless(kind: str, tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two") as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            control = KINDS[kind](scene)
            signer = control["actor"]
            for where in leaves(control):
                for value in HOSTILE:
                    fresh = with_value(control | {"id": one.new_id("hostile")}, where, value)
                    answer = await place.federation.receive(one.request(place, fresh, signer=signer))
                    assert answer.status in (200, 400, 401, 403), (where, value)
            await place.federation.applied()
            parked = await place.read(lambda tx: tx.all("SELECT attempts, parked, data FROM inbox_activity"))
            assert parked == []

    asyncio.run(run())


MEGABYTE = 2**20
LONGEST = {
    "person": LIMITS["url"].most,
    "community": LIMITS["community description"].most,
    "post": LIMITS["post body"].most,
    "comment": LIMITS["comment"].most,
    "actor": 2048,  # a public key
    "instance": 255,
}
"""Characters of the longest field of each table, where people here write it."""
DRAWN = ("html",)
"""What is made here of a text that is stored beside it."""


def too_long(tx: Transaction) -> list[str]:
    """The columns that hold more than ours may."""
    found = []
    for table, most in LONGEST.items():
        for column in [row[1] for row in tx.all(f"PRAGMA table_info({table})") if row[1] not in DRAWN]:
            size = tx.value(f"SELECT MAX(LENGTH({column})) FROM {table}") or 0
            found += [f"{table}.{column}: {size}"] * (size > most)
    return found


def test_no_field_that_comes_in_is_longer_than_ours_may_be(tmp_path: Path, free_port: FreePort) -> None:
    """What is shown with each comment of an author is repeated thousands of times in one answer."""

    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            long = "x" * MEGABYTE
            address = f"{one.url}/{long}"
            values = (long, address, {"type": "Image", "url": address}, [{"href": address}], f"@{long}:one.test")
            person, group = one.person("zoe"), one.group("tea")
            page = one.page(person, group)
            note = one.note(person, page["id"], group)
            shown = {"icon": None, "image": None, "name": None, "summary": None, "source": None, "matrixUserId": None}
            written = {"name": None, "url": None, "source": None, "image": None, "attachment": None, "tag": None}
            documents: list[Json] = [
                {**one.documents["/u/zoe"], **shown},  # type: ignore[dict-item]  # it is a document
                {**one.documents["/c/tea"], **shown, "featured": None, "attributedTo": None},  # type: ignore[dict-item]
                {**page, **written},
                {**note, **written},
            ]
            stored = 0
            for document in documents:
                assert await received(place, document)
                for field in document.keys() - {"type", "published"}:
                    for value in values:
                        kind = {"type": "Image"} if field == "attachment" and isinstance(value, dict) else {}
                        fresh = document | {"updated": "2030-01-01T00:00:00Z", field: value | kind if isinstance(value, dict) else value}
                        stored += await received(place, fresh)
                    assert await place.read(too_long) == [], (document["type"], field)
            assert stored > 100, "an absurd picture is no reason to lose the actor"

    asyncio.run(run())


async def received(place: Place, document: Json) -> bool:
    """Whether it was entered."""
    try:
        await place.write(store.receive, evidence_of(document), place.context, document, edited=True)
    except (Refused, Needs, LemmyError):
        return False
    return True
