"""The promise of the foundation, as somebody meets it who has just cloned the repository.

scripts/run, a browser without JavaScript, a phone's client library, and a second instance with a configuration of its own.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser
from pythorhead import Lemmy

from tests import instances
from tests.browser import walker
from tests.browser.walker import Walker, log_in
from tests.instances import PASSWORD, Instance
from tests.interop.network import eventually

pytestmark = [pytest.mark.interop, pytest.mark.browser, pytest.mark.client]

DEFAULT_PORT = 8536
PRINTED = re.compile(r"is running: (\S+)\s+Log in as '([^']+)' with the password '([^']+)'")
SETUP_SECONDS = 180.0
"""`scripts/run` makes the environment first where there is none."""
LABORATORY = {
    "LEMMY_LITE_TEST": "1",
    "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8",
    "LEMMY_LITE_TEST_RESOLVE": "localhost=127.0.0.1",
    "LEMMY_TEST_FAST_FEDERATION": "1",
}
"""What stands for a network between the two: loopback would not be asked otherwise."""
LINK = "https://link.example/steeping"


class First(NamedTuple):
    """The newcomer's instance: what the terminal has shown, and how to start it."""

    folder: Path
    command: list[str]
    port: int

    @property
    def url(self) -> str:
        """The address that the terminal shows."""
        return f"http://localhost:{self.port}"

    @property
    def terminal(self) -> Path:
        """What the terminal has shown."""
        return self.folder / "terminal"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """From typing the command to Ctrl-C."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LEMMY", "STATE_DIRECTORY", "VIRTUAL_ENV"))}
        with self.terminal.open("w") as shown:
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=inherited | {"HOME": str(self.folder)} | LABORATORY,
                stdout=shown,
                stderr=shown,
                start_new_session=True,
            )
        try:
            yield
            process.send_signal(signal.SIGINT)
            assert process.wait(instances.STOP_SECONDS) == 0, self.terminal.read_text()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def first(checkout: Path, tmp_path: Path, free_port: Callable[[], int]) -> First:
    """Typed in an empty folder. Where somebody's own instance has the usual port, a configuration names another."""
    folder = tmp_path / "first"
    folder.mkdir()
    port = DEFAULT_PORT
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            port = free_port()
            (folder / "config").mkdir()
            (folder / "config" / "config.hjson").write_text(
                f"{{hostname: localhost:{port}, port: {port}, bind: 127.0.0.1, tls_enabled: false}}"
            )
    return First(folder, [str(checkout / "scripts" / "run")], port)


@pytest.fixture
def second(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Instance]:
    """Another instance on the same machine."""
    environment = {name: value for name, value in LABORATORY.items() if not name.startswith("LEMMY_LITE_TEST")}
    with instances.running(
        tmp_path / "second", free_port(), environment=environment, config={"federation": {"allow_private_addresses": True}}
    ) as instance:
        yield instance


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with walker.chromium(chromium) as running:
        yield running


def test_one_line_goes_through_the_whole_house(first: First, second: Instance, browser: Browser, screenshots: Path) -> None:
    with first.running():
        printed = eventually(lambda: PRINTED.findall(first.terminal.read_text()), seconds=SETUP_SECONDS)
        address, name, password = printed[0]
        assert address == first.url
        assert first.terminal.read_text().count(password) == 1
        here = Walker(browser, address, screenshots, 360, "light", "newcomer")
        post = _writes(here, name, password)
        _a_phone_sees_it(address, name, password, post)
        there = Walker(browser, second.url, screenshots, 1280, "dark", "newcomer")
        _takes_part_from_elsewhere(there, address)

        here.go(post)
        eventually(lambda: here.go(post).text("article.whole form.vote b"), lambda score: score == "2")
        assert here.page.locator("article.c").count() == 2
        assert "Four, says my grandmother." in here.text("#comments")
        here.shoot("post-with-guest")
        here.close()
        there.close()
    with first.running():
        eventually(lambda: first.url in first.terminal.read_text(), seconds=SETUP_SECONDS)
        assert "password" not in first.terminal.read_text(), "the password is shown once only"


def test_nothing_has_to_be_read_besides_the_pages(first: First, second: Instance, browser: Browser, screenshots: Path) -> None:
    """From the address that the terminal shows to a site with a community, posts from elsewhere, a report handled, and a backup."""
    garden = second.admin.post("/community", name="garden", title="The garden")["community_view"]["community"]["id"]
    second.admin.post("/post", name="Beans on a windowsill", community_id=garden)
    with first.running():
        door = eventually(lambda: re.findall(r"\S+/setup\?token=\S+", first.terminal.read_text()), seconds=SETUP_SECONDS)[0]
        here = Walker(browser, first.url, screenshots, 360, "light", "set-up")
        here.go(door.removeprefix(first.url))
        here.fill(username="ada", password=PASSWORD, password_verify=PASSWORD, site_name="Hearth", community_name="tea")
        here.choose("registration_mode", "Open")
        here.press("Set it up")
        assert here.path == "/c/tea"
        _is_told_what_is_next(here)
        _follows(here, second.hostname)
        _handles_a_report(here, browser, screenshots)
        _makes_a_backup(here, first.folder)
        here.close()


