"""Reads the query string of a GET request into its Struct."""

import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import inspect

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct

R = TypeVar("R", bound=Struct)

_SHOWN = 200
"""Characters of a cause that are sent back; a wrong value is echoed and may be long."""

_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
"""At most 20 characters: enough for 64 bits, and short enough that reading it costs nothing."""

_BOOLEANS = {"true": True, "false": False}


def decode_query(type_: type[R], raw: bytes) -> R:
    """The request in a raw query string (without the question mark).

    As Lemmy reads it: `true` and `false` spelled out, integers in plain decimal, unknown keys ignored, a known key at most once. Refused
    besides: bytes that are no UTF-8, and NUL characters, which Postgres cannot store. Raises LemmyError("unknown") with the cause as
    message.
    """
    readers = _readers(type_)
    values: dict[str, object] = {}
    for pair in raw.split(b"&"):
        if not pair:
            continue
        raw_key, _, raw_value = pair.partition(b"=")
        key = _text(raw_key)
        reader = readers.get(key)
        if reader is None:
            continue
        if key in values:
            raise LemmyError("unknown", f"Query field `{key}` is given twice")
        try:
            values[key] = reader(_text(raw_value))
        except ValueError as error:
            raise LemmyError("unknown", f"Query field `{key}`: {error}"[:_SHOWN]) from error
    try:
        return msgspec.convert(values, type_)
    except msgspec.ValidationError as error:
        raise LemmyError("unknown", str(error)[:_SHOWN]) from error


def _text(raw: bytes) -> str:
    """Percent decoding as in HTML forms, where a plus is a space; a stray percent sign stands for itself."""
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError as error:
        raise LemmyError("unknown", "The query string is not UTF-8") from error
    if "\0" in text:
        raise LemmyError("unknown", "The query string contains a NUL character")
    return text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("an integer is expected")
    return int(text)


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text]
    except KeyError:
        raise ValueError("true or false is expected") from None


@cache
def _readers(type_: type[Struct]) -> dict[str, Callable[[str], object]]:
    """How the text of each field becomes a value; enums and bounds are left to msgspec afterwards."""
    info = inspect.type_info(type_)
    assert isinstance(info, inspect.StructType)
    return {field.encode_name: _reader(field.type) for field in info.fields}


def _reader(field: inspect.Type) -> Callable[[str], object]:
    alternatives = field.types if isinstance(field, inspect.UnionType) else (field,)
    for alternative in alternatives:
        match alternative:
            case inspect.IntType():
                return _integer
            case inspect.BoolType():
                return _boolean
            case inspect.StrType() | inspect.EnumType():
                return str
            case inspect.NoneType():
                continue
    raise TypeError(f"a query string cannot carry {field}")
