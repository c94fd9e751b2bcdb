"""Which rules of `domain/permissions.py` the forms and the guarded pages of the site ask: one line each.

The verbs behind them ask, with what they know of; here it is said which, so that the site does not start with a form that nobody has
thought about (security.md, rule 9). `http/api_v3/asked.py` says the same of the API.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from lemmy_lite.domain.permissions import RULES

NOTHING: Final[tuple[str, ...]] = ()
"""No rule: a door (the name and password decide, or a token from a mail), or only one's own session."""

_OWN: Final = ("account.change",)
_POST: Final = ("post.create", "community.post_when_restricted", "image.upload")
_COMMENT: Final = ("comment.create", "comment.create_in_locked_post")
_JUDGED: Final = ("post.lock", "post.feature_in_community", "post.feature_locally")
_BANS: Final = ("community.ban", "site.ban")

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "/": ("post.mark",),
    "/c/{name}": ("community.follow", "community.unfollow", "community.block"),
    "/create_community": ("community.create", "community.create_when_admins_only"),
    "/post/{post_id}": (
        "comment.vote",
        "post.vote",
        "post.mark",
        "post.delete",
        "post.lock",
        "post.feature_in_community",
        "post.feature_locally",
    ),
    "/post/{post_id}/edit": ("post.edit", "image.upload"),
    "/post/{post_id}/reply": _COMMENT,
    "/create_post": _POST,
    "/comment/{comment_id}": ("comment.vote", "comment.mark", "comment.delete", "comment.distinguish"),
    "/comment/{comment_id}/edit": ("comment.edit",),
    "/comment/{comment_id}/reply": _COMMENT,
    "/u/{name}": ("person.block",),
    "/inbox/all": ("notification.list",),
    "/inbox/reply/{number}": ("notification.mark",),
    "/inbox/mention/{number}": ("notification.mark",),
    "/inbox/message/{number}": ("private_message.mark",),
    "/create_private_message/{recipient_id}": ("private_message.create",),
    "/private_message/{message_id}": ("private_message.delete", "private_message.mark"),
    "/private_message/{message_id}/edit": ("private_message.edit",),
    "/login": NOTHING,
    "/logout": NOTHING,
    "/signup": NOTHING,
    "/login_reset": NOTHING,
    "/password_change/{token}": NOTHING,
    "/verify_email/{token}": NOTHING,
    "/settings": ("person.edit", "image.upload"),
    "/settings/password": _OWN,
    "/settings/second_factor": _OWN,
    "/settings/sessions": _OWN,
    "/settings/blocks": ("person.block", "community.block", "instance.block"),
    "/settings/uploads": ("image.delete", "image.upload"),
    "/settings/import": ("person.edit",),
    "/settings/feeds": _OWN,
    "/settings/delete_account": _OWN,
    "/post/{post_id}/report": ("post.report",),
    "/post/{post_id}/moderate": ("post.remove", "post.lock", "post.feature_in_community", "post.feature_locally", *_BANS),
    "/post/{post_id}/votes": ("post.list_votes",),
    "/post/{post_id}/purge": ("site.purge",),
    "/comment/{comment_id}/report": ("comment.report",),
    "/comment/{comment_id}/moderate": ("comment.remove", "comment.distinguish", *_BANS),
    "/comment/{comment_id}/votes": ("comment.list_votes",),
    "/comment/{comment_id}/purge": ("site.purge",),
    "/private_message/{message_id}/report": ("private_message.report",),
    "/u/{name}/moderate": _BANS,
    "/u/{name}/purge": ("site.purge",),
    "/c/{name}/purge": ("site.purge",),
    "/c/{name}/settings": ("community.edit", "image.upload"),
    "/c/{name}/moderate": ("community.delete", "community.remove", "community.hide"),
    "/c/{name}/mods": ("community.appoint", "community.dismiss", "community.transfer"),
    "/reports": ("report.list", "report.resolve", "private_message_report.list", "private_message_report.resolve"),
    "/registration_applications": ("application.read", "application.decide"),
    "/admin": ("site.edit",),
    "/admin/retry": ("site.edit",),
    "/admin/backup": ("site.edit",),
    "/admin/emoji": ("emoji.edit",),
    "/admin/people": ("admin.appoint", "admin.dismiss", "admin.leave"),
    "/admin/mail": ("site.edit",),
    "/admin/uploads": ("image.delete", "image.list_all"),
    "/setup": ("site.edit",),
}


class Unasked(ValueError):
    """A form or page of which nobody has said what it asks, or a rule that is not in the table."""


def check(paths: Iterable[str]) -> None:
    """Raises Unasked unless each of these forms and guarded pages has a line, and each line a form and known rules."""
    wanted = set(paths)
    if missing := sorted(wanted - ASKS.keys()):
        raise Unasked(f"no line says which permissions {', '.join(missing)} asks")
    if stray := sorted(ASKS.keys() - wanted):
        raise Unasked(f"there is no form or guarded page {', '.join(stray)}")
    if unknown := sorted({rule for rules in ASKS.values() for rule in rules} - set(RULES)):
        raise Unasked(f"the table of permissions has no {', '.join(unknown)}")
