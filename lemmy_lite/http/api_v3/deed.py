"""Operations that are one write and nothing else: who asks is found out in the unit of work itself, in one hop and on one state.

Where the database is SQLite the writer remembers who holds which session until something of it changes (storage/recollection.py), so that a
vote takes no read of its own. On Postgres others change it too, and the session is read first, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.domain import local_user
from lemmy_lite.http.auth import authenticate
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction

Verb = Callable[[Transaction, Viewer, Any], Struct]


@dataclass(frozen=True, slots=True)
class Deed:
    """`verb(tx, viewer, form)` answers the operation. `own`: nobody else sees a difference (Database.note)."""

    verb: Verb
    own: bool = False

    async def done(self, database: Database, context: Context, token: str, form: Struct) -> Struct:
        """Do it for whoever holds the token. Raises LemmyError incorrect_login for nobody, and what the verb raises."""
        write = database.note if self.own else database.write
        if not database.dialect.is_sqlite:
            viewer = await authenticate(database, context, token)
            if viewer is None:
                raise LemmyError("incorrect_login")
            return await write(self.verb, viewer, form)
        shown = local_user.signed_by_us(context, token)
        if shown is None:
            raise LemmyError("incorrect_login")
        return await write(_as_holder, shown, self.verb, form)


def _as_holder(tx: Transaction, stored_hash: str, verb: Verb, form: Struct) -> Struct:
    viewer = local_user.holder(tx, stored_hash)
    if viewer is None:
        raise LemmyError("incorrect_login")
    return verb(tx, viewer, form)
