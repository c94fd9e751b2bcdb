"""HTML from peers (Mastodon, PeerTube, Misskey and the rest) as the markdown that Lemmy stores.

Lemmy's own objects carry their markdown as `source`; this is for the others. The HTML passes `sanitise.received` first, so that
only well-formed, known elements are converted. What Mastodon wraps for its own looks is unwrapped: the invisible parts of
shortened links, and mentions, which get their host (`@ann` pointing to https://example.com/@ann reads `@ann@example.com`).
"""

import html as html_entities
import re
from collections.abc import Callable
from typing import Any, Final

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from lemmy_lite.text import sanitise

# Characters of HTML read; twice the longest post in Lemmy. What follows is cut off.
MOST_READ: Final = 131_072

# Elements open at once, counted before parsing (an HTML parser is quadratic in them) and kept after it (conversion recurses).
MOST_OPEN: Final = 100
MOST_NESTED: Final = 30

MOST_ELEMENTS: Final = 5_000
"""Elements that are converted, some 30 microseconds each; the tags of the others are dropped and their text stays. An article of 50,000
characters has two or three thousand."""
MOST_WRITTEN: Final = 65_536
"""Characters of markdown; a post has at most 50,000. Twenty-five quotes within each other made 1.5 MB of 120 kB."""
MOST_WORKED: Final = 1_000_000
"""Characters that the elements hand to those around them, all together, before what follows is left out: what is quoted or listed in
many levels is written anew in each. An article of 50,000 characters comes to some 200,000."""

_OPENING_OR_CLOSING: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_ANY_TAG: Final = re.compile(r"<[^<>]*>?")
_CLEAN_TAG: Final = re.compile(r'<(/?)([a-z0-9]+)(?: [a-z]+="[^"]*")*>')
_NEVER_OPEN: Final = frozenset({"br", "hr", "img", "p", "li", "td", "th", "tr", "dt", "dd", "input", "meta", "link", "wbr", "source"})
_VOID: Final = frozenset({"br", "hr", "img"})

_URL: Final = re.compile(r"(https?://[^\s<>`|\[\]\\]*[A-Za-z0-9/])")
_SPECIAL: Final = re.compile(r"[\\`*\[\]<~^{|]|&(?=#?[A-Za-z0-9]+;)|(?<![^\W_])_|_(?![^\W_])")
_LINE_START: Final = re.compile(r"^(\s*)(?:(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|[-=]+\s*$|>|:::)|(\d{1,9})(?=[.)](?:\s|$)))")
_MENTION: Final = re.compile(r"@([\w.-]+)")
_HOST: Final = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#]+)", re.IGNORECASE)
_DESTINATION: Final = {ord(character): f"%{ord(character):02X}" for character in " \t\n<>()\\"}
_COLONS: Final = re.compile(r"^:{3,}", re.MULTILINE)
_TICKS: Final = re.compile(r"`+")
_LINE_WITH_TEXT: Final = re.compile(r"\n(?=[^\n])")
_LINE_WITHOUT_TEXT: Final = re.compile(r"\n(?=\n)")
_MANY_BREAKS: Final = re.compile(r"\n(?:[ \t]*\n){2,}")


def to_markdown(html: str) -> str:
    """The markdown of a received HTML text; harmless and bounded whatever it holds, and never an error."""
    html = html[:MOST_READ].encode("utf-8", "replace").decode("utf-8")
    if _is_too_deep(html):
        html = html_entities.escape(html_entities.unescape(_ANY_TAG.sub(" ", html)))
    flat = _flatten(sanitise.received(html))
    if "<" not in flat:
        # A bare address or file name would be taken for a mistake by the parser, which complains of it in the log.
        flat = f"<p>{flat}</p>"
    markdown: str = _Converter().convert_soup(BeautifulSoup(flat, "html.parser", element_classes={Tag: _Element}))
    return _MANY_BREAKS.sub("\n\n", markdown).strip()


