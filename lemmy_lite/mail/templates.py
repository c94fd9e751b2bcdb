"""What a letter looks like: one layout as HTML and one as plain text, filled in by templates that escape everything by themselves."""

from __future__ import annotations

from functools import cache
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from lemmy_lite import assets
from lemmy_lite.model.struct import Struct

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


class Button(Struct, kw_only=True):
    """A link that the reader is meant to follow. Its address is also shown as text, for readers without HTML."""

    label: str
    url: str


class Quote(Struct, kw_only=True):
    """What somebody wrote: as plain text, and as HTML that is sanitised already and holds no picture."""

    text: str
    html: str


class Entry(Struct, kw_only=True):
    """One of a list of things: what it is called, where it is, and a line about it."""

    title: str
    url: str
    about: str


class Content(Struct, kw_only=True):
    """What a letter says, in one language, as plain text in the order shown; only `quote` brings HTML."""

    language: str
    site: str
    subject: str
    greeting: str
    opening: str
    quote: Quote | None = None
    entries: tuple[Entry, ...] = ()
    closing: tuple[str, ...] = ()
    button: Button | None = None
    reason: str
    unsubscribe: Button | None = None


def text(content: Content) -> str:
    """The letter as plain text."""
    return _environment().get_template("letter.txt").render(content=content)


def html(content: Content) -> str:
    """The letter as a document without pictures, scripts and anything that is fetched."""
    return (
        _environment()
        .get_template("letter.html")
        .render(
            content=content,
            direction="rtl" if content.language.split("-")[0] in RIGHT_TO_LEFT else "ltr",
            quoted=Markup(content.quote.html) if content.quote else None,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(assets.path("templates/mail")),
        autoescape=select_autoescape(enabled_extensions=("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
