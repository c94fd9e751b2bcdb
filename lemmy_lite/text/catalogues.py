"""Gettext catalogues as text: `.po` files read as they are.

Not by babel's own reader, which takes a second for the site's sentences on a Raspberry Pi and three megabytes: what a catalogue of ours
holds is a small part of the format (gettext manual, "The Format of PO Files"), and that part is the whole of this module.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from gettext import c2py
from types import MappingProxyType
from typing import Final, NamedTuple

_LINE: Final = re.compile(r'(?:(msgid|msgid_plural|msgstr|msgstr\[(\d)\])\s+)?(".*")$')
_PLURAL: Final = re.compile(r"Plural-Forms:\s*nplurals=(\d+);\s*plural=(.+?);?\s*\n")
_GERMANIC: Final = "n != 1"


class Catalogue(NamedTuple):
    """What a language says: sentences by the English one; those with a number in `forms` by the English singular, in each of the plural
    forms of the language, of which `form` tells the one for a number."""

    sentences: Mapping[str, str] = MappingProxyType({})
    forms: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    plurals: Mapping[str, str] = MappingProxyType({})
    """The English plural of each sentence in `forms`, whether it is translated or not."""
    every: frozenset[str] = frozenset()
    """The English of all sentences, of those as well that are not translated yet."""
    form: Callable[[int], int] = lambda number: int(number != 1)
    number_of_forms: int = 2


def read(text: str) -> Catalogue:
    """A catalogue out of the text of a `.po` file. What is not translated is left out of `sentences` and `forms`. Raises ValueError for
    what is no catalogue, and for a sentence that stands there twice."""
    sentences: dict[str, str] = {}
    forms: dict[str, tuple[str, ...]] = {}
    plurals: dict[str, str] = {}
    every: set[str] = set()
    header = ""
    for entry in _entries(text.splitlines()):
        key = entry["msgid"]
        if not key:
            header = entry.get("msgstr", "")
            continue
        if key in every:
            raise ValueError(f"{key!r} stands there twice")
        every.add(key)
        if "msgid_plural" in entry:
            plurals[key] = entry["msgid_plural"]
            said = tuple(entry[f"msgstr[{number}]"] for number in range(9) if f"msgstr[{number}]" in entry)
            if all(said):
                forms[key] = said
        elif entry.get("msgstr"):
            sentences[key] = entry["msgstr"]
    found = _PLURAL.search(header)
    count, rule = (int(found[1]), found[2]) if found else (2, _GERMANIC)
    return Catalogue(sentences, forms, plurals, frozenset(every), c2py(rule), count)


def _entries(lines: Iterable[str]) -> Iterable[dict[str, str]]:
    """Each entry by its keywords. Comments and entries that were taken out (`#~`) are passed over."""
    entry: dict[str, str] = {}
    keyword = ""
    for line in lines:
        if not line or line.startswith("#"):
            continue
        found = _LINE.match(line)
        if found is None or not (found[1] or keyword):
            raise ValueError(f"no line of a catalogue: {line!r}")
        if found[1] == "msgid" and entry:
            yield entry
            entry = {}
        keyword = found[1] or keyword
        entry[keyword] = entry.get(keyword, "") + str(ast.literal_eval(found[3]))
    if entry:
        yield entry
