"""The public log of moderation: fifteen lists in one, newest first, each line a sentence."""

from lemmy_lite.domain import community as communities
from lemmy_lite.domain import modlog
from lemmy_lite.domain import person as people
from lemmy_lite.domain.modlog import Filter
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.listing import PER_PAGE, chosen
from lemmy_lite.http.web.modlog_line import KINDS, Line, line_of
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import handle, href
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.paging import PAGE_MAX, Page
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction


class Asked(Struct, kw_only=True):
    """What the address asks for, and how its people and community are called."""

    filter: Filter
    moderator: str = ""
    person: str = ""
    community: str = ""
    nobody: str | None = None


async def log(visit: Visit) -> Response:
    """`GET /modlog`, `GET /modlog/COMMUNITY_ID`."""
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1
    page = Page(limit=PER_PAGE, number=number)

    def matter(tx: Transaction, frame: Frame) -> tuple[Asked, list[Line], bool]:
        asked = _asked(tx, visit)
        if asked.nobody is not None:
            return asked, [], False
        found = modlog.entries(tx, visit.viewer, asked.filter, page)
        lines = [line_of(kind, view) for kind, views in found.items() for view in views]
        lines.sort(key=lambda line: line.when, reverse=True)
        return asked, lines, any(len(views) == PER_PAGE for views in found.values())

    frame, (asked, lines, full) = await visit.read(matter)
    kept = {name: visit.query.get(name) for name in ("actionType", "mod", "user", "modId", "userId", "postId", "commentId", "community")}
    return visit.page(
        frame,
        "modlog.html",
        status=404 if asked.nobody else 200,
        lines=lines,
        kinds=KINDS,
        asked=asked,
        here=visit.request.path,
        next_href=href(visit.request.path, **kept, page=number + 1) if full and number < PAGE_MAX else None,
    )


def _asked(tx: Transaction, visit: Visit) -> Asked:
    query = visit.query
    try:
        community = _community(tx, visit)
        moderator = _person(tx, visit, "modId", "mod")
        about = _person(tx, visit, "userId", "user")
    except LemmyError as error:
        given = {name: query.get(name, "") for name in ("mod", "user", "community")}
        nobody = error.sentence
        return Asked(filter=Filter(), moderator=given["mod"], person=given["user"], community=given["community"], nobody=nobody)
    post, comment = forms.number(query.get("postId")), forms.number(query.get("commentId"))
    return Asked(
        filter=Filter(
            kind=chosen(ModlogActionType, query.get("actionType"), ModlogActionType.ALL),
            mod_person_id=moderator[0] if moderator else None,
            other_person_id=about[0] if about else None,
            community_id=community[0] if community else None,
            post_id=PostId(post) if post else None,
            comment_id=CommentId(comment) if comment else None,
        ),
        moderator=moderator[1] if moderator else "",
        person=about[1] if about else "",
        community=community[1] if community else "",
    )


def _person(tx: Transaction, visit: Visit, by_id: str, by_name: str) -> tuple[PersonId, str] | None:
    """The person that a filter names, by number as in lemmy-ui's links or by name as typed into the form."""
    number, name = forms.number(visit.query.get(by_id)), visit.query.get(by_name, "").strip()
    if name:
        found = people.named(tx, visit.site.context, name)
    elif number:
        found = people.view(tx, PersonId(number)).person
    else:
        return None
    if found is None:
        raise LemmyError("couldnt_find_person")
    return found.id, handle(found)


def _community(tx: Transaction, visit: Visit) -> tuple[CommunityId, str] | None:
    text, name = visit.request.parameters.get("community_id"), visit.query.get("community", "").strip()
    number = forms.number(text or visit.query.get("communityId"))
    if text is not None and number is None:
        raise LemmyError("couldnt_find_community")
    if number:
        found = communities.existing(tx, CommunityId(number))
    elif name:
        named = communities.named(tx, visit.site.context, name)
        if named is None:
            raise LemmyError("couldnt_find_community")
        found = named
    else:
        return None
    # Of a community that only members see, strangers learn not even the name.
    if found.visibility is CommunityVisibility.LOCAL_ONLY and visit.viewer is None:
        raise LemmyError("couldnt_find_community")
    return found.id, handle(found)
