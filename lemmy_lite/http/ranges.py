"""Parts of a file (RFC 9110, 14): players jump within a film, and a phone that lost its connection goes on where it was.

One range is answered. Several at once are legal and used by nobody but those who want much for little (CVE-2011-3192), so they get the
whole file, as does what is no range at all; the standard allows both.
"""

import re
from typing import Final, NamedTuple

_ONE: Final = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)


class Part(NamedTuple):
    """Bytes of a file from `start`, `length` of them; 0 where the file has nothing there, which is a 416."""

    start: int
    length: int


def asked(header: str | None, if_range: str | None, tag: str | None, size: int) -> Part | None:
    """The part of a file of `size` bytes that is wanted; None for all of it.

    `if_range` is what the client says it holds the beginning of: only of that very file (`tag`, a strong ETag) it gets the rest.
    """
    if header is None or (if_range is not None and (if_range != tag or if_range.startswith("W/"))):
        return None
    found = _ONE.fullmatch(header.strip())
    if found is None or not (found[1] or found[2]):
        return None
    first, last = found[1], found[2]
    if not first:
        length = min(int(last), size)
        return Part(size - length, length)
    start, end = int(first), min(int(last) + 1 if last else size, size)
    if last and int(last) < int(first):
        return None
    return Part(start, max(0, end - start))
