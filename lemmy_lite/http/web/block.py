"""Whom and what one does not want to see: people, communities, whole servers."""

from lemmy_lite.domain import block
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import person as people
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, InstanceId, PersonId
from lemmy_lite.storage.query import Transaction

PATH = "/settings/blocks"


async def blocks(visit: Visit) -> Response:
    """`GET /settings/blocks`."""
    return await _page(visit, {}, {})


async def change(visit: Visit, form: Form) -> Response:
    """`POST /settings/blocks`: block who is named in `person`, `community` or `instance`, or unblock by number."""
    kind = next((name for name in ("person", "community", "instance") if name in form), None)
    if kind is None:
        raise Refused(400)
    try:
        await visit.site.database.write(_change, visit, kind, form[kind].strip(), forms.ticked(form, "blocked"))
    except LemmyError as error:
        return await _page(visit, form, {kind: error.sentence})
    return redirect(f"{PATH}#{kind}s")


def _change(tx: Transaction, visit: Visit, kind: str, wanted: str, blocked: bool) -> None:
    me, number = visit.me.person, forms.number(wanted)
    if kind == "person":
        block.block_person(tx, me, _person(tx, visit, wanted, None if blocked else number), blocked)
    elif kind == "community":
        communities.block(tx, me, _community(tx, visit, wanted, None if blocked else number), blocked)
    elif number is not None and not blocked:
        block.block_instance(tx, me, InstanceId(number), blocked)
    else:
        block.block_instance_of(tx, me, wanted, blocked)


def _person(tx: Transaction, visit: Visit, name: str, number: int | None) -> PersonId:
    found = people.named(tx, visit.site.context, name) if number is None else None
    if number is None and found is None:
        raise LemmyError("couldnt_find_person")
    return found.id if found else PersonId(number or 0)


def _community(tx: Transaction, visit: Visit, name: str, number: int | None) -> CommunityId:
    found = communities.named(tx, visit.site.context, name.removeprefix("!")) if number is None else None
    if number is None and found is None:
        raise LemmyError("couldnt_find_community")
    return found.id if found else CommunityId(number or 0)


async def _page(visit: Visit, form: Form, errors: dict[str, str]) -> Response:
    return visit.page(await visit.frame(), "blocks.html", status=400 if errors else 200, form=form, errors=errors)
