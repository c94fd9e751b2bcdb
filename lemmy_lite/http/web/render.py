"""Templates to HTML: the only place of the site where text becomes markup.

Three rules make injection impossible by construction (security.md, rule 12): autoescape is always on, a name that is not defined
raises instead of printing nothing, and the only text that is not escaped is a `Markup` made by `stored_html` from what the markdown
renderer wrote into the database. A test greps that templates never use a filter that would lift the escaping.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import jinja2
from markupsafe import Markup

from lemmy_lite import __version__, assets
from lemmy_lite.http.web import choices, comments, wording
from lemmy_lite.http.web.page import Page
from lemmy_lite.http.web.static import Statics


def stored_html(rendered: str) -> Markup:
    """Declares markup that `text.markdown` made and storage kept. Nothing else may be passed here, least of all what a peer sent."""
    return Markup(rendered)


class Templates:
    """The compiled templates of one process; safe to use from several threads."""

    def __init__(self, statics: Statics, picture: Callable[[str | None], str | None]) -> None:
        """`picture` maps a picture's stored address to the one a page may load, or None to show a tile instead."""
        self._environment = environment()
        self._environment.globals.update(static=statics.address, picture=picture)

    def render(self, template: str, page: Page, **data: object) -> str:
        """The page as text. `template` is a name as `post.html`; what `data` each needs is the table in README.md.

        Raises jinja2.UndefinedError if a name the template needs was not given: a mistake of the handler, found by its test.
        """
        return self._environment.get_template(template).render(page=page, now=page.now, **data)


def environment() -> jinja2.Environment:
    """The environment without what belongs to one instance. Templates are compiled at first use and kept."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(assets.path("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        ago=_ago,
        exact_time=wording.exact_time,
        machine_time=wording.machine_time,
        day=wording.day,
        compact=wording.compact,
        counted=wording.counted,
        excerpt=wording.excerpt,
        host=wording.host,
        outbound=wording.outbound,
        handle=wording.handle,
        community_path=wording.community_path,
        person_path=wording.person_path,
        initial=wording.initial,
        program=wording.program,
        tone=wording.tone,
        steps=comments.steps,
    )
    made.globals.update(href=wording.href, choices=choices, version=__version__)
    return made


@jinja2.pass_context
def _ago(context: jinja2.runtime.Context, when: datetime) -> str:
    """Relative to the page's own time, so that one page never disagrees with itself."""
    now = context["now"]
    return wording.ago(when, now if isinstance(now, datetime) else datetime.now(UTC))
