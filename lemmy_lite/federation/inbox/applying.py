"""One received activity, one transaction: its effect, what it tells others, and the row of the inbox that it leaves (design rule 21)."""

from collections.abc import Callable

from lemmy_lite.context import Context
from lemmy_lite.federation.errors import Behind, Refused
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.federation.fetch import Document
from lemmy_lite.federation.inbox import announcing, asked, banning, deleting, following, moderating, profiles, reporting, voting, writing
from lemmy_lite.federation.inbox.announcing import Handle
from lemmy_lite.federation.inbox.verified import NOT_A_MODERATOR, Verified
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import inbox_activity, received_activity
from lemmy_lite.storage.tables.inbox_activity import InboxActivity


def apply(tx: Transaction, evidence: Evidence, context: Context, row: InboxActivity, document: Document) -> None:
    """Give the activity of a row its effect, once; `document` is what the row holds.

    Raises Needs, Refused, and whatever the trouble is; then nothing has happened.
    """
    if inbox_activity.delete(tx, row.id) and received_activity.insert(tx, row.ap_id, of_vote=voting.is_vote(document)):
        _handle(Verified(tx, context, evidence, document, None))


def apply_at_once(
    tx: Transaction,
    evidence: Evidence,
    context: Context,
    document: Document,
    activity: Activity,
    is_vote: bool,
    host: str | None = None,
) -> bool:
    """The same for an activity that has just come in, and for which nothing has to be fetched or converted: it never waits in a row.

    Answers False for one that waits already, or that had its effect. Raises like `apply`, and Behind where something of `host` waits
    before it. What announces a vote is not remembered: the vote inside it is, and to announce that again tells nothing new.
    """
    if host is not None and inbox_activity.has_any_of(tx, host):
        raise Behind(host)
    ap_id, others = activity.id, announcing.names_inside(document)
    is_new = received_activity.are_new(tx, ap_id, others)
    if not is_new and received_activity.known_or_waits(tx, ap_id):
        return False
    holds_vote = is_vote and bool(others)
    if holds_vote and not is_new and received_activity.known(tx, *others):
        return True
    if not holds_vote and not received_activity.remember(tx, ap_id, of_vote=is_vote):
        return False
    unheard = frozenset(others) - {ap_id} if is_new else frozenset()
    _handle(Verified(tx, context, evidence, document, None, activity=activity, unheard=unheard))
    return True


def _handle(given: Verified) -> None:
    handle = _HANDLERS.get(given.activity.type)
    if handle is None:
        raise Refused("unknown_type", f"{given.activity.type[:50]} is nothing that we take")
    try:
        handle(given)
    except LemmyError as cause:
        raise Refused(cause.code, cause.sentence) from cause


def drop(tx: Transaction, row: InboxActivity, refusal: Refused) -> None:
    """Take out an activity that was refused for good; copies of it are refused unread.

    But for one by an admin of a community's home, who is nobody to us until the community itself announces the same activity: Lemmy sends
    bans to the banned person's home as well, and that copy may come first.
    """
    inbox_activity.delete(tx, row.id)
    drop_at_once(tx, row.ap_id, refusal)


def drop_at_once(tx: Transaction, ap_id: str, refusal: Refused) -> None:
    """The same for an activity that has just come in."""
    if refusal.code != NOT_A_MODERATOR:
        received_activity.insert(tx, ap_id)


def is_taken(kind: str) -> bool:
    """Whether activities of a type have any effect here; others need not be kept."""
    return kind in _HANDLERS


def _undo(given: Verified) -> None:
    inner = given.inner()
    kind = inner.activity.type
    # If what is taken back is still under way, it comes too late to have an effect.
    name = inner.activity.id if given.is_first_hand else announcing.by_hearsay(str(given.announcer), inner.activity.id)
    received_activity.insert(given.tx, name, of_vote=kind in voting.SCORES)
    if kind == "Follow":
        following.unfollow(inner)
    elif take_back := _TAKEN_BACK.get(kind):
        take_back(given, inner)
    else:
        raise Refused("unknown_type", f"an Undo of {kind[:50]} is nothing that we take")


def _announce(given: Verified) -> None:
    announcing.receive(given, _ANNOUNCEABLE)


_ANNOUNCEABLE: dict[str, Handle] = {
    "Create": writing.receive,
    "Update": writing.receive,
    "Like": voting.cast,
    "EmojiReact": voting.cast,
    "Dislike": voting.cast,
    "Delete": deleting.delete,
    "Undo": _undo,
    "Lock": moderating.lock,
    "Add": moderating.add,
    "Remove": moderating.remove,
    "Block": banning.ban,
}
_TAKEN_BACK: dict[str, Callable[[Verified, Verified], None]] = {
    **dict.fromkeys(voting.SCORES, voting.take_back),
    "Delete": deleting.restore,
    "Lock": moderating.unlock,
    "Add": moderating.take_back_add,
    "Remove": moderating.take_back_remove,
    "Block": banning.unban,
}
_HANDLERS: dict[str, Handle] = {
    **_ANNOUNCEABLE,
    "Announce": _announce,
    "Follow": following.follow,
    "Accept": following.accept,
    "Reject": following.reject,
    "Flag": reporting.report,
    "Move": profiles.move,
}
asked.check(_HANDLERS)
