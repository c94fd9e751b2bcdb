"""R02, R03. kill -9 while others tell us things, and while we tell them: nothing acknowledged is lost, nothing counts twice."""

import asyncio
import contextlib
import http.client
import itertools
import random
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from lemmy_lite.storage import gathering
from tests.faults.case import BOTH, Case, Trial
from tests.faults.cases.kills_while_writing import started_again, whole
from tests.faults.faraway import HOME, Faraway, environment, faraways, until
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.faults.writers import granted
from tests.instances import Client, Instance
from tests.storage.databases import migrated

SENDERS = 3
WRITERS = 3
KILLS_EACH = 250
SAVED_SECONDS = 2.0
"""Between two looks how far each host has been told, on Postgres; twice what the program says, for a busy machine."""
UNDER_WAY = 10
"""What is sent to one host at once (federation.concurrent_sends_per_instance): so much may have arrived unknown to us."""


@contextlib.contextmanager
def _home(trial: Trial, *hosts: str) -> Iterator[tuple[Instance, dict[str, Any], dict[str, Any]]]:
    """A running instance that finds the hosts, with a community and a post."""
    port = trial.port()
    options = {"hostname": f"{HOME}:{port}", "environment": environment(*hosts)}
    with trial.running(f"from_{trial.done}", listen=port, **options) as instance:
        community = instance.admin.post("/community", name="busy", title="Busy")["community_view"]["community"]
        post = instance.admin.post("/post", name="Talked about", community_id=community["id"])["post_view"]["post"]
        yield instance, community, post


class _Inbound:
    """What one host tells. In the end of each round everything was acknowledged, if not at once then when it was sent again."""

    def __init__(self, faraway: Faraway, community: dict[str, Any], post: dict[str, Any]) -> None:
        self._faraway = faraway
        self._community = community["actor_id"]
        self._post = post["ap_id"]
        self._numbers = itertools.count(1)
        self.voters: set[str] = set()
        self.comments: set[str] = set()
        self.again = 0

    @property
    def acknowledged(self) -> int:
        """How many activities."""
        return len(self.voters) + len(self.comments)

    def tell_until_the_end(self, instance: Instance, others: Meanwhile[dict[str, Any]]) -> dict[str, Any]:
        """Tells until nobody answers any more; answers what was left without an answer."""
        while True:
            activity = self._next()
            if not self._faraway.send(instance, activity):
                return activity
            self._count(activity)
            others.first.set()

    def tell_again(self, instance: Instance, activity: dict[str, Any]) -> None:
        """Until it is acknowledged, and once more: a repeat is no second deed."""
        for _ in range(2):
            until(lambda: self._faraway.send(instance, activity))
        self._count(activity)
        self.again += 1

    def _next(self) -> dict[str, Any]:
        number = next(self._numbers)
        if number % 3 == 0:
            return self._faraway.comment(f"talker_{number % 5}", self._post, self._community)
        return self._faraway.activity("Like", f"v{number}", self._post)

    def _count(self, activity: dict[str, Any]) -> None:
        if activity["type"] == "Like":
            self.voters.add(activity["actor"])
        else:
            self.comments.add(activity["object"]["id"])


def inbox(trial: Trial) -> None:
    """R02."""
    moments = random.Random(21 + trial.seed)
    with faraways() as (faraway,):
        while trial.done < trial.times:
            many = trial.times - trial.done if trial.postgres else min(KILLS_EACH, trial.times - trial.done)
            with _home(trial, faraway.name) as (instance, community, post):
                told = _Inbound(faraway, community, post)
                for _ in range(many):
                    _killed_while_told(instance, told, trial, moments.uniform(0.02, 0.4))
                    _all_has_its_effect(instance, told, post)
                    whole(instance)
                    trial.did()
                instance.stop()
                _every_vote_counts_once(instance, told, post)
                for name, value in (("acknowledged activities", told.acknowledged), ("sent again", told.again)):
                    trial.note(name, value + int(trial.figures.get(name, 0)))


def _killed_while_told(instance: Instance, told: _Inbound, trial: Trial, after: float) -> None:
    with meanwhile(*[partial(told.tell_until_the_end, instance)] * SENDERS) as others:
        others.begun()
        time.sleep(after)
        others.end()
        instance.kill()
    started_again(instance, trial)
    for unanswered in others.results():
        told.tell_again(instance, unanswered)


def _all_has_its_effect(instance: Instance, told: _Inbound, post: dict[str, Any]) -> None:
    until(lambda: instance.execute("SELECT COUNT(*) FROM inbox_activity") == [(0,)], what="the inbox was never worked off")
    rows = [ap_id for (ap_id,) in instance.execute("SELECT ap_id FROM comment")]
    assert len(rows) == len(set(rows)), "a comment is there twice"
    assert set(rows) == told.comments, f"lost {len(told.comments - set(rows))}, unknown {len(set(rows) - told.comments)}"
    counts = instance.admin.get("/post", id=post["id"])["post_view"]["counts"]
    found = counts["comments"], counts["upvotes"], counts["downvotes"]
    wished = len(told.comments), len(told.voters) + 1, 0
    assert found == wished, f"comments, upvotes, downvotes: {found} instead of {wished}"


def _every_vote_counts_once(instance: Instance, told: _Inbound, post: dict[str, Any]) -> None:
    """Of those that waited for their table too."""
    asyncio.run(_merged(instance.database or f"sqlite://{instance.data_dir.absolute()}/lemmy.db"))
    rows = instance.execute(
        f"SELECT person.actor_id FROM post_vote JOIN person ON person.id = person_id WHERE post_id = {post['id']} AND NOT person.local"
    )
    voters = [actor for (actor,) in rows]
    assert len(voters) == len(set(voters))
    assert set(voters) == told.voters
    assert instance.execute(f"SELECT upvotes FROM post_aggregates WHERE post_id = {post['id']}") == [(len(told.voters) + 1,)]


