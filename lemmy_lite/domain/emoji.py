"""Custom emojis: admins make, change and delete them; the site shows them to everybody."""

from typing import Final

from lemmy_lite.domain import permissions
from lemmy_lite.model.emoji import CustomEmojiView, EmojiForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import SiteEdited
from lemmy_lite.model.ids import CustomEmojiId
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import emoji, site
from lemmy_lite.storage.views import emoji as views
from lemmy_lite.text import links, names

LONGEST_WORD: Final = 128
"""Characters of a short code, a category or a keyword: the width of Lemmy's columns."""
MOST_KEYWORDS: Final = 100


def listing(tx: Transaction) -> list[CustomEmojiView]:
    """All emojis, by category and code."""
    return views.listing(tx)


def create(tx: Transaction, actor: Person, shortcode: str, form: EmojiForm) -> CustomEmojiView:
    """Make an emoji; code and keywords are lower-cased and trimmed.

    Raises LemmyError: not_an_admin, invalid_url, invalid_url_scheme, url_length_overflow, alt_text_length_overflow, too_many_items, and
    `unknown` with a sentence for a code or picture that is taken, as Lemmy has no code for it.
    """
    permissions.require(tx, "emoji.edit", actor)
    code = _word("The short code", shortcode)
    if emoji.taken(tx, "shortcode", code, None):
        raise LemmyError("unknown", "This short code is taken.")
    values = _values(tx, form, None)
    number = emoji.insert(tx, local_site_id=site.local(tx).id, shortcode=code, **values)
    return _done(tx, actor, number, form)


def edit(tx: Transaction, actor: Person, emoji_id: CustomEmojiId, form: EmojiForm) -> CustomEmojiView:
    """Change everything of an emoji but its code. Raises LemmyError: those of `create`, `unknown` when there is none."""
    permissions.require(tx, "emoji.edit", actor)
    if not emoji.update(tx, emoji_id, **_values(tx, form, emoji_id)):
        raise _nowhere()
    return _done(tx, actor, emoji_id, form)


def delete(tx: Transaction, actor: Person, emoji_id: CustomEmojiId) -> None:
    """Delete an emoji; a repeat is harmless. Raises not_an_admin."""
    permissions.require(tx, "emoji.edit", actor)
    emoji.delete(tx, emoji_id)
    tx.append(SiteEdited(actor_id=actor.id))


def _values(tx: Transaction, form: EmojiForm, besides: CustomEmojiId | None) -> dict[str, str]:
    url = links.check_post_url(form.image_url)
    if not url.startswith(("https://", "http://")):
        raise LemmyError("invalid_url_scheme")
    names.check("alt text", form.alt_text)
    if emoji.taken(tx, "image_url", url, besides):
        raise LemmyError("unknown", "Another emoji has this picture.")
    return {"image_url": url, "alt_text": form.alt_text, "category": _word("The category", form.category, lower=False)}


def _done(tx: Transaction, actor: Person, emoji_id: CustomEmojiId, form: EmojiForm) -> CustomEmojiView:
    if len(form.keywords) > MOST_KEYWORDS:
        raise LemmyError("too_many_items")
    emoji.set_keywords(tx, emoji_id, [_word("A keyword", keyword) for keyword in form.keywords if keyword.strip()])
    tx.append(SiteEdited(actor_id=actor.id))
    view = views.read(tx, emoji_id)
    if view is None:
        raise _nowhere()
    return view


def _word(what: str, text: str, *, lower: bool = True) -> str:
    word = text.strip()
    if not 1 <= len(word) <= LONGEST_WORD:
        raise LemmyError("unknown", f"{what} has 1 to {LONGEST_WORD} characters.")
    return word.lower() if lower else word


def _nowhere() -> LemmyError:
    return LemmyError("unknown", "There is no such emoji.", missing=True)
