"""Reporting a post, comment or message, blocking its author, and the queue in which reports are resolved."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import block, comment_listing, private_message
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import report as reports
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.comment import comment_id
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import PER_PAGE
from lemmy_lite.http.web.post import post_id
from lemmy_lite.http.web.visit import Frame, Visit, own_path
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentReportId, PersonId, PostReportId, PrivateMessageId, PrivateMessageReportId
from lemmy_lite.model.paging import PAGE_MAX, Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.report import CommentReportView, PostReportView, PrivateMessageReportView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text.translations import phrase

REASON = "reason"
_REPEATED = "You have reported this already."
_FIELDS: Final = {"report_reason_required": REASON, "report_too_long": REASON, "slurs": REASON, "couldnt_create_report": REASON}

TYPES: Final = (("All", "Everything"), ("Posts", "Posts"), ("Comments", "Comments"), ("Messages", "Messages"))
VIEWS: Final = (("Unresolved", "Unresolved"), ("All", "All"))

View = PostReportView | CommentReportView | PrivateMessageReportView


class Reported(Struct, kw_only=True):
    """What somebody is about to report: its words, its author, and where a page leads back to it."""

    noun: str
    path: str
    words: str
    author: Person
    goes_to: str


def _readers(community: str) -> str:
    return phrase("the moderators of {community} and the admins of this site", community=community)


def _post(tx: Transaction, visit: Visit) -> Reported:
    view = posts.view(tx, visit.me, post_id(visit))
    readers = _readers(view.community.title)
    return Reported(noun="post", path=f"/post/{view.post.id}", words=view.post.name, author=view.creator, goes_to=readers)


def _comment(tx: Transaction, visit: Visit) -> Reported:
    view = comment_listing.one(tx, visit.me, comment_id(visit))
    readers = _readers(view.community.title)
    path = f"/comment/{view.comment.id}"
    return Reported(noun="comment", path=path, words=view.comment.content, author=view.creator, goes_to=readers)


def _message(tx: Transaction, visit: Visit) -> Reported:
    view = private_message.view(tx, visit.me.person, _message_id(visit))
    words = view.private_message.content
    return Reported(noun="private message", path="/inbox", words=words, author=view.creator, goes_to=phrase("the admins of this site"))


def _message_id(visit: Visit) -> PrivateMessageId:
    number = forms.number(visit.request.parameters.get("message_id"))
    if number is None:
        raise LemmyError("couldnt_find_private_message", missing=True)
    return PrivateMessageId(number)


Finding = Callable[[Transaction, Visit], Reported]
Making = Callable[[Transaction, Context, Visit, str], object]


def _report_post(tx: Transaction, context: Context, visit: Visit, reason: str) -> object:
    return reports.report_post(tx, context, visit.me.person, post_id(visit), reason)


def _report_comment(tx: Transaction, context: Context, visit: Visit, reason: str) -> object:
    return reports.report_comment(tx, context, visit.me.person, comment_id(visit), reason)


def _report_message(tx: Transaction, context: Context, visit: Visit, reason: str) -> object:
    return reports.report_private_message(tx, context, visit.me.person, _message_id(visit), reason)


async def post(visit: Visit) -> Response:
    """`GET /post/ID/report`."""
    return await _page(visit, _post)


async def report_post(visit: Visit, form: Form) -> Response:
    """`POST /post/ID/report`: report the post, or block its author."""
    return await _take(visit, form, _post, _report_post)


async def comment(visit: Visit) -> Response:
    """`GET /comment/ID/report`."""
    return await _page(visit, _comment)


async def report_comment(visit: Visit, form: Form) -> Response:
    """`POST /comment/ID/report`: report the comment, or block its author."""
    return await _take(visit, form, _comment, _report_comment)


async def message(visit: Visit) -> Response:
    """`GET /private_message/ID/report`."""
    return await _page(visit, _message)


async def report_message(visit: Visit, form: Form) -> Response:
    """`POST /private_message/ID/report`: report the message, or block its sender."""
    return await _take(visit, form, _message, _report_message)


async def _take(visit: Visit, form: Form, find: Finding, make: Making) -> Response:
    me = visit.me
    try:
        if "blocked" in form:
            _, found = await visit.read(lambda tx, _: find(tx, visit))
            await visit.site.database.write(block.block_person, me.person, found.author.id, forms.ticked(form, "blocked"))
        else:
            await visit.site.database.write(make, visit.site.context, visit, form.get(REASON, ""))
    except LemmyError as error:
        return await _page(visit, find, form, error)
    return redirect(f"{visit.request.path}?done={'block' if 'blocked' in form else 'report'}")


async def _page(visit: Visit, find: Finding, form: Form | None = None, error: LemmyError | None = None) -> Response:
    frame, found = await visit.read(lambda tx, _: find(tx, visit))
    errors = forms.faults(error, _FIELDS) if error else {}
    if error is not None and error.code == "couldnt_create_report":
        errors = {REASON: _REPEATED}
    return visit.page(
        frame,
        "report.html",
        status=400 if errors else 200,
        reported=found,
        here=visit.request.path,
        blocked=_is_blocked(frame, found.author.id),
        done=visit.query.get("done") if error is None else None,
        form=form or {},
        errors=errors,
    )


def _is_blocked(frame: Frame, person_id: PersonId) -> bool:
    return frame.me is not None and any(each.target.id == person_id for each in frame.me.person_blocks)


async def queue(visit: Visit) -> Response:
    """`GET /reports`."""
    me = visit.me
    kind = visit.query.get("type") if visit.query.get("type") in dict(TYPES) else "All"
    everything = visit.query.get("view") == "All"
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1
    page = Page(limit=PER_PAGE, number=number)

    def matter(tx: Transaction, frame: Frame) -> tuple[list[View], bool]:
        found = [listed for name, listed in _listed(tx, me, page, not everything) if kind in ("All", name)]
        merged = sorted((view for listed in found for view in listed), key=_published, reverse=everything)
        return merged, any(len(listed) == PER_PAGE for listed in found)

    frame, (found, full) = await visit.read(matter)
    kept = {"type": kind if kind != "All" else None, "view": "All" if everything else None}
    return visit.page(
        frame,
        "reports.html",
        reports=found,
        types=TYPES if me.local_user.admin else TYPES[:3],
        views=VIEWS,
        type=kind,
        view="All" if everything else "Unresolved",
        next_href=href("/reports", **kept, page=number + 1) if full and number < PAGE_MAX else None,
    )


def _listed(tx: Transaction, me: Viewer, page: Page, unresolved_only: bool) -> list[tuple[str, list[View]]]:
    """One page of each list that the reader may see."""
    found: list[tuple[str, list[View]]] = [
        ("Posts", list(reports.of_posts(tx, me.person, page, unresolved_only=unresolved_only))),
        ("Comments", list(reports.of_comments(tx, me.person, page, unresolved_only=unresolved_only))),
    ]
    if me.local_user.admin:
        found.append(("Messages", list(reports.of_private_messages(tx, me.person, page, unresolved_only=unresolved_only))))
    return found


def _published(view: View) -> datetime:
    if isinstance(view, PostReportView):
        return view.post_report.published
    return view.comment_report.published if isinstance(view, CommentReportView) else view.private_message_report.published


def _resolve_post(tx: Transaction, me: Person, number: int, resolved: bool) -> None:
    reports.resolve_post_report(tx, me, PostReportId(number), resolved)


def _resolve_comment(tx: Transaction, me: Person, number: int, resolved: bool) -> None:
    reports.resolve_comment_report(tx, me, CommentReportId(number), resolved)


def _resolve_message(tx: Transaction, me: Person, number: int, resolved: bool) -> None:
    reports.resolve_private_message_report(tx, me, PrivateMessageReportId(number), resolved)


RESOLVING: Final[Mapping[str, Callable[[Transaction, Person, int, bool], None]]] = {
    "post_report": _resolve_post,
    "comment_report": _resolve_comment,
    "private_message_report": _resolve_message,
}
"""Which report a form of the queue means, by the name of its field."""


async def resolve(visit: Visit, form: Form) -> Response:
    """`POST /reports`: close one report, or open it again."""
    me = visit.me
    kind = next((name for name in RESOLVING if name in form), None)
    number = forms.number(form[kind]) if kind else None
    if kind is None or number is None or "resolved" not in form:
        raise Refused(400)
    await visit.site.database.write(RESOLVING[kind], me.person, number, forms.ticked(form, "resolved"))
    came_from = own_path(form.get("back")) or ""
    return redirect(came_from if came_from.partition("?")[0] == "/reports" else "/reports")
