"""R08, R09. A clock that is wrong at the start, and one that somebody sets while the server runs."""

import re
import time
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

from tests.faults.case import SQLITE, Case, Trial
from tests.faults.faraway import Faraway, until
from tests.faults.home import at_home
from tests.faults.wall_clock import HOUR, YEAR, WallClock
from tests.instances import ADMIN, Client, Instance

HEALS_SECONDS = 60.0
DOUBT_SECONDS = 10.0
"""So long is watched that nothing signed leaves."""
WATCHED_SECONDS = 5.0
"""After a jump: long enough for a storm to be seen."""
MOST_TRIES = 8
"""Connections to a dead host in that time; its pauses grow from a second on."""
POSTS_ALLOWED = 6
"""The limit of posts for one address in ten minutes that a new site has."""


def wrong_at_start(trial: Trial) -> None:
    """R08: two years behind and two years ahead, by turns."""
    for number, by in enumerate(islice(cycle((-2 * YEAR, 2 * YEAR)), trial.times)):
        clock = WallClock(trial)
        with at_home(trial, name=f"start_{number}", fast=False, variables=clock.environment) as (instance, (faraway,)):
            _started_wrong(trial, instance, clock, by, faraway)
        trial.did()


def _started_wrong(trial: Trial, instance: Instance, clock: WallClock, by: int, faraway: Faraway) -> None:
    admin = instance.admin
    community = admin.post("/community", name="tea", title="Tea")["community_view"]["community"]
    faraway.follow(instance, community["actor_id"])
    post = admin.post("/post", name="Before", community_id=community["id"])["post_view"]["post"]
    until(lambda: post["ap_id"] in str(faraway.received))
    instance.stop()
    clock.set(by)
    faraway.arrivals.clear()
    faraway.signed = 0
    instance.start()
    vote = faraway.activity("Like", "voter", post["ap_id"])
    refused = faraway.answer(instance, vote)
    assert refused is not None
    assert (refused.status, refused.json["error"]) == (503, "clock"), refused
    assert int(refused.headers["retry-after"]) > 0
    assert instance.client().send("GET", "/").status == 200
    during = instance.logged_in(ADMIN)
    written = during.post("/post", name="During", community_id=community["id"])["post_view"]["post"]
    assert instance.client().send("GET", f"/post/{written['id']}").status == 200
    time.sleep(DOUBT_SECONDS if trial.whole else 1.0)
    assert (faraway.signed, faraway.arrivals) == (0, []), "something signed left under a clock that cannot be right"
    assert "the clock shows" in instance.logged("federation waits for the clock")
    clock.set(0)
    begun = time.monotonic()
    until(lambda: written["ap_id"] in str(faraway.received), 2 * HEALS_SECONDS, "what was written meanwhile was never told")
    until(lambda: faraway.status(instance, vote) == 200)
    trial.within("until it heals", time.monotonic() - begun, HEALS_SECONDS)
    assert admin.get("/user/validate_auth") == {"success": True}, "the session from before is lost"
    later = instance.logged_in(ADMIN).post("/post", name="After", community_id=community["id"])["post_view"]["post"]
    off = abs((datetime.now(UTC) - datetime.fromisoformat(later["published"])).total_seconds())
    assert off < HOUR, f"what is written under the right clock is dated {off:.0f} s off"
    instance.stop()


def jumps(trial: Trial) -> None:
    """R09: an hour ahead and back again, while there is a follower that lives and one that is dead."""
    clock = WallClock(trial)
    with at_home(trial, "far.test", "dead.test", fast=False, variables=clock.environment) as (instance, (faraway, dead)):
        admin = instance.admin
        community = admin.post("/community", name="tea", title="Tea")["community_view"]["community"]
        for each in (faraway, dead):
            each.follow(instance, community["actor_id"])
        dead.hangs_up = True
        admin.post("/post", name="For the dead", community_id=community["id"])
        until(lambda: dead.in_vain > 0, what="the dead follower was never tried")
        limited = instance.client(instance.registered("talker").jwt, address="198.51.100.7")
        sessions = [admin, limited]
        for _ in range(trial.times):
            for by in (HOUR, 0, -HOUR, 0):
                _spend(limited, community)
                before = dead.in_vain
                clock.set(by)
                _nothing_goes_wrong(instance, sessions, community)
                time.sleep(WATCHED_SECONDS if trial.whole else 1.0)
                tries = dead.in_vain - before
                trial.most("tries of a dead host after a jump", tries)
                assert tries <= MOST_TRIES, f"a dead host was tried {tries} times right after a jump"
                assert _spend(limited, community) <= 1, "a jump of the clock has freed somebody from a limit"
            trial.did()
        _in_order(instance)
        last = admin.post("/post", name="Last", community_id=community["id"])["post_view"]["post"]
        until(lambda: last["ap_id"] in str(faraway.received), what="the follower that lives was not told in the end")
        assert "Traceback" not in instance.log.read_text()
        instance.stop()


def _spend(limited: Client, community: dict[str, Any]) -> int:
    """Post until the limit refuses; answers how many posts that were. One more is allowed each hundred seconds."""
    for number in range(2 * POSTS_ALLOWED):
        answer = limited.call("POST", "/post", {"name": f"Allowed {number}", "community_id": community["id"]})
        if answer.status != 200:
            assert answer.json["error"] == "rate_limit_error", answer
            return number
    raise AssertionError("there is no limit")


def _nothing_goes_wrong(instance: Instance, sessions: list[Client], community: dict[str, Any]) -> None:
    for session in sessions:
        assert session.get("/user/validate_auth") == {"success": True}, "a session is lost"
    sessions[0].post("/post", name="One more", community_id=community["id"])
    page = instance.client().send("GET", "/?sort=New").body.decode()
    assert "One more" in page
    ages = re.findall(r"<time[^>]*>([^<]*)</time>", page)
    assert ages, "the page shows no ages"
    odd = [age for age in ages if re.search(r"-|\bin ", age, re.IGNORECASE)]
    assert not odd, f"ages on the page: {odd}"


def _in_order(instance: Instance) -> None:
    """Whoever came later is dated later, and New shows the latest first."""
    rows = instance.execute("SELECT id, published FROM post ORDER BY id")
    dates = [published for _, published in rows]
    assert dates == sorted(set(dates)), "dates go back where ids go on"
    listed = [each["post"]["id"] for each in instance.client().get("/post/list", sort="New", limit=50)["posts"]]
    assert listed == sorted(listed, reverse=True)


CASES = (
    Case(
        "R08",
        "Under a clock two years off it serves, signs and judges nothing, says why, loses nothing, and heals within 60 s of a right one.",
        "starts",
        20,
        2,
        SQLITE,
        wrong_at_start,
    ),
    Case(
        "R09",
        "When the clock jumps by an hour either way, sessions, limits, pauses and the order of things stay as they are.",
        "rounds",
        20,
        1,
        SQLITE,
        jumps,
    ),
)
