"""What Jinja's templates may say of languages, and how that costs nearly nothing.

`_('Save')` is a sentence in the reader's language, `_('Moderate {name}', name=…)` one with values, `_(words)` a sentence that comes from
elsewhere; `ngettext('{count} reply', '{count} replies', n)` counts, and `marked('By {person}', person=…)` puts markup into a sentence,
whose own words are escaped like every text: a catalogue cannot bring in HTML.

A page says hundreds of sentences, and a call of Jinja's costs more than looking one up: `_('…')` without values is compiled to `_['…']`.
"""

from datetime import UTC, date, datetime
from functools import lru_cache
from types import CodeType

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

from lemmy_lite.http.negotiation import PAGES
from lemmy_lite.http.web import wording
from lemmy_lite.text import figures
from lemmy_lite.text.translations import Sentences

DOMAIN = PAGES
ERRORS = "errors"


@lru_cache(maxsize=16)
def sentences(language: str) -> Sentences:
    """Everything that pages say in a language: read with its first page, a few hundred kilobytes. The language is one of
    `translations.languages`, so there are never more than the catalogues that exist."""
    return Sentences(language, DOMAIN, ERRORS)


class _Direct(CodeGenerator):
    """Calls of macros go straight to the macro. Jinja sends every call through `Context.call`, which looks whether the callee wants the
    context: a macro never does, and a page calls a thousand of them."""

    _own: frozenset[str] = frozenset()

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802  Jinja calls it by this name
        self._own = frozenset(macro.name for macro in node.find_all(nodes.Macro))
        super().visit_Template(node, frame)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: N802  and this
        if forward_caller or not self._is_macro(node.node):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(*()")  # what follows begins with a comma
        self.signature(node, frame)
        self.write(")")

    def _is_macro(self, callee: nodes.Expr) -> bool:
        if isinstance(callee, nodes.Getattr):
            return isinstance(callee.node, nodes.Name) and callee.node.name in FILES_OF_MACROS
        return isinstance(callee, nodes.Name) and callee.name in self._own


FILES_OF_MACROS = frozenset({"ui", "posts_ui", "comments_ui", "desk", "fields", "aside", "admin", "blog", "frame"})
"""The names under which templates import files of macros."""


class Environment(jinja2.Environment):
    """Jinja with sentences of templates looked up instead of called for, and macros called without a detour."""

    code_generator_class = _Direct

    def compile(  # type: ignore[override]  # the loader's way in; Jinja's other overloads return source, which nobody asks us for
        self,
        source: str | nodes.Template,
        name: str | None = None,
        filename: str | None = None,
        raw: bool = False,
        defer_init: bool = False,
    ) -> CodeType | str:
        if isinstance(source, str):
            source = _looked_up(self.parse(source, name, filename))
        return super().compile(source, name, filename, raw, defer_init)  # type: ignore[call-overload, no-any-return]


def _looked_up(template: nodes.Template) -> nodes.Template:
    for node in template.find_all(nodes.Node):
        for field, value in list(node.iter_fields()):
            if isinstance(value, nodes.Node):
                setattr(node, field, _turned(value))
            elif isinstance(value, list):
                setattr(node, field, [_turned(each) if isinstance(each, nodes.Node) else each for each in value])
    return template


def _turned(node: nodes.Node) -> nodes.Node:
    if (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name == "_"
        and len(node.args) == 1
        and isinstance(node.args[0], nodes.Const)
        and not node.kwargs
    ):
        found = nodes.Getitem(node.node, node.args[0], "load", lineno=node.lineno)
        found.environment = node.environment
        return found
    return node


@jinja2.pass_context
def ago(context: jinja2.runtime.Context, when: datetime) -> str:
    """Relative to the page's own time, so that one page never disagrees with itself."""
    now = context["now"]
    unit, count = wording.age(when, now if isinstance(now, datetime) else datetime.now(UTC))
    said: Sentences = context["_"]
    one, many = wording.AGES[unit]
    return said.plural(one, many, count) if "{count}" in one else said[one]


@jinja2.pass_context
def compact(context: jinja2.runtime.Context, number: int) -> str:
    """A number in little room."""
    return str(number) if 0 <= number < 1000 else figures.compact(number, context["_"].language)


@jinja2.pass_context
def day(context: jinja2.runtime.Context, when: datetime) -> str:
    """A date written out."""
    return figures.day(when, context["_"].language)


@jinja2.pass_context
def month_name(context: jinja2.runtime.Context, month: str) -> str:
    """A month as `2026-11`, written out."""
    return figures.month(date.fromisoformat(f"{month}-01"), context["_"].language)


@jinja2.pass_context
def month_short(context: jinja2.runtime.Context, month: str) -> str:
    """The same in little room, without its year."""
    return figures.month_short(date.fromisoformat(f"{month}-01"), context["_"].language)


@jinja2.pass_context
def day_of_month(context: jinja2.runtime.Context, when: datetime) -> str:
    """A date whose year is known."""
    return figures.day_of_month(when, context["_"].language)


FILTERS = {
    "ago": ago,
    "compact": compact,
    "day": day,
    "day_of_month": day_of_month,
    "month_name": month_name,
    "month_short": month_short,
}
