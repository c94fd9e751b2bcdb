"""kill -9 at any moment while many people write: what was acknowledged is there, once, and whole."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import instances
from tests.faults.writers import Ledger, Writer
from tests.instances import Instance

pytestmark = pytest.mark.faults

WRITERS = 8
KILLS = 200 if os.environ.get("LEMMY_LITE_FULL") == "1" else 25
"""On SQLite; on Postgres, which the kill does not reach, a fifth of it."""


@pytest.fixture(params=["sqlite", "postgres"])
def instance(request: pytest.FixtureRequest, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Instance]:
    """A running instance on each database."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with instances.running(tmp_path, free_port(), database=database) as running:
        yield running


def test_every_acknowledged_write_survives_kills_once_and_nothing_is_half_done(instance: Instance) -> None:
    community_id = instance.admin.post("/community", name="busy", title="Busy")["community_view"]["community"]["id"]
    post_id = instance.admin.post("/post", name="A busy post", community_id=community_id)["post_view"]["post"]["id"]
    ledger = Ledger()
    people = [Writer(instance, f"writer_{number}", post_id, ledger) for number in range(WRITERS)]

    moments = random.Random(20)
    kills = KILLS if instance.database is None else KILLS // 5
    for _ in range(kills):
        _killed_while_all_write(instance, people, moments.uniform(0.02, 0.4))
        instance.start()

    _every_comment_is_there_once(instance, ledger)
    _every_vote_is_what_was_promised_last(instance, ledger)
    _counters_are_what_they_count(instance)
    assert instance.admin.get("/post", id=post_id)["post_view"]["counts"]["comments"] >= len(ledger.comments)
    instance.stop()
    if instance.database is None:
        assert instance.execute("PRAGMA integrity_check") == [("ok",)]
        assert instance.execute("PRAGMA foreign_key_check") == []
    print(f"{kills} kills, {ledger.acknowledged} acknowledged writes, {len(ledger.comments)} comments")  # noqa: T201  # shown by -rP


def _killed_while_all_write(instance: Instance, people: list[Writer], after: float) -> None:
    first = threading.Event()
    with ThreadPoolExecutor(len(people)) as pool:
        writing = [pool.submit(person.write_until_the_end, first) for person in people]
        assert first.wait(30), [each.exception(0) for each in writing if each.done()]
        time.sleep(after)
        instance.kill()
    for each in writing:
        each.result()


def _every_comment_is_there_once(instance: Instance, ledger: Ledger) -> None:
    rows = instance.execute("SELECT content, id FROM comment")
    stored = dict(rows)
    assert len(stored) == len(rows), "a comment is there twice"
    assert stored.items() >= ledger.comments.items()
    assert set(stored) <= ledger.attempted


def _every_vote_is_what_was_promised_last(instance: Instance, ledger: Ledger) -> None:
    stored = {
        (comment, person): score for comment, person, score in instance.execute("SELECT comment_id, person_id, score FROM comment_vote")
    }
    broken = {vote: (stored.get(vote, 0), allowed) for vote, allowed in ledger.votes.items() if stored.get(vote, 0) not in allowed}
    assert broken == {}


def _counters_are_what_they_count(instance: Instance) -> None:
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
