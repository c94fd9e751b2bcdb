"""Custom emojis."""

from lemmy_lite.http.api_v3.wire.bounds import CustomEmojiId
from lemmy_lite.model.emoji import CustomEmojiView
from lemmy_lite.model.struct import Struct


class CreateCustomEmoji(Struct, kw_only=True):
    """`POST /custom_emoji`."""

    category: str
    shortcode: str
    image_url: str
    alt_text: str
    keywords: list[str]


class EditCustomEmoji(Struct, kw_only=True):
    """`PUT /custom_emoji`."""

    id: CustomEmojiId
    category: str
    image_url: str
    alt_text: str
    keywords: list[str]


class DeleteCustomEmoji(Struct, kw_only=True):
    """`POST /custom_emoji/delete`."""

    id: CustomEmojiId


class CustomEmojiResponse(Struct, kw_only=True):
    """The answer of createCustomEmoji and editCustomEmoji."""

    custom_emoji: CustomEmojiView
