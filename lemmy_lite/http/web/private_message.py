"""Private messages: a conversation and its form, changing and taking back what one has sent."""

from lemmy_lite.domain import person as people
from lemmy_lite.domain import private_message as messages
from lemmy_lite.domain import rendering
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.comment import previewed
from lemmy_lite.http.web.emoji_page import spelled
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import PER_PAGE
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PersonId, PrivateMessageId
from lemmy_lite.model.paging import PAGE_MAX, Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.private_message import PrivateMessage, PrivateMessageView
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

LIMIT = "private message"
_FIELDS = {"invalid_body_field": "content"}


async def conversation(visit: Visit) -> Response:
    """`GET /create_private_message/ID`: what was said with this person, and the form that says more."""
    return await _conversation(visit, {}, None)


async def send(visit: Visit, form: Form) -> Response:
    """`POST /create_private_message/ID`. Who answers has read what the other one said."""
    recipient, form = _recipient_id(visit), await spelled(visit, form, "content")
    try:
        if form.get("deed") == "preview":
            return await _conversation(visit, form, None)
        visit.site.limiter.take(Bucket.MESSAGE, visit.request.address)
        await visit.site.federation.meet_home(recipient)
        sent = await visit.site.database.write(_send, visit, recipient, form.get("content", ""))
    except LemmyError as error:
        return await _conversation(visit, form, error)
    return redirect(f"/create_private_message/{recipient}#m{sent.id}")


def _send(tx: Transaction, visit: Visit, recipient: PersonId, content: str) -> PrivateMessage:
    me = visit.me.person
    sent = messages.create(tx, visit.site.context, me, recipient, content)
    for waiting in messages.listing(tx, me, Page(limit=PER_PAGE), unread_only=True, other=recipient):
        messages.mark_as_read(tx, me, waiting.private_message.id, True)
    return sent


async def _conversation(visit: Visit, form: Form, error: LemmyError | None) -> Response:
    recipient, me = _recipient_id(visit), visit.me
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1

    def matter(tx: Transaction, frame: Frame) -> tuple[Person, list[PrivateMessageView], dict[int, str], PrivateMessageId | None]:
        said = messages.listing(tx, me.person, Page(limit=PER_PAGE, number=number), other=recipient)
        return people.view(tx, recipient).person, said, rendering.messages(visit.site.context, said), _taken_back(tx, visit)

    frame, (other, said, texts, gone) = await visit.read(matter)
    return visit.page(
        frame,
        "conversation.html",
        status=400 if error else 200,
        form=form,
        errors=forms.faults(error, _FIELDS) if error else {},
        preview=await previewed(visit, form, limit=LIMIT) if error is None else None,
        other=other,
        said=said,
        gone=gone,
        html=visit.html(messages=texts),
        message=None,
        next_page=number + 1 if len(said) == PER_PAGE and number < PAGE_MAX else None,
    )


def _taken_back(tx: Transaction, visit: Visit) -> PrivateMessageId | None:
    """The message that the address tells of, where the reader has deleted it and may still restore it."""
    number = forms.number(visit.query.get("deleted"))
    try:
        found = messages.view(tx, visit.me.person, PrivateMessageId(number or 0)).private_message
    except LemmyError:
        return None
    return found.id if found.deleted and not found.removed and found.creator_id == visit.me.id else None


async def one(visit: Visit) -> Response:
    """`GET /private_message/ID`: where mails and other servers point to; leads to the conversation."""
    me = visit.me
    found = await visit.site.database.read(messages.view, me.person, message_id(visit))
    other = found.recipient if found.creator.id == me.id else found.creator
    return redirect(f"/create_private_message/{other.id}#m{found.private_message.id}")


async def change(visit: Visit) -> Response:
    """`GET /private_message/ID/edit`."""
    return await _edit_page(visit, None, None)


async def edit(visit: Visit, form: Form) -> Response:
    """`POST /private_message/ID/edit`."""
    number, form = message_id(visit), await spelled(visit, form, "content")
    try:
        if form.get("deed") == "preview":
            return await _edit_page(visit, form, None)
        changed = await visit.site.database.write(messages.edit, visit.site.context, visit.me.person, number, form.get("content", ""))
    except LemmyError as error:
        return await _edit_page(visit, form, error)
    return redirect(f"/create_private_message/{changed.recipient_id}#m{number}")


async def _edit_page(visit: Visit, form: Form | None, error: LemmyError | None) -> Response:
    number = message_id(visit)

    def matter(tx: Transaction, frame: Frame) -> PrivateMessageView:
        return messages.view(tx, visit.me.person, number)

    frame, found = await visit.read(matter)
    if found.creator.id != visit.me.id:
        raise LemmyError("edit_private_message_not_allowed")
    shown = form or {"content": found.private_message.content}
    return visit.page(
        frame,
        "conversation.html",
        status=400 if error else 200,
        form=shown,
        errors=forms.faults(error, _FIELDS) if error else {},
        preview=await previewed(visit, shown, limit=LIMIT) if error is None else None,
        other=found.recipient,
        said=[],
        gone=None,
        html=visit.html(),
        message=found.private_message,
        next_page=None,
    )


async def wish(visit: Visit, form: Form) -> Response:
    """`POST /private_message/ID`: take back or restore what one has sent. What is taken back leaves all lists, so its way back is shown."""
    number = message_id(visit)
    if "deleted" not in form:
        raise Refused(400)
    gone = forms.ticked(form, "deleted")
    changed = await visit.site.database.write(_delete, visit.me, number, gone)
    if gone:
        return redirect(f"/create_private_message/{changed.recipient_id}?deleted={number}#m{number}")
    return visit.back(f"/create_private_message/{changed.recipient_id}", f"#m{number}")


def _delete(tx: Transaction, me: Viewer, number: PrivateMessageId, deleted: bool) -> PrivateMessage:
    return messages.delete(tx, me.person, number, deleted)


def message_id(visit: Visit) -> PrivateMessageId:
    """The number in the address. Raises couldnt_find_private_message for what is no number."""
    number = forms.number(visit.request.parameters.get("message_id"))
    if number is None:
        raise LemmyError("couldnt_find_private_message", missing=True)
    return PrivateMessageId(number)


def _recipient_id(visit: Visit) -> PersonId:
    number = forms.number(visit.request.parameters.get("recipient_id"))
    if number is None:
        raise LemmyError("couldnt_find_person", missing=True)
    return PersonId(number)
