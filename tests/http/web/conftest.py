"""A site that lives as long as a file of tests, and the people of the permission scene, built once for all of them."""

from collections.abc import Iterator

import pytest

from tests.http.web import lab, moderation_scene
from tests.http.web.lab import Place
from tests.http.web.moderation_scene import Pages


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with lab.site(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture(scope="session")
def built_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """People of every standing on one site."""
    with moderation_scene.opened(tmp_path_factory.mktemp("pages")) as pages:
        yield pages


@pytest.fixture
def pages(built_pages: Pages) -> Iterator[Pages]:
    """The same for one test, after which nothing has happened."""
    with built_pages.undone():
        yield built_pages
