"""R27. The network or the name server is away for an hour: afterwards everybody hears everything, soon, and was not called too often."""

import contextlib
import time
from collections.abc import Sequence

from tests.faults.case import SQLITE, Case, Trial
from tests.faults.faraway import HOME, Faraway, environment, faraways, until
from tests.faults.names import Names
from tests.instances import Instance

HOSTS = [f"far{number}.test" for number in range(5)]
POSTS = 40
REAL = 300
"""Seconds of an outage from which on all waits are as long as they really are; a shorter one is for the test run."""
SOON = 15 * 60


def outage(trial: Trial) -> None:
    """Nobody can be reached while people here write, and no name is known; then names are, then everybody. Nothing is started anew."""
    real, port, names = trial.times >= REAL, trial.port(), Names(trial.port())
    variables = environment(fast=not real) | {"LEMMY_LITE_TEST_RESOLVE": f"{HOME}=127.0.0.1,dns=127.0.0.1:{names.port}"}
    with contextlib.closing(names), faraways(*HOSTS) as hosts:
        instance = Instance(trial.folder / "instance", port, hostname=f"{HOME}:{port}", environment=variables)
        try:
            _outlived(trial, instance.start(), hosts, names, real=real)
        finally:
            instance.kill()


def _outlived(trial: Trial, instance: Instance, hosts: Sequence[Faraway], names: Names, *, real: bool) -> None:
    process = instance.process
    assert process is not None
    home = instance.admin.post("/community", name="hearth", title="Hearth")["community_view"]["community"]
    for host in hosts:
        host.follow(instance, home["actor_id"])
    written = {_post(instance, home["id"], "Before")}
    until(lambda: all(written <= _heard(host) for host in hosts))
    names.down.set()
    for host in hosts:
        host.hangs_up = True
    most, called = 0, [0] * len(hosts)
    began = looked = time.monotonic()
    while trial.done < trial.times:
        if len(written) <= POSTS * (time.monotonic() - began) / trial.times:
            written.add(_post(instance, home["id"], f"Unheard {len(written)}"))
        if time.monotonic() - began > trial.times / 2:
            names.down.clear()
        time.sleep(0.02)
        if time.monotonic() - looked >= 1:
            looked += 1
            now = [host.in_vain for host in hosts]
            most, called = max(most, *(after - before for before, after in zip(called, now, strict=True))), now
        trial.did(int(time.monotonic() - began) - trial.done)
    for host in hosts:
        host.hangs_up = False
    returned = time.monotonic()
    until(lambda: all(written <= _heard(host) for host in hosts), SOON, "not everybody heard everything within 15 minutes")
    assert process.poll() is None, "it did not live through it"
    trial.note("all told after, s", round(time.monotonic() - returned, 1))
    trial.note("calls of a host in vain", max(host.in_vain for host in hosts))
    trial.note("most of them in a second", most)
    assert not real or most <= 2, f"a host that is away was called {most} times within a second"  # a look may come late
    assert not real or max(called) <= trial.times, "a host that is away was called more than once a second"


def _heard(host: Faraway) -> set[str]:
    """The ids of posts that were announced to a host as new."""
    found = [each["object"] for each in host.received if each["type"] == "Announce"]
    return {each["object"]["id"] for each in found if each["type"] == "Create"}


def _post(instance: Instance, community_id: int, name: str) -> str:
    return str(instance.admin.post("/post", name=name, community_id=community_id)["post_view"]["post"]["ap_id"])


CASES = (
    Case(
        "R27",
        "After an hour without network and name server everybody hears everything within 15 minutes, and nobody was called too often.",
        "seconds",
        3600,
        2,
        SQLITE,
        outage,
    ),
)