def _is_told_what_is_next(here: Walker) -> None:
    """The empty community offers what one would do now."""
    here.follow("Create post", ".empty")
    assert here.field("community").input_value() == "tea"
    here.fill(name="Welcome", body="Say *hello*.")
    here.press("Post")
    here.shoot("first-post")


def _follows(here: Walker, hostname: str) -> None:
    """A newcomer goes to where communities are, and types what somebody told them."""
    here.follow("Communities", ".account")
    here.page.locator("main [name=q]").fill(f"!garden@{hostname}")
    here.press("Find")
    here.shoot("found")
    here.press("Subscribe")
    here.follow("The garden")
    community = here.path
    eventually(lambda: here.go(community).sees("article.post"))
    assert "Beans on a windowsill" in here.text(".list")
    here.shoot("remote")


def _handles_a_report(here: Walker, browser: Browser, screenshots: Path) -> None:
    guest = Walker(browser, here.url, screenshots, 1280, "light", "set-up")
    guest.go("/")
    guest.follow("Sign up", "header")
    guest.fill(username="bob", password=PASSWORD, password_verify=PASSWORD)
    guest.press("Sign up")
    guest.follow("Welcome", ".list")
    guest.fill(content="Buy my pills")
    guest.press("Comment")
    guest.close()
    here.go("/").follow("Welcome", ".list")
    here.follow("Report", "#comments .tools")
    here.fill(reason="It sells things")
    here.press("Report")
    here.go("/")
    here.page.locator("header .bell[href='/reports']").click()
    assert "It sells things" in here.text()
    here.follow("Remove, ban…")
    here.fill(removed_reason="No selling here")
    here.press("Remove")
    assert not here.sees("header .bell[href='/reports']"), "what is removed waits no longer"
    here.shoot("report-handled")


def _makes_a_backup(here: Walker, folder: Path) -> None:
    here.go("/").follow("Administration", ".account")
    assert "There is no backup yet." in here.text()
    here.press("Make a backup now")
    assert "The last good one was made" in here.text("section:has(#backups)")
    here.shoot("backup")
    assert list((folder / "lemmy-data" / "backups" / "by-hand").rglob("manifest.json"))


def _writes(here: Walker, name: str, password: str) -> str:
    log_in(here, name, password)
    here.follow("Create a community", "header")
    here.fill(name="tea", title="The tea house")
    here.press("Create")
    here.go("/create_post?community=tea")
    here.fill(name="How long to steep?", url=LINK, body="Asking *for* a friend.")
    here.press("Post")
    post = here.path
    here.fill(content="Two minutes.")
    here.press("Comment")
    comment = "#" + here.page.url.rpartition("#")[2]
    here.press("Downvote", f"{comment} form.tools")
    assert here.text(f"{comment} form.tools b") == "−1"
    assert here.text("article.whole form.vote b") == "1"
    return post


def _a_phone_sees_it(address: str, name: str, password: str, post: str) -> None:
    """A client library finds over API v3 exactly what was written in the browser."""
    app = Lemmy(address, raise_exceptions=True)
    assert app.log_in(name, password)
    listed: list[Any] = app.post.list(community_name="tea") or []
    assert [f"/post/{each['post']['id']}" for each in listed] == [post]
    seen = listed[0]
    assert (seen["post"]["name"], seen["post"]["url"], seen["post"]["body"]) == ("How long to steep?", LINK, "Asking *for* a friend.")
    assert (seen["counts"]["score"], seen["counts"]["comments"], seen["my_vote"]) == (1, 1, 1)
    comments: list[Any] = app.comment.list(post_id=seen["post"]["id"], max_depth=8) or []
    assert [(each["comment"]["content"], each["counts"]["score"], each["my_vote"]) for each in comments] == [("Two minutes.", -1, -1)]


def _takes_part_from_elsewhere(there: Walker, address: str) -> None:
    """The other instance's admin pastes the community into the search box, subscribes, reads, answers and votes."""
    log_in(there, instances.ADMIN, PASSWORD)
    box = there.page.locator("header [name=q]")
    box.fill(f"!tea@{address.removeprefix('http://')}")
    with there.page.expect_navigation():
        box.press("Enter")
    assert there.text("main h3") == "The tea house"
    assert not there.sees("main .empty"), "what was found is not followed by a page that says nothing was"
    there.shoot("found")
    there.press("Subscribe", "main")
    there.follow("The tea house", "main")
    community = there.path
    eventually(lambda: there.go(community).text(".hero form"), lambda words: words == "Subscribed")
    eventually(lambda: there.go(community).sees("article.post"))
    there.shoot("community-elsewhere")
    there.follow("How long to steep?", ".list")
    assert there.page.locator("main h1 a").get_attribute("href") == LINK
    there.press("Upvote", "article.whole form.vote")
    there.fill(content="Four, says my grandmother.")
    there.press("Comment")
    there.shoot("post-elsewhere")
