"""Who moderates a community: appointing, dismissing, handing over, leaving."""

from collections.abc import Mapping

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import community_moderator, permissions
from lemmy_lite.domain import person as people
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.community_settings import existing
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import community_path
from lemmy_lite.model.community import Community, CommunityModeratorView
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

_FIELDS = {"couldnt_find_person": "name", "community_moderator_already_exists": "name"}


async def moderators(visit: Visit) -> Response:
    """`GET /c/NAME/mods`."""
    return await _page(visit)


async def decide(visit: Visit, form: Form) -> Response:
    """`POST /c/NAME/mods`: appoint by name; dismiss, or put at the top, by number. Dismissing oneself is leaving."""
    me = visit.me

    def write(tx: Transaction) -> tuple[str, bool]:
        found = existing(tx, visit)
        _decide(tx, visit, me, found, form)
        return community_path(found), permissions.is_mod_or_admin(tx, me.id, found.id)

    try:
        path, stays = await visit.site.database.write(write)
    except LemmyError as error:
        return await _page(visit, form, forms.faults(error, _FIELDS))
    return redirect(f"{path}/mods?done=1" if stays else path)


def _decide(tx: Transaction, visit: Visit, me: Viewer, home: Community, form: Form) -> None:
    dismissed, top = forms.number(form.get("dismiss")), forms.number(form.get("transfer"))
    if dismissed is not None:
        community_moderator.appoint(tx, me.person, home.id, PersonId(dismissed), False)
    elif top is not None:
        community_moderator.transfer(tx, me.person, home.id, PersonId(top))
    elif "name" in form:
        permissions.require(tx, "community.appoint", me.person, community=home)
        found = people.named(tx, visit.site.context, form["name"].strip())
        if found is None:
            raise LemmyError("couldnt_find_person")
        community_moderator.appoint(tx, me.person, home.id, found.id, True)
    else:
        raise Refused(400)


async def _page(visit: Visit, form: Form | None = None, errors: Mapping[str, str] | None = None) -> Response:
    me = visit.me

    def matter(tx: Transaction, frame: Frame) -> tuple[Community, list[CommunityModeratorView]]:
        found = existing(tx, visit)
        communities.require_editable(tx, me.person, found)
        return found, communities.moderators(tx, found.id)

    frame, (found, leading) = await visit.read(matter)
    return visit.page(
        frame,
        "community_moderators.html",
        status=400 if errors else 200,
        notice="Done." if visit.query.get("done") == "1" and not errors else None,
        community=found,
        moderators=leading,
        may_hand_over=me.local_user.admin or (bool(leading) and leading[0].moderator.id == me.id),
        form=form or {},
        errors=errors or {},
    )
