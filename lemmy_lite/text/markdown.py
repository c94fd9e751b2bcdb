"""Markdown into what people read: HTML for the site and for peers, plain text for feeds and previews.

HTML is written from the tree of `grammar.py` by functions that escape all they are given, and passes `sanitise.own` besides.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from zlib import crc32

from lemmy_lite.model.struct import Struct
from lemmy_lite.text import grammar, sanitise

# Raise it with every change that alters the HTML: stored HTML of another version is rendered anew.
RENDERER_VERSION: Final = 1

# Twice the longest post. A longer text, which only a peer can send, is shown as it is.
MOST_CHARACTERS: Final = 131_072

# A short [label] may stand for a long address any number of times; beyond this many characters they stay text (cmark does the same).
MOST_FROM_REFERENCES: Final = 100_000

SHORT: Final = 4096
"""Characters of a text that costs little, whatever stands in it, as long as its marks are few: more than 99 comments of a hundred."""
FEW_MARKS: Final = 64
"""Marks and lines in such a text: they are what costs, up to 30 microseconds each."""

EXTERNAL_REL: Final = "nofollow noopener ugc"

_VIDEO: Final = re.compile(r"\.(?:mp4|m4v|webm|ogv|mov)(?:[?#]|$)", re.IGNORECASE)
_AUDIO: Final = re.compile(r"\.(?:mp3|m4a|ogg|oga|opus|flac|wav|aac)(?:[?#]|$)", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9_+#.-]{1,40}")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MARK: Final = re.compile(r"[\n*_`\[<>^~{|@!&\\#+-]|[0-9][.)]|:::|://|www\.")

Token = Mapping[str, Any]


class Options(Struct):
    """How to render.

    `host` is our own domain, with its port if it has one: names of it are shortened (/u/name) and links to it are not external.
    `base_url`, such as "https://example.com", makes every relative link absolute, for peers, feeds and mails.
    `image` maps an image's address to the one to show, such as our proxy's; it may answer None to show only its description.
    """

    host: str = ""
    base_url: str = ""
    image: Callable[[str], str | None] | None = None


PLAIN_OPTIONS: Final = Options()


def is_cheap(source: str) -> bool:
    """Whether a text is read in a moment, so that it may be while others wait: it is short and has few marks."""
    return len(source) <= FEW_MARKS or (len(source) <= SHORT and len(_MARK.findall(source)) <= FEW_MARKS)


def render(source: str, options: Options = PLAIN_OPTIONS) -> str:
    """The HTML of a markdown text, safe to put into a page. Raises nothing, whatever the text."""
    if len(source) > MOST_CHARACTERS:
        return f"<pre>{_escape(grammar.encodable(source))}</pre>"
    return sanitise.own(_Writer(source, options).blocks(grammar.parse(source)))


class _Writer:
    """Writes one tree as HTML. Every string from the text goes through `_text`, `_escape` or `_tag`."""

    def __init__(self, source: str, options: Options) -> None:
        self._options = options
        self._left_for_references = max(MOST_FROM_REFERENCES, len(source))
        # Many texts share a page, so a footnote's anchor carries a mark of its own text.
        self._mark = f"{crc32(source.encode('utf-8', 'replace')):08x}"

    def blocks(self, tokens: Iterable[Token]) -> str:
        return "".join(_WRITERS[token["type"]](self, token) for token in tokens)

    def children(self, token: Token) -> str:
        return self.blocks(token["children"])

    def heading(self, token: Token) -> str:
        level = token["attrs"]["level"]
        return f"<h{level}>{self.children(token)}</h{level}>\n"

    def code(self, token: Token) -> str:
        info = _unescape(token.get("attrs", {}).get("info", "")).split(None, 1)
        language = {"class": f"language-{info[0]}"} if info and _LANGUAGE.fullmatch(info[0]) else {}
        code = token["raw"]
        return f"<pre>{_tag('code', language)}{_escape(code if code.endswith(chr(10)) or not code else code + chr(10))}</code></pre>\n"

    def spoiler(self, token: Token) -> str:
        return f"<details><summary>{_text(token['attrs']['title'])}</summary>\n{self.children(token)}</details>\n"

    def list(self, token: Token) -> str:
        if not token["attrs"]["ordered"]:
            return f"<ul>\n{self.children(token)}</ul>\n"
        start = token["attrs"].get("start")
        return f"{_tag('ol', {} if start is None else {'start': str(start)})}\n{self.children(token)}</ol>\n"

    def list_item(self, token: Token) -> str:
        return f"<li>{self.children(token).strip(chr(10))}</li>\n"

    def table_head(self, token: Token) -> str:
        return f"<thead>\n<tr>{self.children(token)}</tr>\n</thead>\n"

    def table_body(self, token: Token) -> str:
        return f"<tbody>\n{self.children(token)}</tbody>\n" if token["children"] else ""

    def table_cell(self, token: Token) -> str:
        name = "th" if token["attrs"]["head"] else "td"
        align = token["attrs"]["align"]
        return f"{_tag(name, {'align': align} if align else {})}{self.children(token)}</{name}>"

    def footnote_ref(self, token: Token) -> str:
        index = token["attrs"]["index"]
        return f"<sup>{_tag('a', {'href': f'#fn-{self._mark}-{index}', 'id': f'fnref-{self._mark}-{index}'})}[{index}]</a></sup>"

    def footnotes(self, token: Token) -> str:
        return f"<section>\n<ol>\n{self.children(token)}</ol>\n</section>\n"

    def footnote_item(self, token: Token) -> str:
        index = token["attrs"]["index"]
        text = self.children(token).rstrip("\n")
        back = f" {_tag('a', {'href': f'#fnref-{self._mark}-{index}'})}↩</a>"
        text = f"{text.removesuffix('</p>')}{back}</p>" if text.endswith("</p>") else text + back
        return f"{_tag('li', {'id': f'fn-{self._mark}-{index}'})}{text}</li>\n"

    def ruby(self, token: Token) -> str:
        return f"<ruby>{_text(token['raw'])}<rp>(</rp><rt>{_text(token['attrs']['text'])}</rt><rp>)</rp></ruby>"

    def name(self, token: Token) -> str:
        kind, name, host = (token["attrs"][part] for part in ("kind", "name", "host"))
        local = host.lower() == self._options.host.lower()
        path = f"/{kind}/{name}" if local else f"/{kind}/{name}@{host}"
        return f"{_tag('a', {'href': self._options.base_url + path})}{self.children(token)}</a>"

    def link(self, token: Token) -> str:
        url = self._address(token, sanitise.LINK_SCHEMES)
        if url is None:
            return self.children(token)
        attributes = {"href": url}
        if token["attrs"].get("title"):
            attributes["title"] = _unescape(token["attrs"]["title"])
        if self._is_external(url):
            attributes["rel"] = EXTERNAL_REL
        return f"{_tag('a', attributes)}{self.children(token)}</a>"

    def image(self, token: Token) -> str:
        """A picture, or a player where the address ends like a film's or a sound's, as lemmy-ui has it."""
        alt = _plain(token["children"]).strip()
        url = self._address(token, sanitise.MEDIA_SCHEMES)
        if url is not None and self._options.image is not None:
            original, url = url, self._options.image(url)
        else:
            original = url or ""
        if url is None:
            return _escape(alt)
        title = {"title": _unescape(token["attrs"]["title"])} if token["attrs"].get("title") else {}
        if _VIDEO.search(original):
            return f"{_tag('video', {'src': url, **title, 'controls': '', 'preload': 'metadata', 'loop': ''})}{_escape(alt)}</video>"
        if _AUDIO.search(original):
            return f"{_tag('audio', {'src': url, **title, 'controls': '', 'preload': 'metadata'})}{_escape(alt)}</audio>"
        return _tag("img", {"src": url, "alt": alt, **title, "loading": "lazy"})

    def _address(self, token: Token, schemes: frozenset[str]) -> str | None:
        """Where a link leads, absolute if a base is given; None if its scheme is not allowed or references have used up their share."""
        url: str = token["attrs"]["url"]
        if "ref" in token:
            self._left_for_references -= len(url) + len(token["attrs"].get("title") or "")
            if self._left_for_references < 0:
                return None
        if sanitise.scheme_of(url) not in schemes | {""}:
            return None
        if url.startswith("/") and not url.startswith("//"):
            return self._options.base_url + url
        return url

    def _is_external(self, url: str) -> bool:
        if url.startswith("//"):
            return True
        scheme, found, rest = url.partition("://")
        if not found or scheme.lower() not in ("http", "https"):
            return bool(sanitise.scheme_of(url))
        return re.split(r"[/?#\\]", rest, maxsplit=1)[0].lower() != self._options.host.lower()


def _fixed(markup: str) -> Callable[[_Writer, Token], str]:
    return lambda _writer, _token: markup


def _wrapped(name: str, after: str = "") -> Callable[[_Writer, Token], str]:
    return lambda writer, token: f"<{name}>{writer.children(token)}</{name}>{after}"


_WRITERS: Final[Mapping[str, Callable[[_Writer, Token], str]]] = {
    "blank_line": _fixed(""),
    "paragraph": _wrapped("p", "\n"),
    "block_text": lambda writer, token: writer.children(token),
    "heading": _Writer.heading,
    "thematic_break": _fixed("<hr>\n"),
    "block_quote": lambda writer, token: f"<blockquote>\n{writer.children(token)}</blockquote>\n",
    "block_code": _Writer.code,
    "spoiler": _Writer.spoiler,
    "list": _Writer.list,
    "list_item": _Writer.list_item,
    "table": _wrapped("table", "\n"),
    "table_head": _Writer.table_head,
    "table_body": _Writer.table_body,
    "table_row": _wrapped("tr", "\n"),
    "table_cell": _Writer.table_cell,
    "footnotes": _Writer.footnotes,
    "footnote_item": _Writer.footnote_item,
    "footnote_ref": _Writer.footnote_ref,
    "text": lambda _writer, token: _text(token["raw"]),
    "codespan": lambda _writer, token: f"<code>{_escape(token['raw'])}</code>",
    "linebreak": _fixed("<br>\n"),
    "softbreak": _fixed("\n"),
    "emphasis": _wrapped("em"),
    "strong": _wrapped("strong"),
    "strikethrough": _wrapped("del"),
    "superscript": _wrapped("sup"),
    "subscript": _wrapped("sub"),
    "ruby": _Writer.ruby,
    "name": _Writer.name,
    "link": _Writer.link,
    "image": _Writer.image,
}


def _text(raw: str) -> str:
    """Text as written in markdown, where &amp; stands for &, as HTML."""
    return _escape(_unescape(raw))


def _escape(text: str) -> str:
    return html.escape(text)


def _unescape(text: str) -> str:
    """Character references resolved as CommonMark has them: only with their semicolon."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    written = "".join(f' {key}="{_escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>"


# --- plain text -------------------------------------------------------------------------------------------------------

_BLOCKS: Final = frozenset({"paragraph", "block_text", "heading", "block_code", "table_row", "spoiler", "footnote_item"})


def plain(source: str, limit: int | None = None) -> str:
    """The text without its marks, for feeds, previews and search: a line per block, images by their description.

    What a spoiler hides stays hidden: only its title is told. `limit` is the most characters wanted, an ellipsis included;
    the cut falls between words where it can.
    """
    text = source if len(source) > MOST_CHARACTERS else _plain(grammar.parse(source))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return _shorten("\n".join(line for line in lines if line), limit)


def _plain(tokens: Iterable[Token]) -> str:
    parts: list[str] = []
    for token in tokens:
        kind = token["type"]
        if kind in ("softbreak", "linebreak", "blank_line"):
            parts.append(" " if kind == "softbreak" else "\n")
        elif kind in ("footnote_ref", "footnotes"):
            continue
        elif kind == "spoiler":
            parts.append(_unescape(token["attrs"]["title"]))
        elif "raw" in token:
            parts.append(_unescape(token["raw"]) if kind == "text" else token["raw"])
        elif "children" in token:
            parts.append(_plain(token["children"]))
        if kind in _BLOCKS:
            parts.append("\n")
        elif kind == "table_cell":
            parts.append(" ")
    return "".join(parts)


def _shorten(text: str, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return text
    cut = text[: max(limit - 1, 0)]
    space = max(cut.rfind(" "), cut.rfind("\n"))
    if space > len(cut) // 2:
        cut = cut[:space]
    return (cut.rstrip() + "…")[:limit]
