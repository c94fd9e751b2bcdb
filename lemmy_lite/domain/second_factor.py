"""The second factor of logins: a secret in the user's authenticator app, and codes that count once."""

from lemmy_lite.crypto import totp
from lemmy_lite.domain import permissions
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, site


def prepare(tx: Transaction, viewer: Viewer) -> str:
    """Make a secret and answer its `otpauth://` URL; it guards nothing before `switch`. Raises totp_already_enabled."""
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    account = local_user.get(tx, viewer.local_user.id)
    if account is None or account.totp_2fa_enabled:
        raise LemmyError("totp_already_enabled")
    view = site.view(tx)
    if view is None:
        raise LemmyError("local_site_not_setup")
    secret = totp.new_secret()
    local_user.update(tx, account.id, totp_2fa_secret=secret)
    return totp.otpauth_url(secret, view.site.name, viewer.person.name)


def switch(tx: Transaction, viewer: Viewer, code: str, *, enabled: bool) -> bool:
    """Turn the second factor on or off; either way a code of it is asked for. Turning it off forgets the secret.

    Raises LemmyError: missing_totp_secret, and those of `spend`.
    """
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    spend(tx, viewer.local_user.id, code)
    local_user.update(tx, viewer.local_user.id, totp_2fa_enabled=enabled)
    if not enabled:
        local_user.update(tx, viewer.local_user.id, totp_2fa_secret=None)
    return enabled


def spend(tx: Transaction, local_user_id: LocalUserId, code: str | None) -> None:
    """Accept a code once: the time step it belongs to is remembered, and nothing up to it counts again (security.md, "TOTP").

    Raises LemmyError: missing_totp_secret, missing_totp_token, incorrect_totp_token.
    """
    secret, last_step = local_user.totp(tx, local_user_id)
    if not secret:
        raise LemmyError("missing_totp_secret")
    if not code:
        raise LemmyError("missing_totp_token")
    step = totp.matching_step(secret, code, tx.now)
    if step is None or step <= last_step:
        raise LemmyError("incorrect_totp_token")
    local_user.update(tx, local_user_id, totp_2fa_last_step=step)
