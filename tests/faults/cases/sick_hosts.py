"""R10, R11. Hosts that take connections and never answer, and thousands that are dead: the living hear of everything, and nothing grows."""

import asyncio
import itertools
import time
from typing import Any

from tests.bench.data import followers
from tests.bench.data.seed import HOSTNAME
from tests.bench.data.sizes import PASSWORD
from tests.bench.machine import memory, usage
from tests.faults.case import SQLITE, Case, Trial
from tests.faults.crowd import Crowd, gathered
from tests.faults.faraway import Faraway, until
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.instances import ADMIN, Client, Instance

HOME_ID = 2
"""The community that all follow: the first number is taken by the site itself."""
TOLD_SECONDS = 5.0
ANSWER_SECONDS = 0.3
READY_SECONDS = 5.0
MOST_MEGABYTES = 50.0
MOST_CPU = 0.03
TRIES_PER_SECOND, BURST = 2.0, 8.0
"""The plan's bound, not the program's: who raises that one must hear of it. What may come at once is a handful."""


def sick(trial: Trial) -> None:
    """R10: of the hosts a fifth is mute and a tenth drips."""
    posts = 10 if trial.whole else 3
    crowd = Crowd(trial.times, mute=trial.times // 5, dripping=trial.times // 10)
    with gathered(crowd) as variables:
        asyncio.run(followers.settle(_folder(trial), crowd))
        with trial.running(hostname=HOSTNAME, environment=variables) as instance:
            admin = instance.logged_in(ADMIN, PASSWORD)
            begun = time.monotonic()
            _post(admin, "First")  # everybody is met for the first time
            longest = 120 * trial.patience
            until(lambda: len(_hearers(crowd, 0)) == len(crowd.well), longest, "not all that are well were told the first post", pause=0.5)
            written, answers = {}, _Reader(instance)
            with meanwhile(answers.read):
                for number in range(posts):
                    written[_post(admin, f"News {number}")] = time.monotonic()
                    time.sleep(4 if trial.whole else 1)  # a post to a thousand hosts takes a second of processor
                until(
                    lambda: len(_delays(crowd, written)) == posts * len(crowd.well),
                    longest,
                    "not all that are well were told everything",
                    pause=0.5,
                )
            most = max(crowd.most_under_way[name] for name in crowd.sick)
            trial.note("sends to a sick host at once", most)
            assert most <= 1, f"a sick host held {most} sends at once"
            _no_burst(trial, crowd.tries - len(crowd.sick), time.monotonic() - begun)
            delays = sorted(_delays(crowd, written))
            trial.within("told to hosts that are well, p95", delays[int(len(delays) * 0.95)], TOLD_SECONDS)
            trial.within("answer of the API, p95", answers.percentile(0.95), ANSWER_SECONDS)
            instance.stop()
    trial.did(trial.times)


def _folder(trial: Trial) -> Any:
    folder = trial.folder / "instance" / "data"
    folder.mkdir(parents=True)
    return folder


def _post(admin: Client, title: str) -> str:
    return str(admin.post("/post", name=title, community_id=HOME_ID)["post_view"]["post"]["ap_id"])


def _created(activity: dict[str, Any]) -> str:
    """The id of the post that an activity makes known, else nothing."""
    inner = activity.get("object")
    if activity["type"] != "Announce" or not isinstance(inner, dict) or inner.get("type") != "Create":
        return ""
    return str(inner["object"]["id"])


def _hearers(crowd: Crowd, since: int) -> set[str]:
    return {each.host for each in crowd.told[since:] if _created(each.activity)}


def _delays(crowd: Crowd, written: dict[str, float]) -> list[float]:
    """Seconds from the answer to whoever posted until each host had the post."""
    first: dict[tuple[str, str], float] = {}
    for each in list(crowd.told):
        if (ap_id := _created(each.activity)) in written:
            first.setdefault((each.host, ap_id), each.at - written[ap_id])
    return list(first.values())


class _Reader:
    """Somebody who turns over the front page all the while."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._seconds: list[float] = []

    def read(self, others: Meanwhile[None]) -> None:
        """Until it is over; a refusal ends it, and breaks the case."""
        client = self._instance.client()
        for page in itertools.cycle(("Active", "New", "Hot", "TopDay")):
            begun = time.monotonic()
            client.get("/post/list", sort=page, limit=10)
            self._seconds.append(time.monotonic() - begun)
            if others.over.wait(0.05):
                return

    def percentile(self, part: float) -> float:
        """Seconds within which so large a part of the answers came."""
        ordered = sorted(self._seconds)
        return ordered[int(len(ordered) * part)]


def dead(trial: Trial) -> None:
    """R11: hosts that have been dead for days, while a thousand posts are written; then one comes back to life."""
    posts, watched = (1_000, 60.0) if trial.whole else (20, 2.0)
    crowd = Crowd(trial.times, dead=trial.times)
    with gathered(crowd) as variables:
        asyncio.run(followers.settle(_folder(trial), crowd))
        with trial.running(hostname=HOSTNAME, environment=variables) as instance:
            _long_dead(instance)
            assert instance.process is not None
            before = memory(instance.process.pid)["pss"]
            admin = instance.logged_in(ADMIN, PASSWORD)
            for number in range(posts):
                _post(admin, f"News {number}")
            time.sleep(1)
            _at_rest(trial, instance, crowd, watched)
            grown = memory(instance.process.pid)["pss"] - before
            trial.note("memory more, MB", round(grown, 1))
            assert grown < MOST_MEGABYTES, f"{grown:.0f} MB more after {posts} posts beside {trial.times} dead hosts"
            instance.stop()
            tried, begun = crowd.tries, time.monotonic()
            instance.start()
            trial.within("restart", time.monotonic() - begun, READY_SECONDS)
            time.sleep(watched / 2)
            _no_burst(trial, crowd.tries - tried, time.monotonic() - begun)
            _comes_back(instance, crowd, posts)
            instance.stop()
    trial.did(trial.times)


def _long_dead(instance: Instance) -> None:
    """As if all hosts had been failing for days: asleep, with their next tries spread over the day."""
    instance.stop()
    now, day = time.time_ns() // 1000, 86_400_000_000
    instance.execute(
        f"""INSERT INTO delivery (instance_id, last_successful_id, fail_count, failing_since, last_retry, next_retry, asleep)
            SELECT id, 0, 60, {now - 4 * day}, {now - day // 2}, {now} + (id * 7919 % 86400) * 1000000, 1
              FROM instance WHERE domain LIKE 'f%.test%' ON CONFLICT DO NOTHING"""
    )
    instance.start()


def _at_rest(trial: Trial, instance: Instance, crowd: Crowd, seconds: float) -> None:
    assert instance.process is not None
    tried, cpu = crowd.tries, usage(instance.process.pid).cpu_seconds
    time.sleep(seconds)
    _no_burst(trial, crowd.tries - tried, seconds)
    share = (usage(instance.process.pid).cpu_seconds - cpu) / seconds
    trial.most("processor at rest, %", round(share * 100, 1))
    assert share < MOST_CPU * trial.patience, f"it uses {share:.1%} of a processor at rest"


def _no_burst(trial: Trial, tries: int, seconds: float) -> None:
    trial.most("tries a second", round(tries / seconds, 2))
    assert tries <= TRIES_PER_SECOND * seconds + BURST, f"{tries} tries within {seconds:.0f} s"


def _comes_back(instance: Instance, crowd: Crowd, posts: int) -> None:
    """A host that speaks to us is told all that it has missed, in its order."""
    name = crowd.names[-1]
    crowd.dead.discard(name)
    ((private_key,), *_) = instance.execute("SELECT private_key FROM actor WHERE private_key IS NOT NULL")
    voice = Faraway.speaking(crowd.url(name), private_key)
    ((ap_id,), *_) = instance.execute("SELECT ap_id FROM post")
    until(lambda: voice.send(instance, voice.activity("Like", "fan", ap_id)), what="whoever came back was not heard")

    def told() -> list[str]:
        return [each.activity["id"] for each in list(crowd.told) if each.host == name]

    logged = {
        ap_id: (number, about)
        for number, ap_id, about in instance.execute("SELECT id, ap_id, COALESCE(object_ap_id, ap_id) FROM sent_activity")
    }
    until(lambda: logged.keys() <= set(told()), 3_000, f"of {posts} posts not all were told to who came back", pause=0.5)
    last: dict[str, int] = {}
    for each in dict.fromkeys(told()):
        if each in logged:
            number, about = logged[each]
            assert number > last.get(about, 0), "the backlog came in another order"
            last[about] = number


CASES = (
    Case(
        "R10",
        "Beside hosts that never answer or drip, those that are well are told within 5 s (p95), and a sick one holds one send at most.",
        "hosts",
        1_000,
        40,
        SQLITE,
        sick,
    ),
    Case(
        "R11",
        "Thousands of dead hosts cost under 50 MB, two tries a second and 3 % of a processor; who comes back is told all, in order.",
        "hosts",
        10_000,
        60,
        SQLITE,
        dead,
    ),
)
