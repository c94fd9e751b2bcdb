"""Values in the many forms in which peers write them: a string or an object with an id, one or a list, times, languages, images."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from lemmy_lite.federation.protocol.wire import Wire
from lemmy_lite.model.clock import Micros, micros
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import LANGUAGE_OF_CODE, LANGUAGES, UNDETERMINED

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_PUBLIC_SPELLINGS = frozenset({PUBLIC, "as:Public", "Public"})  # the compact forms are allowed by ActivityPub, section 5.6

MOST_VALUES = 500
"""Addresses or links read from one list."""


class Source(Wire):
    """What a text looked like before it was rendered."""

    content: str
    media_type: str


class Image(Wire):
    """A picture."""

    type: str
    url: str


class LanguageTag(Wire):
    """The language of a text, as Lemmy writes it (schema.org/Language)."""

    identifier: str
    name: str


def one(value: object) -> str | None:
    """The id that a value names: a string, an object with an id, or the first of a list."""
    if isinstance(value, str):
        return value or None
    return next(iter(every(value)), None)


def every(value: object) -> list[str]:
    """All ids that a value names, in their order."""
    listed = value if isinstance(value, list) else [value]
    return [found for each in listed[:MOST_VALUES] if (found := _id(each))]


def _id(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("id") or value.get("href")
    return value if isinstance(value, str) and value else None


def is_public(addressees: Iterable[str]) -> bool:
    """Whether the world is among the addressees."""
    return not _PUBLIC_SPELLINGS.isdisjoint(addressees)


def kind(document: object) -> str:
    """The type of an object; empty for what has none that is a word."""
    found = document.get("type") if isinstance(document, dict) else None
    return found if isinstance(found, str) else ""


def text(value: object) -> str | None:
    """A text, or None for an empty one and for anything else."""
    return value if isinstance(value, str) and value.strip() else None


def source(value: object) -> str | None:
    """The markdown of a `source`; None when it is something else."""
    if isinstance(value, dict) and value.get("mediaType") == "text/markdown":
        content = value.get("content")
        return content if isinstance(content, str) else None
    return None


def link(value: object) -> str | None:
    """The address of a picture or link: a string, an object with `url` or `href`, or the first of a list."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            found = each.get("href") or each.get("url")
            found = link(found) if isinstance(found, list | dict) else found
        else:
            found = each
        if isinstance(found, str) and found:
            return found
    return None


def image(url: str | None) -> Image | None:
    """A picture for the wire."""
    return Image(type="Image", url=url) if url else None


def written(markdown: str | None) -> Source | None:
    """The source of a text for the wire."""
    return None if markdown is None else Source(content=markdown, media_type="text/markdown")


def when(moment: datetime | None) -> str | None:
    """A time for the wire: UTC to the microsecond, as Lemmy writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def read_when(value: object) -> Micros | None:
    """A time from the wire; None when it is absent or unreadable."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return micros(moment.astimezone(UTC))
    except OverflowError:
        return None


def language(number: LanguageId) -> LanguageTag | None:
    """The tag of a language; None for Undetermined, as Lemmy leaves it out."""
    return None if number == UNDETERMINED else languages([number])[0]


def languages(numbers: list[LanguageId]) -> list[LanguageTag]:
    """The tags of several languages."""
    return [LanguageTag(identifier=LANGUAGES[number].code, name=LANGUAGES[number].name) for number in numbers]


def read_languages(value: object) -> list[LanguageId]:
    """The languages that are known here among those tagged; Mastodon tags with plain codes."""
    found = []
    for each in (value if isinstance(value, list) else [value])[:MOST_VALUES]:
        code: Any = each.get("identifier") if isinstance(each, dict) else each
        if isinstance(code, str) and (known := LANGUAGE_OF_CODE.get(code)):
            found.append(known.id)
    return found
