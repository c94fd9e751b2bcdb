"""Live sessions: the hash of each token that was given out and not revoked."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.local_user import LoginToken
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows

_LOGIN_TOKEN = Shape(LoginToken, "login_token", user_id="login_token.local_user_id")


def insert(tx: Transaction, token_hash: str, local_user_id: LocalUserId, ip: str | None, user_agent: str | None) -> None:
    """Begin a session."""
    rows.insert_plain(tx, "login_token", token_hash=token_hash, local_user_id=local_user_id, published=tx.now, ip=ip, user_agent=user_agent)


def owner(tx: Transaction, token_hash: str) -> LocalUserId | None:
    """Whose live session this is."""
    found: LocalUserId | None = tx.value("SELECT local_user_id FROM login_token WHERE token_hash = :hash", hash=token_hash)
    return found


def of_user(tx: Transaction, local_user_id: LocalUserId) -> list[LoginToken]:
    """A user's sessions, newest first."""
    rows_found = tx.all(
        f"SELECT {_LOGIN_TOKEN.columns} FROM login_token WHERE local_user_id = :id ORDER BY published DESC, token_hash", id=local_user_id
    )
    return [_LOGIN_TOKEN.build(row) for row in rows_found]


def addresses(tx: Transaction, local_user_id: LocalUserId, most: int) -> list[str]:
    """From where a user's newest sessions began."""
    return tx.column(
        """SELECT ip FROM login_token WHERE local_user_id = :id AND ip IS NOT NULL ORDER BY published DESC, token_hash LIMIT :most""",
        id=local_user_id,
        most=most,
    )


class Kept(Struct):
    """A session as it is stored."""

    token_hash: str
    published: Micros
    ip: str | None
    user_agent: str | None


_KEPT = Shape(Kept, "login_token")


def kept(tx: Transaction, local_user_id: LocalUserId) -> list[Kept]:
    """A user's sessions with the hashes of their tokens, newest first."""
    rows_found = tx.all(
        f"SELECT {_KEPT.columns} FROM login_token WHERE local_user_id = :id ORDER BY published DESC, token_hash", id=local_user_id
    )
    return [_KEPT.build(row) for row in rows_found]


def delete(tx: Transaction, token_hash: str) -> None:
    """End one session."""
    tx.run("DELETE FROM login_token WHERE token_hash = :hash", hash=token_hash)


def delete_all(tx: Transaction, local_user_id: LocalUserId) -> None:
    """End every session of a user."""
    tx.run("DELETE FROM login_token WHERE local_user_id = :id", id=local_user_id)


def delete_everybodys(tx: Transaction) -> int:
    """End every session of everybody; answers how many there were."""
    return tx.run("DELETE FROM login_token")


def expire(tx: Transaction, before: Micros) -> int:
    """End the sessions begun before a moment; answers how many."""
    return tx.run("DELETE FROM login_token WHERE published < :before", before=before)
