"""Reports as moderators and admins see them, texts included: what is deleted or removed must be judged too.
Whoever made one is shown it once, and of the post no more than before."""

from typing import Any, TypeVar

from lemmy_lite.model.comment import Comment, CommentAggregates
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.model.paging import Page
from lemmy_lite.model.post import PostAggregates
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.model.report import (
    CommentReport,
    CommentReportView,
    PostReport,
    PostReportView,
    PrivateMessageReport,
    PrivateMessageReportView,
)
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables.report import Kind
from lemmy_lite.storage.views import beside
from lemmy_lite.storage.views.comment import COMMENT_FROM
from lemmy_lite.storage.views.community import SUBSCRIBED
from lemmy_lite.storage.views.counted import counted
from lemmy_lite.storage.views.person import person_shape
from lemmy_lite.storage.views.post import POST_FROM

V = TypeVar("V", bound=Struct)


class ReportQuery(Struct, kw_only=True):
    """What is asked of a list of reports. `moderator` limits it to what this person moderates, None is for admins; `number` is the id of
    one post or comment. Unresolved ones alone come oldest first, all of them newest first."""

    moderator: PersonId | None
    unresolved_only: bool = False
    community_id: CommunityId | None = None
    number: int | None = None
    page: Page


POST_REPORT_VIEW: Shape[PostReportView] = Shape(
    PostReportView,
    post_report=Shape(PostReport, "report"),
    post=beside.POST,
    community=beside.COMMUNITY,
    creator=person_shape("reporter"),
    post_creator=person_shape("creator"),
    creator_banned_from_community="creator_ban.person_id IS NOT NULL",
    creator_is_moderator="creator_role.person_id IS NOT NULL",
    creator_is_admin="COALESCE(creator_user.admin, FALSE)",
    subscribed=SUBSCRIBED,
    saved="saved.person_id IS NOT NULL",
    read="COALESCE(visit.marked, FALSE)",
    hidden="hidden.person_id IS NOT NULL",
    creator_blocked="block.person_id IS NOT NULL",
    my_vote="vote.score",
    unread_comments="counts.comments - COALESCE(visit.read_comments, 0)",
    counts=Shape(PostAggregates, "counts"),
    resolver=person_shape("resolver"),
)
COMMENT_REPORT_VIEW: Shape[CommentReportView] = Shape(
    CommentReportView,
    comment_report=Shape(CommentReport, "report"),
    comment=Shape(Comment, "comment"),
    post=beside.POST,
    community=beside.COMMUNITY,
    creator=person_shape("reporter"),
    comment_creator=person_shape("creator"),
    counts=Shape(CommentAggregates, "counts"),
    creator_banned_from_community="creator_ban.person_id IS NOT NULL",
    creator_is_moderator="creator_role.person_id IS NOT NULL",
    creator_is_admin="COALESCE(creator_user.admin, FALSE)",
    creator_blocked="block.person_id IS NOT NULL",
    subscribed=SUBSCRIBED,
    saved="saved.person_id IS NOT NULL",
    my_vote="vote.score",
    resolver=person_shape("resolver"),
)
PRIVATE_MESSAGE_REPORT_VIEW: Shape[PrivateMessageReportView] = Shape(
    PrivateMessageReportView,
    private_message_report=Shape(PrivateMessageReport, "report"),
    private_message=Shape(PrivateMessage, "message"),
    private_message_creator=person_shape("creator"),
    creator=person_shape("reporter"),
    resolver=person_shape("resolver"),
)
_PRIVATE_MESSAGE_FROM = """
  FROM private_message message
  JOIN person creator ON creator.id = message.creator_id
"""
_REPORTED = """
  JOIN {kind}_report report ON report.{kind}_id = {alias}.id
  JOIN person reporter ON reporter.id = report.creator_id
  LEFT JOIN person resolver ON resolver.id = report.resolver_id
 WHERE report.id AMONG :ids
"""
_POST_REPORTS = f"SELECT {POST_REPORT_VIEW.columns} {POST_FROM} {_REPORTED.format(kind='post', alias='post')}"
_COMMENT_REPORTS = f"SELECT {COMMENT_REPORT_VIEW.columns} {COMMENT_FROM} {_REPORTED.format(kind='comment', alias='comment')}"
_PRIVATE_MESSAGE_REPORTS = (
    f"SELECT {PRIVATE_MESSAGE_REPORT_VIEW.columns} {_PRIVATE_MESSAGE_FROM} {_REPORTED.format(kind='private_message', alias='message')}"
)

