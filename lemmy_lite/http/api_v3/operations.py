"""What API v3 offers: every operation with its method, address, request, rate limit and the role it is for.

This is the contract of Lemmy 0.19 as a table (api-v3.json, `endpoints`); which function answers stands in `routes.py`.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Literal, NamedTuple

from lemmy_lite.http.api_v3.wire import (
    comment,
    community,
    emoji,
    image,
    instance,
    local_user,
    modlog,
    notification,
    person,
    post,
    private_message,
    purge,
    registration,
    report,
    search,
    site,
    vote,
)
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.model.settings_backup import UserSettingsImport
from lemmy_lite.model.struct import Struct


class Auth(Enum):
    """Whom an operation is for. The adapter looks whether somebody is logged in; the role is asked by the verb, which knows of what."""

    PUBLIC = "anybody, and it does not matter who"
    OPTIONAL = "anybody, and a logged-in user may see more"
    REQUIRED = "a logged-in user"
    MODERATOR = "a moderator or admin"
    ADMIN = "an admin"


class Operation(NamedTuple):
    """One operation. `request` comes from the query string of a GET and from the JSON body otherwise.

    `wrong_method` is the status for another method at this address: Lemmy answers 404 inside its scopes, 405 on what stands alone.
    """

    name: str
    method: Literal["GET", "POST", "PUT"]
    path: str
    request: type[Struct] | None
    bucket: Bucket | None
    auth: Auth
    wrong_method: Literal[404, 405] = 404


PUBLIC, OPTIONAL, REQUIRED, MODERATOR, ADMIN = Auth
MESSAGE, POST, REGISTER, IMAGE, COMMENT, SEARCH, IMPORT_USER_SETTINGS = Bucket

OPERATIONS: tuple[Operation, ...] = (
    Operation("getSite", "GET", "/api/v3/site", None, MESSAGE, OPTIONAL),
    Operation("createSite", "POST", "/api/v3/site", site.CreateSite, MESSAGE, ADMIN),
    Operation("editSite", "PUT", "/api/v3/site", site.EditSite, MESSAGE, ADMIN),
    Operation("blockInstance", "POST", "/api/v3/site/block", instance.BlockInstance, MESSAGE, REQUIRED),
    Operation("getModlog", "GET", "/api/v3/modlog", modlog.GetModlog, MESSAGE, OPTIONAL, 405),
    Operation("search", "GET", "/api/v3/search", search.Search, SEARCH, OPTIONAL, 405),
    Operation("resolveObject", "GET", "/api/v3/resolve_object", search.ResolveObject, MESSAGE, OPTIONAL, 405),
    Operation("createCommunity", "POST", "/api/v3/community", community.CreateCommunity, REGISTER, REQUIRED),
    Operation("getCommunity", "GET", "/api/v3/community", community.GetCommunity, MESSAGE, OPTIONAL),
    Operation("editCommunity", "PUT", "/api/v3/community", community.EditCommunity, MESSAGE, MODERATOR),
    Operation("hideCommunity", "PUT", "/api/v3/community/hide", community.HideCommunity, MESSAGE, ADMIN),
    Operation("listCommunities", "GET", "/api/v3/community/list", community.ListCommunities, MESSAGE, OPTIONAL),
    Operation("followCommunity", "POST", "/api/v3/community/follow", community.FollowCommunity, MESSAGE, REQUIRED),
    Operation("blockCommunity", "POST", "/api/v3/community/block", community.BlockCommunity, MESSAGE, REQUIRED),
    Operation("deleteCommunity", "POST", "/api/v3/community/delete", community.DeleteCommunity, MESSAGE, MODERATOR),
    Operation("removeCommunity", "POST", "/api/v3/community/remove", community.RemoveCommunity, MESSAGE, ADMIN),
    Operation("transferCommunity", "POST", "/api/v3/community/transfer", community.TransferCommunity, MESSAGE, MODERATOR),
    Operation("banFromCommunity", "POST", "/api/v3/community/ban_user", community.BanFromCommunity, MESSAGE, MODERATOR),
    Operation("addModToCommunity", "POST", "/api/v3/community/mod", community.AddModToCommunity, MESSAGE, MODERATOR),
    Operation("getFederatedInstances", "GET", "/api/v3/federated_instances", None, MESSAGE, PUBLIC),
    Operation("createPost", "POST", "/api/v3/post", post.CreatePost, POST, REQUIRED),
    Operation("getPost", "GET", "/api/v3/post", post.GetPost, MESSAGE, OPTIONAL),
    Operation("editPost", "PUT", "/api/v3/post", post.EditPost, MESSAGE, REQUIRED),
    Operation("deletePost", "POST", "/api/v3/post/delete", post.DeletePost, MESSAGE, REQUIRED),
    Operation("removePost", "POST", "/api/v3/post/remove", post.RemovePost, MESSAGE, MODERATOR),
    Operation("markPostAsRead", "POST", "/api/v3/post/mark_as_read", post.MarkPostAsRead, MESSAGE, REQUIRED),
    Operation("hidePost", "POST", "/api/v3/post/hide", post.HidePost, MESSAGE, REQUIRED),
    Operation("lockPost", "POST", "/api/v3/post/lock", post.LockPost, MESSAGE, MODERATOR),
    Operation("featurePost", "POST", "/api/v3/post/feature", post.FeaturePost, MESSAGE, MODERATOR),
    Operation("getPosts", "GET", "/api/v3/post/list", post.GetPosts, MESSAGE, OPTIONAL),
    Operation("likePost", "POST", "/api/v3/post/like", vote.CreatePostLike, MESSAGE, REQUIRED),
    Operation("listPostLikes", "GET", "/api/v3/post/like/list", vote.ListPostLikes, MESSAGE, MODERATOR),
    Operation("savePost", "PUT", "/api/v3/post/save", post.SavePost, MESSAGE, REQUIRED),
    Operation("createPostReport", "POST", "/api/v3/post/report", report.CreatePostReport, MESSAGE, REQUIRED),
    Operation("resolvePostReport", "PUT", "/api/v3/post/report/resolve", report.ResolvePostReport, MESSAGE, MODERATOR),
    Operation("listPostReports", "GET", "/api/v3/post/report/list", report.ListPostReports, MESSAGE, MODERATOR),
    Operation("getSiteMetadata", "GET", "/api/v3/post/site_metadata", post.GetSiteMetadata, MESSAGE, REQUIRED),
    Operation("createComment", "POST", "/api/v3/comment", comment.CreateComment, COMMENT, REQUIRED),
    Operation("getComment", "GET", "/api/v3/comment", comment.GetComment, MESSAGE, OPTIONAL),
    Operation("editComment", "PUT", "/api/v3/comment", comment.EditComment, MESSAGE, REQUIRED),
    Operation("deleteComment", "POST", "/api/v3/comment/delete", comment.DeleteComment, MESSAGE, REQUIRED),
    Operation("removeComment", "POST", "/api/v3/comment/remove", comment.RemoveComment, MESSAGE, MODERATOR),
    Operation("markCommentReplyAsRead", "POST", "/api/v3/comment/mark_as_read", notification.MarkCommentReplyAsRead, MESSAGE, REQUIRED),
    Operation("distinguishComment", "POST", "/api/v3/comment/distinguish", comment.DistinguishComment, MESSAGE, MODERATOR),
    Operation("likeComment", "POST", "/api/v3/comment/like", vote.CreateCommentLike, MESSAGE, REQUIRED),
    Operation("listCommentLikes", "GET", "/api/v3/comment/like/list", vote.ListCommentLikes, MESSAGE, MODERATOR),
    Operation("saveComment", "PUT", "/api/v3/comment/save", comment.SaveComment, MESSAGE, REQUIRED),
    Operation("getComments", "GET", "/api/v3/comment/list", comment.GetComments, MESSAGE, OPTIONAL),
    Operation("createCommentReport", "POST", "/api/v3/comment/report", report.CreateCommentReport, MESSAGE, REQUIRED),
    Operation("resolveCommentReport", "PUT", "/api/v3/comment/report/resolve", report.ResolveCommentReport, MESSAGE, MODERATOR),
    Operation("listCommentReports", "GET", "/api/v3/comment/report/list", report.ListCommentReports, MESSAGE, MODERATOR),
    Operation("getPrivateMessages", "GET", "/api/v3/private_message/list", private_message.GetPrivateMessages, MESSAGE, REQUIRED),
    Operation("createPrivateMessage", "POST", "/api/v3/private_message", private_message.CreatePrivateMessage, MESSAGE, REQUIRED),
    Operation("editPrivateMessage", "PUT", "/api/v3/private_message", private_message.EditPrivateMessage, MESSAGE, REQUIRED),
    Operation("deletePrivateMessage", "POST", "/api/v3/private_message/delete", private_message.DeletePrivateMessage, MESSAGE, REQUIRED),
    Operation(
        "markPrivateMessageAsRead",
        "POST",
        "/api/v3/private_message/mark_as_read",
        private_message.MarkPrivateMessageAsRead,
        MESSAGE,
        REQUIRED,
    ),
    Operation("createPrivateMessageReport", "POST", "/api/v3/private_message/report", report.CreatePrivateMessageReport, MESSAGE, REQUIRED),
    Operation(
        "resolvePrivateMessageReport", "PUT", "/api/v3/private_message/report/resolve", report.ResolvePrivateMessageReport, MESSAGE, ADMIN
    ),
    Operation("listPrivateMessageReports", "GET", "/api/v3/private_message/report/list", report.ListPrivateMessageReports, MESSAGE, ADMIN),
    Operation("register", "POST", "/api/v3/user/register", registration.Register, REGISTER, PUBLIC),
    Operation("login", "POST", "/api/v3/user/login", local_user.Login, REGISTER, PUBLIC),
    Operation("passwordReset", "POST", "/api/v3/user/password_reset", local_user.PasswordReset, REGISTER, PUBLIC, 405),
    Operation("getCaptcha", "GET", "/api/v3/user/get_captcha", None, POST, PUBLIC, 405),
    Operation("exportSettings", "GET", "/api/v3/user/export_settings", None, IMPORT_USER_SETTINGS, REQUIRED, 405),
    Operation("importSettings", "POST", "/api/v3/user/import_settings", UserSettingsImport, IMPORT_USER_SETTINGS, REQUIRED, 405),
    Operation("listMedia", "GET", "/api/v3/account/list_media", image.ListMedia, MESSAGE, REQUIRED),
    Operation("getPersonDetails", "GET", "/api/v3/user", person.GetPersonDetails, MESSAGE, OPTIONAL),
    Operation("getPersonMentions", "GET", "/api/v3/user/mention", notification.GetPersonMentions, MESSAGE, REQUIRED),
    Operation(
        "markPersonMentionAsRead", "POST", "/api/v3/user/mention/mark_as_read", notification.MarkPersonMentionAsRead, MESSAGE, REQUIRED
    ),
    Operation("getReplies", "GET", "/api/v3/user/replies", notification.GetReplies, MESSAGE, REQUIRED),
    Operation("banPerson", "POST", "/api/v3/user/ban", person.BanPerson, MESSAGE, ADMIN),
    Operation("getBannedPersons", "GET", "/api/v3/user/banned", None, MESSAGE, ADMIN),
    Operation("blockPerson", "POST", "/api/v3/user/block", person.BlockPerson, MESSAGE, REQUIRED),
    Operation("logout", "POST", "/api/v3/user/logout", None, MESSAGE, REQUIRED),
    Operation("deleteAccount", "POST", "/api/v3/user/delete_account", local_user.DeleteAccount, MESSAGE, REQUIRED),
    Operation("passwordChangeAfterReset", "POST", "/api/v3/user/password_change", local_user.PasswordChangeAfterReset, MESSAGE, PUBLIC),
    Operation("markAllAsRead", "POST", "/api/v3/user/mark_all_as_read", None, MESSAGE, REQUIRED),
    Operation("saveUserSettings", "PUT", "/api/v3/user/save_user_settings", local_user.SaveUserSettings, MESSAGE, REQUIRED),
    Operation("changePassword", "PUT", "/api/v3/user/change_password", local_user.ChangePassword, MESSAGE, REQUIRED),
    Operation("getReportCount", "GET", "/api/v3/user/report_count", report.GetReportCount, MESSAGE, MODERATOR),
    Operation("getUnreadCount", "GET", "/api/v3/user/unread_count", None, MESSAGE, REQUIRED),
    Operation("verifyEmail", "POST", "/api/v3/user/verify_email", local_user.VerifyEmail, MESSAGE, PUBLIC),
    Operation("leaveAdmin", "POST", "/api/v3/user/leave_admin", None, MESSAGE, ADMIN),
    Operation("generateTotpSecret", "POST", "/api/v3/user/totp/generate", None, MESSAGE, REQUIRED),
    Operation("updateTotp", "POST", "/api/v3/user/totp/update", local_user.UpdateTotp, MESSAGE, REQUIRED),
    Operation("listLogins", "GET", "/api/v3/user/list_logins", None, MESSAGE, REQUIRED),
    Operation(
        "validateAuth", "GET", "/api/v3/user/validate_auth", None, MESSAGE, OPTIONAL
    ),  # says itself that nobody is logged in: 400 not_logged_in
    Operation("donation_dialog_shown", "POST", "/api/v3/user/donation_dialog_shown", None, MESSAGE, REQUIRED),
    Operation("addAdmin", "POST", "/api/v3/admin/add", person.AddAdmin, MESSAGE, ADMIN),
    Operation("getUnreadRegistrationApplicationCount", "GET", "/api/v3/admin/registration_application/count", None, MESSAGE, ADMIN),
    Operation(
        "listRegistrationApplications",
        "GET",
        "/api/v3/admin/registration_application/list",
        registration.ListRegistrationApplications,
        MESSAGE,
        ADMIN,
    ),
    Operation(
        "approveRegistrationApplication",
        "PUT",
        "/api/v3/admin/registration_application/approve",
        registration.ApproveRegistrationApplication,
        MESSAGE,
        ADMIN,
    ),
    Operation(
        "getRegistrationApplication",
        "GET",
        "/api/v3/admin/registration_application",
        registration.GetRegistrationApplication,
        MESSAGE,
        ADMIN,
    ),
    Operation("listAllMedia", "GET", "/api/v3/admin/list_all_media", image.ListMedia, MESSAGE, ADMIN),
    Operation("purgePerson", "POST", "/api/v3/admin/purge/person", purge.PurgePerson, MESSAGE, ADMIN),
    Operation("purgeCommunity", "POST", "/api/v3/admin/purge/community", purge.PurgeCommunity, MESSAGE, ADMIN),
    Operation("purgePost", "POST", "/api/v3/admin/purge/post", purge.PurgePost, MESSAGE, ADMIN),
    Operation("purgeComment", "POST", "/api/v3/admin/purge/comment", purge.PurgeComment, MESSAGE, ADMIN),
    Operation("createCustomEmoji", "POST", "/api/v3/custom_emoji", emoji.CreateCustomEmoji, MESSAGE, ADMIN),
    Operation("editCustomEmoji", "PUT", "/api/v3/custom_emoji", emoji.EditCustomEmoji, MESSAGE, ADMIN),
    Operation("deleteCustomEmoji", "POST", "/api/v3/custom_emoji/delete", emoji.DeleteCustomEmoji, MESSAGE, ADMIN),
    Operation("uploadImage", "POST", "/pictrs/image", None, IMAGE, REQUIRED, 405),
    Operation("deleteImage", "GET", "/pictrs/image/delete/{token}/{filename}", None, None, REQUIRED, 405),
)

COUNTED_TOO: Mapping[str, Bucket] = {"deleteAccount": REGISTER, "changePassword": REGISTER}
"""Operations that count as logins too, beside what the contract says: they compare a password, which may be a guess, and is slow work on a
small board. The forms of the site count alike."""
