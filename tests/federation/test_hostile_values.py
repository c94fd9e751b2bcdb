"""Whatever stands in a field of a properly signed message, we neither break nor park it: it has an effect or is refused."""

import asyncio
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.federation.peer import Json, among_peers
from tests.federation.test_tampering import KINDS, Scene

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
