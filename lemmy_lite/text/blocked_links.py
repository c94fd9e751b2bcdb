"""The site's list of links that nobody may post.

An entry is stored without scheme and closing slash, and matches wherever it stands in a text between word boundaries, so
"rt.com" blocks "https://rt.com/abc" and not "art.com" or "rt.computer". Source: Lemmy 0.19.20, `build_url_str_without_scheme`
and `get_url_blocklist`, which build a regular expression of each entry; a plain search finds the same in linear time.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.text import links

MOST_ENTRIES: Final = 10_000

_HOST_WITH_PORT: Final = re.compile(r"[^/?#:]+:[0-9]+(?:[/?#]|$)")


def entry(text: str) -> str:
    """An entry as stored: read as a URL (http:// is supposed where no scheme stands), without scheme and closing slash.

    Raises invalid_url.
    """
    # "example.com:8080" looks like a scheme with something behind it; Lemmy refuses it, but what is meant is plain.
    if _HOST_WITH_PORT.match(text):
        text = f"http://{text}"
    try:
        url = links.parse(text)
    except links.RelativeUrl:
        url = links.parse(f"http://{text}")
    if url.scheme not in links.DEFAULT_PORTS:
        raise LemmyError("invalid_url")
    bare = str(msgspec.structs.replace(url, scheme="http")).removeprefix("http://").removesuffix("/")
    if not bare:
        raise LemmyError("invalid_url")
    return bare


def entries(texts: Iterable[str]) -> list[str]:
    """The whole list as stored, each entry once, in the order given. Raises invalid_url, too_many_items."""
    found = list(dict.fromkeys(map(entry, texts)))
    if len(found) > MOST_ENTRIES:
        raise LemmyError("too_many_items")
    return found


def check(text: str, blocked: Iterable[str]) -> None:
    """Refuse a URL or a whole markdown text that holds one of the stored entries. Raises blocked_url."""
    if any(_holds(text, bare) for bare in blocked):
        raise LemmyError("blocked_url")


def _holds(text: str, bare: str) -> bool:
    if not bare:
        return False
    start = text.find(bare)
    while start >= 0:
        if _is_boundary(text, start) and _is_boundary(text, start + len(bare)):
            return True
        start = text.find(bare, start + 1)
    return False


def _is_boundary(text: str, place: int) -> bool:
    """Whether a word starts or ends at this place, as \\b has it."""
    before = place > 0 and _is_word(text[place - 1])
    after = place < len(text) and _is_word(text[place])
    return before != after


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
