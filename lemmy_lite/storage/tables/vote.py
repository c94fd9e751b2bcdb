"""Votes: one row per person and post or comment, so that a second vote can only replace the first."""

from typing import Literal

from lemmy_lite.model.ids import PersonId
from lemmy_lite.storage.query import Transaction

Kind = Literal["post", "comment"]


def get(tx: Transaction, kind: Kind, number: int, person_id: PersonId) -> int:
    """A person's vote: 1, -1, or 0 for none."""
    score: int | None = tx.value(
        f"SELECT score FROM {kind}_vote WHERE {kind}_id = :number AND person_id = :person", number=number, person=person_id
    )
    return score or 0


def put(tx: Transaction, kind: Kind, number: int, person_id: PersonId, score: int, *, local: bool) -> None:
    """Make `score` (1 or -1) the vote of a person; 0 takes the vote away. `local`: the person has an account here."""
    if score == 0:
        tx.run(f"DELETE FROM {kind}_vote WHERE {kind}_id = :number AND person_id = :person", number=number, person=person_id)
        return
    tx.run(
        f"""INSERT INTO {kind}_vote ({kind}_id, person_id, score, published, local) VALUES (:number, :person, :score, :now, :local)
            ON CONFLICT ({kind}_id, person_id) DO UPDATE SET score = excluded.score, published = excluded.published""",
        number=number,
        person=person_id,
        score=score,
        now=tx.now,
        local=local,
    )
