"""An instance on each database, with a person beside the admin."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import instances
from tests.instances import Instance

PEER = "peer"


@pytest.fixture(params=["sqlite", "postgres"])
def instance(request: pytest.FixtureRequest, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Instance]:
    """A running instance, once on SQLite and once on Postgres; PEER has an account there."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with instances.running(tmp_path, free_port(), database=database) as running:
        running.registered(PEER)
        yield running