async def _merged(url: str) -> None:
    async with migrated(url) as database:
        await database.write(gathering.merge)


class _Talker:
    """One of our people: posts, comments on them and votes, which followers elsewhere are to be told."""

    def __init__(self, instance: Instance, name: str, community_id: int) -> None:
        self._client = instance.registered(name)
        self._community_id = community_id
        self._numbers = itertools.count(1)
        self._name = name
        self.created: set[str] = set()
        """Ids of what was acknowledged."""

    def talk_until_the_end(self, others: Meanwhile[None]) -> None:
        """Until nobody answers any more."""
        client = Client(self._client.url, self._client.jwt)
        with contextlib.closing(client), contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                number = next(self._numbers)
                post = granted(client, "/api/v3/post", name=f"{self._name} {number}", community_id=self._community_id)["post_view"]["post"]
                self.created.add(post["ap_id"])
                others.first.set()
                made = granted(client, "/api/v3/comment", content=f"{self._name} {number}", post_id=post["id"])
                self.created.add(made["comment_view"]["comment"]["ap_id"])
                granted(client, "/api/v3/post/like", post_id=post["id"], score=-1)


def delivery(trial: Trial) -> None:
    """R03."""
    moments = random.Random(22 + trial.seed)
    with faraways("far.test", "farther.test") as hosts, _home(trial, *(each.name for each in hosts)) as (instance, community, _):
        for each in hosts:
            each.follow(instance, community["actor_id"])
        people = [_Talker(instance, f"talker_{number}", community["id"]) for number in range(WRITERS)]
        ends: list[float] = []
        for _ in range(trial.times):
            with meanwhile(*(person.talk_until_the_end for person in people)) as others:
                others.begun()
                time.sleep(moments.uniform(0.02, 0.4))
                others.end()
                instance.kill()
                for each in hosts:
                    each.settled()  # what this life sent is noted before it counts as ended
                ends.append(time.monotonic())
            started_again(instance, trial)
            trial.did()
        logged = {
            ap_id: (number, about)
            for number, ap_id, about in instance.execute(
                f"SELECT id, ap_id, COALESCE(object_ap_id, ap_id) FROM sent_activity WHERE community_id = {community['id']} OR everyone"
            )
        }
        for host in hosts:
            until(lambda: logged.keys() <= {each["id"] for each in host.received}, 600, f"{host.name} was not told everything")  # noqa: B023
            _created_was_told(host, set().union(*(person.created for person in people)))
            _one_name_one_content(host)
            _in_the_order_of_the_log(host, logged)
            trial.most("told again after one kill", _repeats_were_under_way(host, ends, trial.database))
        trial.note("activities", len(logged))
        trial.note("arrivals", sum(len(host.arrivals) for host in hosts))
        whole(instance)
        instance.stop()


def _created_was_told(host: Faraway, created: set[str]) -> None:
    told = {
        each["object"]["object"]["id"]
        for each in host.received
        if each["type"] == "Announce" and isinstance(each["object"], dict) and each["object"]["type"] == "Create"
    }
    assert created <= told, f"{len(created - told)} acknowledged things were not told to {host.name}"


def _one_name_one_content(host: Faraway) -> None:
    """What came twice came as it was."""
    seen: dict[str, dict[str, Any]] = {}
    for each in host.received:
        assert seen.setdefault(each["id"], each) == each, f"{each['id']} came with two contents"


def _in_the_order_of_the_log(host: Faraway, logged: dict[str, tuple[int, str]]) -> None:
    """Activities about one object arrive for the first time in the order in which they happened."""
    last: dict[str, int] = {}
    seen: set[str] = set()
    for each in host.received:
        if each["id"] in logged and each["id"] not in seen:
            seen.add(each["id"])
            number, about = logged[each["id"]]
            assert number > last.get(about, 0), f"{host.name} heard of {about} in another order"
            last[about] = number


def _repeats_were_under_way(host: Faraway, ends: list[float], database: str) -> int:
    """What is told again was under way when a kill came: at each kill no more than are sent to a host at once. Answers the most.

    In one life nothing is told twice. On Postgres, where another machine may go on, how far a host has been told is saved once a second,
    and it is the activities of that second that may come again (federation/README.md, "what a kill costs").
    """
    arrived: dict[str, list[float]] = {}
    for arrival in list(host.arrivals):
        arrived.setdefault(arrival.activity["id"], []).append(arrival.at)
    at_kill: Counter[int] = Counter()
    for name, times in arrived.items():
        for before, after in itertools.pairwise(times):
            life = bisect_right(ends, before)
            assert life < bisect_right(ends, after), f"{name} came twice to {host.name} without a kill between"
            at_kill[life] += 1
            assert database == "sqlite" or ends[life] - before <= SAVED_SECONDS, f"{name} came again, {ends[life] - before:.1f} s after"
    most = max(at_kill.values(), default=0)
    assert database != "sqlite" or most <= UNDER_WAY, f"after one kill {host.name} was told {most} things again"
    return most


CASES = (
    Case(
        "R02",
        "After kill -9 while others tell us things, each acknowledged activity has its effect, and what is sent again has it once.",
        "kills",
        1_000,
        3,
        BOTH,
        inbox,
    ),
    Case(
        "R03",
        "After kill -9 while we tell others, they hear all in its order, and again at most what was under way (Postgres: a second).",
        "kills",
        300,
        3,
        BOTH,
        delivery,
    ),
)
