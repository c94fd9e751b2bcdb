"""A page of the site made to stand alone: links led elsewhere, and everything that needs a server taken out.

Pages keep their words: what stood in somebody's text stays, as plain words where its link leads nowhere; what the site itself offers
(logging in, sorting, searching) goes as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

GONE: Final = (
    "form, script, noscript, template, iframe, object, embed, base, input, button, select, textarea, "
    "details.menu, nav.tabs, div.sorts, nav.enter, div.join, a.vote > span, meta[property], meta[name^=twitter], meta[http-equiv]"
)
"""What only works with a server behind it, and what names the page's address on the server."""

_KEPT_LINKS: Final = frozenset({"stylesheet", "icon", "me"})
_ATOM: Final = "application/atom+xml"
_COMMENT: Final = re.compile(r"c(\d{1,19})")
_SYMBOL: Final = re.compile(r'<symbol id="([\w-]+)".*?</symbol>', re.DOTALL)


class Outline(NamedTuple):
    """What a page leads to: every address as it stands there, the next page of a list, threads that go on elsewhere; and the numbers of the
    comments that it shows."""

    addresses: list[str]
    following: str | None
    continued: list[str]
    comments: list[int]


class Link(NamedTuple):
    """One address on a page. `continues` a thread, or is that of a picture or film that the page `loads`."""

    address: str
    continues: bool = False
    loads: bool = False


Resolve = Callable[[Link], str | None]
"""Where a link leads to from now on; None where there is nothing."""


def outline(html: str) -> Outline:
    """What remains of a page, and where it leads."""
    tree = _cleaned(html)
    links = [link for node, name in _addressed(tree) if (link := _link(node, name))]
    following = tree.css_first("nav.pager a[rel=next]")
    return Outline(
        addresses=[link.address for link in links],
        following=following.attributes.get("href") if following is not None else None,
        continued=[link.address for link in links if link.continues],
        comments=[int(found[1]) for node in tree.css("article[id]") if (found := _COMMENT.fullmatch(node.attributes.get("id") or ""))],
    )


def rewrite(html: str, resolve: Resolve, offers: Callable[[str], bool], tile: str, icons: str) -> str:
    """The page with its links led to where `resolve` says. `offers` tells whether an address is one of the site's own doors, such as that
    for logging in: it goes with its words. `tile` stands for a picture that is not there. `icons` is the sprite: what is used of it
    comes into the page, as browsers load no part of another file from a disk."""
    tree = _cleaned(html)
    used = _inlined(tree)
    _relink(tree, resolve, offers, tile)
    made = tree.html or ""
    symbols = "".join(found[0].replace('id="', 'id="icon-', 1) for found in _SYMBOL.finditer(icons) if found[1] in used)
    if symbols:
        head, end, tail = made.rpartition("</body>")
        made = f'{head}<svg width="0" height="0" hidden>{symbols}</svg>{end}{tail}'
    return made


def rewrite_part(html: str, resolve: Resolve, tile: str) -> str:
    """The same for a piece of a page, as feeds hold it."""
    tree = _cleaned(html)
    _relink(tree, resolve, lambda _: False, tile)
    return (tree.body.inner_html if tree.body is not None else None) or ""


def _cleaned(html: str) -> LexborHTMLParser:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    # Only the outermost: what lies within a node that has gone must not be touched again.
    gone = {node.mem_id: node for node in tree.css(GONE)}
    for node in [node for node in gone.values() if not _lies_within(node, gone)]:
        node.decompose()
    for node in tree.css("link"):
        of = node.attributes
        if of.get("rel") not in _KEPT_LINKS and not (of.get("rel") == "alternate" and of.get("type") == _ATOM):
            node.decompose()
    return tree


def _lies_within(node: LexborNode, others: Container[int]) -> bool:
    above = node.parent
    while above is not None and above.mem_id not in others:
        above = above.parent
    return above is not None


_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "a": ("href",),
    "link": ("href",),
    "img": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "source": ("src",),
}


def _addressed(tree: LexborHTMLParser) -> list[tuple[LexborNode, str]]:
    return [(node, name) for node in tree.css(", ".join(_NAMES)) for name in _NAMES[node.tag or ""] if node.attributes.get(name)]


def _link(node: LexborNode, name: str) -> Link | None:
    address = (node.attributes.get(name) or "").strip()
    parent = node.parent
    continues = node.tag == "a" and parent is not None and parent.tag == "p" and (parent.attributes.get("class") or "") == "on"
    return Link(address, continues=continues, loads=node.tag not in ("a", "link")) if address and not address.startswith("#") else None


def _relink(tree: LexborHTMLParser, resolve: Resolve, offers: Callable[[str], bool], tile: str) -> None:
    doors: list[LexborNode] = []
    words: list[LexborNode] = []
    for node, name in _addressed(tree):
        link = _link(node, name)
        if link is None:
            continue
        new = resolve(link)
        if new is not None:
            node.attrs[name] = new
        elif node.tag == "img":
            node.attrs[name] = tile
        elif node.tag == "a" and _in_text(node):
            words.append(node)
        elif node.tag == "link" or (node.tag == "a" and offers(link.address) and not _is_figure(node)):
            doors.append(node)
        else:
            # An anchor without an address is what HTML has for a link that is not there.
            for gone in (name, "rel", "target", "title"):
                if gone in node.attributes:
                    del node.attrs[gone]
    for node in words:
        node.unwrap()
    for node in doors:
        node.decompose()


def _is_figure(node: LexborNode) -> bool:
    """Whether it holds the score, which strangers are led to the login by."""
    return "vote" in (node.attributes.get("class") or "").split()


def _in_text(node: LexborNode) -> bool:
    """Whether somebody wrote this: then its words stay."""
    above = node.parent
    while above is not None:
        if "md" in (above.attributes.get("class") or "").split():
            return True
        above = above.parent
    return False


def _inlined(tree: LexborHTMLParser) -> set[str]:
    """Lead icons to the page itself; answers which are used."""
    used = set()
    for node in tree.css("use"):
        name = (node.attributes.get("href") or "").rpartition("#")[2]
        used.add(name)
        node.attrs["href"] = f"#icon-{name}"
    return used
