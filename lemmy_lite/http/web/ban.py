"""What a form says of a ban, and the page of what moderators and admins may do about one person."""

from collections.abc import Callable, Mapping

from lemmy_lite.domain import admin, community_moderator, permissions
from lemmy_lite.domain import ban as bans
from lemmy_lite.domain import person as people
from lemmy_lite.domain.ban import Ban
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import person_path
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.person import Person, PersonView
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

MOST_DAYS = 3650
"""Ten years; a ban that should last longer has no end (contract, "ban expires")."""

DAYS_FAULT = "A whole number of days from 1 to 3650, or nothing for a ban without end."


class WrongDays(LemmyError):
    """The field of days holds something else."""

    def __init__(self) -> None:
        super().__init__("invalid_unix_time")

    @property
    def sentence(self) -> str:
        """What to tell a person."""
        return DAYS_FAULT


def decreed(tx: Transaction, form: Form, wish: str) -> Ban:
    """The ban of a form whose button is `wish` and whose fields are `WISH_reason`, `WISH_days`, `WISH_data`. Raises WrongDays."""
    banned = forms.ticked(form, wish)
    text = form.get(f"{wish}_days", "").strip()
    days = forms.number(text, most=MOST_DAYS)
    if banned and text and days is None:
        raise WrongDays
    return Ban(
        banned=banned,
        remove_data=forms.ticked(form, f"{wish}_data"),
        reason=form.get(f"{wish}_reason", "").strip() or None,
        expires=tx.now + days * DAY if banned and days else None,
    )


def faults(error: LemmyError, wish: str) -> dict[str, str]:
    """The sentence of a refusal beside the field of the deed that was pressed."""
    return forms.faults(error, {"invalid_unix_time": f"{wish}_days", "invalid_body_field": f"{wish}_reason"})


def _from_site(tx: Transaction, me: Viewer, who: Person, form: Form) -> None:
    bans.from_site(tx, me.person, who.id, decreed(tx, form, "banned"))


def _from_community(tx: Transaction, me: Viewer, who: Person, form: Form) -> None:
    bans.from_community(tx, me.person, _community(form), who.id, decreed(tx, form, "banned_here"))


def _moderator(tx: Transaction, me: Viewer, who: Person, form: Form) -> None:
    community_moderator.appoint(tx, me.person, _community(form), who.id, forms.ticked(form, "moderator"))


def _admin(tx: Transaction, me: Viewer, who: Person, form: Form) -> None:
    admin.appoint(tx, me.person, who.id, forms.ticked(form, "admin"))


DEEDS: Mapping[str, Callable[[Transaction, Viewer, Person, Form], None]] = {
    "banned": _from_site,
    "banned_here": _from_community,
    "moderator": _moderator,
    "admin": _admin,
}
"""What a form about a person wishes, by the name of its button."""


def _community(form: Form) -> CommunityId:
    number = forms.number(form.get("community_id"))
    if number is None:
        raise LemmyError("couldnt_find_community")
    return CommunityId(number)


async def person(visit: Visit) -> Response:
    """`GET /u/NAME/moderate`: what a moderator or admin may do about a person."""
    return await _page(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """`POST /u/NAME/moderate`: one deed about a person."""
    me = visit.me
    who = await named(visit)
    wish = next((name for name in DEEDS if name in form), None)
    if wish is None:
        raise Refused(400)
    try:
        await visit.site.database.write(DEEDS[wish], me, who, form)
    except LemmyError as error:
        return await _page(visit, form, faults(error, wish))
    return redirect(f"{person_path(who)}/moderate?done=1")


async def _page(visit: Visit, form: Form | None = None, errors: Mapping[str, str] | None = None) -> Response:
    me = visit.me
    who = await named(visit)

    def matter(tx: Transaction, frame: Frame) -> PersonView:
        if frame.me is None or not frame.me.moderates:
            permissions.require(tx, "site.ban", me.person)
        return people.view(tx, who.id)

    frame, view = await visit.read(matter)
    return visit.page(
        frame,
        "moderate_person.html",
        status=400 if errors else 200,
        notice="Done." if visit.query.get("done") == "1" and not errors else None,
        person_view=view,
        communities=frame.me.moderates if frame.me else [],
        form=form or {},
        errors=errors or {},
    )


async def named(visit: Visit) -> Person:
    """The person of the address, who must be known here. Raises couldnt_find_person."""
    return await visit.site.database.read(existing, visit)


def existing(tx: Transaction, visit: Visit) -> Person:
    """The same within a transaction."""
    found = people.named(tx, visit.site.context, visit.request.parameters["name"])
    if found is None:
        raise LemmyError("couldnt_find_person", missing=True)
    return found
