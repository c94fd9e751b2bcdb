"""Votes: one row per person and post or comment, so that a second vote can only replace the first."""

from collections.abc import Mapping, Sequence
from typing import Final

from lemmy_lite.model.clock import MINUTE, Micros
from lemmy_lite.model.ids import PersonId
from lemmy_lite.storage.pending import Kind
from lemmy_lite.storage.query import Transaction

__all__ = ["MOMENT", "Kind", "get", "put", "put_many", "scores", "stored"]

_FIRST_MINUTE: Final = 1_704_067_200_000_000  # 2024 in UTC; so counted, minutes take three bytes until 2039
MOMENT: Final = f"CASE WHEN published < 10000000000 THEN {_FIRST_MINUTE} + published * {MINUTE} ELSE published END"
"""When the vote of a row was cast, in microseconds. Rows of votes that waited in the log hold the minute alone, counted from 2024: three
bytes instead of eight, a fifth of the row. A number so small is no moment of those years in microseconds."""


def get(tx: Transaction, kind: Kind, number: int, person_id: PersonId) -> int:
    """A person's vote: 1, -1, or 0 for none."""
    waiting = tx.pending.score(tx.share, kind, number, person_id) if tx.pending is not None else None
    return stored(tx, kind, number, person_id) if waiting is None else waiting.score


def stored(tx: Transaction, kind: Kind, number: int, person_id: PersonId) -> int:
    """The same, leaving out what waits in the log."""
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


def scores(tx: Transaction, kind: Kind, number: int, people: Sequence[PersonId]) -> dict[PersonId, int]:
    """The stored votes of some people on one post or comment, of those people that there are."""
    rows = tx.all(
        f"""SELECT person.id, COALESCE(vote.score, 0) FROM person
              LEFT JOIN {kind}_vote vote ON vote.{kind}_id = :number AND vote.person_id = person.id WHERE person.id AMONG :people""",
        number=number,
        people=list(people),
    )
    return {row[0]: row[1] for row in rows}


def _minute(moment: Micros) -> int:
    return (moment - _FIRST_MINUTE) // MINUTE


def put_many(tx: Transaction, kind: Kind, number: int, votes: Mapping[PersonId, tuple[int, Micros]]) -> None:
    """The votes of people of other instances on one post or comment: score and moment of each; a score of 0 takes the vote away."""
    gone = [person_id for person_id, (score, _) in votes.items() if not score]
    if gone:
        tx.run(f"DELETE FROM {kind}_vote WHERE {kind}_id = :number AND person_id AMONG :people", number=number, people=gone)
    tx.run_many(
        f"""INSERT INTO {kind}_vote ({kind}_id, person_id, score, published, local) VALUES (:number, :person, :score, :moment, :local)
            ON CONFLICT ({kind}_id, person_id) DO UPDATE SET score = excluded.score, published = excluded.published""",
        [
            {"number": number, "person": person_id, "score": score, "moment": _minute(moment), "local": False}
            for person_id, (score, moment) in sorted(votes.items())
            if score
        ],
    )
