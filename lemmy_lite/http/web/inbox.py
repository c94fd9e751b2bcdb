"""The inbox: answers, mentions and private messages in one list, the newest first."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from lemmy_lite.domain import notification, rendering
from lemmy_lite.domain import private_message as messages
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import PER_PAGE, chosen, private_feed
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.ids import CommentReplyId, PersonMentionId, PrivateMessageId
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.notification import CommentReplyView, PersonMentionView
from lemmy_lite.model.paging import PAGE_MAX, Page
from lemmy_lite.model.private_message import PrivateMessageView
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction


class Kind(StrEnum):
    """What the inbox is narrowed to; lemmy-ui's words."""

    ALL = "All"
    REPLIES = "Replies"
    MENTIONS = "Mentions"
    MESSAGES = "Messages"


class State(StrEnum):
    """Whether what was read stays in the list."""

    UNREAD = "Unread"
    ALL = "All"


Item = CommentReplyView | PersonMentionView | PrivateMessageView


class Inbox(Struct, kw_only=True):
    """One page of the inbox with the texts of comments and messages."""

    items: Sequence[Item]
    html: Mapping[int, str]
    messages: Mapping[int, str]
    more: bool
    feed: str | None = None


async def inbox(visit: Visit) -> Response:
    """`GET /inbox`: what is unread, unless `view=All` asks for everything."""
    me = visit.me
    kind, state = chosen(Kind, visit.query.get("type"), Kind.ALL), chosen(State, visit.query.get("view"), State.UNREAD)
    number = forms.number(visit.query.get("page"), most=PAGE_MAX) or 1

    def matter(tx: Transaction, frame: Frame) -> Inbox:
        wanted, new = Page(limit=PER_PAGE, number=number), state is State.UNREAD
        newest = CommentSortType.NEW
        found: list[Sequence[Item]] = []
        if kind in (Kind.ALL, Kind.REPLIES):
            found.append(notification.replies(tx, me, wanted, sort=newest, unread_only=new))
        if kind in (Kind.ALL, Kind.MENTIONS):
            found.append(notification.person_mentions(tx, me, wanted, sort=newest, unread_only=new))
        if kind in (Kind.ALL, Kind.MESSAGES):
            found.append(messages.listing(tx, me.person, wanted, unread_only=new))
        items = sorted((item for part in found for item in part), key=_time, reverse=True)
        comments = [item for item in items if not isinstance(item, PrivateMessageView)]
        return Inbox(
            items=items,
            html=rendering.comments(tx, visit.site.context, comments),
            messages=rendering.messages(visit.site.context, [item for item in items if isinstance(item, PrivateMessageView)]),
            more=any(len(part) == PER_PAGE for part in found) and number < PAGE_MAX,
            feed=private_feed(tx, visit.site.context, me, "inbox"),
        )

    frame, found = await visit.read(matter)
    return visit.page(
        frame,
        "inbox.html",
        items=found.items,
        html=visit.html(comments=found.html, messages=found.messages),
        kind=kind.value,
        state=state.value,
        unread=frame.unread,
        next_page=number + 1 if found.more else None,
        feed=found.feed,
    )


def _time(item: Item) -> tuple[float, int]:
    match item:
        case CommentReplyView():
            return item.comment_reply.published.timestamp(), item.comment_reply.id
        case PersonMentionView():
            return item.person_mention.published.timestamp(), item.person_mention.id
        case _:
            return item.private_message.published.timestamp(), item.private_message.id


async def read_all(visit: Visit, form: Form) -> Response:
    """`POST /inbox/all`: everything in the inbox counts as read."""
    if not forms.ticked(form, "read"):
        raise Refused(400)
    await visit.site.database.note(notification.mark_all_as_read, visit.me.person)
    return visit.back("/inbox")


async def read_reply(visit: Visit, form: Form) -> Response:
    """`POST /inbox/reply/ID`: mark an answer as read or unread."""
    number = CommentReplyId(_number(visit, form))
    await visit.site.database.note(notification.mark_reply, visit.me, number, forms.ticked(form, "read"))
    return visit.back("/inbox", f"#r{number}")


async def read_mention(visit: Visit, form: Form) -> Response:
    """`POST /inbox/mention/ID`: mark a mention as read or unread."""
    number = PersonMentionId(_number(visit, form))
    await visit.site.database.note(notification.mark_mention, visit.me, number, forms.ticked(form, "read"))
    return visit.back("/inbox", f"#n{number}")


async def read_message(visit: Visit, form: Form) -> Response:
    """`POST /inbox/message/ID`: mark a private message as read or unread."""
    number = PrivateMessageId(_number(visit, form))
    await visit.site.database.note(messages.mark_as_read, visit.me.person, number, forms.ticked(form, "read"))
    return visit.back("/inbox", f"#m{number}")


def _number(visit: Visit, form: Form) -> int:
    number = forms.number(visit.request.parameters.get("number"))
    if number is None or "read" not in form:
        raise Refused(400)
    return number
