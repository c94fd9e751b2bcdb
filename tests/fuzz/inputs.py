"""Ways to make inputs: pieces of a grammar put together, and good samples changed a little."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.fuzz.target import CORPUS, Kind

Place = tuple[Any, ...]

STRANGE: tuple[str, ...] = (
    "",
    " ",
    "\x00",
    "\ufeff",
    "\u202e",
    "\ud800",
    "\U0010ffff",
    "\u2028",
    "\u0130",
    "\u00b2",
    "0",
    "-1",
    "9" * 30,
    "9" * 5000,
    "1e400",
    "%00",
    "%ff",
    "%2e%2e/",
    "../../x",
    "\r\nSet-Cookie: a=b",
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "https://[::1",
    "http://127.0.0.1:22/",
    "{{7*7}}",
    "' OR 1=1 --",
    "x" * 5000,
)
"""Texts that have broken something somewhere."""

VALUES: tuple[Any, ...] = (None, True, 0, -1, 2**31, 2**63, 2**70, 1.5, [], [[]], {}, {"id": 5}, [None], *STRANGE)
"""Values of JSON where others were expected."""

strange_texts: SearchStrategy[str] = st.sampled_from(STRANGE) | st.text(max_size=30)
any_json: SearchStrategy[Any] = st.recursive(
    st.sampled_from(VALUES) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@cache
def words(name: str) -> tuple[str, ...]:
    """Words of a grammar, from `words/<name>.txt`: each line is one, as a string of JSON."""
    return tuple(map(json.loads, (Path(__file__).parent / "words" / f"{name}.txt").read_text(encoding="utf-8").splitlines()))


def samples(target: str) -> tuple[Any, ...]:
    """The good inputs among the kept ones of a target, to be changed."""
    return tuple(Kind(path.suffix).read(path.read_bytes()) for path in sorted((CORPUS / target).glob("sample-*")))


def pieces(found: Sequence[str], most: int = 40) -> SearchStrategy[str]:
    """Pieces of a grammar in any order, with some text between that nobody thought of."""
    return st.lists(st.sampled_from(found) | strange_texts, max_size=most).map("".join)


@st.composite
def changed_bytes(draw: DrawFn, samples: Sequence[bytes]) -> bytes:
    """A sample with up to eight changes: bytes turned, cut out, said twice, exchanged with those of another sample; or its end lost."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 8))):
        where = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 16))
        match draw(st.sampled_from(["turn", "cut", "repeat", "put", "number", "end", "splice"])):
            case "turn" if where < len(data):
                data[where] = draw(st.integers(0, 255))
            case "cut":
                del data[where : where + length]
            case "repeat":
                data[where:where] = data[where : where + length] * draw(st.integers(1, 8))
            case "put":
                data[where:where] = draw(st.binary(max_size=16))
            case "number":
                size = draw(st.sampled_from((1, 2, 4, 8)))
                number = draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**64 - 1)))
                data[where : where + size] = (number & (1 << 8 * size) - 1).to_bytes(size, draw(st.sampled_from(("big", "little"))))
            case "end":
                del data[where:]
            case "splice":
                other = draw(st.sampled_from(samples))
                start = draw(st.integers(0, len(other)))
                data[where : where + length] = other[start : start + length]
    return bytes(data)


@st.composite
def changed_text(draw: DrawFn, samples: Sequence[str], words: Sequence[str] = ()) -> str:
    """A sample with up to six changes: parts cut out, said twice, moved, or exchanged for words of its grammar or for strange ones."""
    text = draw(st.sampled_from(samples))
    new = st.sampled_from(words) | strange_texts if words else strange_texts
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 20)))
        match draw(st.sampled_from(["put", "exchange", "cut", "repeat", "end"])):
            case "put":
                text = text[:start] + draw(new) + text[start:]
            case "exchange":
                text = text[:start] + draw(new) + text[end:]
            case "cut":
                text = text[:start] + text[end:]
            case "repeat":
                text = text[:start] + text[start:end] * draw(st.integers(2, 40)) + text[end:]
            case "end":
                text = text[:start]
    return text


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where all values within a JSON value are, those that hold others too."""
    if place:
        yield place
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield from places(each, (*place, name))


def at(value: Any, place: Place) -> Any:
    """What stands at a place."""
    for name in place:
        value = value[name]
    return value


@st.composite
def changed_json(draw: DrawFn, samples: Sequence[Any], values: Sequence[Any] = (), most: int = 3) -> Any:
    """A sample with up to `most` of its values exchanged, taken away, doubled, wrapped or renamed; `values` mean something where they
    stand, so they are taken more often than strange ones."""
    found = copy.deepcopy(draw(st.sampled_from(samples)))
    new = st.sampled_from(values) | st.sampled_from(VALUES) | any_json if values else st.sampled_from(VALUES) | any_json
    for _ in range(draw(st.integers(0, most))):
        known = list(places(found))
        if not known:
            break
        place = draw(st.sampled_from(known))
        holder, name = at(found, place[:-1]), place[-1]
        match draw(st.sampled_from(["exchange", "exchange", "leave", "double", "list", "wrap", "move", "rename"])):
            case "exchange":
                holder[name] = copy.deepcopy(draw(new))
            case "leave":
                del holder[name]
            case "double":
                holder[name] = [copy.deepcopy(holder[name]), copy.deepcopy(holder[name])]
            case "list":
                holder[name] = [holder[name]]
            case "wrap":
                holder[name] = {draw(st.sampled_from(("id", "object", "type", "href"))): holder[name]}
            case "move":
                holder[name] = copy.deepcopy(at(found, draw(st.sampled_from(known))))
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from(("id", "type", "object", "actor", "to", "target", "x")))] = holder.pop(name)
    return found


def minimised(value: bytes | str, fails: Callable[[Any], bool]) -> bytes | str:
    """The shortest part of an input that still fails, found by leaving out ever smaller stretches."""
    size = max(1, len(value) // 2)
    while size:
        start = 0
        while start < len(value):
            shorter = value[:start] + value[start + size :]  # type: ignore[operator]  # both of one type
            if fails(shorter):
                value = shorter
            else:
                start += size
        size //= 2
    return value


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A JSON value with `{name}` in its texts exchanged for what it stands for in this run, such as an address with its port."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, dict):
        return {filled(name, names): filled(each, names) for name, each in value.items()}
    return [filled(each, names) for each in value] if isinstance(value, list) else value
