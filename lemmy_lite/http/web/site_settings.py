"""The administration: a tab for each family of settings, each a form of its own."""

from collections.abc import Mapping
from typing import Any

from lemmy_lite.domain import instance as instances
from lemmy_lite.domain import permissions, setup, site_settings
from lemmy_lite.domain import site as sites
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import admin, choices, dashboard, emoji, mail_test, pictures, site_fields
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.site_fields import ALL_TABS, FIELD_OF, TABS, Group, Lists, WrongNumbers
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.storage.query import Transaction


async def settings(visit: Visit) -> Response:
    """`GET /admin?tab=`."""
    tab = visit.query.get("tab", dashboard.TAB)
    if tab == dashboard.TAB:
        return await dashboard.dashboard(visit)
    if tab == "emoji":
        return await emoji.tab(visit)
    if tab == "people":
        return await admin.people(visit)
    if tab == "mail":
        return await mail_test.tab(visit)
    if tab == "uploads":
        return await admin.uploads(visit)
    return await _page(visit, tab if tab in TABS else "site")


async def save(visit: Visit, form: Form) -> Response:
    """`POST /admin`: the fields of one tab."""
    me = visit.me
    tab = form.get("tab", "")
    if tab not in TABS:
        raise Refused(400)
    try:
        pictures.require_taken(form)
        wanted = site_fields.wanted(tab, form, visit.site.statics.themes)
        await visit.site.database.write(site_settings.edit, visit.site.context, me.person, wanted)
    except WrongNumbers as error:
        return await _page(visit, tab, form, error.sentences)
    except LemmyError as error:
        return await _page(visit, tab, form, _faults(tab, error))
    return redirect(f"/admin?tab={tab}&saved=1")


def _faults(tab: str, error: LemmyError) -> Mapping[str, str]:
    """The sentence beside its field, where that stands in this tab."""
    fields = {field.name for field in site_fields.fields_of(tab)} | {"icon_file"}
    mapped = {code: field for code, field in FIELD_OF.items() if field in fields}
    return {mapped.get(error.code, ""): error.sentence}


async def _page(visit: Visit, tab: str, form: Form | None = None, errors: Mapping[str, str] | None = None) -> Response:
    me = visit.me

    def matter(tx: Transaction, frame: Frame) -> tuple[dict[str, Any], bool]:
        permissions.require(tx, "site.edit", me.person)
        return site_fields.shown(tab, frame.site, _lists(tx)), setup.waits(tx)

    frame, (stored, waits) = await visit.read(matter)
    return visit.page(
        frame,
        "admin.html",
        status=400 if errors else 200,
        notice="The settings are saved." if visit.query.get("saved") == "1" and not errors else None,
        tabs=ALL_TABS,
        tab=tab,
        groups=[_with_themes(group, visit) for group in TABS[tab][1]],
        stored=stored,
        languages=[(language.id, language.name) for language in LANGUAGES],
        uploads=pictures.offered(visit, face=True),
        set_up=not waits,
        mail=visit.site.context.config.email is not None,
        form=site_fields.typed(tab, form) if form is not None else stored,
        errors=errors or {},
    )


def _with_themes(group: Group, visit: Visit) -> Group:
    """The group with the themes of the data folder among its choices."""
    pairs = choices.themes(visit.site.statics.themes)
    return group._replace(fields=tuple(each._replace(pairs=pairs) if each.name == site_fields.THEME else each for each in group.fields))


def _lists(tx: Transaction) -> Lists:
    reading = sites.reading(tx, None)
    return Lists(
        discussion_languages=reading.discussion_languages if len(reading.discussion_languages) < len(LANGUAGES) else [],
        blocked_urls=[each.url for each in reading.blocked_urls],
        taglines=[each.content for each in reading.taglines],
        allowed_instances=instances.allowed(tx),
        blocked_instances=instances.blocked(tx),
    )
