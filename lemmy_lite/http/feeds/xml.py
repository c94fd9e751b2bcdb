"""XML by building elements, never by putting texts together: what an author wrote can end no element (security.md, "feed XSS").

Control characters, which XML 1.0 (2.2) forbids even when escaped, are left out, as one of them makes readers refuse the whole feed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def root(tag: str, **attributes: str) -> Element:
    """The outermost element; attributes with a colon are written `xmlns_media`."""
    from xml.etree.ElementTree import Element

    return Element(tag, {name.replace("_", ":"): clean(value) for name, value in attributes.items()})


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """A new last child with this text."""
    from xml.etree.ElementTree import SubElement

    child = SubElement(parent, tag, {name: clean(value) for name, value in attributes.items()})
    child.text = clean(text) if text is not None else None
    return child


def document(element: Element) -> bytes:
    """The bytes, UTF-8 with a declaration."""
    from xml.etree.ElementTree import tostring

    text: str = tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def clean(text: str) -> str:
    """The text without what no XML may hold."""
    return _FORBIDDEN.sub("", text)
