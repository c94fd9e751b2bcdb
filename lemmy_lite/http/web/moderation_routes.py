"""The pages and forms of moderators and admins, as the table of the site takes them in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from lemmy_lite.http.response import Response
from lemmy_lite.http.web import (
    admin,
    ban,
    community_moderator,
    community_settings,
    dashboard,
    emoji,
    instance,
    mail_test,
    moderation,
    modlog,
    purge,
    registration,
    report,
    setup,
    site_settings,
    vote,
)
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Visit

Showing = Callable[[Visit], Awaitable[Response]]
Taking = Callable[[Visit, Form], Awaitable[Response]]

FOR_EVERYBODY: tuple[tuple[str, Showing], ...] = (
    ("/modlog", modlog.log),
    ("/modlog/{community_id}", modlog.log),
    ("/instances", instance.federated),
    ("/legal", instance.legal),
    ("/setup", setup.setup_form),
)

FOR_MEMBERS: tuple[tuple[str, Showing], ...] = (
    ("/post/{post_id}/report", report.post),
    ("/post/{post_id}/moderate", moderation.post),
    ("/post/{post_id}/votes", vote.post),
    ("/post/{post_id}/purge", purge.post),
    ("/comment/{comment_id}/report", report.comment),
    ("/comment/{comment_id}/moderate", moderation.comment),
    ("/comment/{comment_id}/votes", vote.comment),
    ("/comment/{comment_id}/purge", purge.comment),
    ("/private_message/{message_id}/report", report.message),
    ("/u/{name}/moderate", ban.person),
    ("/u/{name}/purge", purge.person),
    ("/c/{name}/purge", purge.community),
    ("/c/{name}/settings", community_settings.change),
    ("/c/{name}/mods", community_moderator.moderators),
    ("/reports", report.queue),
    ("/registration_applications", registration.queue),
    ("/admin", site_settings.settings),
)
"""Pages that strangers are sent to log in for; who may see them is asked by their own verbs."""

GUARDED = FOR_MEMBERS
MODERATION_PAGES = FOR_EVERYBODY + FOR_MEMBERS

MODERATION_FORMS: tuple[tuple[str, Taking], ...] = (
    ("/post/{post_id}/report", report.report_post),
    ("/post/{post_id}/moderate", moderation.decide_post),
    ("/post/{post_id}/purge", purge.purge_post),
    ("/comment/{comment_id}/report", report.report_comment),
    ("/comment/{comment_id}/moderate", moderation.decide_comment),
    ("/comment/{comment_id}/purge", purge.purge_comment),
    ("/private_message/{message_id}/report", report.report_message),
    ("/u/{name}/moderate", ban.decide),
    ("/u/{name}/purge", purge.purge_person),
    ("/c/{name}/purge", purge.purge_community),
    ("/c/{name}/settings", community_settings.edit),
    ("/c/{name}/moderate", community_settings.decide),
    ("/c/{name}/mods", community_moderator.decide),
    ("/reports", report.resolve),
    ("/registration_applications", registration.decide),
    ("/admin", site_settings.save),
    ("/admin/retry", dashboard.retry),
    ("/admin/backup", dashboard.back_up),
    ("/admin/emoji", emoji.save),
    ("/admin/people", admin.appoint),
    ("/admin/uploads", admin.delete_upload),
    ("/admin/mail", mail_test.send),
    ("/setup", setup.take),
)

MODERATION_FOR_MEMBERS: frozenset[Showing] = frozenset(handler for _, handler in FOR_MEMBERS)

MODERATION_WITH_FILES: Mapping[Taking, int] = {site_settings.save: 2, emoji.save: 1, community_settings.edit: 2}
"""Forms that may bring pictures along, and how many."""
