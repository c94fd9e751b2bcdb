"""Somebody at a browser, without JavaScript unless told otherwise, who looks at every page and keeps a picture of it."""

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Response, sync_playwright

Scheme = Literal["light", "dark"]

WIDTHS = {360: 740, 1280: 900}
"""CSS pixels of a phone and a desk, and the height of the window."""
REFUSED = re.compile(r"the server responded with a status of 4\d\d")

_addresses = itertools.count(1)


@contextmanager
def chromium(program: str, names: str = "") -> Iterator[Browser]:
    """Debian's Chromium without a window. `names` are rules for names that no resolver knows: `MAP beta.test 127.0.2.2`."""
    rules = [f"--host-resolver-rules={names}"] if names else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu", *rules])
        try:
            yield browser
        finally:
            browser.close()


class Walker:
    """One person with one window and an address of their own, so that rate limits do not meet them.

    Wherever they go, a page that is wider than the window, or about which the browser complains, fails the test.
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        pictures: Path,
        width: int = 1280,
        scheme: Scheme = "light",
        prefix: str = "walk",
        script: bool = False,
    ) -> None:
        self.url = url
        self._pictures = pictures
        self.suffix = f"{width}-{scheme}"
        self._prefix = prefix
        self._width = width
        number = next(_addresses)
        self.context = browser.new_context(
            java_script_enabled=script,
            reduced_motion="reduce",
            viewport={"width": width, "height": WIDTHS[width]},
            color_scheme=scheme,
            extra_http_headers={"x-forwarded-for": f"10.99.{number >> 8 & 255}.{number & 255}"},
        )
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._complain)
        self.status = 0
        self.page.on("response", self._answered)

    def _complain(self, message: ConsoleMessage) -> None:
        if not REFUSED.search(message.text):
            about = message.location.get("url", "")
            self.complaints.append(f"{self.page.url}: {message.type}: {message.text} {about}".rstrip())

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            self.status = response.status

    @property
    def path(self) -> str:
        """Path and query of where the walker is."""
        parts = urlsplit(self.page.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @property
    def is_narrow(self) -> bool:
        """Whether this is a phone."""
        return self._width < 600

    def go(self, path: str) -> "Walker":
        """Types an address."""
        self.page.goto(self.url + path)
        self.look()
        return self

    def press(self, name: str, within: str = "main", *, kind: Literal["button", "link"] = "button") -> None:
        """Presses the first button or link of this name in a part of the page, opening the menu that hides it."""
        found = self.page.locator(within).first.get_by_role(kind, name=name, exact=True, include_hidden=True).first
        self._reveal(found)
        with self.page.expect_navigation():
            found.click()
        self.look()

    def follow(self, name: str, within: str = "main") -> None:
        """Presses a link."""
        self.press(name, within, kind="link")

    def fill(self, **fields: str) -> None:
        """Types into the fields of the page's form, which are found by their names."""
        for name, text in fields.items():
            self.field(name).fill(text)

    def field(self, name: str) -> Locator:
        """A field of the page's own form."""
        found = self.page.locator(f"main [name={name}]:not([type=hidden])")
        self._reveal(found)
        return found

    def choose(self, name: str, value: str) -> None:
        """Chooses from a list."""
        self.field(name).select_option(value)

    def text(self, selector: str = "main") -> str:
        """What stands in a part of the page, without the white space around it."""
        return self.page.locator(selector).first.inner_text().strip()

    def sees(self, selector: str) -> bool:
        """Whether something is shown."""
        found = self.page.locator(selector)
        return found.count() > 0 and found.first.is_visible()

    def shoot(self, name: str) -> None:
        """A picture of the whole page, for people to look at."""
        self.page.screenshot(path=self._pictures / f"{self._prefix}-{name}-{self.suffix}.png", full_page=True)

    def close(self) -> None:
        """Ends the walk. Raises AssertionError with what the browser complained about."""
        self.context.close()
        assert self.complaints == [], self.complaints

    def _reveal(self, found: Locator) -> None:
        """Opens the <details> around an element, from the outside in, as a hand would."""
        while not found.is_visible():
            closed = found.locator("xpath=ancestor::details[not(@open)]").first
            assert closed.count(), f"hidden for good: {found}"
            closed.locator("> summary").click()

    def look(self) -> None:
        """A page has come. Raises AssertionError where it is wider than the window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self._width, f"{self.page.url} is {wide} px wide"


def log_in(walker: Walker, name: str, password: str) -> None:
    """Logs in through the form, from wherever the walker is."""
    walker.go("/login")
    walker.fill(username_or_email=name, password=password)
    walker.press("Log in")
