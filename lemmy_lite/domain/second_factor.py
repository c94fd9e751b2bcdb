"""The second factor of logins: a secret in the user's authenticator app, and codes that count once; instead of one a recovery code."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from lemmy_lite.crypto import totp
from lemmy_lite.domain import permissions, recovery_code
from lemmy_lite.model.clock import HOUR, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, site

MOST_WRONG: Final = 10
WRONG_WITHIN: Final[Micros] = HOUR


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


def prepared(tx: Transaction, viewer: Viewer) -> str | None:
    """The `otpauth://` URL of a secret that was made and guards nothing yet; None where there is none, or where it guards already."""
    account, view = local_user.get(tx, viewer.local_user.id), site.view(tx)
    secret, _ = local_user.totp(tx, viewer.local_user.id)
    if account is None or account.totp_2fa_enabled or not secret or view is None:
        return None
    return totp.otpauth_url(secret, view.site.name, viewer.person.name)


async def switch(database: Database, viewer: Viewer, code: str, *, enabled: bool, recovery_codes: Sequence[str] = ()) -> bool:
    """Turn the second factor on or off; either way a code of it is asked for. Turning it off forgets the secret and the recovery codes.

    `recovery_codes` count from the moment in which it is on; an app that cannot show any gives none.

    Raises LemmyError: missing_totp_secret, and those of `spend`.
    """
    async with counting(database, viewer.local_user.id):
        return await database.write(_switch, viewer, code, enabled, recovery_codes)


async def renew_recovery_codes(database: Database, viewer: Viewer, code: str) -> list[str]:
    """Make new recovery codes, which takes a code of the factor; the old ones are dead. Answers them: they are shown once.

    Raises LemmyError as `spend`.
    """
    codes = recovery_code.new()
    async with counting(database, viewer.local_user.id):
        await database.write(_renew, viewer, code, codes)
    return codes


@asynccontextmanager
async def counting(database: Database, local_user_id: LocalUserId) -> AsyncIterator[None]:
    """Around a unit of work that spends a code: a wrong one is counted, which the unit itself, being undone, cannot do."""
    try:
        yield
    except LemmyError as error:
        if error.code == "incorrect_totp_token":
            await database.note(_count_wrong, local_user_id)
        raise


def spend(tx: Transaction, local_user_id: LocalUserId, code: str | None) -> None:
    """Accept a code once: the time step it belongs to is remembered, and nothing up to it counts again (security.md, "TOTP"). A recovery
    code counts once as well, where the factor is on.

    After MOST_WRONG wrong ones in a row no code is looked at for an hour: a million codes must not be tried out, from however many
    addresses. Raises LemmyError: missing_totp_secret, missing_totp_token, incorrect_totp_token, rate_limit_error.
    """
    secret, last_step = local_user.totp(tx, local_user_id)
    if not secret:
        raise LemmyError("missing_totp_secret")
    if not code:
        raise LemmyError("missing_totp_token")
    wrong, since = local_user.wrong_codes(tx, local_user_id)
    if wrong >= MOST_WRONG and 0 <= tx.now - since < WRONG_WITHIN:
        raise LemmyError("rate_limit_error")
    if recovery_code.spend(tx, local_user_id, code):
        local_user.update(tx, local_user_id, totp_2fa_failures=0)
        return
    step = totp.matching_step(secret, code, tx.now)
    if step is None or step <= last_step:
        raise LemmyError("incorrect_totp_token")
    local_user.update(tx, local_user_id, totp_2fa_last_step=step, totp_2fa_failures=0)


def _switch(tx: Transaction, viewer: Viewer, code: str, enabled: bool, codes: Sequence[str]) -> bool:
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    spend(tx, viewer.local_user.id, code)
    local_user.update(tx, viewer.local_user.id, totp_2fa_enabled=enabled)
    if not enabled:
        local_user.update(tx, viewer.local_user.id, totp_2fa_secret=None)
        recovery_code.forget(tx, viewer.local_user.id)
    elif codes:
        recovery_code.give(tx, viewer.local_user.id, codes)
    return enabled


def _renew(tx: Transaction, viewer: Viewer, code: str, codes: Sequence[str]) -> None:
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    account = local_user.get(tx, viewer.local_user.id)
    if account is None or not account.totp_2fa_enabled:
        raise LemmyError("missing_totp_secret")
    spend(tx, viewer.local_user.id, code)
    recovery_code.give(tx, viewer.local_user.id, codes)


def _count_wrong(tx: Transaction, local_user_id: LocalUserId) -> None:
    wrong, since = local_user.wrong_codes(tx, local_user_id)
    if wrong == 0 or not 0 <= tx.now - since < WRONG_WITHIN:
        wrong, since = 0, tx.now
    local_user.update(tx, local_user_id, totp_2fa_failures=wrong + 1, totp_2fa_failing_since=since)
