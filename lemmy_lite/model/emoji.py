"""Pictures that the site offers inside texts by a short code."""

from datetime import datetime

from lemmy_lite.model.ids import CustomEmojiId, LocalSiteId
from lemmy_lite.model.struct import Struct


class CustomEmoji(Struct, kw_only=True):
    """A picture with its short code."""

    id: CustomEmojiId
    local_site_id: LocalSiteId
    shortcode: str
    image_url: str
    alt_text: str
    category: str
    published: datetime
    updated: datetime | None = None


class CustomEmojiKeyword(Struct, kw_only=True):
    """A word under which an emoji is found."""

    custom_emoji_id: CustomEmojiId
    keyword: str


class CustomEmojiView(Struct, kw_only=True):
    """An emoji with its keywords."""

    custom_emoji: CustomEmoji
    keywords: list[CustomEmojiKeyword]


class EmojiForm(Struct, kw_only=True):
    """The form that makes or changes an emoji; its short code is given once, when it is made."""

    category: str
    image_url: str
    alt_text: str
    keywords: list[str]
