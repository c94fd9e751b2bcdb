"""Hundreds of deeds in any order: what each of them counts is what a recount finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

from tests.domain import recount
from tests.domain.deeds import live
from tests.domain.house import House, told
from tests.fuzz.target import Bench, Broken


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """A new house for every input."""
    yield Bench(st.fixed_dictionaries({"dice": st.integers(0, 2**32), "deeds": st.integers(1, 150)}), lambda value: check(folder, value))


def check(folder: Path, value: dict[str, int]) -> None:
    """Lives so many deeds by these dice. Refused deeds leave no trace, and nothing raises but what refuses."""
    path = folder / "house.db"
    wrong: list[object] = []

    async def story(house: House) -> None:
        await live(house, value["dice"], value["deeds"])
        wrong.extend(await house.database.read(recount.differences))

    try:
        told(f"sqlite://{path}", story)
    finally:
        for each in folder.glob("house.db*"):
            each.unlink()
    if wrong:
        raise Broken(f"counted otherwise: {wrong[:3]}")
