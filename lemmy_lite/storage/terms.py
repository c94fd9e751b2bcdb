"""What of a text is searched by: its terms, cut by our own hand, so that SQLite and Postgres find the same (README.md, 2026-11-22).

Both databases are given finished terms and only keep which row has which. A term is a word without regard to case and accents, or an
emoji; of scripts that are written without spaces between words, two neighbouring characters. Terms consist of letters, digits, marks and
emoji alone, so no sign that means something to a database can be in them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

MOST_TERMS = 10_000
"""Different terms kept of one text; a body of 50,000 characters has fewer but in Chinese and the like."""
MOST_ASKED = 32
"""Terms that one query may hold; it is searched without what comes after them."""
LONGEST_QUERY = 500
"""Characters of a query that are read."""
LONGEST = 32
"""Characters of a word that count: enough to tell words apart, little of pasted keys and hashes."""
_PREFIX = 3
"""From so many characters on, the last word of a query may be the beginning of a longer one."""
_IN_NAMES = 3
_UNSPACED_LENGTH = 2


def _marks() -> str:
    """Ranges of the vowel signs and other marks inside words, which Python does not count as letters (Devanagari, Arabic, Thai, …)."""
    blocks = (range(0x0483, 0x1CFF), range(0xA66F, 0xABEF))
    return "".join(chr(code) for block in blocks for code in block if unicodedata.category(chr(code)) in ("Mn", "Mc"))


# Han, kana, Hangul, Thai, Lao, Khmer and Myanmar. Hangul has spaces, but writes particles to its words.
_UNSPACED = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U000323af\uac00-\ud7a3\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u1049\u1050-\u109d\u1780-\u17d3"
)
# Signs, flags and pictures; not the modifiers of skin colour.
_EMOJI = "\u2600-\u27bf\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
_RUNS = re.compile(rf"(?P<unspaced>[{_UNSPACED}]+)|(?:[^\W_{_UNSPACED}]|[{_marks()}])+|[{_EMOJI}]")
_ASCII_WORDS = re.compile(r"[a-z0-9]+")
# Accents of European scripts, and the vowel signs that Hebrew and Arabic mostly leave out.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u064b-\u0652\u0670]+")


class Wanted(NamedTuple):
    """What a row must have to be found: each of these terms, and for each prefix a term that begins with it."""

    terms: tuple[str, ...]
    prefixes: tuple[str, ...]


def of_texts(texts: Iterable[str | None]) -> list[str]:
    """The different terms of some texts together, in the order in which they come."""
    return _different(term for text in texts if text for term in _terms(text))


def of_names(names: Iterable[str | None]) -> list[str]:
    """The terms of names, which are found by any part of them: three neighbouring characters each."""
    return _different(term for name in names if name for run, unspaced in _runs(name) for term in _parts(run, _part(unspaced)))


def wanted_of_text(query: str) -> Wanted:
    """The terms that a text must hold. The last word of the query may be the beginning of one."""
    terms: list[str] = []
    prefixes: list[str] = []
    runs = list(islice(_runs(query[:LONGEST_QUERY]), MOST_ASKED))
    for number, (run, unspaced) in enumerate(runs, 1):
        if unspaced:
            _ask_for_parts(run, _UNSPACED_LENGTH, terms, prefixes)
        else:
            (prefixes if number == len(runs) and len(run) >= _PREFIX else terms).append(run[:LONGEST])
    return _bounded(terms, prefixes)


def wanted_of_name(query: str) -> Wanted:
    """The terms that a name must hold to contain every word of the query."""
    terms: list[str] = []
    prefixes: list[str] = []
    for run, unspaced in islice(_runs(query[:LONGEST_QUERY]), MOST_ASKED):
        _ask_for_parts(run, _part(unspaced), terms, prefixes)
    return _bounded(terms, prefixes)


def holds(wanted: Wanted, texts: Iterable[str | None]) -> bool:
    """Whether some texts together have all that is wanted, as a table of their terms would tell. Nothing wanted is found nowhere."""
    if not wanted.terms and not wanted.prefixes:
        return False
    written = [text for text in texts if text]
    if 2 * sum(map(len, written)) < MOST_TERMS:  # so none of its terms is left out
        patterns = _patterns(wanted)
        plain = all(any(pattern.search(text) for text in written) for pattern in patterns)
        if plain and len(patterns) == len(wanted.terms) + len(wanted.prefixes):
            return True
        if all(map(str.isascii, written)):
            return False
    found = set(of_texts(written))
    return found.issuperset(wanted.terms) and all(any(term.startswith(prefix) for term in found) for prefix in wanted.prefixes)


@lru_cache(maxsize=16)
def _patterns(wanted: Wanted) -> list[re.Pattern[str]]:
    """What finds those of ASCII where nothing but ASCII is next to them, so that cutting the whole text, twenty times as slow, would find
    them too. Of a long word its beginning is the term."""
    ends = [(term, "" if len(term) >= LONGEST else "a-z0-9") for term in wanted.terms] + [(prefix, "") for prefix in wanted.prefixes]
    beyond = r"\x80-\U0010ffff"
    return [
        re.compile(f"(?<![a-z0-9{beyond}]){term}(?![{end}{beyond}])", re.ASCII | re.IGNORECASE)
        for term, end in ends
        if _ASCII_WORDS.fullmatch(term)
    ]


def _bounded(terms: list[str], prefixes: list[str]) -> Wanted:
    terms = list(dict.fromkeys(terms))[:MOST_ASKED]
    return Wanted(tuple(terms), tuple(dict.fromkeys(prefixes))[: MOST_ASKED - len(terms)])


def _different(terms: Iterator[str]) -> list[str]:
    found: dict[str, None] = {}
    for term in terms:
        found[term] = None
        if len(found) == MOST_TERMS:
            break
    return list(found)


def _terms(text: str) -> Iterator[str]:
    if text.isascii():  # most texts, ten times as fast
        for word in _ASCII_WORDS.findall(text.lower()):
            yield word[:LONGEST]
        return
    for run, unspaced in _runs(text):
        if unspaced:
            yield from _parts(run, _UNSPACED_LENGTH)
        else:
            yield run[:LONGEST]


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """The words of a text, and whether each is a run of a script without spaces."""
    for match in _RUNS.finditer(_folded(text)):
        yield match[0], match["unspaced"] is not None


def _folded(text: str) -> str:
    """Without regard to case, width and accents: `Über` is `uber`, `ﬁ` is `fi`, but `が` stays apart from `か`."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", text))


def _part(unspaced: bool) -> int:
    return _UNSPACED_LENGTH if unspaced else _IN_NAMES


def _parts(run: str, length: int) -> Iterator[str]:
    """Neighbouring characters, from each on; at the end fewer, so that every character begins a term."""
    return (run[start : start + length] for start in range(len(run)))


def _ask_for_parts(run: str, length: int, terms: list[str], prefixes: list[str]) -> None:
    if len(run) < length:
        prefixes.append(run)
    else:
        terms.extend(run[start : start + length] for start in range(len(run) - length + 1))
