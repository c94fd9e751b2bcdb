"""Every route's page, with hostile text wherever people write: nothing of it lives, nobody else is asked, all is usable and valid."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from lemmy_lite.http.web.routes import PAGES
from tests import instances
from tests.browser import pages
from tests.browser.places import FOR_STRANGERS, HOSTILE, NO_PAGES, PLACES, settled
from tests.instances import Instance

SINKS = """() => {
    const found = [];
    for (const each of document.querySelectorAll('*')) {
        const name = each.localName;
        if (['iframe', 'object', 'embed', 'base', 'style', 'applet'].includes(name)) found.push(name);
        if (name === 'script' && !/^\\/static\\//.test(each.getAttribute('src') || '')) found.push('script');
        if (name === 'meta' && each.httpEquiv) found.push('meta ' + each.httpEquiv);
        for (const { name: key, value } of each.attributes) {
            if (/^on/.test(key)) found.push(`${name} ${key}`);
            if (key === 'style' || key === 'srcdoc') found.push(`${name} ${key}`);
            const leads = ['href', 'src', 'action', 'formaction', 'data', 'poster', 'xlink:href', 'srcset'].includes(key);
            if (leads && /^[\\s\\0-\\x20]*(javascript|data|vbscript):/i.test(value)) found.push(`${name} ${key}=${value}`);
        }
    }
    return found;
}"""
REPORTS = (
    "window.reports = []; document.addEventListener('securitypolicyviolation', event => window.reports.push(event.violatedDirective));"
)


class Census:
    """Somebody who looks at all pages in two windows: one as browsers are, one in which the judges may run."""

    def __init__(self, browser: Browser, site: Instance, judges: Path, jwt: str | None) -> None:
        self.site, self.judges = site, judges
        self.asked: list[str] = []
        self.said: list[str] = []
        self.found: list[str] = []
        self.html: dict[str, str] = {}
        self._contexts: list[BrowserContext] = []
        self._strict = self._window(browser, jwt, bypass=False)
        self._judged = self._window(browser, jwt, bypass=True)
        self._strict.add_init_script(REPORTS)
        self._strict.on("request", lambda request: self.asked.append(request.url))
        self._strict.on("console", lambda message: self.said.append(f"{self._strict.url}: {message.text}"))

    def _window(self, browser: Browser, jwt: str | None, *, bypass: bool) -> Page:
        context = browser.new_context(bypass_csp=bypass, reduced_motion="reduce", extra_http_headers={"x-forwarded-for": "10.77.0.1"})
        if jwt:
            context.add_cookies([{"name": "session", "value": jwt, "url": self.site.url}])
        self._contexts.append(context)
        return context.new_page()

    def look(self, path: str, kind: str) -> None:
        """One page: what lives in it, and what the judges find."""
        answer = self._strict.goto(self.site.url + path)
        assert answer
        assert answer.status < 500, path
        self.html[f"{path} {kind}"] = answer.text()
        self.found += [f"{path}: {each}" for each in self._strict.evaluate(SINKS)]
        self.found += [f"{path}: reported {each}" for each in self._strict.evaluate("window.reports")]
        self._judged.goto(self.site.url + path)
        self.found += pages.violations(self._judged, self.judges)

    def close(self) -> None:
        """Closes both windows."""
        for context in self._contexts:
            context.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[tuple[Instance, dict[str, object]]]:
    with instances.running(tmp_path_factory.mktemp("hostile"), free_port(), config={"site": {"front": "home"}}) as instance:
        instance.admin.put("/site", rate_limit_message=100_000, rate_limit_search=100_000)
        yield instance, settled(instance)


@pytest.mark.browser
def test_no_page_lets_hostile_text_live_or_bars_anybody(
    hostile: tuple[Instance, dict[str, object]], browser: Browser, judges: Path, node: str
) -> None:
    site, things = hostile
    shown = {**things, "hostile": quote(HOSTILE)}
    told: list[str] = []
    html: dict[str, str] = {}
    for kind, jwt in (("admin", site.admin.jwt), ("stranger", None)):
        census = Census(browser, site, judges, jwt)
        for route, addresses in PLACES.items():
            if (kind == "admin") != (route in FOR_STRANGERS):
                for address in addresses[: None if kind == "admin" else 1]:
                    census.look(address.format_map(shown), kind)
        census.close()
        told += census.found + [line for line in census.said if "status of 4" not in line]
        told += [f"asked {url}" for url in census.asked if not url.startswith(f"{site.url}/")]
        html |= census.html
    told += pages.faults(html, node)
    if told:
        pytest.fail("\n".join(told), pytrace=False)


def test_every_page_of_the_site_has_its_address() -> None:
    assert set(PLACES) | set(NO_PAGES) == {path for path, _ in PAGES}, "a page that nobody looks at"
