"""The sessions of an account as its owner sees them: where they were begun, which one is shown now, and their end.

A session is named by a word derived from its stored hash, so that neither the token nor the hash is ever shown.
"""

from datetime import datetime
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.crypto import tokens
from lemmy_lite.domain import permissions
from lemmy_lite.model.clock import moment
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import login_token

_PURPOSE: Final = "session name"


class Session(Struct, kw_only=True):
    """One session. `name` stands for it in forms; the address and program are those at login."""

    name: str
    published: datetime
    ip: str | None
    user_agent: str | None
    current: bool


def listing(tx: Transaction, context: Context, viewer: Viewer) -> list[Session]:
    """The viewer's sessions, newest first."""
    return [
        Session(
            name=_name(context, each.token_hash),
            published=moment(each.published),
            ip=each.ip,
            user_agent=each.user_agent,
            current=each.token_hash == viewer.session,
        )
        for each in login_token.kept(tx, viewer.local_user.id)
    ]


def end(tx: Transaction, context: Context, viewer: Viewer, name: str) -> None:
    """End one session of one's own; a repeat is harmless. Raises couldnt_update_user for the one that is shown: that is logging out."""
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    for each in login_token.kept(tx, viewer.local_user.id):
        if tokens.same(_name(context, each.token_hash), name):
            if each.token_hash == viewer.session:
                raise LemmyError("couldnt_update_user")
            login_token.delete(tx, each.token_hash)


def end_others(tx: Transaction, viewer: Viewer) -> None:
    """End all of one's sessions but the one that is shown."""
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    for each in login_token.kept(tx, viewer.local_user.id):
        if each.token_hash != viewer.session:
            login_token.delete(tx, each.token_hash)


def _name(context: Context, token_hash: str) -> str:
    return tokens.derived(context.jwt_secret, _PURPOSE, token_hash)
