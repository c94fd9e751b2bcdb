"""What the captchas say that were given out and not answered yet."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def insert(tx: Transaction, uuid: str, answer: str) -> None:
    """Remember the answer of a captcha."""
    rows.insert_plain(tx, "captcha_answer", uuid=uuid, answer=answer, published=tx.now)


def take(tx: Transaction, uuid: str, since: Micros) -> str | None:
    """The answer of a captcha made after a moment; the captcha is gone with this."""
    row = tx.one("DELETE FROM captcha_answer WHERE uuid = :uuid RETURNING answer, published", uuid=uuid)
    return row[0] if row and row[1] > since else None


def expire(tx: Transaction, before: Micros) -> int:
    """Drop the captchas made before a moment; answers how many."""
    return tx.run("DELETE FROM captcha_answer WHERE published <= :before", before=before)
