"""Values that no client should send, by the type of the field they are sent for."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import inspect

from lemmy_lite.model.struct import Struct

LONG = "x" * 1_000_000

STRINGS = (
    "",
    " \t\n",
    LONG,
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{ZERO WIDTH JOINER}\N{COMBINING ENCLOSING KEYCAP}" * 20,
    "\N{PILE OF POO}" * 500,
    "\ufdfa\u0301\ufffe\uffff\U0010ffff",
    "'; DROP TABLE person; --",
    '" OR ""="',
    "%' OR 1=1 OR '%'='",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{7*7}}${7*7}%s%n%x",
    "../../../../etc/passwd",
    "a\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    "http://[::1",
    "https://\N{SNOWMAN}.example:99999/\\@b",
    "magnet:?" + "&" * 1000,
    "@a@b@c!d@e",
    "(((((a+)+)+)+)+)+$",
    "[" * 4000 + "](" * 2000,
    "> " * 2000 + "* " * 2000,
    "P" + "f" * 17,
)
"""Each may be taken or refused, but must not break anything."""

WEIGHTY = (LONG, STRINGS[5], STRINGS[6])
"""The three most likely to break something, where trying all would take too long."""

INTEGERS = (-1, 0, 2**31 - 1, -(2**31))
"""Within 32 bits, but hardly ever meant."""

REFUSED_IN_JSON: dict[str, tuple[str, ...]] = {
    "int": ('"1"', '"x"', "1.5", "true", "[]", "{}", "NaN", "1e400", "9" * 4000, str(2**63), str(-(2**63) - 1)),
    "str": ("1", "true", "[]", "{}", r'"\ud800"', r'"\u0000"', r'"a\u0000b"', '"\udcff"', '"\\x"', '"'),
    "bool": ("1", "0", '"true"', "[]", "{}"),
    "enum": ("1", '""', '"Nonsense"', "true", "[]", "{}", r'"\ud800"'),
    "object": ("1", '"x"', "true", "[]", "[{}]"),
    "list": ("1", '"x"', "{}", "[[]]", "[null]", "[true, {}]", "[" * 3000 + "]" * 3000),
}
"""JSON texts that are no value of the kind."""

REFUSED_IN_A_QUERY: dict[str, tuple[str, ...]] = {
    "int": ("", "x", "1.5", "1e3", "+1", "0x1", "%d9%a1", "9" * 4000, str(2**63), str(-(2**63) - 1), "%00", "%ff"),
    "str": ("%00", "a%00b", "%ff", "%ed%a0%80"),
    "bool": ("", "1", "True", "yes", "%00"),
    "enum": ("", "Nonsense", "0", "%00"),
}
"""Raw texts, percent-encoded, that are no value of the kind."""


class Field(NamedTuple):
    """One field of a request: its name, kind (a key of the tables above) and whether it must be there."""

    name: str
    kind: str
    required: bool


def fields_of(request: type[Struct]) -> list[Field]:
    """The fields of a request."""
    info = inspect.type_info(request)
    assert isinstance(info, inspect.StructType)
    return [Field(each.encode_name, _kind(each.type), each.required) for each in info.fields]


def _kind(type_: inspect.Type) -> str:
    alternatives = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    for alternative in alternatives:
        match alternative:
            case inspect.IntType():
                return "int"
            case inspect.StrType():
                return "str"
            case inspect.BoolType():
                return "bool"
            case inspect.EnumType():
                return "enum"
            case inspect.ListType():
                return "list"
            case inspect.StructType() | inspect.DictType():
                return "object"
    raise TypeError(f"no hostile values for {type_}")


def taken_or_refused(field: Field) -> Iterator[Any]:
    """Values of the right type that nobody means."""
    if field.kind == "str":
        yield from STRINGS
    elif field.kind == "int" and not field.name.startswith("rate_limit_"):  # 0 would shut the test out
        yield from INTEGERS
    elif field.kind == "list":
        yield from ([], [-1], [2**31 - 1], [0] * 20_000, ["x"], [LONG])


def json_with(fields: dict[str, Any], name: str, text: str) -> bytes:
    """A JSON object of fields in which one is spelled as a raw text; lone surrogates in it are bytes that are no UTF-8."""
    others = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items() if key != name]
    return ("{" + ", ".join([*others, f"{json.dumps(name)}: {text}"]) + "}").encode(errors="surrogateescape")
