"""RSS 2.0 (rssboard.org/rss-specification) with the elements that Lemmy's feeds have: dc:creator, media:content, enclosure, category."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from lemmy_lite.http.feeds import xml
from lemmy_lite.http.feeds.feed import Feed, Item

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TYPE = "application/rss+xml"

_SELF = "application/rss+xml"


def write(feed: Feed) -> bytes:
    """The feed as RSS."""
    rss = xml.root(
        "rss",
        version="2.0",
        xmlns_dc="http://purl.org/dc/elements/1.1/",
        xmlns_media="http://search.yahoo.com/mrss/",
        xmlns_atom="http://www.w3.org/2005/Atom",
    )
    channel = xml.add(rss, "channel")
    xml.add(channel, "title", feed.title)
    xml.add(channel, "link", feed.home)
    xml.add(channel, "description", feed.description or feed.title)  # the specification asks for one
    xml.add(channel, "atom:link", href=feed.address, rel="self", type=_SELF)
    if feed.hub is not None:
        xml.add(channel, "atom:link", href=feed.hub, rel="hub")
    if feed.updated is not None:
        xml.add(channel, "lastBuildDate", _date(feed.updated))
    if feed.icon is not None:
        image = xml.add(channel, "image")
        xml.add(image, "url", feed.icon)
        xml.add(image, "title", feed.title)
        xml.add(image, "link", feed.home)
    for item in feed.items:
        _add_item(channel, item)
    return xml.document(rss)


def _add_item(channel: Element, item: Item) -> None:
    entry = xml.add(channel, "item")
    xml.add(entry, "title", item.title)
    xml.add(entry, "link", item.url)
    xml.add(entry, "description", item.html)
    if item.category is not None:
        xml.add(entry, "category", item.category)
    if item.comments is not None:
        xml.add(entry, "comments", item.comments)
    if item.enclosure is not None:
        # The specification wants the length; nobody knows it without fetching, and 0 is what readers expect then.
        xml.add(entry, "enclosure", url=item.enclosure.url, length="0", type=item.enclosure.type)
    xml.add(entry, "guid", item.url, isPermaLink="true")
    xml.add(entry, "pubDate", _date(item.published))
    xml.add(entry, "dc:creator", item.author.url)
    if item.image is not None:
        xml.add(entry, "media:content", medium="image", url=item.image)


def _date(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0))
