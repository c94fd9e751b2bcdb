"""The sample pages in a real browser, at the width of a phone and of a desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.http.web import screenshots

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with screenshots.chromium(chromium) as running:
        yield running


@pytest.fixture(scope="module")
def pages() -> Iterator[tuple[str, list[str]]]:
    """The address of the server and the paths of all pages."""
    html, statics = screenshots.rendered([])
    html = {path: page for path, page in html.items() if path.endswith("-moderator") or path in ("/front-anonymous", "/post-anonymous")}
    with screenshots.serving(html, statics) as address:
        yield address, list(html)


def test_no_page_is_wider_than_its_window_or_breaks_the_policy(browser: Browser, pages: tuple[str, list[str]]) -> None:
    """Each is loaded once, and its window drawn wider: `scripts/screenshots` loads, and photographs, each width by itself."""
    address, paths = pages
    window, wrong = browser.new_page(), []
    window.on("console", lambda message: wrong.append(f"{window.url}: {message.text}"))
    for path in paths:
        window.set_viewport_size({"width": 360, "height": screenshots.WIDTHS[360]})
        window.goto(address + path)
        wrong += screenshots.too_wide(window, path, 360)
        window.set_viewport_size({"width": 1280, "height": screenshots.WIDTHS[1280]})
        wrong += screenshots.too_wide(window, path, 1280)
    window.close()
    assert wrong == []


def test_a_page_that_is_too_wide_is_noticed(browser: Browser) -> None:
    window = browser.new_page(viewport={"width": 360, "height": 740})
    window.set_content("<p style='width: 400px'>wide</p>")
    assert screenshots.too_wide(window, "/made-up", 360) == ["/made-up at 360: 408 px wide"]
    window.close()


def test_a_thread_folds_and_menus_open_without_script(browser: Browser, pages: tuple[str, list[str]]) -> None:
    context = browser.new_context(java_script_enabled=False)
    window = context.new_page()
    window.goto(pages[0] + "/post-moderator")
    assert window.locator("#c2").is_visible()
    window.locator("#c1 > details > summary").click(position={"x": 8, "y": 12})
    assert not window.locator("#c2").is_visible()
    window.locator(".whole .deeds summary").click()
    assert window.locator(".whole .deeds button[name=deleted]").is_visible()
    window.locator("#c11 .tools summary").first.click()
    assert not window.locator(".whole .deeds button[name=deleted]").is_visible(), "menus close each other"
    context.close()
