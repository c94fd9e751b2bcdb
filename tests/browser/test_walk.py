"""The walk of a newcomer through every page and button, on a phone and at a desk, by day and by night."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Site
from tests.browser.walker import Scheme, Walker, log_in

pytestmark = pytest.mark.browser

TITLE = "How long should green tea steep?"
LINK = "https://link.example/articles/steeping-tea?from=front"
BODY = """I always get it **too bitter**. What do *you* do?

| Tea | Minutes | Degrees |
| --- | --- | --- |
| Sencha | 2 | 70 |
| Gyokuro | 3 | 55 |

::: spoiler My shame
Boiling water, ~~ten~~ ^eleven^ minutes, H~2~O.
:::

> Patience is bitter, but its fruit is sweet.

```
kettle --degrees 70
```
"""


WINDOWS: tuple[tuple[int, Scheme], ...] = ((360, "light"), (1280, "dark"))


@pytest.fixture
def newcomer(request: pytest.FixtureRequest, browser: Browser, site: Site, screenshots: Path) -> Iterator[Walker]:
    """Somebody with a window of the kind that the test asks for."""
    walker = Walker(browser, site.instance.url, screenshots, *request.param)
    yield walker
    walker.close()


@pytest.mark.parametrize("newcomer", WINDOWS, indirect=True, ids=str)
def test_a_newcomer_does_everything_there_is_to_do(newcomer: Walker, site: Site) -> None:
    walker = newcomer
    _logs_in(walker, site)
    community = _founds_a_community(walker)
    post = _writes_a_post(walker, community)
    comment = _talks(walker, post)
    _votes(walker, post, comment)
    _edits(walker, post, comment)
    _deletes_and_restores(walker, post, comment)
    _saves(walker, post, comment)
    _leaves_and_joins(walker, community)
    _looks_around(walker, community)
    _changes_settings(walker)
    walker.press("Log out", "header")
    assert walker.path == "/"
    assert walker.sees("header a[href='/login']")
    walker.shoot("front-stranger")


def _logs_in(walker: Walker, site: Site) -> None:
    walker.go("/")
    walker.shoot("front-empty")
    walker.go("/create_community")
    assert walker.path == "/login?prev=%2Fcreate_community", "pages for members ask to log in"
    walker.shoot("login")
    walker.fill(username_or_email=site.admin, password="not the password")
    walker.press("Log in")
    assert walker.status == 400
    assert walker.field("username_or_email").input_value() == site.admin, "the name stays"
    assert walker.field("password").input_value() == "", "the password does not"
    assert walker.sees("[role=alert]")
    walker.shoot("login-failed")
    walker.fill(password=site.password)
    walker.press("Log in")
    assert walker.path == "/create_community", "who was sent to log in comes back"


def _founds_a_community(walker: Walker) -> str:
    name = f"tea_{walker.suffix}".replace("-", "_")
    walker.fill(name="Tea house", title="The tea house", description="All about *tea*.\n\n- green\n- black")
    walker.press("Create")
    assert walker.status == 400
    assert walker.field("title").input_value() == "The tea house"
    assert "green" in walker.field("description").input_value()
    walker.shoot("community-form-failed")
    walker.fill(name=name)
    walker.press("Create")
    assert walker.path == f"/c/{name}"
    assert walker.text("main h1") == "The tea house"
    assert walker.sees(".side li >> text=black"), "the description is rendered"
    walker.shoot("community-empty")
    return f"/c/{name}"


def _writes_a_post(walker: Walker, community: str) -> str:
    walker.follow("Create post", ".side")
    assert walker.field("community").input_value() == community.removeprefix("/c/")
    walker.fill(name="ab", url=LINK, body=BODY)
    walker.press("Post")
    assert walker.status == 400
    assert walker.sees("#name-fault")
    assert walker.page.locator(":focus").get_attribute("name") == "name", "typing goes on where something was wrong"
    assert (walker.field("url").input_value(), walker.field("body").input_value()) == (LINK, BODY)
    walker.shoot("post-form-failed")
    walker.fill(name=TITLE)
    walker.press("Post")
    post = walker.path
    assert post.startswith("/post/")
    assert walker.text("main h1") == TITLE
    assert walker.page.locator("main h1 a").get_attribute("href") == LINK
    assert walker.text(".matter .md td") == "Sencha"
    assert not walker.sees(".matter .md details sup")
    walker.page.locator(".matter .md details summary").click()
    assert walker.sees(".matter .md details sup")
    return post


def _talks(walker: Walker, post: str) -> str:
    walker.fill(content="Two minutes at **70 °C**, not longer.")
    walker.press("Comment")
    assert walker.path == post
    first = walker.page.url.rpartition("#")[2]
    assert walker.text(f"#{first} .md strong") == "70 °C"
    _is_below_the_header(walker, f"#{first}")
    walker.follow("Reply", f"#{first} .tools")
    assert "Two minutes" in walker.text(".quoted")
    walker.shoot("comment-form")
    walker.fill(content="And for *black* tea?")
    walker.press("Send")
    reply = walker.page.url.rpartition("#")[2]
    assert walker.sees(f"#{first} #{reply}"), "an answer stands below what it answers"
    _is_below_the_header(walker, f"#{reply}")
    walker.page.locator(f"#{reply} .when").click()
    assert walker.path == f"/comment/{reply.removeprefix('c')}"
    assert not walker.sees(f"#{first}"), "one thread is shown alone"
    walker.follow("Show what it answers")
    assert walker.path == f"/comment/{first.removeprefix('c')}"
    walker.follow("Show all comments")
    assert walker.path == post
    walker.go(post)
    walker.shoot("post")
    return f"#{first}"


def _is_below_the_header(walker: Walker, selector: str) -> None:
    """What an address points to is not hidden by the bar that sticks to the top."""
    header, target = walker.page.locator("header.top").bounding_box(), walker.page.locator(selector).bounding_box()
    window = walker.page.viewport_size
    assert header
    assert target
    assert window
    assert header["y"] + header["height"] <= target["y"] + 1 < window["height"]


def _votes(walker: Walker, post: str, comment: str) -> None:
    for form, start in (("article.whole form.vote", 1), (f"{comment} form.tools", 1)):
        for button, score in (("Downvote", -1), ("Downvote", 0), ("Upvote", 1), ("Upvote", 0), ("Upvote", start)):
            walker.press(button, form)
            assert walker.path == post
            assert walker.text(f"{form} b") == str(score).replace("-", "−")
        assert walker.page.locator(f"{form} .up").first.get_attribute("aria-pressed") == "true"


def _edits(walker: Walker, post: str, comment: str) -> None:
    walker.follow("Edit", "article.whole .deeds")
    walker.shoot("post-form-edit")
    walker.fill(name="", url="not an address", body="Changed.")
    walker.page.locator("main [name=name]").evaluate("each => each.removeAttribute('required')")
    walker.page.locator("main [name=url]").evaluate("each => each.type = 'text'")
    walker.press("Save")
    assert walker.status == 400
    assert (walker.field("url").input_value(), walker.field("body").input_value()) == ("not an address", "Changed.")
    walker.fill(name=TITLE, url=LINK, body=BODY + "\nEdited.")
    walker.press("Save")
    assert walker.path == post
    assert "edited" in walker.text("article.whole .meta")
    walker.follow("Edit", f"{comment} .tools")
    assert walker.field("content").input_value() == "Two minutes at **70 °C**, not longer."
    walker.fill(content="x" * 10_001)
    walker.page.locator("main [name=content]").evaluate("each => { each.removeAttribute('maxlength'); each.value = 'x'.repeat(10001) }")
    walker.press("Save")
    assert walker.status == 400
    assert len(walker.field("content").input_value()) == 10_001
    walker.fill(content="Two minutes at 70 °C.")
    walker.press("Save")
    assert walker.text(f"{comment} .md") == "Two minutes at 70 °C."
    assert "edited" in walker.text(f"{comment} .by")


def _deletes_and_restores(walker: Walker, post: str, comment: str) -> None:
    walker.go(post)
    walker.press("Delete", f"{comment} .tools")
    assert walker.text(f"{comment} .void") == "Deleted by its author."
    assert walker.text(f"{comment} .faint") == "Two minutes at 70 °C.", "an admin still reads it, and sees that it is gone"
    walker.shoot("post-comment-deleted")
    walker.press("Restore", f"{comment} .tools")
    assert walker.text(f"{comment} .md") == "Two minutes at 70 °C."
    walker.press("Delete", "article.whole .deeds")
    assert "Deleted by its author." in walker.text("article.whole")
    walker.shoot("post-deleted")
    walker.press("Restore", "article.whole .deeds")
    assert not walker.sees("article.whole .alert")


def _saves(walker: Walker, post: str, comment: str) -> None:
    walker.press("Save", "article.whole .deeds")
    walker.press("Save", f"{comment} .tools")
    walker.follow("Profile", "header")
    walker.follow("Saved")
    assert walker.page.locator(".list > article").count() == 2
    walker.shoot("profile-saved")
    walker.go(post)
    walker.press("Unsave", "article.whole .deeds")
    walker.press("Unsave", f"{comment} .tools")


def _leaves_and_joins(walker: Walker, community: str) -> None:
    walker.go(community)
    assert "1 subscriber" in walker.text(".hero")
    walker.press("Subscribed", ".hero")
    assert "0 subscribers" in walker.text(".hero")
    walker.press("Subscribe", ".hero")
    assert "1 subscriber" in walker.text(".hero")
    walker.shoot("community")
    walker.follow("Settings", ".side")
    walker.shoot("community-form-edit")
    walker.fill(title="The tea room")
    walker.press("Save")
    assert walker.text("main h1") == "The tea room"


def _looks_around(walker: Walker, community: str) -> None:
    pages = {
        "/?listingType=All&sort=New": "front",
        "/?dataType=Comment&listingType=All&sort=New": "front-comments",
        "/communities": "communities",
        f"{community}?dataType=Comment": "community-comments",
        "/search": "search",
    }
    for address, name in pages.items():
        walker.go(address)
        assert walker.status == 200
        walker.shoot(name)
    walker.follow("Profile", "header")
    walker.shoot("profile")


def _changes_settings(walker: Walker) -> None:
    walker.follow("Settings", "header")
    walker.shoot("settings")
    walker.fill(display_name="x", bio="I like *tea*.")
    walker.press("Save")
    assert walker.status == 400
    assert walker.field("bio").input_value() == "I like *tea*."
    assert walker.sees("#display_name-fault")
    walker.shoot("settings-failed")
    walker.fill(display_name="Ann of the tea house")
    walker.choose("default_sort_type", "New")
    walker.field("show_scores").uncheck()
    walker.press("Save")
    assert walker.sees("main [role=status]")
    assert walker.field("display_name").input_value() == "Ann of the tea house"
    assert not walker.field("show_scores").is_checked()
    walker.go("/?listingType=All")
    assert walker.text(".sorts [aria-current]") == "New"
    assert not walker.sees(".post .vote b"), "scores are hidden, as wished"
    walker.go("/settings")
    walker.fill(display_name="", bio="")
    walker.choose("default_sort_type", "Active")
    walker.field("show_scores").check()
    walker.press("Save")


def test_a_stranger_finds_the_door_from_every_page_and_comes_back_to_it(visitor: Walker, site: Site) -> None:
    ann = site.instance.logged_in(site.admin, site.password)
    community = ann.post("/community", name="doors", title="Doors")["community_view"]["community"]
    post = ann.post("/post", name="An open door", community_id=community["id"])["post_view"]["post"]
    visitor.go(f"/post/{post['id']}?sort=New")
    visitor.follow("Log in", "header")
    visitor.fill(username_or_email=site.admin, password=site.password)
    visitor.press("Log in")
    assert visitor.path == f"/post/{post['id']}?sort=New"
    visitor.press("Log out", "header")
    visitor.go("/create_post?community=doors&title=A+%26+B&url=https://link.example/?a=1%26b=2")
    visitor.fill(username_or_email=site.admin, password=site.password)
    visitor.press("Log in")
    filled = {name: visitor.field(name).input_value() for name in ("community", "name", "url")}
    assert filled == {"community": "doors", "name": "A & B", "url": "https://link.example/?a=1&b=2"}, "links of share buttons survive"
    visitor.go(f"/login?prev=/post/{post['id']}")
    assert visitor.path == f"/post/{post['id']}", "who is logged in already goes on at once"
    visitor.press("Log out", "header")
    for elsewhere in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        visitor.go(f"/login?prev={elsewhere}")
        visitor.fill(username_or_email=site.admin, password=site.password)
        visitor.press("Log in")
        assert visitor.page.url == f"{site.instance.url}/", "a login leads nowhere else"
        visitor.press("Log out", "header")


def test_a_second_person_applies_and_gets_in_once_the_door_is_open(visitor: Walker, site: Site) -> None:
    site.instance.execute("UPDATE local_site SET registration_mode = 'RequireApplication', application_question = 'Why *tea*?'")
    visitor.go("/signup")
    visitor.shoot("signup")
    assert visitor.text(".question em") == "tea"
    visitor.fill(username="bob", email="bob@mail.example", password="a long password", password_verify="another one", answer="Thirst")
    visitor.press("Apply")
    assert visitor.status == 400
    assert visitor.sees("#password_verify-fault")
    assert visitor.page.locator(":focus").get_attribute("name") == "password_verify", "typing goes on where something was wrong"
    kept = {name: visitor.field(name).input_value() for name in ("username", "email", "answer", "password", "password_verify")}
    assert kept == {"username": "bob", "email": "bob@mail.example", "answer": "Thirst", "password": "", "password_verify": ""}
    visitor.shoot("signup-failed")
    visitor.fill(password="a long password", password_verify="a long password")
    visitor.press("Apply")
    assert "as soon as an admin has read your application" in visitor.text("[role=status]")
    visitor.shoot("signup-applied")
    visitor.fill(username_or_email="bob", password="a long password")
    visitor.press("Log in")
    assert visitor.sees("[role=alert]"), "not before it was read"

    site.instance.execute("UPDATE local_site SET registration_mode = 'Open', application_question = NULL")
    visitor.go("/signup")
    visitor.fill(username=site.admin, password="a long password", password_verify="a long password")
    visitor.press("Sign up")
    assert visitor.sees("#username-fault"), "the name is taken"
    visitor.fill(username="carla", password="a long password", password_verify="a long password")
    visitor.press("Sign up")
    assert visitor.path == "/"
    assert visitor.sees("header .account")
    visitor.go("/signup")
    assert visitor.path == "/", "who is in already needs no account"

    site.instance.execute("UPDATE local_site SET registration_mode = 'Closed'")
    visitor.press("Log out", "header")
    assert not visitor.sees("a[href='/signup']")
    visitor.go("/signup")
    visitor.shoot("signup-closed")
    assert "closed" in visitor.text()
    site.instance.execute("UPDATE local_site SET registration_mode = 'RequireApplication'")


def test_a_form_that_does_not_come_from_our_page_is_refused(visitor: Walker, site: Site) -> None:
    visitor.go("/login")
    visitor.page.locator("main [name=csrf]").evaluate("each => each.value = 'x'.repeat(each.value.length)")
    visitor.fill(username_or_email=site.admin, password=site.password)
    visitor.press("Log in")
    assert visitor.status == 403
    assert not visitor.sees("header .account")
    visitor.shoot("error-403")
    log_in(visitor, site.admin, site.password)
    for address in ("/create_community", "/create_post", "/settings"):
        visitor.go(address)
        stolen = visitor.page.locator("main [name=csrf]").get_attribute("value")
        assert stolen
        visitor.page.locator("main [name=csrf]").evaluate("each => each.value = each.value.split('').reverse().join('')")
        visitor.page.locator("main form").evaluate("each => each.noValidate = true")
        visitor.press({"/create_community": "Create", "/create_post": "Post", "/settings": "Save"}[address])
        assert visitor.status == 403, address
    visitor.go("/")
    visitor.page.locator("header form[action='/logout'] [name=csrf]").evaluate("each => each.value = ''")
    visitor.press("Log out", "header")
    assert visitor.status == 403
    visitor.go("/")
    assert visitor.sees("header .account"), "still logged in"


def test_whoever_comes_by_another_address_of_the_same_machine_gets_in_too(browser: Browser, site: Site, screenshots: Path) -> None:
    walker = Walker(browser, site.instance.url.replace("127.0.0.1", "localhost"), screenshots)
    log_in(walker, site.admin, site.password)
    assert walker.status == 200
    assert walker.page.url.startswith("http://localhost:")
    walker.go("/settings")
    assert walker.status == 200
    walker.close()


def test_a_page_that_is_not_there_says_so_and_shows_the_way_out(visitor: Walker, admin: Walker) -> None:
    for address in (
        "/post/999999",
        "/post/x",
        "/c/nowhere",
        "/u/nobody",
        "/comment/999999",
        "/nothing/here",
        "/post/1/999999",
        "/c/n@a.example",
    ):
        visitor.go(address)
        assert visitor.status == 404, address
        assert visitor.text(".oops .number") == "404"
        assert visitor.sees("header .account"), "even here the reader is known"
    visitor.shoot("error-404")
    visitor.follow("To the front page")
    assert visitor.path == "/"


def test_the_search_box_says_what_it_could_not_find(visitor: Walker, site: Site) -> None:
    visitor.go("/search?q=!tea@nowhere.example")
    assert "Log in to fetch this address" in visitor.text("[role=status]")
    log_in(visitor, site.admin, site.password)
    visitor.page.locator("header [name=q]").fill("!tea@nowhere.invalid")
    visitor.page.locator("header [name=q]").press("Enter")
    visitor.page.wait_for_url("**/search?q=*")
    assert "Nothing could be had from this address" in visitor.text("[role=status]")
    visitor.shoot("search-not-found")


def test_a_reader_by_keyboard_reaches_the_content_first(visitor: Walker) -> None:
    visitor.go("/")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.locator(":focus").inner_text() == "Skip to the content"
    assert visitor.page.locator(":focus").is_visible()
