"""Sentences in the reader's language: gettext catalogues in `assets/locale/<language>/<domain>.po`.

The key of a sentence is the sentence in English, so what is not translated yet is read in English. Placeholders are written `{name}` and
filled in by `said`; a catalogue is part of the program and trusted, the values put in are not looked at again. Catalogues are read as they
are (no compiled form that could be forgotten), with the first sentence in that language.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from lemmy_lite import assets

SOURCE: Final = "en"
_LOCALE: Final = "locale"


@cache
def languages(domain: str) -> frozenset[str]:
    """The codes of the languages that a domain of sentences is read in, English among them."""
    found = assets.folder() / _LOCALE
    return frozenset({SOURCE} | {file.parent.name for file in found.glob(f"*/{domain}.po")})


def best(domain: str, *wanted: str) -> str:
    """The first of the wanted languages that there is, its region left out if need be (`pt-BR`, `pt_BR`, `pt`); else English."""
    offered = {code.lower(): code for code in languages(domain)}
    for tag in wanted:
        code = tag.replace("_", "-").lower()
        if found := offered.get(code) or offered.get(code.split("-")[0]):
            return found
    return SOURCE


def said(domain: str, language: str, sentence: str, **values: object) -> str:
    """A sentence in a language, with its placeholders filled in. Plain text: who makes HTML of it escapes it."""
    return (_catalogue(domain, language).get(sentence) or sentence).format(**values)


@cache
def _catalogue(domain: str, language: str) -> Mapping[str, str]:
    if language == SOURCE or language not in languages(domain):
        return {}
    from babel.messages.pofile import read_po

    with assets.path(f"{_LOCALE}/{language}/{domain}.po").open("rb") as file:
        catalogue = read_po(file, charset="utf-8")
    return {each.id: each.string for each in catalogue if isinstance(each.id, str) and isinstance(each.string, str) and each.string}
