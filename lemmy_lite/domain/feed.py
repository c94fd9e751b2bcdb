"""The private addresses of an account's feeds: who may read, made anew at will.

The address holds a key derived from the instance's secret and a stored serial, so that it can be shown again in the settings while a
stolen database opens no feed. It opens feeds and nothing else (security.md, rule 15); a session's JWT works too, as in Lemmy.
"""

import secrets

from lemmy_lite.context import Context
from lemmy_lite.crypto import tokens
from lemmy_lite.domain import local_user, permissions
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import feed_key
from lemmy_lite.storage.views import local_user as views

_PURPOSE = "feed"
_SERIAL_BYTES = 16


def key(tx: Transaction, context: Context, viewer: Viewer) -> str | None:
    """What stands in the addresses of the viewer's feeds: the account's number and 64 hexadecimal characters; None before `renew_key`."""
    serial = feed_key.get(tx, viewer.local_user.id)
    return None if serial is None else _key(context, viewer.local_user.id, serial)


def renew_key(tx: Transaction, context: Context, viewer: Viewer) -> str:
    """Make new addresses; those given out before are dead."""
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    serial = secrets.token_hex(_SERIAL_BYTES)
    feed_key.put(tx, viewer.local_user.id, serial)
    return _key(context, viewer.local_user.id, serial)


def revoke_key(tx: Transaction, viewer: Viewer) -> None:
    """There are no private addresses any more."""
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    feed_key.drop(tx, viewer.local_user.id)


def reader(tx: Transaction, context: Context, shown: str) -> Viewer:
    """Whose feed an address opens: that of a key, or of the JWT of a live session. Raises incorrect_login."""
    number, _, mark = shown.partition("-")
    found = None
    if mark and number.isascii() and number.isdecimal() and len(number) < 19:
        owner = LocalUserId(int(number))
        serial = feed_key.get(tx, owner)
        if serial is not None and tokens.same(_key(context, owner, serial), shown):
            found = views.by_id(tx, owner)
    else:
        found = local_user.session(tx, context, shown)
    if found is None:
        raise LemmyError("incorrect_login")
    return found


def _key(context: Context, local_user_id: LocalUserId, serial: str) -> str:
    return f"{local_user_id}-{tokens.derived(context.jwt_secret, _PURPOSE, f'{local_user_id} {serial}')}"
