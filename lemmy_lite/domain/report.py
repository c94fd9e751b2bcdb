"""Reports of posts, comments and private messages: making, resolving, listing and counting them.

Posts and comments go to the moderators of their community and the admins, private messages to the admins alone.
"""

from lemmy_lite.context import Context
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import permissions, private_message
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.writing import House
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentReported, PostReported, PrivateMessageReported
from lemmy_lite.model.ids import (
    CommentId,
    CommentReportId,
    CommunityId,
    PersonId,
    PostId,
    PostReportId,
    PrivateMessageId,
    PrivateMessageReportId,
)
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.report import CommentReportView, PostReportView, PrivateMessageReportView
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, local_user, report
from lemmy_lite.storage.views import report as views
from lemmy_lite.storage.views.report import ReportQuery
from lemmy_lite.text import names


class Waiting(Struct, kw_only=True):
    """How many reports are unresolved; those of private messages are known to admins alone, and belong to no community."""

    posts: int
    comments: int
    private_messages: int | None = None


def report_post(tx: Transaction, context: Context, actor: Person, post_id: PostId, reason: str) -> PostReportId:
    """Report a post to those who moderate it, with a copy of what it says now.

    Raises LemmyError: slurs, report_reason_required, report_too_long, couldnt_find_post for one that is gone, couldnt_create_report for a
    second report by the same person, and the codes of a community that is closed to the actor.
    """
    stored = _reason(tx, context, reason)
    found = posts.existing(tx, post_id)
    permissions.require(tx, "post.report", actor, community=community.existing(tx, found.community_id))
    if found.deleted or found.removed:
        raise LemmyError("couldnt_find_post")
    made = report.insert(
        tx,
        "post",
        actor.id,
        found.id,
        stored,
        original_post_name=found.name,
        original_post_url=found.url,
        original_post_body=found.body,
    )
    if made is None:
        raise LemmyError("couldnt_create_report")
    tx.append(PostReported(actor_id=actor.id, post_id=found.id, reason=stored))
    return PostReportId(made)


def report_comment(tx: Transaction, context: Context, actor: Person, comment_id: CommentId, reason: str) -> CommentReportId:
    """Report a comment to those who moderate it, with a copy of what it says now.

    Raises LemmyError: slurs, report_reason_required, report_too_long, couldnt_find_comment, deleted for one that is gone,
    couldnt_create_report for a second report by the same person, and the codes of a community that is closed to the actor.
    """
    stored = _reason(tx, context, reason)
    found = comments.existing(tx, comment_id)
    permissions.require(tx, "comment.report", actor, community=_home_of_comment(tx, found.id))
    if found.deleted or found.removed:
        raise LemmyError("deleted")
    made = report.insert(tx, "comment", actor.id, found.id, stored, original_comment_text=found.content)
    if made is None:
        raise LemmyError("couldnt_create_report")
    tx.append(CommentReported(actor_id=actor.id, comment_id=found.id, reason=stored))
    return CommentReportId(made)


def report_private_message(
    tx: Transaction, context: Context, actor: Person, private_message_id: PrivateMessageId, reason: str
) -> PrivateMessageReportId:
    """Report a message that one has received to the admins, with a copy of what it says now; taking it back does not help its sender.

    Raises LemmyError: slurs, report_reason_required, report_too_long, couldnt_find_private_message, couldnt_create_report for others'
    messages and for a second report.
    """
    stored = _reason(tx, context, reason)
    found = private_message.existing(tx, private_message_id)
    permissions.require(tx, "private_message.report", actor, author_id=found.recipient_id)
    made = report.insert(tx, "private_message", actor.id, found.id, stored, original_pm_text=found.content)
    if made is None:
        raise LemmyError("couldnt_create_report")
    tx.append(PrivateMessageReported(actor_id=actor.id, private_message_id=found.id, reason=stored))
    return PrivateMessageReportId(made)


def resolve_post_report(tx: Transaction, actor: Person, report_id: PostReportId, resolved: bool) -> None:
    """Close a report of a post, or open it again. Raises LemmyError: couldnt_find_post_report, not_a_mod_or_admin."""
    post_id = report.reported(tx, "post", report_id)
    if post_id is None:
        raise LemmyError("couldnt_find_post_report")
    home = community.existing(tx, posts.existing(tx, PostId(post_id)).community_id)
    permissions.require(tx, "report.resolve", actor, community=home)
    report.set_resolved(tx, "post", report_id, actor.id, resolved=resolved)


