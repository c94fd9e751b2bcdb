"""One library, one room."""

import sys
import tomllib
from pathlib import Path

import pytest

from tests.house import libraries
from tests.house.conftest import House, none


def test_each_library_stays_in_its_room(checkout: Path) -> None:
    none(libraries.violations(checkout))


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("domain/post.py", "import litestar"),
        ("http/api_v3/post.py", "from PIL import Image"),
        ("http/server.py", "from litestar import get\nimport sqlite3"),
        ("domain/post.py", "import requests"),
        ("storage/query.py", "from sqlalchemy import select"),
        ("text/links.py", "import urllib.request"),
        ("text/links.py", "from urllib import request"),
        ("http/web/visit.py", "from urllib.parse import urlsplit"),
        ("cli/doctor.py", "from http.client import HTTPConnection"),
        ("mail/send.py", "import socket"),
        ("domain/person.py", "def check():\n    from cryptography.fernet import Fernet"),
        ("cli/main.py", "import importlib\nname = 'x'\nimportlib.import_module(name)"),
    ],
)
def test_a_library_in_another_room_or_in_no_table_is_found(house: House, place: str, text: str) -> None:
    assert len(libraries.violations(house({place: text}))) == 1


def test_the_rooms_of_the_table_and_the_rest_of_the_standard_library_are_allowed(house: House) -> None:
    top = house(
        {
            "http/api_v3/post.py": "from litestar import get\nfrom http import HTTPStatus\nimport msgspec",
            "storage/sqlite.py": "import sqlite3, aiosqlite",
            "net/client.py": "import aiohttp, socket, ssl",
            "text/links.py": "from urllib.parse import quote\nfrom lemmy_lite.model import urls",
        }
    )
    assert libraries.violations(top) == []


def test_the_table_names_the_dependencies_of_the_project_and_no_other(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    imported_as = {"pyjwt": "jwt", "pillow": "PIL", "beautifulsoup4": "bs4"}
    names = {requirement.split(">")[0].split("[")[0].lower() for requirement in wanted}
    assert {imported_as.get(name, name.replace("-", "_")) for name in names} == set(libraries.LIBRARIES)


def test_the_tables_of_outside_and_standard_libraries_are_not_mixed_up() -> None:
    assert not set(libraries.LIBRARIES) & sys.stdlib_module_names
    assert {name.split(".")[0] for name in libraries.STANDARD_LIBRARY} <= sys.stdlib_module_names
