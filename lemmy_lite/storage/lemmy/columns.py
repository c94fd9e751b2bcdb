"""What becomes of one column: from the text of COPY to a value of ours."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from lemmy_lite.model.clock import Micros, micros
from lemmy_lite.storage import packing

Found = Mapping[str, str | None]
"""A row of Lemmy's by the names of its columns."""


@dataclass(slots=True)
class Facts:
    """What reading some columns needs to know: the instance's address without a slash, how sessions' tokens are hashed, the accounts."""

    base_url: str
    hash_token: Callable[[str], str]
    local_people: dict[int, Micros] = field(default_factory=dict)
    """The people of this instance, with the moment each signed up."""
    addresses: set[str] = field(default_factory=set)
    """Mail addresses that are taken, in small letters."""
    notes: list[str] = field(default_factory=list)
    """What could not be taken over as it was, in sentences."""


class Column(NamedTuple):
    """How a value is made, and of which columns. One of Lemmy's that is not there leaves ours at its default."""

    needs: tuple[str, ...]
    read: Callable[[Found, Facts], Any]


def given(value: Any) -> Column:
    """Always the same."""
    return Column((), lambda found, facts: value)


def text(name: str) -> Column:
    """As it is."""
    return Column((name,), lambda found, facts: found[name])


def number(name: str) -> Column:
    """An integer."""
    return Column((name,), lambda found, facts: None if (value := found[name]) is None else int(value))


def real(name: str) -> Column:
    """A float."""
    return Column((name,), lambda found, facts: None if (value := found[name]) is None else float(value))


def flag(name: str) -> Column:
    """True or false."""
    return Column((name,), lambda found, facts: None if (value := found[name]) is None else value == "t")


def time(name: str) -> Column:
    """A moment, in microseconds."""
    return Column((name,), lambda found, facts: moment(found[name]))


_EARLIEST: Final = 0


def moment(value: str | None) -> Micros | None:
    """Postgres' `2024-01-02 03:04:05.678901+00` as microseconds. Without a zone it is UTC; `-infinity` is 1970, `infinity` never."""
    if value is None or value == "infinity":
        return None
    if value.startswith("-") or value.endswith("BC"):
        return _EARLIEST
    # Python 3.11 reads fractions of any length, and zones of hours alone.
    if "+" not in value[10:] and "-" not in value[10:]:
        value += "+00"
    return micros(datetime.fromisoformat(value))


def small(name: str) -> Column:
    """In small letters, as names are looked up."""
    return Column((name,), lambda found, facts: (found[name] or "").lower())


def either(name: str, otherwise: Callable[[Found], str]) -> Column:
    """As it is, or made of something else where there is nothing."""
    return Column((name,), lambda found, facts: found[name] or otherwise(found))


def is_local(name: str) -> Column:
    """Whether the person of this id is of this instance."""
    return Column((name,), lambda found, facts: int(found[name] or 0) in facts.local_people)


def hashed(name: str) -> Column:
    """A token as it is kept here: hashed."""
    return Column((name,), lambda found, facts: facts.hash_token(found[name] or ""))


def _address(found: Found, facts: Facts) -> str | None:
    """Small letters, and each once: Lemmy let two accounts have addresses that differ in case alone."""
    address = (found["email"] or "").strip().lower()
    if address in facts.addresses:
        facts.notes.append(f"account {found['id']} lost its mail address, which another account has as well")
        return None
    if address:
        facts.addresses.add(address)
    return address or None


ADDRESS: Final = Column(("email", "id"), _address)
SIGNED_UP: Final = Column(
    ("admin", "person_id"),
    lambda found, facts: facts.local_people.get(int(found["person_id"] or 0), _EARLIEST) if found["admin"] == "t" else None,
)
LINK: Final = Column(("pictrs_alias",), lambda found, facts: f"{facts.base_url}/pictrs/image/{found['pictrs_alias']}")

_ELEMENT: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')


def _inboxes(found: Found, facts: Facts) -> str:
    listed = [
        re.sub(r"\\(.)", r"\1", quoted) if quoted or not plain else plain for quoted, plain in _ELEMENT.findall(found["send_inboxes"] or "")
    ]
    return json.dumps([inbox for inbox in listed if inbox != "NULL"])


INBOXES: Final = Column(("send_inboxes",), _inboxes)
PAYLOAD: Final = Column(("data",), lambda found, facts: packing.packed((found["data"] or "").encode()))


def _about(found: Found, facts: Facts) -> str | None:
    """The id of what an activity is about: of an Announce, of what the announced one is about (delivery keeps the order of those)."""
    inner: Any = json.loads(found["data"] or "null")
    for _ in range(4):
        if not isinstance(inner, dict) or "object" not in inner:
            break
        inner = inner["object"]
    about = inner.get("id") if isinstance(inner, dict) else inner
    return about if isinstance(about, str) else None


ABOUT: Final = Column(("data",), _about)


def columns(
    texts: str = "", numbers: str = "", flags: str = "", times: str = "", reals: str = "", others: Mapping[str, Column] | None = None
) -> dict[str, Column]:
    """Columns that have the same name there and here, by kind, and others."""
    same = {text: texts, number: numbers, flag: flags, time: times, real: reals}
    return {name: kind(name) for kind, names in same.items() for name in names.split()} | dict(others or {})
