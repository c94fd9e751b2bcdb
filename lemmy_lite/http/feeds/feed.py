"""A feed in no format yet: what its writers (`rss.py`, `atom.py`, `json_feed.py`) make bytes of."""

from datetime import datetime

from lemmy_lite.model.struct import Struct


class Author(Struct):
    """Who wrote an item; `url` is the actor's id."""

    name: str
    url: str


class Media(Struct, kw_only=True):
    """What an item links besides its page: the link of a post as an enclosure. `type` is a media type."""

    url: str
    type: str


class Item(Struct, kw_only=True):
    """One entry. `url` is its page here and its id; `html` is sanitised; `external` is what a post links to, `image` its picture."""

    url: str
    title: str
    html: str
    published: datetime
    updated: datetime | None = None
    author: Author
    category: str | None = None
    external: str | None = None
    enclosure: Media | None = None
    image: str | None = None
    comments: str | None = None


class Feed(Struct, kw_only=True):
    """A list. `home` is the page that shows the same, `address` the feed's own. `description` is plain text; `hub` is told
    when there is something new (WebSub)."""

    title: str
    home: str
    address: str
    description: str | None = None
    icon: str | None = None
    hub: str | None = None
    items: list[Item]

    @property
    def updated(self) -> datetime | None:
        """When the newest item was written or edited; None for an empty feed."""
        return max((item.updated or item.published for item in self.items), default=None)
