"""Accounts on this site."""

from typing import Any

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import LanguageId, LocalUserId, PersonId
from lemmy_lite.model.local_user import LocalUser, LocalUserVoteDisplayMode
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows

LOCAL_USER = Shape(LocalUser, "local_user")
VOTE_DISPLAY = Shape(
    LocalUserVoteDisplayMode,
    "local_user",
    local_user_id="local_user.id",
    score="local_user.vote_score",
    upvotes="local_user.vote_upvotes",
    downvotes="local_user.vote_downvotes",
    upvote_percentage="local_user.vote_upvote_percentage",
)


def insert(tx: Transaction, person_id: PersonId, password_encrypted: str, **values: Any) -> LocalUser:
    """Enter an account; other columns may be given by name."""
    if values.get("admin"):
        values["admin_since"] = tx.now
    number = rows.insert(
        tx, "local_user", person_id=person_id, password_encrypted=password_encrypted, last_donation_notification=tx.now, **values
    )
    user = get(tx, LocalUserId(number))
    if user is None:
        raise LookupError(f"local user {number}")
    return user


def get(tx: Transaction, local_user_id: LocalUserId) -> LocalUser | None:
    """The account with this id."""
    return _one(tx, "id = :key", local_user_id)


def of_person(tx: Transaction, person_id: PersonId) -> LocalUser | None:
    """The account of a person; None for remote people."""
    return _one(tx, "person_id = :key", person_id)


def by_name_or_email(tx: Transaction, text: str) -> LocalUser | None:
    """The account whose name or mail address this is, both without regard to case."""
    return _one(
        tx, "email = :key OR person_id = (SELECT person.id FROM person WHERE person.name_folded = :key AND person.local)", text.lower()
    )


def by_email(tx: Transaction, email: str) -> LocalUser | None:
    """The account with a mail address, without regard to case."""
    return _one(tx, "email = :key", email.lower())


def password(tx: Transaction, local_user_id: LocalUserId) -> str:
    """The stored password hash."""
    stored: str = tx.value("SELECT password_encrypted FROM local_user WHERE id = :id", id=local_user_id)
    return stored


def names(tx: Transaction, local_user_id: LocalUserId) -> list[str]:
    """What an account is logged in to by: its name, and its mail address if it has one."""
    row = tx.one("SELECT name, email FROM local_user JOIN person ON person.id = person_id WHERE local_user.id = :id", id=local_user_id)
    return [text for text in row or () if text]


def adopted_password(tx: Transaction) -> str | None:
    """Some password hash that Lemmy made, if there are any left: bcrypt, which begins so."""
    sql = "SELECT password_encrypted FROM local_user WHERE SUBSTR(password_encrypted, 1, 2) = :kind LIMIT 1"
    found: str | None = tx.value(sql, kind="$2")
    return found


def totp(tx: Transaction, local_user_id: LocalUserId) -> tuple[str | None, int]:
    """The TOTP secret, if any, and the last time step that was used."""
    row = tx.one("SELECT totp_2fa_secret, totp_2fa_last_step FROM local_user WHERE id = :id", id=local_user_id)
    return (row[0], row[1]) if row else (None, 0)


def wrong_codes(tx: Transaction, local_user_id: LocalUserId) -> tuple[int, Micros]:
    """How many wrong codes of the second factor were given in a row, and when the first of them."""
    row = tx.one("SELECT totp_2fa_failures, totp_2fa_failing_since FROM local_user WHERE id = :id", id=local_user_id)
    return (row[0], row[1]) if row else (0, 0)


def vote_display(tx: Transaction, local_user_id: LocalUserId) -> LocalUserVoteDisplayMode:
    """Which figures of votes the user wants to see."""
    row = tx.one(f"SELECT {VOTE_DISPLAY.columns} FROM local_user WHERE id = :id", id=local_user_id)
    if row is None:
        raise LookupError(f"local user {local_user_id}")
    return VOTE_DISPLAY.build(row)


def is_admin(tx: Transaction, person_id: PersonId) -> bool:
    """Whether a person is an admin of this site."""
    return bool(tx.value("SELECT admin FROM local_user WHERE person_id = :id", id=person_id))


def admin_order(tx: Transaction) -> list[PersonId]:
    """The admins, who came first first."""
    sql = "SELECT person_id FROM local_user WHERE admin ORDER BY admin_since, id"
    return list(tx.recalled_all(("local_user", "local_site"), sql, lambda found: tuple(row[0] for row in found)))


def update(tx: Transaction, local_user_id: LocalUserId, **values: Any) -> None:
    """Change columns of an account."""
    rows.update(tx, "local_user", "id", local_user_id, **values)


def accept_all(tx: Transaction) -> int:
    """Every account counts as accepted; answers how many did not before."""
    return tx.run("UPDATE local_user SET accepted_application = TRUE WHERE NOT accepted_application")


def verify_all(tx: Transaction) -> None:
    """Every account's address counts as verified."""
    tx.run("UPDATE local_user SET email_verified = TRUE WHERE NOT email_verified")


def languages(tx: Transaction, local_user_id: LocalUserId) -> list[LanguageId]:
    """The languages a user reads; empty when all are enabled."""
    sql = "SELECT language_id FROM local_user_language WHERE local_user_id = :id ORDER BY language_id"
    return list(tx.recalled_all(("local_user_language", "local_user"), sql, lambda found: tuple(row[0] for row in found), id=local_user_id))


def set_languages(tx: Transaction, local_user_id: LocalUserId, wanted: list[LanguageId]) -> None:
    """Replace the languages a user reads; an empty list enables all."""
    tx.run("DELETE FROM local_user_language WHERE local_user_id = :id", id=local_user_id)
    tx.run_many(
        "INSERT INTO local_user_language (local_user_id, language_id) VALUES (:user, :language)",
        [{"user": local_user_id, "language": language} for language in sorted(set(wanted))],
    )


def _one(tx: Transaction, condition: str, key: str | int) -> LocalUser | None:
    row = tx.one(f"SELECT {LOCAL_USER.columns} FROM local_user WHERE {condition}", key=key)
    return LOCAL_USER.build(row) if row else None
