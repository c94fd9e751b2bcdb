"""Templates to HTML: the only place of the site where text becomes markup.

Three rules make injection impossible by construction (security.md, rule 12): autoescape is always on, a name that is not defined
raises instead of printing nothing, and the only text that is not escaped is a `Markup` made by `stored_html` from what the markdown
renderer wrote into the database, or put together here of parts that were escaped (`marked`,
`anchor`). A test greps that templates never use a filter that would lift the escaping.
"""

from collections.abc import Callable
from typing import Any

import jinja2
from markupsafe import Markup, escape

from lemmy_lite import __version__, assets
from lemmy_lite.http.web import choices, comments, template_language, wording
from lemmy_lite.http.web.page import Page
from lemmy_lite.http.web.static import Statics
from lemmy_lite.http.web.wording import Actor


def stored_html(rendered: str) -> Markup:
    """Declares markup that `text.markdown` made and storage kept. Nothing else may be passed here, least of all what a peer sent."""
    return Markup(rendered)


class Templates:
    """The compiled templates of one process; safe to use from several threads."""

    def __init__(self, statics: Statics, picture: Callable[[str | None], str | None], *, lasting: bool = False) -> None:
        """`picture` maps a picture's stored address to the one a page may load, or None to show a tile instead. On `lasting` pages, which
        nobody makes anew, dates stand where others tell ages."""
        self._environment = environment()
        if lasting:
            self._environment.filters["ago"] = self._environment.filters["day"]
        self._environment.globals.update(static=statics.address, picture=picture)

    def render(self, template: str, page: Page, **data: object) -> str:
        """The page as text. `template` is a name as `post.html`; what `data` each needs is the table in README.md.

        Raises jinja2.UndefinedError if a name the template needs was not given: a mistake of the handler, found by its test.
        """
        return self._environment.get_template(template).render(page=page, now=page.now, **words_of(page.language), **data)


def words_of(language: str) -> dict[str, Any]:
    """What a template is given besides its data: the names above."""
    said = template_language.sentences(language)

    def marked(sentence: str, **values: object) -> Markup:
        return Markup(escape(said(sentence))).format(**values)

    return {"_": said, "ngettext": said.plural, "marked": marked}


def named(actor: Actor) -> Markup:
    """Somebody's name as it stands in a link, with the home of who lives elsewhere; kept apart from what is written from the other side."""
    words = getattr(actor, "display_name", None) or actor.name
    name = escape(words) if words.isascii() else Markup("<bdi>{}</bdi>").format(words)
    return name if actor.local else name + Markup("<i>@{}</i>").format(wording.host(actor.actor_id))


def anchor(address: str, words: str) -> Markup:
    """A link for `marked`."""
    return Markup('<a href="{}">{}</a>').format(address, words)


def environment() -> jinja2.Environment:
    """The environment without what belongs to one instance. Templates are compiled at first use and kept."""
    made = template_language.Environment(
        loader=jinja2.FileSystemLoader(assets.path("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        **template_language.FILTERS,
        exact_time=wording.exact_time,
        machine_time=wording.machine_time,
        excerpt=wording.excerpt,
        host=wording.host,
        outbound=wording.outbound,
        short_address=wording.short_address,
        handle=wording.handle,
        community_path=wording.community_path,
        person_path=wording.person_path,
        named=named,
        initial=wording.initial,
        program=wording.program,
        tone=wording.tone,
        steps=comments.steps,
    )
    made.globals.update(href=wording.href, anchor=anchor, choices=choices, version=__version__)
    return made
