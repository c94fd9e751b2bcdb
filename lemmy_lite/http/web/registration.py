"""The queue of applications for an account."""

from lemmy_lite.domain import registration as applications
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import PER_PAGE
from lemmy_lite.http.web.visit import Frame, Visit, own_path
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId, RegistrationApplicationId
from lemmy_lite.model.paging import PAGE_MAX, Page
from lemmy_lite.model.registration import RegistrationApplicationView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text.translations import phrase

VIEWS = (("Unread", "Undecided"), ("All", "All"))
HERE = "/registration_applications"


async def queue(visit: Visit) -> Response:
    """`GET /registration_applications`."""
    return await _page(visit, {}, {})


async def decide(visit: Visit, form: Form) -> Response:
    """`POST /registration_applications`: accept or refuse one application."""
    me = visit.me
    number = forms.number(form.get("id"))
    if number is None or "approve" not in form:
        raise Refused(400)
    approve = forms.ticked(form, "approve")
    reason = form.get("deny_reason", "").strip()
    if len(reason) > MOST_REASON:
        return await _page(visit, form, {f"deny_reason_{number}": phrase("At most {count} characters.", count=MOST_REASON)})
    await visit.site.database.write(
        applications.decide, me.person, RegistrationApplicationId(number), approve=approve, deny_reason=None if approve else reason
    )
    came_from = own_path(form.get("back")) or ""
    return redirect(came_from if came_from.partition("?")[0] == HERE else HERE)


MOST_REASON = 10_000


async def _page(visit: Visit, form: Form, errors: dict[str, str]) -> Response:
    me = visit.me
    everything = visit.query.get("view") == "All"
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1
    person = forms.number(visit.query.get("personId"))

    def matter(tx: Transaction, frame: Frame) -> list[RegistrationApplicationView]:
        if person is not None:
            return _of(tx, visit, PersonId(person))
        return applications.listing(tx, me.person, Page(limit=PER_PAGE, number=number), undecided_only=not everything)

    frame, found = await visit.read(matter)
    more = person is None and len(found) == PER_PAGE and number < PAGE_MAX
    return visit.page(
        frame,
        "registration_applications.html",
        status=400 if errors else 200,
        applications=found,
        views=VIEWS,
        view="All" if everything else "Unread",
        next_href=href(HERE, view="All" if everything else None, page=number + 1) if more else None,
        form=form,
        errors=errors,
    )


def _of(tx: Transaction, visit: Visit, person_id: PersonId) -> list[RegistrationApplicationView]:
    """The application of one person, none where there is none."""
    try:
        return [applications.of_person(tx, visit.me.person, person_id)]
    except LemmyError as error:
        if error.code != "couldnt_find_registration_application":
            raise
        return []
