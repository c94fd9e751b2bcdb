"""Mails that wait to be sent."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.mail import MailKind, WaitingMail
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows

WAITING_MAIL = Shape(WaitingMail, "mail")


def insert(
    tx: Transaction, kind: MailKind, local_user_id: LocalUserId | None, subject_id: int | None = None, token_hash: str | None = None
) -> None:
    """Put a mail at the end of the queue; for nobody where there is no account."""
    rows.insert(
        tx,
        "mail",
        kind=kind.value,
        local_user_id=local_user_id,
        subject_id=subject_id,
        token_hash=token_hash,
        published=tx.now,
        next_try=tx.now,
    )


def count_waiting(tx: Transaction, local_user_id: LocalUserId) -> int:
    """How many mails wait for one account."""
    number: int = tx.value("SELECT COUNT(*) FROM mail WHERE local_user_id = :id", id=local_user_id)
    return number


def count_for_nobody(tx: Transaction) -> int:
    """How many wait that are for nobody."""
    number: int = tx.value("SELECT COUNT(*) FROM mail WHERE local_user_id IS NULL")
    return number


def take(tx: Transaction, until: Micros) -> WaitingMail | None:
    """The mail that is due longest, which is nobody else's until the moment given; None when none is due.

    Those with a link that somebody is waiting for come before all others.
    Several processes may ask at once: who comes second finds the row's time changed, and nothing.
    """
    row = tx.one(
        f"""UPDATE mail SET next_try = :until, attempts = attempts + 1, tried = COALESCE(tried, :now)
             WHERE id = (SELECT id FROM mail WHERE next_try <= :now ORDER BY token_hash IS NULL, next_try, id LIMIT 1) AND next_try <= :now
         RETURNING {WAITING_MAIL.columns}""",
        until=until,
        now=tx.now,
    )
    return WAITING_MAIL.build(row) if row else None


def queue(tx: Transaction) -> tuple[int, Micros | None]:
    """How many wait, and since when the oldest does."""
    row = tx.one("SELECT COUNT(*), MIN(published) FROM mail")
    return (row[0], row[1]) if row else (0, None)


def next_due(tx: Transaction) -> Micros | None:
    """When there is something to send next."""
    moment: Micros | None = tx.value("SELECT MIN(next_try) FROM mail")
    return moment


def postpone(tx: Transaction, mail_id: int, until: Micros) -> None:
    """Try again at a moment."""
    rows.update(tx, "mail", "id", mail_id, next_try=until)


def set_token(tx: Transaction, mail_id: int, token_hash: str) -> None:
    """The token that a mail carries is another from now on."""
    rows.update(tx, "mail", "id", mail_id, token_hash=token_hash)


def delete(tx: Transaction, mail_id: int) -> None:
    """It has been sent, or never will be."""
    tx.run("DELETE FROM mail WHERE id = :id", id=mail_id)


def note_silence(tx: Transaction) -> None:
    """The mail server was not there: that counts as a try of everything that was due."""
    tx.run("UPDATE mail SET tried = :now WHERE tried IS NULL AND next_try <= :now", now=tx.now)


def give_up(tx: Transaction, tried_before: Micros) -> list[tuple[int, str]]:
    """Drop what was first tried before a moment; answers the id and kind of each."""
    found = tx.all("DELETE FROM mail WHERE tried < :before RETURNING id, kind", before=tried_before)
    return sorted((row[0], row[1]) for row in found)
