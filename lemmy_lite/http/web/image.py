"""One's own uploads."""

from lemmy_lite.domain import image
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms, pictures
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.image import LocalImageView
from lemmy_lite.model.paging import PAGE_MAX, Page
from lemmy_lite.storage.query import Transaction

PER_PAGE = 30
PATH = "/settings/uploads"
_NOTICES = {"delete": "The picture is deleted.", "add": "The picture is here. Its address can stand in any text."}


async def uploads(visit: Visit) -> Response:
    """`GET /settings/uploads`: the pictures one has uploaded, newest first."""
    me = visit.me
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1

    def matter(tx: Transaction, frame: Frame) -> list[LocalImageView]:
        return image.own_uploads(tx, me, Page(limit=PER_PAGE, number=number))

    frame, found = await visit.read(matter)
    more = len(found) == PER_PAGE and number < PAGE_MAX
    names = [(each.local_image.pictrs_alias, each.local_image.published) for each in found]
    return visit.page(
        frame,
        "uploads.html",
        notice=_NOTICES.get(visit.query.get("done", "")),
        uploads=names,
        folder=image.PATH,
        offered=pictures.offered(visit),
        next_page=number + 1 if more else None,
    )


async def change(visit: Visit, form: Form) -> Response:
    """`POST /settings/uploads`: keep the file `picture`, whose name then stands in the address, or delete the upload named in `deleted`."""
    pictures.require_taken(form)
    added = image.alias_of(visit.site.context, form.get("url"))
    if added is not None and "deleted" not in form:
        return redirect(href(PATH, done="add", added=added))
    if not form.get("deleted"):
        raise Refused(400)
    await visit.site.database.write(image.delete, visit.me, form["deleted"])
    return redirect(f"{PATH}?done=delete")
