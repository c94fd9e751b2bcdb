"""A browser and a site that live as long as a file of walks."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from tests import instances
from tests.browser import walker
from tests.browser.walker import Walker
from tests.instances import Instance
from tests.interop.network import eventually

JUDGES = Path(__file__).parent / "node_modules"
FIRST_ADMIN = re.compile(r"Log in as '([^']+)' with the password '([^']+)'")


class Site(NamedTuple):
    """A running instance, and the admin that it made up and printed."""

    instance: Instance
    admin: str
    password: str


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with walker.chromium(chromium) as running:
        yield running


@pytest.fixture(scope="session")
def judges() -> Path:
    """The folder with axe-core and html-validate, which scripts/test installs."""
    if not (JUDGES / "axe-core" / "axe.min.js").is_file():
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core is missing: scripts/test installs it", pytrace=False)
        pytest.skip("axe-core is missing: scripts/test installs it")
    return JUDGES


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Site]:
    """A site of nobody's making: no admin stands in its configuration."""
    with instances.running(tmp_path_factory.mktemp("site"), free_port(), config={"setup": None}) as instance:
        name, password = eventually(lambda: FIRST_ADMIN.findall(instance.log.read_text()))[0]
        yield Site(instance, name, password)


@pytest.fixture
def visitor(browser: Browser, site: Site, screenshots: Path) -> Iterator[Walker]:
    """Somebody without an account, at a desk."""
    somebody = Walker(browser, site.instance.url, screenshots)
    yield somebody
    somebody.close()


@pytest.fixture
def admin(visitor: Walker, site: Site) -> Walker:
    """The same, logged in as the admin."""
    walker.log_in(visitor, site.admin, site.password)
    return visitor
