"""Custom emojis and the words under which they are found."""

from typing import Any

from lemmy_lite.model.ids import CustomEmojiId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def insert(tx: Transaction, **values: Any) -> CustomEmojiId:
    """Enter an emoji without keywords."""
    return CustomEmojiId(rows.insert(tx, "custom_emoji", published=tx.now, **values))


def update(tx: Transaction, emoji_id: CustomEmojiId, **values: Any) -> bool:
    """Change an emoji; answers whether there is such a one."""
    return rows.update(tx, "custom_emoji", "id", emoji_id, updated=tx.now, **values)


def delete(tx: Transaction, emoji_id: CustomEmojiId) -> None:
    """Delete an emoji with its keywords; a repeat is harmless."""
    tx.run("DELETE FROM custom_emoji WHERE id = :id", id=emoji_id)


def taken(tx: Transaction, column: str, value: str, besides: CustomEmojiId | None) -> bool:
    """Whether another emoji has this `shortcode` or `image_url`."""
    return tx.one(f"SELECT 1 FROM custom_emoji WHERE {column} = :value AND id <> :id", value=value, id=besides or 0) is not None


def set_keywords(tx: Transaction, emoji_id: CustomEmojiId, keywords: list[str]) -> None:
    """Replace the keywords."""
    tx.run("DELETE FROM custom_emoji_keyword WHERE custom_emoji_id = :id", id=emoji_id)
    tx.run_many(
        "INSERT INTO custom_emoji_keyword (custom_emoji_id, keyword) VALUES (:id, :keyword)",
        [{"id": emoji_id, "keyword": keyword} for keyword in dict.fromkeys(keywords)],
    )
