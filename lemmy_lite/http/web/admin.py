"""The tabs of people and uploads: who administers, who is banned, what was uploaded."""

from collections.abc import Mapping

from lemmy_lite.domain import admin as admins
from lemmy_lite.domain import ban as bans
from lemmy_lite.domain import image, permissions
from lemmy_lite.domain import person as people_
from lemmy_lite.domain import site as sites
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms, site_fields
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.image import LocalImageView
from lemmy_lite.model.paging import PAGE_MAX, Page
from lemmy_lite.model.person import PersonView
from lemmy_lite.storage.query import Transaction

_PER_PAGE = 30


async def people(visit: Visit, form: Form | None = None, errors: Mapping[str, str] | None = None) -> Response:
    """`GET /admin?tab=people`."""
    me = visit.me

    def matter(tx: Transaction, frame: Frame) -> tuple[list[PersonView], list[PersonView]]:
        return sites.admins(tx), bans.banned(tx, me.person)

    frame, (leading, banned) = await visit.read(matter)
    return visit.page(
        frame,
        "admin_people.html",
        status=400 if errors else 200,
        notice="Done." if visit.query.get("saved") == "1" and not errors else None,
        tabs=site_fields.ALL_TABS,
        tab="people",
        admins=leading,
        banned=banned,
        form=form or {},
        errors=errors or {},
    )


async def appoint(visit: Visit, form: Form) -> Response:
    """`POST /admin/people`: appoint by name, dismiss by number, step down."""
    me = visit.me
    try:
        if forms.ticked(form, "leave"):
            await visit.site.database.write(admins.leave, me.person)
            return redirect("/")
        number = forms.number(form.get("dismiss"))
        if number is not None:
            await visit.site.database.write(admins.appoint, me.person, PersonId(number), False)
        elif "name" in form:
            await visit.site.database.write(_appoint, visit, form["name"].strip())
        else:
            raise Refused(400)
    except LemmyError as error:
        return await people(visit, form, forms.faults(error, _FIELDS))
    return redirect("/admin?tab=people&saved=1")


_FIELDS = {"couldnt_find_person": "name", "object_not_local": "name"}


def _appoint(tx: Transaction, visit: Visit, name: str) -> None:
    found = people_.named(tx, visit.site.context, name)
    if found is None:
        permissions.require(tx, "admin.appoint", visit.me.person)
        raise LemmyError("couldnt_find_person")
    admins.appoint(tx, visit.me.person, found.id, True)


async def uploads(visit: Visit) -> Response:
    """`GET /admin?tab=uploads`."""
    me = visit.me
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1

    def matter(tx: Transaction, frame: Frame) -> list[LocalImageView]:
        return image.all_uploads(tx, me, Page(limit=_PER_PAGE, number=number))

    frame, found = await visit.read(matter)
    return visit.page(
        frame,
        "admin_uploads.html",
        notice="The picture is gone." if visit.query.get("saved") == "1" else None,
        tabs=site_fields.ALL_TABS,
        tab="uploads",
        uploads=[(each, image.link_of(visit.site.context, each.local_image.pictrs_alias)) for each in found],
        next_href=href("/admin", tab="uploads", page=number + 1) if len(found) == _PER_PAGE and number < PAGE_MAX else None,
    )


async def delete_upload(visit: Visit, form: Form) -> Response:
    """`POST /admin/uploads`: delete one upload of anybody."""
    me = visit.me

    def write(tx: Transaction) -> None:
        permissions.require(tx, "image.list_all", me.person)
        image.delete(tx, me, form.get("delete", ""))

    await visit.site.database.write(write)
    return redirect("/admin?tab=uploads&saved=1")
