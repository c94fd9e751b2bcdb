"""The pages that ask once more before something is wiped for good."""

from collections.abc import Callable

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import permissions
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import purge as purging
from lemmy_lite.domain.disk_keeping import erasing
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import ban, forms
from lemmy_lite.http.web.comment import comment_id
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.post import post_id
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import community_path, handle, person_path
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction


class Doomed(Struct, kw_only=True):
    """What would be wiped: its words, what goes with it, the page to leave it alone on, and the one to go to when it is gone."""

    noun: str
    words: str
    goes_too: str
    back: str
    afterwards: str
    wipe: Callable[[Transaction, Person, str | None], None]


Finding = Callable[[Transaction, Visit], Doomed]


def _post(tx: Transaction, visit: Visit) -> Doomed:
    found = posts.existing(tx, post_id(visit))
    permissions.require(tx, "site.purge", visit.me.person, author_id=found.creator_id)
    return Doomed(
        noun="post",
        words=found.name,
        goes_too="All its comments, votes and reports go with it, and the pictures that nothing else shows.",
        back=f"/post/{found.id}",
        afterwards=community_path(communities.existing(tx, found.community_id)),
        wipe=lambda tx, actor, reason: purging.purge_post(tx, actor, found.id, reason),
    )


def _comment(tx: Transaction, visit: Visit) -> Doomed:
    found = comments.existing(tx, comment_id(visit))
    permissions.require(tx, "site.purge", visit.me.person, author_id=found.creator_id)
    return Doomed(
        noun="comment",
        words=found.content,
        goes_too="Every reply below it goes as well.",
        back=f"/comment/{found.id}",
        afterwards=f"/post/{found.post_id}",
        wipe=lambda tx, actor, reason: purging.purge_comment(tx, actor, found.id, reason),
    )


def _person(tx: Transaction, visit: Visit) -> Doomed:
    found = ban.existing(tx, visit)
    permissions.require(tx, "site.purge", visit.me.person, author_id=found.id)
    return Doomed(
        noun="person",
        words=f"@{handle(found)}",
        goes_too="Everything this person wrote is emptied, their pictures and profile go, and the account stays banned.",
        back=f"{person_path(found)}/moderate",
        afterwards="/",
        wipe=lambda tx, actor, reason: purging.purge_person(tx, actor, found.id, reason),
    )


def _community(tx: Transaction, visit: Visit) -> Doomed:
    found = communities.named(tx, visit.site.context, visit.request.parameters["name"])
    if found is None:
        raise LemmyError("couldnt_find_community", missing=True)
    permissions.require(tx, "site.purge", visit.me.person)
    return Doomed(
        noun="community",
        words=f"!{handle(found)}",
        goes_too="Every post and comment in it goes as well, whoever wrote them.",
        back=f"{community_path(found)}/settings",
        afterwards="/communities",
        wipe=lambda tx, actor, reason: purging.purge_community(tx, actor, found.id, reason),
    )


async def post(visit: Visit) -> Response:
    """`GET /post/ID/purge`."""
    return await _ask(visit, _post)


async def purge_post(visit: Visit, form: Form) -> Response:
    """`POST /post/ID/purge`."""
    return await _wipe(visit, form, _post)


async def comment(visit: Visit) -> Response:
    """`GET /comment/ID/purge`."""
    return await _ask(visit, _comment)


async def purge_comment(visit: Visit, form: Form) -> Response:
    """`POST /comment/ID/purge`."""
    return await _wipe(visit, form, _comment)


async def person(visit: Visit) -> Response:
    """`GET /u/NAME/purge`."""
    return await _ask(visit, _person)


async def purge_person(visit: Visit, form: Form) -> Response:
    """`POST /u/NAME/purge`."""
    return await _wipe(visit, form, _person)


async def community(visit: Visit) -> Response:
    """`GET /c/NAME/purge`."""
    return await _ask(visit, _community)


async def purge_community(visit: Visit, form: Form) -> Response:
    """`POST /c/NAME/purge`."""
    return await _wipe(visit, form, _community)


async def _ask(visit: Visit, find: Finding, form: Form | None = None, error: LemmyError | None = None) -> Response:
    def matter(tx: Transaction, frame: Frame) -> Doomed:
        return find(tx, visit)

    frame, doomed = await visit.read(matter)
    errors = forms.faults(error, {"unknown": "sure"}) if error else {}
    return visit.page(
        frame, "purge.html", status=400 if errors else 200, doomed=doomed, here=visit.request.path, form=form or {}, errors=errors
    )


async def _wipe(visit: Visit, form: Form, find: Finding) -> Response:
    me = visit.me
    if not forms.ticked(form, "sure"):
        return await _ask(visit, find, form, _NotSure())

    def write(tx: Transaction) -> str:
        doomed = find(tx, visit)
        doomed.wipe(tx, me.person, form.get("reason", "").strip() or None)
        return doomed.afterwards

    with erasing(visit.site.context):
        return redirect(await visit.site.database.write(write))


class _NotSure(LemmyError):
    """The box that says so was not ticked."""

    def __init__(self) -> None:
        super().__init__("unknown", "Tick the box to say that you mean it.")
