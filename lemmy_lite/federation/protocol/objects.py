"""What people write, on the wire: Page (posts), Note (comments), Tombstone. Strict and tolerant as in `actors`."""

from typing import Any

from lemmy_lite.federation.protocol.wire import Wire

PAGE_TYPES = frozenset({"Page", "Article", "Video", "Event", "Question"})
NOTE_TYPES = frozenset({"Note"})
"""A Note without `inReplyTo` is a post, as Mastodon writes them."""


class Mention(Wire, kw_only=True):
    """A person called by name."""

    type: str
    href: str
    name: str | None = None


class Hashtag(Wire, kw_only=True):
    """A tag; Lemmy gives each post that of its community."""

    type: str
    href: str
    name: str


class Attachment(Wire, kw_only=True):
    """The link of a post: a Link with `href`, or an Image with `url` and its description."""

    type: str
    href: str | None = None
    url: str | None = None
    media_type: str | None = None
    name: str | None = None


class Written(Wire, kw_only=True):
    """What posts and comments share. `content` is HTML unless `media_type` says otherwise; `source` is the markdown.

    `context` is the collection of all that belongs to the thread (FEP-7888), `replies` that of the direct answers. `content_map` has
    the text by language, as Mastodon tells it; `one_of` and `any_of` are the answers of a poll.
    """

    id: str
    type: str
    attributed_to: Any
    to: Any = None
    cc: Any = None
    name: Any = None
    content: Any = None
    media_type: Any = None
    source: Any = None
    content_map: Any = None
    url: Any = None
    one_of: Any = None
    any_of: Any = None
    attachment: Any = None
    image: Any = None
    sensitive: Any = None
    published: Any = None
    updated: Any = None
    language: Any = None
    audience: Any = None
    tag: Any = None
    in_reply_to: Any = None
    context: Any = None
    replies: Any = None
    stickied: Any = None
    comments_enabled: Any = None
    distinguished: Any = None


class Tombstone(Wire, kw_only=True):
    """What stands in the place of a deleted object."""

    id: str
    type: str
