"""Bytes from the wire into one reading of them: what two programs might read differently is refused (design rule 18)."""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)

MOST_LEVELS = 32
"""Objects and lists inside each other. An announced Create of a Page with attachments needs 6; PeerTube's videos need 8."""


class Malformed(ValueError):
    """Not the JSON of an activity or object; the text says where it stops being one."""


def read(body: bytes) -> dict[str, Any]:
    """A JSON object, strictly: UTF-8, no key twice, no NaN, no half of a surrogate pair, no deep nesting. Raises Malformed."""
    try:
        text = body.decode("utf-8")
        if "\\ud" in text or "\\uD" in text:
            # A pair written as escapes is one character; what is left of it alone could not be stored.
            json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")
        value = _STRICT.decode(text)
    except RecursionError as cause:
        raise Malformed("nested too deeply") from cause
    except ValueError as cause:  # bad UTF-8, bad JSON and absurdly long numbers alike
        raise Malformed(str(cause)) from cause
    if not isinstance(value, dict):
        raise Malformed("not an object")
    if text.count("{") + text.count("[") > MOST_LEVELS and _levels(value) > MOST_LEVELS:
        raise Malformed("nested too deeply")
    return value


def into(kind: type[T], value: object) -> T:
    """The Struct of a JSON object. Raises Malformed when a field that matters is absent or of another type."""
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError) as cause:
        raise Malformed(str(cause)) from cause


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a key appears twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_without_doubles, parse_constant=_no_number)


def _levels(value: object) -> int:
    """How deep a value nests, without recursion; stops counting beyond the limit."""
    level, here = 0, [value]
    while here and level <= MOST_LEVELS:
        inside: list[object] = []
        for each in here:
            if isinstance(each, dict):
                inside.extend(each.values())
            elif isinstance(each, list):
                inside.extend(each)
        here, level = inside, level + 1
    return level
