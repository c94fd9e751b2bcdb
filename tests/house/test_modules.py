"""Modules are short, named after something, finished and documented."""

from pathlib import Path

import pytest

from tests.house import modules
from tests.house.conftest import House, none


def test_no_module_is_too_long(checkout: Path) -> None:
    none(modules.too_long(checkout))


def test_a_module_that_is_too_long_is_found(house: House) -> None:
    most = modules.MOST_LINES
    assert modules.too_long(house({"app.py": "pass\n" * most, "config.py": "pass\n" * (most + 1)})) == [
        f"config.py: {most + 1} lines, at most {most}",
    ]


def test_every_module_is_named_after_something(checkout: Path) -> None:
    none(modules.named_after_nothing(checkout))


@pytest.mark.parametrize("place", ["http/utils.py", "domain/helpers.py", "common/post.py"])
def test_a_module_named_after_nothing_is_found(house: House, place: str) -> None:
    assert modules.named_after_nothing(house({place: "", "domain/commons.py": ""})) == [place]


def test_nothing_waits_to_be_done(checkout: Path) -> None:
    none(modules.unfinished(checkout))


def test_a_line_that_puts_something_off_is_found(house: House) -> None:
    assert len(modules.unfinished(house({"app.py": "# TODO: later\n# a todo list\nx = 1  # FIXME\n"}))) == 2


def test_every_public_name_is_documented(checkout: Path) -> None:
    none(modules.undocumented(checkout))


def test_what_has_no_docstring_is_found(house: House) -> None:
    top = house(
        {
            "domain/post.py": '"""Posts."""\ndef create(): ...\nclass Post: ...\ndef _private(): ...\nasync def later():\n    "Said."',
            "domain/__init__.py": "",
            "model/post.py": "class Post: ...",
        }
    )
    assert modules.undocumented(top) == [
        "domain/post.py:2: create has no docstring",
        "domain/post.py:3: Post has no docstring",
        "model/post.py:1: the module has no docstring",
    ]
