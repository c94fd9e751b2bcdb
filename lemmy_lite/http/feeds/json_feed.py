"""JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from datetime import datetime
from typing import Any

import msgspec

from lemmy_lite.http.feeds.feed import Feed, Item

TYPE = "application/feed+json"


def write(feed: Feed) -> bytes:
    """The feed as JSON."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "description": feed.description,
        "icon": feed.icon,
        "hubs": [{"type": "WebSub", "url": feed.hub}] if feed.hub else None,
        "items": [_item(item) for item in feed.items],
    }
    return msgspec.json.encode({name: value for name, value in document.items() if value is not None})


def _item(item: Item) -> dict[str, Any]:
    found = {
        "id": item.url,
        "url": item.url,
        "external_url": item.external,
        "title": item.title,
        "content_html": item.html,
        "image": item.image,
        "date_published": _date(item.published),
        "date_modified": _date(item.updated) if item.updated else None,
        "authors": [{"name": item.author.name, "url": item.author.url}],
        "tags": [item.category] if item.category else None,
        "attachments": [{"url": item.enclosure.url, "mime_type": item.enclosure.type}] if item.enclosure else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