# From a report to the community it belongs to. SQLite plans without statistics: CROSS JOIN keeps the few reports in front.
_PLACED: dict[Kind, str] = {
    "post": "post_report report CROSS JOIN post WHERE post.id = report.post_id",
    "comment": (
        "comment_report report CROSS JOIN comment CROSS JOIN post WHERE comment.id = report.comment_id AND post.id = comment.post_id"
    ),
    "private_message": "private_message_report report WHERE TRUE",
}


def listing(tx: Transaction, kind: Kind, query: ReportQuery) -> list[int]:
    """The ids of the reports on one page of a list."""
    where, values = _where(kind, query.moderator, query.community_id)
    if query.number is not None:
        where, values = f"{where} AND report.{kind}_id = :number", values | {"number": query.number}
    order = "report.published DESC, report.id DESC"
    if query.unresolved_only:
        where, order = f"{where} AND NOT report.resolved", "report.published, report.id"
    return tx.column(
        f"SELECT report.id FROM {where} ORDER BY {order} LIMIT :limit OFFSET :offset",
        limit=query.page.limit,
        offset=query.page.offset,
        **values,
    )


def unresolved(tx: Transaction, kind: Kind, moderator: PersonId | None, community_id: CommunityId | None) -> int:
    """How many reports wait, in what a person moderates or (None) everywhere, or in one community of those."""
    where, values = _where(kind, moderator, community_id)
    number: int = tx.value(f"SELECT COUNT(*) FROM {where} AND NOT report.resolved", **values)
    return number


def post_reports(tx: Transaction, viewer_id: PersonId, ids: list[int]) -> list[PostReportView]:
    """The reports of posts with these ids, in their order: the caller has chosen what may be seen."""
    return counted(tx, _by_ids(tx, POST_REPORT_VIEW, _POST_REPORTS, ids, viewer=viewer_id, now=tx.now))


def comment_reports(tx: Transaction, viewer_id: PersonId, ids: list[int]) -> list[CommentReportView]:
    """The reports of comments with these ids, in their order: the caller has chosen what may be seen."""
    return counted(tx, _by_ids(tx, COMMENT_REPORT_VIEW, _COMMENT_REPORTS, ids, viewer=viewer_id, now=tx.now))


def private_message_reports(tx: Transaction, ids: list[int]) -> list[PrivateMessageReportView]:
    """The reports of private messages with these ids, in their order: the caller has chosen what may be seen."""
    return _by_ids(tx, PRIVATE_MESSAGE_REPORT_VIEW, _PRIVATE_MESSAGE_REPORTS, ids)


def _by_ids(tx: Transaction, shape: Shape[V], select: str, ids: list[int], **values: Any) -> list[V]:
    if not ids:
        return []
    found = {row[0]: row for row in tx.all(select, ids=ids, **values)}
    return [shape.build(found[number]) for number in ids if number in found]


def _where(kind: Kind, moderator: PersonId | None, community_id: CommunityId | None) -> tuple[str, dict[str, Any]]:
    where, values = _PLACED[kind], dict[str, Any]()
    if moderator is not None:
        where += " AND post.community_id IN (SELECT community_id FROM community_moderator WHERE person_id = :moderator)"
        values["moderator"] = moderator
    if community_id is not None:
        where += " AND post.community_id = :community"
        values["community"] = community_id
    return where, values
