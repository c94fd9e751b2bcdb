"""Reports."""

from lemmy_lite.http.api_v3.wire.bounds import (
    CommentId,
    CommentReportId,
    CommunityId,
    Int64,
    PostId,
    PostReportId,
    PrivateMessageId,
    PrivateMessageReportId,
)
from lemmy_lite.model.report import CommentReportView, PostReportView, PrivateMessageReportView
from lemmy_lite.model.struct import Struct


class CreatePostReport(Struct, kw_only=True):
    """`POST /post/report`."""

    post_id: PostId
    reason: str


class PostReportResponse(Struct, kw_only=True):
    """The answer of createPostReport and resolvePostReport."""

    post_report_view: PostReportView


class ResolvePostReport(Struct, kw_only=True):
    """`PUT /post/report/resolve`."""

    report_id: PostReportId
    resolved: bool


class ListPostReports(Struct, kw_only=True):
    """`GET /post/report/list`."""

    page: Int64 | None = None
    limit: Int64 | None = None
    unresolved_only: bool | None = None
    community_id: CommunityId | None = None
    post_id: PostId | None = None


class ListPostReportsResponse(Struct, kw_only=True):
    """The answer of listPostReports."""

    post_reports: list[PostReportView]


class CreateCommentReport(Struct, kw_only=True):
    """`POST /comment/report`."""

    comment_id: CommentId
    reason: str


class CommentReportResponse(Struct, kw_only=True):
    """The answer of createCommentReport and resolveCommentReport."""

    comment_report_view: CommentReportView


class ResolveCommentReport(Struct, kw_only=True):
    """`PUT /comment/report/resolve`."""

    report_id: CommentReportId
    resolved: bool


class ListCommentReports(Struct, kw_only=True):
    """`GET /comment/report/list`."""

    comment_id: CommentId | None = None
    page: Int64 | None = None
    limit: Int64 | None = None
    unresolved_only: bool | None = None
    community_id: CommunityId | None = None


class ListCommentReportsResponse(Struct, kw_only=True):
    """The answer of listCommentReports."""

    comment_reports: list[CommentReportView]


class CreatePrivateMessageReport(Struct, kw_only=True):
    """`POST /private_message/report`."""

    private_message_id: PrivateMessageId
    reason: str


class PrivateMessageReportResponse(Struct, kw_only=True):
    """The answer of createPrivateMessageReport and resolvePrivateMessageReport."""

    private_message_report_view: PrivateMessageReportView


class ResolvePrivateMessageReport(Struct, kw_only=True):
    """`PUT /private_message/report/resolve`."""

    report_id: PrivateMessageReportId
    resolved: bool


class ListPrivateMessageReports(Struct, kw_only=True):
    """`GET /private_message/report/list`."""

    page: Int64 | None = None
    limit: Int64 | None = None
    unresolved_only: bool | None = None


class ListPrivateMessageReportsResponse(Struct, kw_only=True):
    """The answer of listPrivateMessageReports."""

    private_message_reports: list[PrivateMessageReportView]


class GetReportCount(Struct, kw_only=True):
    """`GET /user/report_count`."""

    community_id: CommunityId | None = None


class GetReportCountResponse(Struct, kw_only=True):
    """The answer of getReportCount."""

    community_id: CommunityId | None = None
    comment_reports: int
    post_reports: int
    private_message_reports: int | None = None
