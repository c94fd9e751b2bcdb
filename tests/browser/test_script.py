"""What the script adds, each piece driven in Chromium; and that where script is blocked, or fails, the plain form does the same."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, Route, expect

from tests.browser.conftest import Site
from tests.browser.walker import Walker, log_in

pytestmark = pytest.mark.browser

PASSWORD = "a long password"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Scene:
    """One reader with script on, what they read, and somebody else who writes."""

    def __init__(self, walker: Walker, site: Site, post: int, comment: int, other: Any) -> None:
        self.walker, self.page, self.site = walker, walker.page, site
        self.post, self.comment, self.other = post, comment, other

    def vote(self) -> int:
        """What the database says of the reader's vote."""
        found = self.walker_client().get("/post", id=self.post)["post_view"]
        return int(found.get("my_vote") or 0)

    def walker_client(self) -> Any:
        return self.site.instance.logged_in("nora", PASSWORD)


@pytest.fixture(scope="module")
def written(site: Site) -> tuple[int, int]:
    """A community, two people, forty posts, one of them with a thread."""
    admin = site.instance.logged_in(site.admin, site.password)
    site.instance.execute("UPDATE local_site SET registration_mode = 'Open'")
    for name in ("nora", "otto"):
        admin.post("/user/register", username=name, password=PASSWORD, password_verify=PASSWORD)
    community = admin.post("/community", name="script", title="Script")["community_view"]["community"]["id"]
    posts = [admin.post("/post", name=f"Post number {number}", community_id=community)["post_view"]["post"]["id"] for number in range(26)]
    first = admin.post("/comment", post_id=posts[-1], content="The **first** comment")["comment_view"]["comment"]["id"]
    admin.post("/comment", post_id=posts[-1], parent_id=first, content="An answer")
    site.instance.execute("UPDATE local_user SET enable_keyboard_navigation = true, infinite_scroll_enabled = true")
    return posts[-1], first


@pytest.fixture
def scene(browser: Browser, site: Site, written: tuple[int, int], screenshots: Path) -> Iterator[Scene]:
    walker = Walker(browser, site.instance.url, screenshots, script=True)
    log_in(walker, "nora", PASSWORD)
    yield Scene(walker, site, *written, site.instance.logged_in("otto", PASSWORD))
    walker.close()


def stays(page: Page) -> None:
    """Leaves a mark that a new page would not have."""
    page.evaluate("window.stayed = true")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("window.stayed === true"))


def test_a_vote_is_cast_in_place_and_taken_back(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    stays(page)
    up = page.locator(".whole .vote .up")
    score = int(page.locator(".whole .vote b").inner_text())
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".whole .vote b")).to_have_text(str(score + 1))
    assert scene.vote() == 1
    page.locator(".whole .vote .dn").click()
    expect(page.locator(".whole .vote b")).to_have_text(str(score - 1).replace("-", "\u2212"))
    assert scene.vote() == -1
    page.locator(".whole .vote .dn").click()
    expect(page.locator(".whole .vote b")).to_have_text(str(score))
    assert scene.vote() == 0
    assert stayed(page)


