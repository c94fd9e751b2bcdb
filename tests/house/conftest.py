"""Small made-up houses, on which each checker shows that it finds what it looks for."""

from collections.abc import Callable
from pathlib import Path

import pytest

House = Callable[[dict[str, str]], Path]


def none(violations: list[str]) -> None:
    """Fails with every violation on a line of its own."""
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Builds a package `lemmy_lite` of the given modules (place: text) and gives the folder that holds it."""

    def build(modules: dict[str, str]) -> Path:
        for place, text in modules.items():
            path = tmp_path / "lemmy_lite" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return build
