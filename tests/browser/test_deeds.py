"""Every deed of the table, by hand without script, by hand with it, and with it by nothing but the keyboard; each seen in the database."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from lemmy_lite.http.web.routes import FORMS
from tests import instances
from tests.browser.deeds.deed import Deed
from tests.browser.deeds.hands import Hands
from tests.browser.deeds.scene import LIMITS, Post, Scene, postman
from tests.browser.deeds.table import DEEDS, LINES
from tests.browser.walker import Walker
from tests.instances import Instance

log = logging.getLogger(__name__)

MODES = ("plain", "script", "keys")


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with postman() as made:
        yield made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], post: Post) -> Iterator[Instance]:
    """A site with a mail server, whose own pages may be looked at as links."""
    config = {
        "email": {"smtp_server": f"127.0.0.1:{post.port}", "smtp_from_address": "site@mail.test", "tls_type": "none"},
        "mail": {"per_minute": 6000},
    }
    environment = {"LEMMY_LITE_TEST": "1", "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8"}
    folder = tmp_path_factory.mktemp("house")
    with instances.running(folder, free_port(), config=config, environment=environment) as instance:
        rates = {f"rate_limit_{name}": most for name, most in LIMITS.items()}
        instance.admin.put("/site", **rates)
        yield instance


@pytest.mark.browser
@pytest.mark.parametrize("mode", MODES)
def test_every_deed_is_done(mode: str, house: Instance, post: Post, browser: Browser, screenshots: Path) -> None:
    scene = Scene(house, post, mode, MODES.index(mode))
    script = mode != "plain"
    walker = Walker(browser, house.url, screenshots, 1280 if script else 360, prefix="deeds", script=script)
    hands = Hands(walker, scene, script=script, keyboard=mode == "keys")
    in_vain = []
    for line in LINES:
        try:
            hands.do(line) if isinstance(line, Deed) else hands.read(line)
        except AssertionError as error:
            in_vain.append(str(error)[:600])
            log.warning("%s", in_vain[-1])
    if in_vain:
        pytest.fail("\n\n".join(in_vain), pytrace=False)
    walker.close()


def test_every_form_of_the_site_has_its_line() -> None:
    forms = {path for path, _ in FORMS} | {"/unsubscribe/{token}"}
    assert {deed.form for deed in DEEDS} == forms, "a form that nobody is seen using"
    assert len({deed.name for deed in DEEDS}) == len(DEEDS), "each deed has a name of its own"
