"""Two instances that live as long as a file of stories; each story has a community of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.instances import Instance
from tests.interop import exchange, network
from tests.interop.exchange import Exchange


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[tuple[Instance, Instance]]:
    """alpha and beta, both on SQLite."""
    with network.running(tmp_path_factory.mktemp("pair"), free_port, "alpha", "beta") as (alpha, beta):
        yield alpha, beta


@pytest.fixture
def story(pair: tuple[Instance, Instance]) -> Exchange:
    """A new community on alpha, with a follower on beta."""
    return exchange.begin(*pair)
