"""Every sentence of the site, found in its templates and modules: for the test of the catalogues, and for whoever translates.

`python -m tests.http.web.sentences de` prints what German lacks, as entries of a catalogue.
"""

import ast
import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes

from lemmy_lite import assets
from lemmy_lite.domain import post, postman
from lemmy_lite.domain.backup import by_hand, keeping
from lemmy_lite.federation import clock_gate
from lemmy_lite.federation.backfill import reopening
from lemmy_lite.http import errors as http_errors
from lemmy_lite.http.web import (
    choices,
    inbox,
    instance,
    modlog_line,
    person,
    registration,
    report,
    script,
    settings_backup,
    site,
    site_fields,
    template_language,
    wording,
)
from lemmy_lite.http.web.modlog_line import Line
from lemmy_lite.mail import smtp
from lemmy_lite.model.errors import ERRORS
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.text.translations import catalogue

WEB = Path(site.__file__).parent
CALLED = {"_", "marked", "phrase"}


def _pairs(value: Any) -> Iterator[str]:
    """The words of a table of (value, words)."""
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(each, str) for each in value):
        if value[1][:1].isupper():
            yield value[1]
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _pairs(each)


def _tables() -> Iterator[str]:
    for name in dir(choices):
        if name.isupper() and name not in ("LANGUAGES", "THEME_COLOURS"):
            yield from _pairs(getattr(choices, name))
    yield choices.interface_languages()[0][1]
    for table in (inbox, instance, person, registration, report, settings_backup, site_fields):
        for name in dir(table):
            if name.isupper() or (name.startswith("_") and name[1:].isupper()):
                yield from _pairs(getattr(table, name))
    yield LANGUAGES[0].name
    yield from site._TITLES.values()
    yield from http_errors.REFUSALS.values()
    yield from (sentence for _, _, sentence in http_errors.STORAGE_STATUS.values())
    yield from script.WORDS.values()
    yield from (words for pair in script.PAIRS for words in pair)
    yield from _log()
    yield from _structs(site_fields)


def _structs(module: Any) -> Iterator[str]:
    """Labels, hints and headings of the administration's forms."""
    for value in vars(module).values():
        yield from _fields(value)


def _fields(value: Any) -> Iterator[str]:
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        for each in value:
            yield from _fields(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _fields(each)
    elif hasattr(value, "__struct_fields__") or hasattr(value, "_fields"):
        for name in getattr(value, "__struct_fields__", getattr(value, "_fields", ())):
            found = getattr(value, name)
            if isinstance(found, str) and name in ("label", "hint", "legend", "words"):
                yield found
            else:
                yield from _pairs(found) if name == "pairs" else _fields(found)


_WHERE = {
    ("MOD_FEATURE_POST", True): ("to its top", "to the front page"),
    ("MOD_FEATURE_POST", False): ("from its top", "from the front page"),
    ("MOD_BAN", True): ("from the site",),
    ("MOD_BAN", False): ("from the site",),
}
"""How the sentences of the log end, by kind and whether it was done or undone."""


def _log() -> Iterator[str]:
    for kind, told in modlog_line.WORDINGS.items():
        yield told.words
        for done, deed in ((True, told.done), (False, told.undone)):
            for where in _WHERE.get((kind.name, done), (None,)) if deed else ():
                parts = [(preposition, name, None) for preposition, name in told.about]
                yield Line.sentence.fget(_Told(deed, parts, where))  # type: ignore[attr-defined]


class _Told:
    def __init__(self, deed: str, parts: list[tuple[str, str, None]], where: str | None) -> None:
        self.deed, self.parts, self.where = deed, parts, where


def _of_module(path: Path) -> Iterator[tuple[str, str | None]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            words = [each.value for each in node.args[:2] if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if node.func.id in ("phrase", "Told") and words:
                yield words[0], None
            elif node.func.id == "phrases" and len(words) == 2:
                yield words[0], words[1]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs and _is_sentence(node.value):
            yield node.value, None


def _is_sentence(text: str) -> bool:
    """What is shown from a constant: it is written as a sentence."""
    return text[:1].isupper() and len(text) > 4 and text.endswith((".", "?"))


def _of_template(path: Path) -> Iterator[tuple[str, str | None]]:
    tree = jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.args:
            words = [each.value for each in call.args[:2] if isinstance(each, nodes.Const) and isinstance(each.value, str)]
            if call.node.name == "ngettext" and len(words) == 2:
                yield words[0], words[1]
            elif call.node.name in CALLED and words:
                yield words[0], None
            elif call.node.name in CALLED:
                for constant in call.args[0].find_all(nodes.Const):
                    if isinstance(constant.value, str) and " " in constant.value and not constant.value.islower():
                        yield constant.value, None
    for pair in tree.find_all(nodes.Tuple):
        words = [each.value for each in pair.items[:2] if isinstance(each, nodes.Const) and isinstance(each.value, str)]
        if len(words) == 2 and words[1][:1].isupper():
            yield words[1], None


@cache
def of_site() -> dict[str, str | None]:
    """Every sentence of the site, in the order found; with its plural where it counts something."""
    found: dict[str, str | None] = dict(_every(sorted((assets.folder() / "templates").glob("*.html")), _of_template))
    found |= {one: None if one == many and "{count}" not in one else many for one, many in wording.AGES.values()}
    found |= dict.fromkeys(_tables())
    skipped = {"asked.py", "static.py", "policy.py", "render.py"}
    found |= dict(_every([path for path in sorted(WEB.glob("*.py")) if path.name not in skipped], _of_module))
    for module in (http_errors, clock_gate, smtp, postman, post, reopening, keeping, by_hand):
        found |= dict(_of_module(Path(str(module.__file__))))
    return {sentence: many for sentence, many in found.items() if sentence and sentence not in of_errors()}


def _every(paths: Iterable[Path], read: Any) -> Iterator[tuple[str, str | None]]:
    for path in paths:
        yield from read(path)


@cache
def of_errors() -> dict[str, str | None]:
    """The sentences of refusals."""
    return dict.fromkeys(kind.sentence for kind in ERRORS.values())


DOMAINS = {template_language.DOMAIN: of_site, template_language.ERRORS: of_errors}


def missing(domain: str, language: str) -> dict[str, str | None]:
    """What a language does not say yet."""
    said = catalogue(domain, language)
    return {each: many for each, many in DOMAINS[domain]().items() if each not in said.sentences and each not in said.forms}


def entry(sentence: str, many: str | None, said: Iterable[str]) -> str:
    """One entry of a catalogue."""
    lines = [f"msgid {json.dumps(sentence, ensure_ascii=False)}"]
    if many is None:
        lines += [f"msgstr {json.dumps(text, ensure_ascii=False)}" for text in said]
    else:
        lines += [f"msgid_plural {json.dumps(many, ensure_ascii=False)}"]
        lines += [f"msgstr[{number}] {json.dumps(text, ensure_ascii=False)}" for number, text in enumerate(said)]
    flag = ["#, python-brace-format"] if "{" in sentence else []
    return "\n".join([*flag, *lines]) + "\n"


if __name__ == "__main__":
    for name in DOMAINS:
        sys.stdout.write(f"# {name}.po\n\n")
        for sentence, many in missing(name, sys.argv[1]).items():
            sys.stdout.write(entry(sentence, many, [""] if many is None else ["", ""]) + "\n")
