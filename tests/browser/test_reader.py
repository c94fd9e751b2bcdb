"""The walk of two readers without JavaScript: looking before sending, chat, inbox, messages, cards, settings."""

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Site
from tests.browser.walker import Scheme, Walker, log_in

pytestmark = pytest.mark.browser

PASSWORD = "a long password"
WINDOWS: tuple[tuple[int, Scheme], ...] = ((360, "light"), (1280, "dark"))


@pytest.fixture(scope="module")
def community(site: Site) -> str:
    """A community, and two people who can log in."""
    admin = site.instance.logged_in(site.admin, site.password)
    site.instance.execute("UPDATE local_site SET registration_mode = 'Open'")
    for name in ("rita", "rolf"):
        admin.post("/user/register", username=name, password=PASSWORD, password_verify=PASSWORD)
    admin.post("/community", name="reading", title="Reading")
    return "reading"


@pytest.fixture
def reader(request: pytest.FixtureRequest, browser: Browser, site: Site, community: str, screenshots: Path) -> Iterator[Walker]:
    width, scheme = request.param
    walker = Walker(browser, site.instance.url, screenshots, width, scheme, prefix="reader")
    log_in(walker, "rita", PASSWORD)
    yield walker
    walker.close()


@pytest.mark.parametrize("reader", WINDOWS, indirect=True, ids=str)
def test_a_reader_looks_before_sending_talks_and_settles_in(reader: Walker, site: Site, community: str) -> None:
    post = _looks_before_sending(reader, community)
    _talks_in_a_chat(reader, site, post)
    _reads_the_inbox(reader)
    _writes_a_message(reader)
    _finds(reader)
    _sees_cards(reader, community)
    _settles_in(reader, site)


def _looks_before_sending(walker: Walker, community: str) -> str:
    walker.go(f"/create_post?community={community}")
    walker.fill(name=f"A book for a {walker.suffix} window", body="Chapter **one**.")
    walker.press("Preview")
    assert walker.text(".seen strong") == "one"
    walker.shoot("preview")
    walker.press("Post")
    walker.fill(content="A *first* thought")
    walker.press("Preview")
    assert walker.text(".seen em") == "first"
    walker.press("Send")
    return walker.path


def _talks_in_a_chat(walker: Walker, site: Site, post: str) -> None:
    rolf = site.instance.logged_in("rolf", PASSWORD)
    number = int(post.rpartition("/")[2])
    first = rolf.get("/comment/list", post_id=number)["comments"][0]["comment"]["id"]
    rolf.post("/comment", post_id=number, parent_id=first, content="And a second, @rita@" + site.instance.hostname)
    walker.go(post)
    assert walker.text(".fresh .tag") == "New"
    walker.shoot("thread-fresh")
    walker.follow("Chat")
    assert "answers" in walker.text("#comments .list")
    walker.shoot("chat")
    walker.page.locator("#comments .list .when").first.click()
    assert walker.path.startswith("/comment/")
    assert "first thought" in walker.text(".quoted")
    walker.shoot("permalink")


def _reads_the_inbox(walker: Walker) -> None:
    walker.go("/")
    assert walker.text(".bell b").startswith("1")
    walker.page.locator(".bell[href='/inbox']").click()
    assert walker.path == "/inbox"
    walker.shoot("inbox")
    walker.press("Mark as read")
    assert "Nothing new" in walker.text()
    walker.shoot("inbox-empty")
    walker.follow("All", "main .bar")
    walker.shoot("inbox-all")


def _writes_a_message(walker: Walker) -> None:
    walker.go("/u/rolf")
    walker.shoot("profile-of-another")
    walker.follow("Message")
    walker.fill(content="Have you read *it*?")
    walker.press("Send")
    walker.shoot("conversation")
    walker.follow("Edit", ".talk-list")
    walker.fill(content="Have you read it?")
    walker.press("Save")
    walker.press("Delete", ".talk-list")
    assert "Have you read it?" not in walker.text(".talk-list")


def _finds(walker: Walker) -> None:
    walker.go("/search?q=book&type=Posts")
    walker.page.locator("details.narrow > summary").click()
    walker.page.locator("main [name=creator]").fill("rita")
    walker.press("Search")
    assert "creator=rita" in walker.path
    walker.shoot("search-narrowed")


def _sees_cards(walker: Walker, community: str) -> None:
    walker.go(f"/c/{community}?sort=New")
    walker.follow("Cards", "main .bar")
    assert "Chapter one." in walker.text(".cards")
    walker.shoot("cards")
    walker.press("Hide from my lists", ".cards .deeds")
    walker.follow("Show hidden posts", "main .bar")
    walker.press("Show in lists again", ".cards .deeds")
    walker.follow("List", "main .bar")
    walker.press("Mark this page as read", "main .bar")


def _settles_in(walker: Walker, site: Site) -> None:
    walker.go("/settings")
    walker.shoot("settings")
    walker.choose("density", "-compact")
    walker.choose("post_listing_mode", "SmallCard")
    walker.press("Save")
    assert walker.page.locator("html.compact").count() == 1
    walker.go("/?listingType=All&sort=New")
    walker.shoot("compact-small-cards")
    walker.go("/settings")
    walker.choose("density", "")
    walker.choose("post_listing_mode", "List")
    walker.press("Save")
    walker.follow("Security")
    walker.press("Set it up")
    walker.shoot("second-factor")
    secret = walker.text(".secret")
    assert walker.sees(".qr path")
    walker.fill(totp_2fa_token=pyotp.TOTP(secret).now())
    walker.press("Turn it on")
    walker.shoot("recovery-codes")
    assert walker.page.locator(".codes code").count() == 10
    walker.follow("I have written them down")
    walker.shoot("security")
    assert walker.text("section:has(#second-factor) .tag") == "On"
    site.instance.execute("UPDATE local_user SET totp_2fa_enabled = false, totp_2fa_secret = NULL, totp_2fa_last_step = 0")
    site.instance.execute("DELETE FROM recovery_code")
    if walker.sees("text=Sign out everywhere else"):  # left by the windows before
        walker.press("Sign out everywhere else")
    walker.follow("Blocks")
    walker.fill(instance="loud.example")
    walker.press("Block", "section:has([name=instance])")
    walker.shoot("blocks")
    walker.press("Unblock")
    walker.follow("Uploads")
    walker.shoot("uploads")
    walker.follow("Data")
    walker.press("Make new addresses" if walker.sees("#feed1") else "Make the addresses")
    walker.shoot("data")
