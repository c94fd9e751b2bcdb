"""Numbers and dates as a language writes them: sole user of babel, which is loaded with the first page that is not in English.

English is written here, as most pages are English: babel and one language are six megabytes.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

SOURCE: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})
_MOST: Final = 4096


def direction(language: str) -> str:
    """`rtl` or `ltr`, as in HTML."""
    return "rtl" if language.partition("_")[0] in RIGHT_TO_LEFT else "ltr"


def compact(number: int, language: str = SOURCE) -> str:
    """In English at most four characters and a sign: `999`, `1.2k`, `15k`, `1.2M`; elsewhere as it is usual: `1,2 Mio.`, `1.2万`.
    Rounded down, so that 999,999 is not called a million."""
    if -1000 < number < 1000:
        return str(number) if number >= 0 else f"{_minus(language)}{-number}"
    return _english(number) if language == SOURCE else _compact(number, language)


def _minus(language: str) -> str:
    """With a mark that keeps it before its digits among letters that run from the right, as CLDR writes it in Arabic."""
    return "\u200e\u2212" if direction(language) == "rtl" else "\u2212"


def _english(number: int) -> str:
    size, sign = abs(number), "\u2212" if number < 0 else ""
    for unit, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if size >= unit:
            whole, tenth = size // unit, size % unit * 10 // unit
            return f"{sign}{whole}.{tenth}{letter}" if whole < 10 and tenth else f"{sign}{whole}{letter}"
    return f"{sign}{size}"


@lru_cache(maxsize=_MOST)
def _compact(number: int, language: str) -> str:
    from babel.numbers import format_compact_decimal, format_decimal

    size, sign = abs(number), _minus(language) if number < 0 else ""
    known = size // 10 ** (len(str(size)) - 2) * 10 ** (len(str(size)) - 2)  # two digits, rounded down
    words = format_compact_decimal(known, locale=language, fraction_digits=1)
    if words.isdecimal():  # a language without a short word for thousands
        words = format_decimal(size, locale=language)
    return sign + words


def day(when: datetime, language: str = SOURCE) -> str:
    """A date written out, as `22 November 2026`, in UTC."""
    when = when.astimezone(UTC)
    if language == SOURCE:
        return f"{when.day} {when:%B} {when.year}"
    return _day(when.date(), language)


def month(when: date, language: str = SOURCE) -> str:
    """A month with its year, as `November 2026`."""
    return f"{when:%B} {when.year}" if language == SOURCE else _by_skeleton("yMMMM", when, language)


def month_short(when: date, language: str = SOURCE) -> str:
    """A month in little room, as `Nov`."""
    return f"{when:%b}" if language == SOURCE else _by_skeleton("LLL", when, language)


def day_of_month(when: datetime, language: str = SOURCE) -> str:
    """A day where the year is known, as `22 Nov`, in UTC."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%b}" if language == SOURCE else _by_skeleton("MMMd", when.date(), language)


@lru_cache(maxsize=_MOST)
def _by_skeleton(skeleton: str, when: date, language: str) -> str:
    from babel.dates import format_date, format_skeleton

    return format_date(when, skeleton, locale=language) if skeleton == "LLL" else format_skeleton(skeleton, when, locale=language)


@lru_cache(maxsize=_MOST)
def _day(when: date, language: str) -> str:
    from babel.dates import format_date

    return format_date(when, "long", locale=language)
