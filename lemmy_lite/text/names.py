"""What people may call things and how long a text may be.

Every limit is a row of `LIMITS`; the rest is the few rules that are more than a length. Source: Lemmy 0.19.20,
crates/utils/src/utils/validation.rs, and the part "validation" of the contract.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from lemmy_lite.model.errors import LemmyError


class Count(Enum):
    """How a length is counted. Lemmy counts most maxima as a browser's `maxlength` does: in UTF-16 code units."""

    CHARACTERS = "characters"
    UTF16 = "utf-16 code units"


class Limit(NamedTuple):
    """Bounds of one field, both inclusive, and the codes raised below and above them."""

    least: int
    most: int
    unit: Count
    too_short: str
    too_long: str


def _body(most: int) -> Limit:
    return Limit(0, most, Count.UTF16, "invalid_body_field", "invalid_body_field")


LIMITS: Final[Mapping[str, Limit]] = {
    "password": Limit(10, 60, Count.CHARACTERS, "invalid_password", "invalid_password"),
    "bio": Limit(0, 1000, Count.UTF16, "bio_length_overflow", "bio_length_overflow"),
    "post title": Limit(3, 200, Count.CHARACTERS, "invalid_post_title", "invalid_post_title"),
    "post body": _body(50_000),
    "alt text": Limit(0, 1500, Count.UTF16, "alt_text_length_overflow", "alt_text_length_overflow"),
    "url": Limit(0, 2000, Count.UTF16, "invalid_url", "url_length_overflow"),
    "comment": _body(10_000),
    "private message": _body(10_000),
    "community description": _body(10_000),
    # Lemmy has only the width of the column here and answers with the database's error; ours is a plain refusal.
    "community title": Limit(0, 255, Count.CHARACTERS, "couldnt_update_community", "couldnt_update_community"),
    "site name": Limit(1, 20, Count.UTF16, "site_name_required", "site_name_length_overflow"),
    "site description": Limit(0, 150, Count.UTF16, "site_description_length_overflow", "site_description_length_overflow"),
    "sidebar": _body(10_000),
    # Names of a theme and of a language are texts that each front end chooses; ours have less than twenty characters.
    "theme": Limit(0, 100, Count.CHARACTERS, "couldnt_update_user", "couldnt_update_user"),
    "interface language": Limit(0, 20, Count.CHARACTERS, "couldnt_update_user", "couldnt_update_user"),
    "e-mail address": Limit(0, 254, Count.CHARACTERS, "couldnt_update_user", "couldnt_update_user"),
    "report reason": Limit(1, 1000, Count.CHARACTERS, "report_reason_required", "report_too_long"),
    "ban reason": _body(10_000),
}

LEAST_ACTOR_NAME: Final = 3
LEAST_VISIBLE_IN_DISPLAY_NAME: Final = 3

# The contract's "forbidden_display_characters": characters that show nothing, by which one person could pass for another.
INVISIBLE: Final = frozenset(
    "\u0009\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u200c\u200d\u200e\u200f\u202f\u205f\u2060\u2061\u2062\u2063\u2064\u206a\u206b\u206c\u206d\u206e\u206f\u3000\u2800\u3164\ufeff\uffa0"
    "\U0001d159\U0001d173\U0001d174\U0001d175\U0001d176\U0001d177\U0001d178\U0001d179\U0001d17a"
)

# Unicode's Script property, which Python's `re` does not know (Scripts.txt, Unicode 15).
_ARABIC: Final = (
    "\u0600-\u0604\u0606-\u060b\u060d-\u061a\u061c-\u061e\u0620-\u063f\u0641-\u064a\u0656-\u066f\u0671-\u06dc\u06de-\u06ff\u0750-\u077f"
    "\u0870-\u088e\u0890-\u0891\u0898-\u08e1\u08e3-\u08ff\ufb50-\ufbc2\ufbd3-\ufd3d\ufd40-\ufd8f\ufd92-\ufdc7\ufdcf\ufdf0-\ufdff"
    "\ufe70-\ufe74\ufe76-\ufefc\U00010e60-\U00010e7e\U00010efd-\U00010eff"
)
_CYRILLIC: Final = (
    "\u0400-\u0484\u0487-\u052f\u1c80-\u1c88\u1d2b\u1d78\u2de0-\u2dff\ua640-\ua69f\ufe2e-\ufe2f\U0001e030-\U0001e06d\U0001e08f"
)

# One alphabet in a name, so that a Cyrillic "о" cannot imitate a Latin "o".
_ACTOR_NAMES: Final = tuple(re.compile(f"[{alphabet}0-9_]{{{LEAST_ACTOR_NAME},}}") for alphabet in ("a-zA-Z", _ARABIC, _CYRILLIC))
MOST_MATRIX_ID: Final = 255
"""Matrix, appendices 4.2.1: with the sigil and the domain. Lemmy has no bound."""
_MATRIX_ID: Final = re.compile(r"@[\x21-\x39\x3b-\x7f]+:[A-Za-z0-9.-]+(?::[0-9]{2,5})?")


def length(text: str, unit: Count) -> int:
    """The length of a text, counted as the contract's `length_counting` says for its field."""
    if unit is Count.CHARACTERS:
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def check(field: str, text: str) -> None:
    """Refuse a text outside the bounds of its row in `LIMITS`, with that row's code."""
    limit = LIMITS[field]
    size = length(text, limit.unit)
    if size < limit.least:
        raise LemmyError(limit.too_short)
    if size > limit.most:
        raise LemmyError(limit.too_long)


def check_actor_name(name: str, most: int) -> None:
    """Refuse a user's or community's name that mixes alphabets, is shorter than 3 or longer than `most` characters.

    `most` is the site's `actor_name_max_length`. Raises invalid_name.
    """
    if len(name) > most or not any(pattern.fullmatch(name) for pattern in _ACTOR_NAMES):
        raise LemmyError("invalid_name")


def check_display_name(name: str, most: int) -> None:
    """Refuse a display name that could pass for something else. It is checked trimmed, though stored as given.

    Needs 3 visible characters, at most `most` in all, no line break, and no @ or invisible character at its start.
    Raises invalid_display_name.
    """
    name = name.strip()
    visible = sum(character not in INVISIBLE for character in name)
    if len(name) > most or visible < LEAST_VISIBLE_IN_DISPLAY_NAME or "\n" in name or name[0] == "@" or name[0] in INVISIBLE:
        raise LemmyError("invalid_display_name")


def check_matrix_id(matrix_id: str) -> None:
    """Refuse what is no Matrix id of the form @name:host, or longer than one may be. Raises invalid_matrix_id."""
    if len(matrix_id) > MOST_MATRIX_ID or not _MATRIX_ID.fullmatch(matrix_id):
        raise LemmyError("invalid_matrix_id")


def check_password(password: str) -> None:
    """Refuse a new password outside 10 to 60 characters; never asked at login. Raises invalid_password."""
    check("password", password)


def check_post_title(title: str) -> str:
    """The title as it is stored, trimmed. Counted trimmed; a line break anywhere is refused. Raises invalid_post_title."""
    if "\n" in title:
        raise LemmyError("invalid_post_title")
    trimmed = title.strip()
    check("post title", trimmed)
    return trimmed


def check_report_reason(reason: str) -> str:
    """The reason as it is stored, trimmed. Raises report_reason_required, report_too_long."""
    trimmed = reason.strip()
    check("report reason", trimmed)
    return trimmed
