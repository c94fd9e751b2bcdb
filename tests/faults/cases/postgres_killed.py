"""R29. Postgres is killed, comes back or hands over to another; two of our processes write to it at the same time."""

import random
import time
from collections.abc import Sequence
from functools import partial

from tests import instances
from tests.faults import cluster
from tests.faults.case import Case, Trial
from tests.faults.cases.kills_while_writing import counters_are_what_they_count
from tests.faults.cases.other_programs import Crowd
from tests.faults.cluster import Cluster
from tests.faults.faraway import HOME, Faraway, environment, faraways, until
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.faults.writers import Ledger, Writer
from tests.instances import Instance

VOTERS = 2
TOGETHER = 3.0


def kills(trial: Trial) -> None:
    """Kill after kill of Postgres while people write and others vote; then another server takes its place; then two of ours write."""
    with cluster.running() as database, faraways() as (far,):
        second, port = database.follow(), trial.port()
        options = {"hostname": f"{HOME}:{port}", "environment": environment(far.name), "database": database.url}
        with instances.running(trial.folder / "instance", port, **options) as instance:
            process = instance.process
            assert process is not None
            crowd = Crowd(instance)
            voted = _Voted(instance, far)
            moments = random.Random(29 + trial.seed)
            with meanwhile(*crowd.people, *(partial(voted.vote, number) for number in range(VOTERS))) as others:
                for _ in range(trial.times):
                    time.sleep(moments.uniform(0.2, 0.6))
                    database.first.kill()
                    time.sleep(moments.uniform(0.0, 0.3))
                    database.first.start()
                    _goes_on(crowd, others)
                    trial.did()
                database.first.kill()
                second.execute("SELECT pg_promote()")
                _goes_on(crowd, others)
            crowd.all_were_answered_well()
            assert process.poll() is None, "it did not live through it"
            instance.database = second.url
            crowd.nothing_is_lost(instance)
            voted.each_counts_once()
            counters_are_what_they_count(instance)
            trial.note("acknowledged comments", len(crowd.told))
            trial.note("acknowledged votes", len(voted.told))
            trial.note("answers", ", ".join(f"{number} × {status}" for status, number in sorted(crowd.statuses.items())))
            _two_write(trial, instance, database)


def _goes_on(crowd: Crowd, others: Meanwhile[None]) -> None:
    before = crowd.statuses[200]
    others.still_at_it()
    until(lambda: crowd.statuses[200] > before + 8, what=f"Postgres is there again, and nobody can write: {crowd.statuses}")


class _Voted:
    """Votes of people elsewhere, each sent again until it is acknowledged."""

    def __init__(self, instance: Instance, far: Faraway) -> None:
        home = instance.admin.get("/community", name="busy")["community_view"]["community"]["id"]
        post = instance.admin.post("/post", name="Voted on", community_id=home)["post_view"]["post"]
        self.told: set[str] = set()
        self._instance, self._post_id, self._ap_id, self._far = instance, post["id"], post["ap_id"], far

    def vote(self, number: int, others: Meanwhile[None]) -> None:
        """Until it is over."""
        while not others.over.is_set():
            number += VOTERS
            vote = self._far.activity("Like", f"v{number}", self._ap_id)
            until(lambda: self._far.send(self._instance, vote))  # noqa: B023  # done before the next turn
            self.told.add(f"v{number}")

    def each_counts_once(self) -> None:
        """What was acknowledged is there, and counted once."""
        until(lambda: self._instance.execute("SELECT COUNT(*) FROM inbox_activity") == [(0,)])
        stored = self._instance.execute(
            f"SELECT person.name FROM post_vote JOIN person ON person.id = person_id WHERE post_id = {self._post_id} AND NOT person.local"
        )
        assert {name for (name,) in stored} == self.told, "a vote was lost, or is there that nobody cast"
        assert self._instance.execute(f"SELECT upvotes FROM post_aggregates WHERE post_id = {self._post_id}") == [(len(self.told) + 1,)]


def _two_write(trial: Trial, instance: Instance, database: Cluster) -> None:
    """Two processes on one database stand in each other's way (SQLSTATE 40001), and nobody notices."""
    assert database.second is not None
    options = {"hostname": instance.hostname, "environment": instance.environment, "database": database.second.url}
    with instances.running(trial.folder / "other", trial.port(), **options) as other:
        home = instance.admin.get("/community", name="busy")["community_view"]["community"]["id"]
        post_id = instance.admin.post("/post", name="Of two", community_id=home)["post_view"]["post"]["id"]
        ledger = Ledger()
        people = [Writer(place, f"two_{number}", post_id, ledger) for number, place in enumerate([instance, other] * 3)]
        _write_for_a_while(people, [instance, other])
        before = ledger.comments.copy()
        assert before, "nobody was answered"
        stored = instance.execute(f"SELECT content, id FROM comment WHERE post_id = {post_id}")
        assert dict(stored).items() >= before.items(), "acknowledged comments are lost"
        assert len(dict(stored)) == len(stored), "a comment is there twice"
        for place in (instance, other):
            assert "Traceback" not in place.log.read_text(), place.log_end()
        counters_are_what_they_count(instance)
        in_the_way = (database.top / "log").read_text(errors="replace").count("could not serialize access")
        trial.note("times they stood in each other's way", in_the_way)
        assert in_the_way, "they never stood in each other's way: nothing is shown"
        trial.note("writes of two processes", ledger.acknowledged)


def _write_for_a_while(people: Sequence[Writer], places: Sequence[Instance]) -> None:
    with meanwhile(*(person.write_until_the_end for person in people)) as others:
        others.begun()
        time.sleep(TOGETHER)
        others.end()
        for place in places:
            place.stop()


CASES = (
    Case(
        "R29",
        "Postgres is killed or hands over to another server: nothing acknowledged is lost or doubled, and nothing of ours is started anew.",
        "kills",
        100,
        1,
        ("postgres",),
        kills,
    ),
)