def resolve_comment_report(tx: Transaction, actor: Person, report_id: CommentReportId, resolved: bool) -> None:
    """Close a report of a comment, or open it again. Raises LemmyError: couldnt_find_comment_report, not_a_mod_or_admin."""
    comment_id = report.reported(tx, "comment", report_id)
    if comment_id is None:
        raise LemmyError("couldnt_find_comment_report")
    permissions.require(tx, "report.resolve", actor, community=_home_of_comment(tx, CommentId(comment_id)))
    report.set_resolved(tx, "comment", report_id, actor.id, resolved=resolved)


def resolve_private_message_report(tx: Transaction, actor: Person, report_id: PrivateMessageReportId, resolved: bool) -> None:
    """Close a report of a private message, or open it again. Raises LemmyError: not_an_admin, couldnt_find_private_message_report."""
    permissions.require(tx, "private_message_report.resolve", actor)
    if report.reported(tx, "private_message", report_id) is None:
        raise LemmyError("couldnt_find_private_message_report")
    report.set_resolved(tx, "private_message", report_id, actor.id, resolved=resolved)


def of_posts(
    tx: Transaction,
    actor: Person,
    page: Page,
    *,
    unresolved_only: bool = False,
    community_id: CommunityId | None = None,
    post_id: PostId | None = None,
) -> list[PostReportView]:
    """One page of the reports of posts in what the actor moderates, for admins of all. Raises not_a_mod_or_admin."""
    permissions.require(tx, "report.list", actor)
    query = ReportQuery(
        moderator=_moderator(tx, actor), unresolved_only=unresolved_only, community_id=community_id, number=post_id, page=page
    )
    return views.post_reports(tx, actor.id, views.listing(tx, "post", query))


def of_comments(
    tx: Transaction,
    actor: Person,
    page: Page,
    *,
    unresolved_only: bool = False,
    community_id: CommunityId | None = None,
    comment_id: CommentId | None = None,
) -> list[CommentReportView]:
    """One page of the reports of comments in what the actor moderates, for admins of all. Raises not_a_mod_or_admin."""
    permissions.require(tx, "report.list", actor)
    query = ReportQuery(
        moderator=_moderator(tx, actor), unresolved_only=unresolved_only, community_id=community_id, number=comment_id, page=page
    )
    return views.comment_reports(tx, actor.id, views.listing(tx, "comment", query))


def of_private_messages(tx: Transaction, actor: Person, page: Page, *, unresolved_only: bool = False) -> list[PrivateMessageReportView]:
    """One page of the reports of private messages. Raises not_an_admin."""
    permissions.require(tx, "private_message_report.list", actor)
    query = ReportQuery(moderator=None, unresolved_only=unresolved_only, page=page)
    return views.private_message_reports(tx, views.listing(tx, "private_message", query))


def waiting(tx: Transaction, actor: Person, community_id: CommunityId | None = None) -> Waiting:
    """How many reports wait for the actor, everywhere or in one community. Raises not_a_mod_or_admin."""
    permissions.require(tx, "report.list", actor)
    moderator = _moderator(tx, actor)
    for_admins = moderator is None and community_id is None
    return Waiting(
        posts=views.unresolved(tx, "post", moderator, community_id),
        comments=views.unresolved(tx, "comment", moderator, community_id),
        private_messages=views.unresolved(tx, "private_message", None, None) if for_admins else None,
    )


def post_report(tx: Transaction, viewer_id: PersonId, report_id: PostReportId) -> PostReportView:
    """One report, for who has just made or resolved it. Raises couldnt_find_post_report."""
    found = views.post_reports(tx, viewer_id, [report_id])
    if not found:
        raise LemmyError("couldnt_find_post_report")
    return found[0]


def comment_report(tx: Transaction, viewer_id: PersonId, report_id: CommentReportId) -> CommentReportView:
    """One report, for who has just made or resolved it. Raises couldnt_find_comment_report."""
    found = views.comment_reports(tx, viewer_id, [report_id])
    if not found:
        raise LemmyError("couldnt_find_comment_report")
    return found[0]


def private_message_report(tx: Transaction, report_id: PrivateMessageReportId) -> PrivateMessageReportView:
    """One report, for who has just made or resolved it. Raises couldnt_find_private_message_report."""
    found = views.private_message_reports(tx, [report_id])
    if not found:
        raise LemmyError("couldnt_find_private_message_report")
    return found[0]


def _reason(tx: Transaction, context: Context, reason: str) -> str:
    return names.check_report_reason(House(tx, context).name(reason))


def _moderator(tx: Transaction, actor: Person) -> PersonId | None:
    return None if local_user.is_admin(tx, actor.id) else actor.id


def _home_of_comment(tx: Transaction, comment_id: CommentId) -> Community:
    return community.existing(tx, posts.existing(tx, comments.existing(tx, comment_id).post_id).community_id)