def _is_too_deep(html: str) -> bool:
    counts: dict[str, int] = {}
    total = 0
    for closing, name in _OPENING_OR_CLOSING.findall(html):
        name = name.lower()
        if name in _NEVER_OPEN:
            continue
        if not closing:
            counts[name] = counts.get(name, 0) + 1
            total += 1
        elif counts.get(name, 0) > 0:
            counts[name] -= 1
            total -= 1
        if total > MOST_OPEN:
            return True
    return False


def _flatten(html: str) -> str:
    """Sanitised HTML without the tags deeper than `MOST_NESTED` or beyond `MOST_ELEMENTS`; their text stays."""
    endings: list[str] = []
    elements = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal elements
        if tag[1]:
            return endings.pop() if endings else ""
        elements += 1
        # Words of two paragraphs stay two words, though nobody sees paragraphs any more.
        kept = " " if elements > MOST_ELEMENTS else "" if len(endings) >= MOST_NESTED and tag[2] not in _VOID else tag[0]
        if tag[2] not in _VOID:
            endings.append(f"</{tag[2]}>" if kept == tag[0] else kept)
        return kept

    return _CLEAN_TAG.sub(keep, html)


def _escape(text: str) -> str:
    """Text so that markdown shows it as it is; bare links are left alone, being links in markdown too."""
    parts = _URL.split(text)
    parts[::2] = [_SPECIAL.sub(r"\\\g<0>", part) for part in parts[::2]]
    return _LINE_START.sub(r"\1\2\\", "".join(parts), count=1)


def _classes(element: Tag) -> frozenset[str]:
    return frozenset(element.get_attribute_list("class"))


def _unless_inside(tags: frozenset[str], mark: str) -> Callable[..., str]:
    """A converter that puts text between two marks, but not a second time inside an element of the same meaning."""

    def convert(_self: MarkdownConverter, _element: Tag, text: str, parent_tags: set[str]) -> str:
        bare = text.strip()
        if not bare or tags & parent_tags or "_noformat" in parent_tags:
            return text
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :]
        return f"{before}{mark}{bare}{mark}{after}"

    return convert


class _Element(Tag):
    """An element as markdownify asks of it: it looks for a <pre> around each, for which BeautifulSoup builds a filter each time."""

    def find_parent(self, name: Any = None, *more: Any, **others: Any) -> Tag | None:
        if more or others or not isinstance(name, str):
            return super().find_parent(name, *more, **others)
        return next((each for each in self.parents if each.name == name), None)