def test_saving_turns_the_button_round_in_place(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    stays(page)
    button = page.locator(".whole .deeds [name=saved]")
    button.click()
    expect(button).to_have_text("Unsave")
    assert scene.walker_client().get("/post", id=scene.post)["post_view"]["saved"] is True
    button.click()
    expect(button).to_have_text("Save")
    assert stayed(page)


def test_where_the_server_refuses_the_plain_form_tells_why(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    scene.site.instance.execute("UPDATE local_site SET enable_downvotes = false")
    try:
        with page.expect_navigation():
            page.locator(".whole .vote .dn").click()
        assert "That did not work" in scene.walker.text("h1") or scene.walker.status >= 400
    finally:
        scene.site.instance.execute("UPDATE local_site SET enable_downvotes = true")


def test_where_the_network_fails_the_plain_form_is_sent(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    stays(page)

    def fail_scripts(route: Route) -> None:
        if route.request.resource_type == "fetch":
            route.abort()
        else:
            route.continue_()

    page.route("**/post/*", fail_scripts)
    with page.expect_navigation():
        page.locator(".whole .vote .up").click()
    assert not stayed(page)
    assert scene.vote() == 1
    page.unroute("**/post/*")
    page.locator(".whole .vote .up").click()
    expect(page.locator(".whole .vote .up")).to_have_attribute("aria-pressed", "false")
    scene.walker.complaints = [line for line in scene.walker.complaints if "ERR_FAILED" not in line]


def test_a_folded_thread_stays_folded(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    fold = page.locator(f"#c{scene.comment} > details > summary")
    fold.click(position={"x": 8, "y": 12})
    scene.walker.go(f"/post/{scene.post}")
    assert page.locator(f"#c{scene.comment} > details").get_attribute("open") is None
    fold.click(position={"x": 8, "y": 12})
    scene.walker.go(f"/post/{scene.post}")
    assert page.locator(f"#c{scene.comment} > details").get_attribute("open") is not None


def test_a_text_is_looked_at_in_place(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    stays(page)
    page.locator("#content").fill("Some *leaning* words")
    page.get_by_role("button", name="Preview").first.click()
    expect(page.locator("form.write .seen em")).to_have_text("leaning")
    assert page.locator("#content").input_value() == "Some *leaning* words"
    assert stayed(page)


def test_one_answers_where_one_reads(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    page.locator(f"#c{scene.comment} .tools a[href$='/reply']").first.click()
    area = page.locator(".inplace textarea")
    expect(area).to_be_focused()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    area.fill("From where I read")
    with page.expect_navigation():
        page.locator(".inplace .button.main").click()
    assert "From where I read" in scene.walker.text("#comments")


def test_a_pasted_picture_is_uploaded_and_its_description_asked_for(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    area = page.locator("#content")
    area.fill("Look: ")
    bring(area, "paste")
    expect(area).to_have_value(re_picture())
    expect(page.locator(".toast")).to_have_text("Now describe the picture for people who do not see it.")
    area.fill("")
    bring(area, "drop")
    expect(area).to_have_value(re_picture())


def bring(area: Locator, kind: str) -> None:
    """A picture by the clipboard or by a drag, as a browser tells a page of it."""
    area.evaluate(
        """(area, [kind, picture]) => {
            const bytes = Uint8Array.from(atob(picture), letter => letter.charCodeAt(0));
            const brought = new DataTransfer();
            brought.items.add(new File([bytes], 'a [picture].png', { type: 'image/png' }));
            const fields = { bubbles: true, cancelable: true };
            const event = kind === 'paste' ? new ClipboardEvent('paste', { ...fields, clipboardData: brought })
                : new DragEvent('drop', { ...fields, dataTransfer: brought });
            area.dispatchEvent(event);
        }""",
        [kind, PNG],
    )


def re_picture() -> re.Pattern[str]:
    """The markdown of a picture that lies on this site, without a description yet."""
    return re.compile(r"!\[\]\(http://[^)]+/pictrs/image/[^)]+\)")


def test_a_name_is_completed_by_keys(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    area = page.locator("#content")
    area.press_sequentially("Hello @ot")
    expect(page.locator(".names [role=option]").first).to_contain_text("@otto@")
    assert area.get_attribute("aria-activedescendant") == "name-0"
    area.press("Enter")
    assert area.input_value() == f"Hello @otto@{scene.site.instance.hostname} "
    area.press_sequentially("!scr")
    expect(page.locator(".names [role=option]").first).to_contain_text("!script@")
    area.press("Escape")
    expect(page.locator(".names")).to_have_count(0)


def test_the_bell_counts_while_somebody_looks(scene: Scene) -> None:
    page = scene.page
    page.clock.install()
    scene.walker.go("/communities")
    assert page.locator(".bell b").count() == 0
    mine = scene.walker_client().post("/comment", post_id=scene.post, content="A question")["comment_view"]["comment"]["id"]
    scene.other.post("/comment", post_id=scene.post, parent_id=mine, content="Its answer")
    page.clock.fast_forward(80_000)
    expect(page.locator(".bell b")).to_have_text("1 unread")
    assert page.title().startswith("(1) ")
    scene.walker.go("/inbox")
    page.locator(".mark [name=read]").click()
    expect(page.locator(".bell b")).to_have_count(0)
    expect(page.locator(".mark [name=read]")).to_have_text("Mark as unread")


def test_keys_step_through_a_list_vote_and_go_places(scene: Scene) -> None:
    page = scene.walker.go("/c/script?sort=New").page
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == page.locator(".list > article").nth(1).get_attribute("id")
    page.keyboard.press("a")
    expect(page.locator(".list > article").nth(1).locator(".up")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("k")
    with page.expect_navigation():
        page.keyboard.press("o")
    assert scene.walker.path == f"/post/{scene.post}"
    page.keyboard.press("?")
    expect(page.locator("dialog.keys")).to_be_visible()
    assert "Fold a thread" in page.locator("dialog.keys").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.keys")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator(".find input")).to_be_focused()
    page.keyboard.type("jjj")
    assert page.locator(".find input").input_value() == "jjj", "keys are letters where one types"
    page.locator("main h1").click()
    page.keyboard.press("g")
    with page.expect_navigation():
        page.keyboard.press("c")
    assert scene.walker.path == "/communities"


def test_keys_do_nothing_for_who_has_not_asked_for_them(scene: Scene) -> None:
    scene.site.instance.execute("UPDATE local_user SET enable_keyboard_navigation = false")
    try:
        page = scene.walker.go("/c/script?sort=New").page
        page.keyboard.press("j")
        page.keyboard.press("?")
        assert page.evaluate("document.activeElement === document.body")
        assert page.locator("dialog").count() == 0
    finally:
        scene.site.instance.execute("UPDATE local_user SET enable_keyboard_navigation = true")


def test_a_list_goes_on_by_itself_where_wished(scene: Scene) -> None:
    page = scene.walker.go("/c/script?sort=New").page
    assert page.locator(".list > article").count() >= 20
    page.locator(".pager").scroll_into_view_if_needed()
    expect(page.locator(".list > article")).to_have_count(26)
    expect(page.locator(".pager")).to_have_count(0)


def test_what_would_be_lost_is_asked_about(scene: Scene) -> None:
    number = scene.walker_client().post("/comment", post_id=scene.post, content="Soon gone")["comment_view"]["comment"]["id"]
    page = scene.walker.go(f"/comment/{number}").page
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    page.locator(f"#c{number} .tools summary").click()
    page.locator(f"#c{number} [name=deleted]").click()
    page.wait_for_function("!document.querySelector('[aria-busy]')")
    assert asked == ["Delete: are you sure?"]
    assert "Soon gone" in scene.walker.text("#comments")
    with page.expect_navigation():
        page.locator(f"#c{number} [name=deleted]").click()
    assert "Restore" in page.locator(f"#c{number}").inner_text()


def test_the_address_of_a_comment_is_copied(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: { writeText: async text => { window.copied = text; } } })")
    page.locator(f"#c{scene.comment} .tools summary").first.click()
    page.locator(f"#c{scene.comment} .copy").first.click()
    expect(page.locator(".toast")).to_have_text("The link is copied.")
    assert page.evaluate("window.copied") == f"{scene.walker.url}/comment/{scene.comment}"


def test_in_a_long_thread_votes_stay_in_place_and_the_menu_comes_when_it_is_asked_for(scene: Scene) -> None:
    number = scene.other.post("/post", name="Long", community_id=_community(scene))["post_view"]["post"]["id"]
    scene.site.instance.execute("UPDATE local_site_rate_limit SET comment = 999")
    said = [scene.other.post("/comment", post_id=number, content=f"Comment {each}")["comment_view"]["comment"]["id"] for each in range(22)]
    page = scene.walker.go(f"/post/{number}").page
    stays(page)
    tools = page.locator(f"#c{said[4]} .tools")
    for score, pressed in (("2", "true"), ("1", "false")):
        tools.locator(".up").click()
        expect(tools.locator(".up")).to_have_attribute("aria-pressed", pressed)
        expect(tools.locator("b")).to_have_text(score)
    tools.get_by_text("More").click()
    tools.locator("[name=saved]").click()
    expect(tools.locator("[name=saved]")).to_have_text("Unsave")
    assert stayed(page)


def test_a_picture_opens_over_the_page_and_is_closed_by_a_key(scene: Scene) -> None:
    body = "![A dot](/static/none.webp)"
    number = scene.other.post("/post", name="Pictured", body=body, community_id=_community(scene))["post_view"]["post"]["id"]
    page = scene.walker.page
    page.route("**/none.webp", lambda route: route.fulfill(body=base64.b64decode(PNG), content_type="image/png"))
    scene.walker.go(f"/post/{number}")
    stays(page)
    page.locator(".md img").click()
    expect(page.locator("dialog.viewer[open] img")).to_have_attribute("alt", "A dot")
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    expect(page.locator("dialog.viewer")).to_have_count(0)
    assert stayed(page)


def test_keys_make_words_bold_and_plain_again(scene: Scene) -> None:
    page = scene.walker.go(f"/post/{scene.post}").page
    area = page.locator("#content")
    area.fill("some words")
    area.press("Control+a")
    area.press("Control+b")
    assert area.input_value() == "**some words**"
    area.press("Control+b")
    area.press("Control+k")
    assert area.input_value() == "[some words](https://)"


def _community(scene: Scene) -> int:
    return int(scene.other.get("/community", name="script")["community_view"]["community"]["id"])


def test_no_page_asks_anything_of_anybody_else(scene: Scene) -> None:
    asked: list[str] = []
    scene.page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/c/script", f"/post/{scene.post}", "/inbox", "/settings", "/create_post"):
        scene.walker.go(path)
    assert asked
    assert [url for url in asked if not url.startswith(scene.walker.url + "/")] == []
