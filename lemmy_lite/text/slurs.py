"""The site's slur filter: one regular expression, written by an admin, that refuses titles and blots out words in texts.

The expression comes from an admin and the text from anybody, so it is matched in linear time (`linear_regex`). Source:
Lemmy 0.19.20, crates/utils/src/utils/slurs.rs and `build_and_check_regex`.
"""

from functools import lru_cache
from typing import Final

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.text.linear_regex import Pattern
from lemmy_lite.text.regex_syntax import InvalidPattern

REPLACEMENT: Final = "*removed*"

# Lemmy's probe: a filter that matches this innocent text would match nearly everything.
INNOCENT: Final = "1"


@lru_cache(maxsize=4)
def _compiled(regex: str) -> Pattern | None:
    """The pattern, None for an expression this dialect does not have."""
    try:
        return Pattern(regex)
    except InvalidPattern:
        return None


def check_regex(regex: str | None) -> None:
    """Refuse a filter that cannot be used; none at all, or an empty one, is fine. Raises invalid_regex, permissive_regex."""
    if not regex:
        return
    pattern = _compiled(regex)
    if pattern is None:
        raise LemmyError("invalid_regex")
    if pattern.is_in(INNOCENT):
        raise LemmyError("permissive_regex")


def check(regex: str | None, text: str | None) -> None:
    """Refuse a name, title or reason that holds a slur. A filter that `check_regex` would refuse filters nothing. Raises slurs."""
    pattern = _compiled(regex) if regex else None
    if pattern is not None and text and pattern.is_in(text):
        raise LemmyError("slurs", cause=f"No slurs - {', '.join(sorted({text[start:end] for start, end in pattern.spans(text)}))}")


def replace(regex: str | None, text: str) -> str:
    """The text with every slur in it replaced by *removed*."""
    pattern = _compiled(regex) if regex else None
    if pattern is None or not pattern.is_in(text):
        return text
    parts: list[str] = []
    done = 0
    for start, end in pattern.spans(text):
        parts += [text[done:start], REPLACEMENT]
        done = end
    return "".join([*parts, text[done:]])
