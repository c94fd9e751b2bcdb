"""Markdown to HTML, received HTML to markdown, and what is read out of texts: names, links, pictures."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from lemmy_lite.text import image_links, markdown, mentions, sanitise, tracking
from lemmy_lite.text.markdown import Options
from lemmy_lite.text.received import to_markdown
from tests.fuzz.harmless import require_linear, require_only_allowed
from tests.fuzz.inputs import changed_text, pieces, samples, words
from tests.fuzz.target import Bench, Broken

HOME = Options(host="here.test", base_url="https://here.test")
PROXY = "https://here.test/image_proxy?url="


@contextmanager
def opened_markdown(_folder: Path) -> Iterator[Bench]:
    """People's own markdown."""
    yield Bench(pieces(words("markdown")) | changed_text(samples("markdown"), words("markdown")), check_markdown)


@contextmanager
def opened_html(_folder: Path) -> Iterator[Bench]:
    """HTML that peers send."""
    yield Bench(pieces(words("html")) | changed_text(samples("html"), words("html")), check_html)


def check_markdown(source: str) -> None:
    """All that is done with a text that somebody wrote."""
    html = markdown.render(source, HOME)
    require_safe(html)
    if len(html) > 250 * len(source) + markdown.MOST_FROM_REFERENCES + 1_000:
        raise Broken(f"{len(html)} characters of HTML for {len(source)} of markdown")
    require_linear(markdown.render, source)
    if len(markdown.plain(source, 100)) > 100:
        raise Broken("plain text beyond its limit")
    for found in mentions.find(source):
        if not found.host or found.host != found.host.lower():
            raise Broken(f"a mention of {found}")
    mentions.linked(source)
    clean = tracking.clean_links_in(source)
    if tracking.clean_links_in(clean) != clean:
        raise Broken("cleaning twice cleans more")
    check_pictures(source)


def check_pictures(source: str) -> None:
    """No reader's address is told to a stranger: every picture that the page would load comes through the proxy."""
    proxied = image_links.rewrite_images(source, lambda url: PROXY + quote(url.encode("utf-8", "replace"), safe=""))
    for url in image_links.image_urls(proxied):
        if not url.startswith(PROXY):
            raise Broken(f"a picture past the proxy: {url[:200]!r}")


def check_html(html: str) -> None:
    """Received HTML becomes markdown, and that HTML again."""
    clean = sanitise.received(html.encode("utf-8", "replace").decode())
    # Parsers of HTML drop a byte order mark at the beginning, where it stands once the tag before it is gone; and tags that were left
    # crosswise (<rt> in a tag that is gone, <li> in <a>) are put in order the second time, and the line break right after <pre> is none: no
    # tag and no word comes or goes.
    if _pieces(sanitise.received(clean)) != _pieces(clean):
        raise Broken("the sanitiser takes out more the second time")
    text = to_markdown(html)
    if len(text) > 12 * len(html) + 1_000:
        raise Broken(f"{len(text)} characters of markdown for {len(html)} of HTML")
    require_safe(markdown.render(text, HOME))
    require_linear(to_markdown, html)


def _pieces(html: str) -> tuple[set[str], str]:
    html = re.sub(r"(<pre>)\n+", r"\1", html)
    return set(re.findall(r"<[^>]*>", html)), re.sub(r"<[^>]*>", "", html).lstrip("\ufeff")


def require_safe(html: str) -> None:
    """Raises Broken for HTML that runs something or that the sanitiser would still change."""
    require_only_allowed(html)
    if (again := sanitise.own(html)) != html:
        raise Broken(f"the sanitiser still changes {html[:300]!r} to {again[:300]!r}")
