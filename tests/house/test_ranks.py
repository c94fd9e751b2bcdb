"""Rooms import only what lies below them."""

from pathlib import Path

import pytest

from tests.house import ranks
from tests.house.conftest import House, none


def test_imports_go_only_downwards(checkout: Path) -> None:
    none(ranks.violations(checkout))


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("domain/vote.py", "from lemmy_lite.http import server"),
        ("domain/vote.py", "from lemmy_lite import app"),
        ("storage/database.py", "import lemmy_lite.text.markdown"),
        ("model/post.py", "from lemmy_lite.config import Config"),
        ("http/auth.py", "def later():\n    from lemmy_lite.cli import main"),
        ("domain/post.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lemmy_lite.federation import outbox"),
        ("domain/post.py", "from ..federation import outbox"),
        ("domain/post.py", "import importlib\nimportlib.import_module('lemmy_lite.http.server')"),
        ("scheduler/jobs.py", "from lemmy_lite.http.server import Server"),
        ("storage/tables/post.py", "from lemmy_lite.context import Context"),
        ("attic/post.py", ""),
    ],
)
def test_an_import_upwards_or_sideways_is_found(house: House, place: str, text: str) -> None:
    assert len(ranks.violations(house({place: text}))) == 1


def test_what_lies_below_oneself_and_the_version_may_be_imported(house: House) -> None:
    top = house(
        {
            "domain/vote.py": "from lemmy_lite.storage.tables import vote\nfrom lemmy_lite.domain import permissions\nfrom . import post",
            "config.py": "from lemmy_lite import __version__",
            "__main__.py": "from lemmy_lite.cli.main import main",
        }
    )
    assert ranks.violations(top) == []
