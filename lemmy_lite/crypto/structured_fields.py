"""The part of Structured Fields (RFC 9651, once 8941) that signatures need, read strictly.

Where the RFC lets the last of two equal keys win, we refuse: two programs that read one header differently are how signatures
get bypassed (Mastodon's fix 37375).
"""

import base64
import binascii
import re
from typing import TypeVar

from lemmy_lite.model.struct import Struct

MAX_FIELD_CHARACTERS = 8192
MAX_MEMBERS = 8
MAX_ITEMS = 32

_KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")


Value = TypeVar("Value")


class MalformedField(ValueError):
    """The header is not what its grammar says, or says a thing twice."""


class InnerList(Struct):
    """One member of a `Signature-Input`: the covered names in order, the parameters, and the exact text of both."""

    items: tuple[str, ...]
    parameters: dict[str, str | int]
    text: str


class _Reader:
    """Walks over the text once, from left to right; every pattern is linear."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_FIELD_CHARACTERS:
            raise MalformedField("The header is too long.")
        self.text = text.strip(" ")
        self.at = 0

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def take(self, literal: str) -> bool:
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        return False

    def expect(self, literal: str) -> None:
        if not self.take(literal):
            raise MalformedField(f"Expected {literal!r} at character {self.at}.")

    def key(self) -> str:
        found = self.match(_KEY)
        if not found:
            raise MalformedField(f"Expected a name at character {self.at}.")
        return found[0]

    def string(self) -> str:
        found = self.match(_STRING)
        if not found:
            raise MalformedField(f"Expected a quoted string at character {self.at}.")
        return re.sub(r"\\(.)", r"\1", found[1])

    def spaces(self) -> None:
        while self.take(" ") or self.take("\t"):
            pass

    def another_member(self) -> bool:
        """Moves past the comma between members; False at the end of the text."""
        self.spaces()
        if self.at == len(self.text):
            return False
        self.expect(",")
        self.spaces()
        return True


def parse_inner_lists(text: str) -> dict[str, InnerList]:
    """Reads a dictionary of inner lists of plain strings, which is what `Signature-Input` is.

    Raises MalformedField, also for parameters on a covered name (`;req`, `;key=…`): no ActivityPub peer uses them.
    """
    reader = _Reader(text)
    members: dict[str, InnerList] = {}
    while True:
        key = reader.key()
        reader.expect("=")
        start = reader.at
        items = _items(reader)
        parameters = _parameters(reader)
        _add(members, key, InnerList(items=items, parameters=parameters, text=reader.text[start : reader.at]))
        if not reader.another_member():
            return members


def parse_byte_sequences(text: str) -> dict[str, bytes]:
    """Reads a dictionary of byte sequences, which `Signature` and `Content-Digest` are. Raises MalformedField."""
    reader = _Reader(text)
    members: dict[str, bytes] = {}
    while True:
        key = reader.key()
        reader.expect("=")
        found = reader.match(_BYTES)
        if not found:
            raise MalformedField(f"Expected bytes between colons at character {reader.at}.")
        try:
            _add(members, key, base64.b64decode(found[1], validate=True))
        except binascii.Error as cause:
            raise MalformedField("The bytes between the colons are not base64.") from cause
        if not reader.another_member():
            return members


def _add(members: dict[str, Value], key: str, value: Value) -> None:
    if key in members:
        raise MalformedField(f"The member {key!r} appears twice.")
    if len(members) == MAX_MEMBERS:
        raise MalformedField(f"The header has more than {MAX_MEMBERS} members.")
    members[key] = value


def _items(reader: _Reader) -> tuple[str, ...]:
    reader.expect("(")
    items: list[str] = []
    while True:
        reader.spaces()
        if reader.take(")"):
            return tuple(items)
        items.append(reader.string())
        if len(items) > MAX_ITEMS:
            raise MalformedField(f"More than {MAX_ITEMS} parts are covered.")
        if reader.text[reader.at : reader.at + 1] not in (" ", ")"):
            raise MalformedField("A covered part carries parameters, or two parts touch each other.")


def _parameters(reader: _Reader) -> dict[str, str | int]:
    parameters: dict[str, str | int] = {}
    while reader.take(";"):
        reader.spaces()
        key = reader.key()
        reader.expect("=")
        value: str | int
        if number := reader.match(_INTEGER):
            value = int(number[0])
        elif reader.text.startswith('"', reader.at):
            value = reader.string()
        elif token := reader.match(_TOKEN):
            value = token[0]
        else:
            raise MalformedField(f"The parameter {key!r} has no readable value.")
        if key in parameters:
            raise MalformedField(f"The parameter {key!r} appears twice.")
        parameters[key] = value
    return parameters
