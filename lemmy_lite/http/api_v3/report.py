"""Operations on reports of posts, comments and private messages."""

from lemmy_lite.context import Context
from lemmy_lite.domain import report as reports
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.report import (
    CommentReportResponse,
    CreateCommentReport,
    CreatePostReport,
    CreatePrivateMessageReport,
    GetReportCount,
    GetReportCountResponse,
    ListCommentReports,
    ListCommentReportsResponse,
    ListPostReports,
    ListPostReportsResponse,
    ListPrivateMessageReports,
    ListPrivateMessageReportsResponse,
    PostReportResponse,
    PrivateMessageReportResponse,
    ResolveCommentReport,
    ResolvePostReport,
    ResolvePrivateMessageReport,
)
from lemmy_lite.model.paging import page
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def create_post_report(call: UserCall, form: CreatePostReport) -> PostReportResponse:
    """Report a post to its moderators."""
    return await call.database.write(_create_for_post, call.context, call.viewer, form)


async def resolve_post_report(call: UserCall, form: ResolvePostReport) -> PostReportResponse:
    """Close a report of a post, or open it again."""
    return await call.database.write(_resolve_for_post, call.viewer, form)


async def list_post_reports(call: UserCall, form: ListPostReports) -> ListPostReportsResponse:
    """One page of the reports of posts."""
    return await call.database.read(_list_for_posts, call.viewer, form)


async def create_comment_report(call: UserCall, form: CreateCommentReport) -> CommentReportResponse:
    """Report a comment to its moderators."""
    return await call.database.write(_create_for_comment, call.context, call.viewer, form)


async def resolve_comment_report(call: UserCall, form: ResolveCommentReport) -> CommentReportResponse:
    """Close a report of a comment, or open it again."""
    return await call.database.write(_resolve_for_comment, call.viewer, form)


async def list_comment_reports(call: UserCall, form: ListCommentReports) -> ListCommentReportsResponse:
    """One page of the reports of comments."""
    return await call.database.read(_list_for_comments, call.viewer, form)


async def create_private_message_report(call: UserCall, form: CreatePrivateMessageReport) -> PrivateMessageReportResponse:
    """Report a private message to the admins."""
    return await call.database.write(_create_for_private_message, call.context, call.viewer, form)


async def resolve_private_message_report(call: UserCall, form: ResolvePrivateMessageReport) -> PrivateMessageReportResponse:
    """Close a report of a private message, or open it again."""
    return await call.database.write(_resolve_for_private_message, call.viewer, form)


async def list_private_message_reports(call: UserCall, form: ListPrivateMessageReports) -> ListPrivateMessageReportsResponse:
    """One page of the reports of private messages."""
    return await call.database.read(_list_for_private_messages, call.viewer, form)


async def get_report_count(call: UserCall, form: GetReportCount) -> GetReportCountResponse:
    """How many reports wait."""
    found = await call.database.read(reports.waiting, call.viewer.person, form.community_id)
    return GetReportCountResponse(
        community_id=form.community_id,
        comment_reports=found.comments,
        post_reports=found.posts,
        private_message_reports=found.private_messages,
    )


def _create_for_post(tx: Transaction, context: Context, viewer: Viewer, form: CreatePostReport) -> PostReportResponse:
    made = reports.report_post(tx, context, viewer.person, form.post_id, form.reason)
    return PostReportResponse(post_report_view=reports.post_report(tx, viewer.id, made))


def _resolve_for_post(tx: Transaction, viewer: Viewer, form: ResolvePostReport) -> PostReportResponse:
    reports.resolve_post_report(tx, viewer.person, form.report_id, form.resolved)
    return PostReportResponse(post_report_view=reports.post_report(tx, viewer.id, form.report_id))


def _list_for_posts(tx: Transaction, viewer: Viewer, form: ListPostReports) -> ListPostReportsResponse:
    found = reports.of_posts(
        tx,
        viewer.person,
        page(form.limit, form.page),
        unresolved_only=bool(form.unresolved_only),
        community_id=form.community_id,
        post_id=form.post_id,
    )
    return ListPostReportsResponse(post_reports=found)


def _create_for_comment(tx: Transaction, context: Context, viewer: Viewer, form: CreateCommentReport) -> CommentReportResponse:
    made = reports.report_comment(tx, context, viewer.person, form.comment_id, form.reason)
    return CommentReportResponse(comment_report_view=reports.comment_report(tx, viewer.id, made))


def _resolve_for_comment(tx: Transaction, viewer: Viewer, form: ResolveCommentReport) -> CommentReportResponse:
    reports.resolve_comment_report(tx, viewer.person, form.report_id, form.resolved)
    return CommentReportResponse(comment_report_view=reports.comment_report(tx, viewer.id, form.report_id))


def _list_for_comments(tx: Transaction, viewer: Viewer, form: ListCommentReports) -> ListCommentReportsResponse:
    found = reports.of_comments(
        tx,
        viewer.person,
        page(form.limit, form.page),
        unresolved_only=bool(form.unresolved_only),
        community_id=form.community_id,
        comment_id=form.comment_id,
    )
    return ListCommentReportsResponse(comment_reports=found)


def _create_for_private_message(
    tx: Transaction, context: Context, viewer: Viewer, form: CreatePrivateMessageReport
) -> PrivateMessageReportResponse:
    made = reports.report_private_message(tx, context, viewer.person, form.private_message_id, form.reason)
    return PrivateMessageReportResponse(private_message_report_view=reports.private_message_report(tx, made))


def _resolve_for_private_message(tx: Transaction, viewer: Viewer, form: ResolvePrivateMessageReport) -> PrivateMessageReportResponse:
    reports.resolve_private_message_report(tx, viewer.person, form.report_id, form.resolved)
    return PrivateMessageReportResponse(private_message_report_view=reports.private_message_report(tx, form.report_id))


def _list_for_private_messages(tx: Transaction, viewer: Viewer, form: ListPrivateMessageReports) -> ListPrivateMessageReportsResponse:
    found = reports.of_private_messages(tx, viewer.person, page(form.limit, form.page), unresolved_only=bool(form.unresolved_only))
    return ListPrivateMessageReportsResponse(private_message_reports=found)
