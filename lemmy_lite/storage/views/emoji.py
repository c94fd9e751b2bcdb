"""Custom emoji with their keywords."""

from lemmy_lite.model.emoji import CustomEmoji, CustomEmojiKeyword, CustomEmojiView
from lemmy_lite.model.ids import CustomEmojiId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape

EMOJI = Shape(CustomEmoji, "custom_emoji")


def listing(tx: Transaction) -> list[CustomEmojiView]:
    """Every custom emoji, by category and shortcode."""
    rows = tx.all(f"SELECT {EMOJI.columns} FROM custom_emoji ORDER BY category, shortcode")
    keywords: dict[int, list[CustomEmojiKeyword]] = {}
    if rows:
        for number, keyword in tx.all("SELECT custom_emoji_id, keyword FROM custom_emoji_keyword ORDER BY custom_emoji_id, keyword"):
            keywords.setdefault(number, []).append(CustomEmojiKeyword(custom_emoji_id=number, keyword=keyword))
    built = [EMOJI.build(row) for row in rows]
    return [CustomEmojiView(custom_emoji=emoji, keywords=keywords.get(emoji.id, [])) for emoji in built]


def read(tx: Transaction, emoji_id: CustomEmojiId) -> CustomEmojiView | None:
    """One custom emoji."""
    row = tx.one(f"SELECT {EMOJI.columns} FROM custom_emoji WHERE id = :id", id=emoji_id)
    if row is None:
        return None
    keywords = tx.column("SELECT keyword FROM custom_emoji_keyword WHERE custom_emoji_id = :id ORDER BY keyword", id=emoji_id)
    return CustomEmojiView(
        custom_emoji=EMOJI.build(row), keywords=[CustomEmojiKeyword(custom_emoji_id=emoji_id, keyword=keyword) for keyword in keywords]
    )
