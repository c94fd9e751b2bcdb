"""Reads the JSON body of a request into its Struct."""

import re
from functools import cache
from typing import TypeVar

import msgspec

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct

R = TypeVar("R", bound=Struct)

_SHOWN = 200
"""Characters of a cause that are sent back; a wrong value is echoed and may be long."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""A NUL in a JSON string. It can be written as an escape only, and an even number of backslashes before it makes it plain text."""


def decode_body(type_: type[R], raw: bytes) -> R:
    """The request in a JSON body.

    Absent and null are the same for optional fields, unknown fields are ignored, and of a repeated key the last counts (Lemmy refuses
    those; nobody else reads the body, so there is nothing to disagree with). Refused: what is no JSON or no UTF-8, wrong types, numbers
    beyond their bounds, nesting beyond the interpreter's limit of about a thousand, and NUL characters, which Postgres cannot store.
    Raises LemmyError("unknown") with the cause as message.
    """
    if _NUL.search(raw):
        raise LemmyError("unknown", "JSON contains a NUL character")
    try:
        request: R = _decoder(type_).decode(raw)
        return request
    except msgspec.MsgspecError as error:
        raise LemmyError("unknown", str(error)[:_SHOWN]) from error
    except UnicodeDecodeError as error:
        raise LemmyError("unknown", "JSON is not UTF-8") from error
    except RecursionError as error:
        raise LemmyError("unknown", "JSON is nested too deeply") from error


@cache
def _decoder(type_: type[R]) -> msgspec.json.Decoder[R]:
    return msgspec.json.Decoder(type_)
