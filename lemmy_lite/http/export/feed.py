"""An Atom feed whose links lead to files."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

from lemmy_lite.text.static_page import Link, Resolve, rewrite_part

_ATOM = "{http://www.w3.org/2005/Atom}"

ET.register_namespace("", _ATOM.strip("{}"))


def addresses(feed: bytes, outline: Callable[[str], list[str]]) -> list[str]:
    """What a feed loads or leads to; `outline` looks into the texts."""
    found = [each.get("href", "") for each in ET.fromstring(feed).iter(f"{_ATOM}link") if each.get("rel") in ("alternate", "enclosure")]
    for text in ET.fromstring(feed).iter(f"{_ATOM}content"):
        found += outline(text.text or "")
    return found


def rewrite(feed: bytes, resolve: Resolve, own: str, tile: str) -> bytes:
    """The feed with relative links; `own` is the name of its file. Ids stay, as they tell readers what they have read."""
    root = ET.fromstring(feed)
    for parent in [root, *root.iter(f"{_ATOM}entry"), *root.iter(f"{_ATOM}author")]:
        for child in list(parent):
            if child.tag == f"{_ATOM}link":
                new = None if child.get("rel") == "hub" else own if child.get("rel") == "self" else resolve(Link(child.get("href", "")))
                _lead(parent, child, new)
            elif child.tag in (f"{_ATOM}icon", f"{_ATOM}uri"):
                child.text = resolve(Link(child.text or "", loads=True))
                if child.text is None:
                    parent.remove(child)
            elif child.tag == f"{_ATOM}content":
                child.text = rewrite_part(child.text or "", resolve, tile)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def _lead(parent: ET.Element, link: ET.Element, new: str | None) -> None:
    if new is None:
        parent.remove(link)
    else:
        link.set("href", new)
