"""A site that lives as long as a file of tests."""

from collections.abc import Iterator

import pytest

from tests.http.web import lab
from tests.http.web.lab import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with lab.site(tmp_path_factory.mktemp("site")) as made:
        yield made
