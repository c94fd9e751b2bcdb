"""The table of the site: which function answers which page, and which form; lemmy-ui's addresses where it has one."""

from collections.abc import Awaitable, Callable, Mapping

from lemmy_lite.http.response import Response
from lemmy_lite.http.web import (
    block,
    blog,
    comment,
    community,
    elsewhere,
    emoji_page,
    front,
    image,
    inbox,
    local_user,
    mail,
    password,
    person,
    post,
    post_form,
    private_message,
    script,
    search,
    security,
    settings,
    settings_backup,
    thread,
)
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.moderation_routes import (
    GUARDED,
    MODERATION_FOR_MEMBERS,
    MODERATION_FORMS,
    MODERATION_PAGES,
    MODERATION_WITH_FILES,
)
from lemmy_lite.http.web.visit import Visit

__all__ = ["DOORS", "FORMS", "FOR_MEMBERS", "GUARDED", "PAGES", "WITH_FILES", "Showing", "Taking"]

Showing = Callable[[Visit], Awaitable[Response]]
Taking = Callable[[Visit, Form], Awaitable[Response]]

PAGES: tuple[tuple[str, Showing], ...] = (
    ("/", front.front),
    ("/forum", front.forum),
    ("/archive", blog.archive),
    ("/archive/{year}", blog.archive),
    ("/archive/{year}/{month}", blog.archive),
    ("/language/{code}", blog.language),
    ("/about", blog.about),
    ("/feed", blog.feed),
    ("/c/{name}", community.community),
    ("/communities", community.directory),
    ("/create_community", community.new),
    ("/post/{post_id}", thread.post),
    ("/post/{post_id}/elsewhere", elsewhere.post),
    ("/post/{post_id}/edit", post_form.change),
    ("/post/{post_id}/reply", comment.reply_to_post_form),
    ("/create_post", post_form.new),
    ("/comment/{comment_id}", thread.comment),
    ("/comment/{comment_id}/edit", comment.change),
    ("/comment/{comment_id}/reply", comment.reply_form),
    ("/u/{name}", person.person),
    ("/search", search.search),
    ("/emoji", emoji_page.emojis),
    ("/inbox", inbox.inbox),
    ("/inbox/unread", script.unread),
    ("/mentions", script.mentions),
    ("/words", script.words),
    ("/keyboard", script.keyboard),
    ("/create_private_message/{recipient_id}", private_message.conversation),
    ("/private_message/{message_id}", private_message.one),
    ("/private_message/{message_id}/edit", private_message.change),
    ("/login", local_user.login_form),
    ("/signup", local_user.signup_form),
    ("/login_reset", password.reset_form),
    ("/password_change/{token}", password.new_form),
    ("/verify_email/{token}", password.verify_form),
    ("/unsubscribe/{token}", mail.leave_form),
    ("/settings", settings.settings_form),
    ("/settings/security", security.security),
    ("/settings/blocks", block.blocks),
    ("/settings/uploads", image.uploads),
    ("/settings/data", settings_backup.data),
    ("/settings/export", settings_backup.export),
    *MODERATION_PAGES,
)

FORMS: tuple[tuple[str, Taking], ...] = (
    ("/", post.wish_for_all),
    ("/c/{name}", community.wish),
    ("/create_community", community.create),
    ("/post/{post_id}", post.wish),
    ("/post/{post_id}/edit", post_form.edit),
    ("/post/{post_id}/reply", comment.reply_to_post),
    ("/create_post", post_form.create),
    ("/comment/{comment_id}", comment.wish),
    ("/comment/{comment_id}/edit", comment.edit),
    ("/comment/{comment_id}/reply", comment.reply),
    ("/u/{name}", person.wish),
    ("/inbox/all", inbox.read_all),
    ("/inbox/reply/{number}", inbox.read_reply),
    ("/inbox/mention/{number}", inbox.read_mention),
    ("/inbox/message/{number}", inbox.read_message),
    ("/create_private_message/{recipient_id}", private_message.send),
    ("/private_message/{message_id}", private_message.wish),
    ("/private_message/{message_id}/edit", private_message.edit),
    ("/login", local_user.login),
    ("/logout", local_user.logout),
    ("/signup", local_user.signup),
    ("/login_reset", password.reset),
    ("/password_change/{token}", password.set_new),
    ("/verify_email/{token}", password.verify),
    ("/settings", settings.save),
    ("/settings/password", security.change_password),
    ("/settings/second_factor", security.change_second_factor),
    ("/settings/sessions", security.end_session),
    ("/settings/blocks", block.change),
    ("/settings/uploads", image.change),
    ("/settings/import", settings_backup.take_in),
    ("/settings/feeds", settings_backup.change_feeds),
    ("/settings/delete_account", settings_backup.leave),
    *MODERATION_FORMS,
)

WITH_FILES: Mapping[Taking, int] = {
    post_form.create: 1,
    post_form.edit: 1,
    settings.save: 2,
    image.change: 1,
    settings_backup.take_in: 1,
    **MODERATION_WITH_FILES,
}
"""Forms that may bring pictures along, and how many."""

FOR_MEMBERS = frozenset(
    {
        community.new,
        post_form.change,
        post_form.new,
        comment.change,
        comment.reply_form,
        comment.reply_to_post_form,
        settings.settings_form,
        security.security,
        block.blocks,
        image.uploads,
        settings_backup.data,
        settings_backup.export,
        inbox.inbox,
        private_message.conversation,
        private_message.one,
        private_message.change,
        *MODERATION_FOR_MEMBERS,
    }
)
"""Pages that strangers are sent to log in for."""

DOORS = frozenset(
    {
        "/login",
        "/logout",
        "/signup",
        "/login_reset",
        "/password_change/{token}",
        "/verify_email/{token}",
        "/unsubscribe/{token}",
        "/setup",
        "/legal",
        "/words",
    }
)
"""Pages and forms that a private site has for strangers too: the ways in, what a mail leads to, and what the law wants shown to everybody.
All others are refused before their handlers look at anything."""
