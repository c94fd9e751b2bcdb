"""The page cursor of post lists: opaque to clients, and enough to go on exactly where the last page ended.

Ours is "1" and the base64url text of what Reached holds, with a check sum, so that a mangled one is refused rather than misread; it
needs no signature, for whoever forges one merely asks for another place of the same list. Lemmy's own are "P" and a hexadecimal post id.
"""

import base64
import binascii
import math
import re
import struct
import zlib

from lemmy_lite.domain.ranking import Key
from lemmy_lite.model.clock import MINUTE, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.listing import SortType
from lemmy_lite.model.struct import Struct

_LAYOUT = struct.Struct(">BBqqdqqI")
_SORTS = tuple(SortType)  # new sorts go to the end: cursors live as long as bookmarks
_LEMMYS = re.compile(r"P([0-9a-fA-F]{1,8})")
_PINNED, _SAVED = 1, 2
_EXACT = 2.0**62


class Reached(Struct):
    """Where a walk stands: frozen at the moment of its first page, when `newest` was the highest id, after the post with `key`."""

    sort: SortType
    saved: bool
    frozen: Micros
    newest: PostId
    key: Key


def write(reached: Reached) -> str:
    """The cursor for what comes after `reached`."""
    key = reached.key
    flags = _PINNED * key.pinned | _SAVED * reached.saved
    numbers = (_SORTS.index(reached.sort), flags, reached.frozen, reached.newest, float(key.main), key.second, key.id)
    text = _LAYOUT.pack(*numbers, 0)[:-4]
    return _text(text + zlib.crc32(text).to_bytes(4, "big"))


def read(text: str, now: Micros) -> Reached | PostId:
    """A cursor of ours, or the post that a cursor of Lemmy's kind names. Raises LemmyError couldnt_get_posts for anything else."""
    if lemmys := _LEMMYS.fullmatch(text):
        return PostId(int(lemmys[1], 16))
    try:
        data = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
        sort, flags, frozen, newest, main, second, number, check = _LAYOUT.unpack(data)
    except (binascii.Error, ValueError, struct.error) as error:
        raise LemmyError("couldnt_get_posts", cause=f"cursor: {error}") from error
    genuine = text == _text(data) and check == zlib.crc32(data[:-4]) and sort < len(_SORTS) and flags <= _PINNED + _SAVED
    if not genuine or not math.isfinite(main) or abs(main) > _EXACT or frozen > now + MINUTE or frozen < 0:
        raise LemmyError("couldnt_get_posts", cause="cursor: not one of ours")
    key = Key(flags & _PINNED, main, second, number)
    return Reached(sort=_SORTS[sort], saved=bool(flags & _SAVED), frozen=frozen, newest=PostId(newest), key=key)


def _text(data: bytes) -> str:
    return "1" + base64.urlsafe_b64encode(data).decode().rstrip("=")
