"""R01. kill -9 at any moment while many people write: what was acknowledged is there, once, and whole."""

import random
import time

from tests.faults.case import BOTH, Case, Trial
from tests.faults.meanwhile import meanwhile
from tests.faults.writers import Ledger, Writer
from tests.instances import Instance

WRITERS = 8
READY_SECONDS = 5.0
KILLS_EACH = 250
"""Kills of one instance on SQLite, before another begins anew: so that looking through all that was written stays quick."""


def kills(trial: Trial) -> None:
    """Kills instance after instance until it is enough."""
    moments = random.Random(20 + trial.seed)
    while trial.done < trial.times:
        with trial.running(f"from_{trial.done}") as instance:
            _written(instance, trial, moments, min(KILLS_EACH if trial.postgres is None else trial.times, trial.times - trial.done))


def _written(instance: Instance, trial: Trial, moments: random.Random, many: int) -> None:
    community_id = instance.admin.post("/community", name="busy", title="Busy")["community_view"]["community"]["id"]
    post_id = instance.admin.post("/post", name="A busy post", community_id=community_id)["post_view"]["post"]["id"]
    ledger = Ledger()
    people = [Writer(instance, f"writer_{number}", post_id, ledger) for number in range(WRITERS)]
    for _ in range(many):
        _killed_while_all_write(instance, people, moments.uniform(0.02, 0.4))
        started_again(instance, trial)
        whole(instance)
        every_comment_is_there_once(instance, ledger)
        trial.did()
    _every_vote_is_what_was_promised_last(instance, ledger)
    counters_are_what_they_count(instance)
    assert instance.admin.get("/post", id=post_id)["post_view"]["counts"]["comments"] >= len(ledger.comments)
    instance.stop()
    whole(instance)
    trial.note("acknowledged writes", ledger.acknowledged + int(trial.figures.get("acknowledged writes", 0)))


def started_again(instance: Instance, trial: Trial) -> None:
    """Start it, and see that it answers in time."""
    begun = time.monotonic()
    instance.start()
    trial.within("slowest start", time.monotonic() - begun, READY_SECONDS)


def whole(instance: Instance) -> None:
    """The file is sound in all its pages, indexes and references (Postgres looks after its own)."""
    if instance.database is None:
        assert instance.execute("PRAGMA integrity_check") == [("ok",)]
        assert instance.execute("PRAGMA foreign_key_check") == []


def _killed_while_all_write(instance: Instance, people: list[Writer], after: float) -> None:
    with meanwhile(*(person.write_until_the_end for person in people)) as others:
        others.begun()
        time.sleep(after)
        others.end()
        instance.kill()


def every_comment_is_there_once(instance: Instance, ledger: Ledger) -> None:
    """What was acknowledged stands under its id, once, and nothing that nobody asked for."""
    rows = instance.execute("SELECT content, id FROM comment")
    stored = dict(rows)
    assert len(stored) == len(rows), "a comment is there twice"
    lost = ledger.comments.items() - stored.items()
    assert not lost, f"{len(lost)} acknowledged comments are lost: {sorted(lost)[:5]}"
    assert set(stored) <= ledger.attempted


def _every_vote_is_what_was_promised_last(instance: Instance, ledger: Ledger) -> None:
    stored = {
        (comment, person): score for comment, person, score in instance.execute("SELECT comment_id, person_id, score FROM comment_vote")
    }
    broken = {vote: (stored.get(vote, 0), allowed) for vote, allowed in ledger.votes.items() if stored.get(vote, 0) not in allowed}
    assert broken == {}, f"votes other than promised: {broken}"


def counters_are_what_they_count(instance: Instance) -> None:
    """Each counter says what there is."""
    for statement in (
        """SELECT comment_id FROM comment_aggregates AS kept
           WHERE upvotes <> (SELECT COUNT(*) FROM comment_vote AS vote WHERE vote.comment_id = kept.comment_id AND score = 1)
              OR downvotes <> (SELECT COUNT(*) FROM comment_vote AS vote WHERE vote.comment_id = kept.comment_id AND score = -1)
              OR score <> upvotes - downvotes""",
        "SELECT id FROM comment WHERE id NOT IN (SELECT comment_id FROM comment_aggregates)",
        "SELECT post_id FROM post_aggregates AS kept WHERE comments <> (SELECT COUNT(*) FROM comment WHERE comment.post_id = kept.post_id)",
        "SELECT community_id FROM community_aggregates WHERE comments <> (SELECT COUNT(*) FROM comment)",
        "SELECT site_id FROM site_aggregates WHERE comments <> (SELECT COUNT(*) FROM comment)",
        """SELECT person_id FROM person_aggregates AS kept
           WHERE comment_count <> (SELECT COUNT(*) FROM comment WHERE comment.creator_id = kept.person_id)""",
    ):
        assert instance.execute(statement) == [], statement


CASES = (
    Case(
        "R01",
        "After kill -9 under eight writers every acknowledged write is there once, the file is whole, and it is ready within 5 s.",
        "kills",
        1_000,
        6,
        BOTH,
        kills,
    ),
)
