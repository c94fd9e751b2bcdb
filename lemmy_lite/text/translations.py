"""Sentences in the reader's language: gettext catalogues in `assets/locale/<language>/<domain>.po`.

The key of a sentence is the sentence in English, so what is not translated yet is read in English. Placeholders are written `{name}` and
filled in by `said`; a catalogue is part of the program and trusted, the values put in are not looked at again. Catalogues are read as they
are (no compiled form that could be forgotten), with the first sentence in that language.

Mails ask `said`; pages ask the `Sentences` of their language.
"""

from functools import cache
from typing import Final

from lemmy_lite import assets
from lemmy_lite.text import catalogues
from lemmy_lite.text.catalogues import Catalogue
from lemmy_lite.text.figures import compact

SOURCE: Final = "en"
_LOCALE: Final = "locale"
_IN_FULL: Final = 1000
"""Numbers from here on are written compactly."""
_MOST_COUNTED: Final = 2048
"""Counted sentences that a language remembers: ages and small numbers come again and again."""


@cache
def languages(domain: str) -> frozenset[str]:
    """The codes of the languages that a domain of sentences is read in, English among them."""
    found = assets.folder() / _LOCALE
    return frozenset({SOURCE} | {file.parent.name for file in found.glob(f"*/{domain}.po")})


@cache
def _offered(domain: str) -> dict[str, str]:
    return {code.lower(): code for code in languages(domain)}


def best(domain: str, *wanted: str) -> str:
    """The first of the wanted languages that there is, its region left out if need be (`pt-BR`, `pt_BR`, `pt`); else English."""
    offered = _offered(domain)
    for tag in wanted:
        code = tag.replace("_", "-").lower()
        if found := offered.get(code) or offered.get(code.split("-")[0]):
            return found
    return SOURCE


def said(domain: str, language: str, sentence: str, **values: object) -> str:
    """A sentence in a language, with its placeholders filled in. Plain text: who makes HTML of it escapes it."""
    return catalogue(domain, language).sentences.get(sentence, sentence).format(**values)


@cache
def catalogue(domain: str, language: str) -> Catalogue:
    """What a language says in a domain; nothing where there is no such catalogue."""
    if language == SOURCE or language not in languages(domain):
        return Catalogue()
    return catalogues.read(assets.path(f"{_LOCALE}/{language}/{domain}.po").read_text(encoding="utf-8"))


class Phrase(str):
    """A sentence of ours in English that remembers how it was made, so that a page can say it in another language."""

    __slots__ = ("many", "sentence", "values")

    sentence: str
    many: str | None
    values: dict[str, object]


def phrase(sentence: str, **values: object) -> Phrase:
    """A sentence for a reader of whose language nothing is known here; among the values may be phrases and words of other people."""
    made = Phrase(sentence.format(**values) if values else sentence)
    made.sentence, made.many, made.values = sentence, None, values
    return made


def phrases(one: str, many: str, count: int, **values: object) -> Phrase:
    """The same with a number, `{count}`."""
    made = Phrase((one if count == 1 else many).format(count=compact(count), **values))
    made.sentence, made.many, made.values = one, many, {**values, "count": count}
    return made


class Sentences(dict[str, str]):
    """Everything that pages say in one language. `_["Save"]` is the sentence as it stands, for those that stand in templates: what is not
    translated is remembered as it is, so nothing that a visitor could choose may be asked so. `_(text, …)` fills in values, and takes
    Phrases and words that are no sentence of ours as well."""

    def __init__(self, language: str, *domains: str) -> None:
        """The first domain's rule says how the language counts."""
        found = [catalogue(domain, language) for domain in domains]
        super().__init__({sentence: text for each in found for sentence, text in each.sentences.items()})
        self.language = language
        self._forms = {sentence: forms for each in found for sentence, forms in each.forms.items()}
        self._form = found[0].form if found else Catalogue().form
        self._counted: dict[tuple[str, int], str] = {}

    def __missing__(self, sentence: str) -> str:
        self[sentence] = sentence
        return sentence

    def __call__(self, text: str, **values: object) -> str:
        """A sentence with its values. A text that nobody translated comes back as it is."""
        if isinstance(text, Phrase):
            own = {name: self(value) if isinstance(value, Phrase) else value for name, value in text.values.items()}
            if text.many is not None:
                count = own.pop("count")
                return self.plural(text.sentence, text.many, count if isinstance(count, int) else 0, **own)
            text, values = text.sentence, own
        found = self.get(text, text)
        return found.format(**values) if values else found

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """A sentence that counts something, `{count}`, written compactly: `ngettext` of the templates."""
        if not values and (known := self._counted.get((one, count))) is not None:
            return known
        forms = self._forms.get(one)
        shown = min(abs(count), _IN_FULL)  # of "2.8 thousand" the last digits are neither shown nor said
        text = (one if count == 1 else many) if forms is None else forms[self._form(shown)]
        made = text.format(count=compact(count, self.language), **values)
        if not values and len(self._counted) < _MOST_COUNTED:
            self._counted[one, count] = made
        return made
