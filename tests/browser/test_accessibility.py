"""Every page, for strangers, members, moderators and admins, light and dark: axe-core finds nothing, and its markup is valid."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import pages
from tests.http.web import screenshots
from tests.http.web.gallery import cases

pytestmark = pytest.mark.browser

READERS = ("anonymous", "moderator", "admin")
Kind = tuple[dict[str, str], str]


@pytest.fixture(scope="module")
def gallery() -> Iterator[Kind]:
    """All pages by path, and where they are served."""
    html, statics = pages.rendered(READERS)
    with screenshots.serving(html, statics) as address:
        yield html, address


def window(browser: Browser, scheme: Literal["light", "dark"], width: int) -> Page:
    """A window in which axe may run beside a policy that lets no foreign script in."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True, reduced_motion="reduce")
    return context.new_page()


OPEN = "document.querySelectorAll('details:not(.menu)').forEach(each => { each.open = true; })"
"""Everything that folds is judged open."""
MENU = "[...document.querySelectorAll('.deeds .menu, .tools .menu, .account')].slice(0, 1).forEach(each => { each.open = true; })"
"""One menu is judged open, at a desk: it lies over what is beneath, so what it covers is not counted as too small."""
COVERED = "partially obscured"
LOW_LETTERS = (
    "@font-face{font-family:low;src:local('DejaVu Sans'),local('Noto Sans'),local('Liberation Sans'),local('FreeSans');"
    "ascent-override:80%;descent-override:20%;line-gap-override:0%}:root{--sans:low!important}"
)
"""A link in a line is as high as its letters, which differ by the machine: lower ones than these are hardly found."""


def judged(
    browser: Browser, judges: Path, address: str, paths: list[str], scheme: Literal["light", "dark"], *rules: str, low: bool = False
) -> list[str]:
    """What is wrong with pages: in the light at a desk, in the dark on a phone; `low` in low letters."""
    view = window(browser, scheme, 1280 if scheme == "light" else 360)
    found: list[str] = []
    for path in paths:
        view.goto(address + path)
        view.evaluate(OPEN)
        if scheme == "light":
            view.evaluate(MENU)
        if low:
            view.add_style_tag(content=LOW_LETTERS)
            view.evaluate("document.fonts.ready.then(() => true)")
        found += [line for line in pages.violations(view, judges, rules or None) if scheme == "dark" or COVERED not in line]
    view.context.close()
    return found


def one_of_each(html: dict[str, str], reader: str) -> list[str]:
    """The first page of each template."""
    first: dict[str, str] = {}
    for case in cases():
        if f"/{case.name}-{reader}" in html:
            first.setdefault(case.template, f"/{case.name}-{reader}")
    return list(first.values())


def test_no_page_bars_anybody_from_reading_or_using_it(browser: Browser, judges: Path, gallery: Kind) -> None:
    html, address = gallery
    assert judged(browser, judges, address, [path for path in html if path.endswith("-admin")], "light") == []


@pytest.mark.parametrize("reader", ["anonymous", "moderator"])
def test_nor_do_the_pages_of_strangers_and_moderators_the_latter_in_low_letters(
    browser: Browser, judges: Path, gallery: Kind, reader: str
) -> None:
    html, address = gallery
    assert judged(browser, judges, address, one_of_each(html, reader), "light", low=reader == "moderator") == []


def test_every_page_can_be_read_in_the_dark_on_a_phone(browser: Browser, judges: Path, gallery: Kind) -> None:
    html, address = gallery
    wanted = [*one_of_each(html, "admin"), "/front-anonymous", "/post-anonymous", "/front-cards-admin"]
    assert judged(browser, judges, address, wanted, "dark", "color-contrast", "target-size", "scrollable-region-focusable") == []


def test_the_judge_sees_what_is_wrong(browser: Browser, judges: Path) -> None:
    view = window(browser, "light", 1280)
    view.set_content("<html lang=en><title>x</title><main><h1>x</h1><input><img src=x.png></main>")
    found = pages.violations(view, judges)
    view.context.close()
    assert any(": label:" in line for line in found)
    assert any(": image-alt:" in line for line in found)


def test_the_markup_of_every_page_is_valid(judges: Path, node: str, gallery: Kind) -> None:
    assert pages.faults(gallery[0], node) == []


def test_the_judge_of_markup_sees_what_is_wrong(judges: Path, node: str) -> None:
    wrong = '<!doctype html><html lang="en"><head><title>x</title></head><body><p id="a"><p id="a"><div></p><b></body></html>'
    found = " ".join(pages.faults({"/x": wrong}, node))
    assert "no-dup-id" in found
    assert "close-order" in found