class _Converter(MarkdownConverter):
    """markdownify with Lemmy's extras, bounded, and without the steps that cost the square of a list's or a table's length."""

    def __init__(self) -> None:
        super().__init__(wrap=True, wrap_width=None, heading_style="atx", bullets="-")
        self._items_in: dict[int, int] = {}
        self._tables_begun: set[int] = set()
        self._worked = 0

    def process_tag(self, node: Tag, parent_tags: set[str] | None = None) -> str:
        """The markdown of an element and all inside; nothing where the bound of work has been reached."""
        if self._worked > MOST_WORKED:
            return ""
        # types-markdownify leaves this method out.
        text: str = super().process_tag(node, parent_tags=parent_tags)[:MOST_WRITTEN]  # type: ignore[misc]
        self._worked += len(text)
        return text

    convert_b = convert_strong = _unless_inside(frozenset({"b", "strong"}), "**")
    convert_i = convert_em = _unless_inside(frozenset({"i", "em"}), "*")
    convert_s = convert_del = convert_strike = _unless_inside(frozenset({"s", "del", "strike"}), "~~")

    def escape(self, text: str, parent_tags: set[str]) -> str:
        return _escape(text)

    def convert_blockquote(self, _element: Tag, text: str, parent_tags: set[str]) -> str:
        text = text.strip()
        if "_inline" in parent_tags:
            return f" {text} "
        quoted = _LINE_WITHOUT_TEXT.sub("\n>", _LINE_WITH_TEXT.sub("\n> ", text))
        return f"\n> {quoted}\n\n" if text else "\n"

    def convert_sup(self, _element: Tag, text: str, parent_tags: set[str]) -> str:
        return text if not text or "_noformat" in parent_tags or re.search(r"[\s^]", text) else f"^{text}^"

    def convert_sub(self, _element: Tag, text: str, parent_tags: set[str]) -> str:
        return text if not text or "_noformat" in parent_tags or re.search(r"[\s~]", text) else f"~{text}~"

    def convert_span(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        """Mastodon hides the ends of a long link in such spans; outside a link, what it hides nobody should see."""
        return "" if "invisible" in _classes(element) and "a" not in parent_tags else text

    def convert_a(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        href = element.get("href")
        if not isinstance(href, str) or not href or "_noformat" in parent_tags:
            return text
        written = element.get_text().strip()
        host = _HOST.match(href)
        mention = _MENTION.fullmatch(written)
        href = href.translate(_DESTINATION)
        if host and mention and "mention" in _classes(element):
            return f"[@{mention[1]}@{host[1]}]({href})"
        if written == href and host:
            return f"<{href}>"
        label = " ".join(text.split())
        return f"[{label}]({href})" if label else ""

    def convert_img(self, element: Tag, _text: str, parent_tags: set[str]) -> str:
        alt = _escape(" ".join(str(element.get("alt") or "").split()))
        src = element.get("src")
        if not isinstance(src, str) or not src or "_noformat" in parent_tags:
            return alt
        return f"![{alt}]({src.translate(_DESTINATION)})"

    def convert_pre(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        if not text.strip():
            return ""
        code = element.find("code")
        names = _classes(element) | (_classes(code) if isinstance(code, Tag) else frozenset())
        language = next((name.removeprefix("language-") for name in sorted(names) if name.startswith("language-")), "")
        fence = "`" * max(3, 1 + max(map(len, _TICKS.findall(text)), default=0))
        body = text.strip("\n")
        return f"\n\n{fence}{language}\n{body}\n{fence}\n\n"

    def convert_summary(self, _element: Tag, text: str, parent_tags: set[str]) -> str:
        """The title is written by `convert_details`; a stray one is plain text."""
        return "" if "details" in parent_tags else text

    def convert_details(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        """A spoiler, fenced with more colons than any spoiler inside it."""
        summary = element.find("summary", recursive=False)
        title = " ".join(summary.get_text().split()) if isinstance(summary, Tag) else ""
        if "_inline" in parent_tags:
            return f" {_escape(title)} {text} "
        fence = ":" * max(3, 1 + max(map(len, _COLONS.findall(text)), default=0))
        return f"\n\n{fence} spoiler {title or '…'}\n{text.strip()}\n{fence}\n\n"

    def convert_ruby(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        reading = "".join(part.get_text() for part in element.find_all("rt")).strip()
        for part in element.find_all(["rt", "rp"]):
            part.extract()
        base = element.get_text().strip()
        return text if not base or not reading or re.search(r"[{}|\\\n]", base + reading) else f"{{{base}|{reading}}}"

    def convert_li(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        text = text.strip()
        parent = element.parent
        mark = "- "
        if parent is not None and parent.name == "ol":
            start = str(parent.get("start") or "1")
            number = self._items_in.get(id(parent), int(start) if start.isdigit() else 1)
            self._items_in[id(parent)] = number + 1
            mark = f"{number}. "
        indented = _LINE_WITH_TEXT.sub("\n" + " " * len(mark), text)
        return f"{mark}{indented}\n" if text else "\n"

    def convert_td(self, _element: Tag, text: str, parent_tags: set[str]) -> str:
        return f" {' '.join(text.split())} |"

    convert_th = convert_td

    def convert_tr(self, element: Tag, text: str, parent_tags: set[str]) -> str:
        """A row; the first of a table is its head, whatever it was, for markdown has no table without."""
        table = element.find_parent("table")
        row = f"|{text}\n"
        if id(table) in self._tables_begun:
            return row
        self._tables_begun.add(id(table))
        columns = len(element.find_all(["td", "th"], recursive=False))
        return f"{row}|{' --- |' * columns}\n" if columns else ""
