"""Atom (RFC 4287)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lemmy_lite.http.feeds import xml
from lemmy_lite.http.feeds.feed import Feed, Item

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TYPE = "application/atom+xml"

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def write(feed: Feed) -> bytes:
    """The feed as Atom. An empty one was updated at the beginning of time, as the element must be there."""
    root = xml.root("feed", xmlns="http://www.w3.org/2005/Atom")
    xml.add(root, "id", feed.address)
    xml.add(root, "title", feed.title)
    xml.add(root, "updated", _date(feed.updated or _NEVER))
    xml.add(root, "link", rel="self", type=TYPE, href=feed.address)
    xml.add(root, "link", rel="alternate", type="text/html", href=feed.home)
    if feed.hub is not None:
        xml.add(root, "link", rel="hub", href=feed.hub)
    if feed.description is not None:
        xml.add(root, "subtitle", feed.description)
    if feed.icon is not None:
        xml.add(root, "icon", feed.icon)
    for item in feed.items:
        _add_entry(root, item)
    return xml.document(root)


def _add_entry(root: Element, item: Item) -> None:
    entry = xml.add(root, "entry")
    xml.add(entry, "id", item.url)
    xml.add(entry, "title", item.title)
    xml.add(entry, "published", _date(item.published))
    xml.add(entry, "updated", _date(item.updated or item.published))
    author = xml.add(entry, "author")
    xml.add(author, "name", item.author.name)
    xml.add(author, "uri", item.author.url)
    xml.add(entry, "link", rel="alternate", type="text/html", href=item.url)
    if item.external is not None:
        xml.add(entry, "link", rel="related", href=item.external)
    if item.enclosure is not None:
        xml.add(entry, "link", rel="enclosure", type=item.enclosure.type, href=item.enclosure.url)
    if item.category is not None:
        xml.add(entry, "category", term=item.category)
    xml.add(entry, "content", item.html, type="html")


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
