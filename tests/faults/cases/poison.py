"""R25. Activities that break the code that applies them, and scheduled jobs that break: what is beside them goes on."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Iterator
from unittest import mock

from lemmy_lite.federation.inbox import applying
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.scheduler.jobs import Job, Tools
from lemmy_lite.scheduler.runner import Runner
from lemmy_lite.storage.query import Row, Transaction
from tests.faults.case import BOTH, Case, Trial
from tests.federation.lab import eventually, hang_up, listening, opened
from tests.federation.peer import Peer, serving

OUT_OF_ORDER = "out of order"


def poison(trial: Trial) -> None:
    """Each poisonous activity is followed by a sound one of the same host and one of another, while one job fails and one works."""

    async def run(said: list[str]) -> None:
        hosts = {name: trial.port() for name in ("home", "one", "two")}
        peers = [Peer(f"{name}.test:{hosts[name]}") for name in ("one", "two")]
        async with (
            opened(trial.folder, "home", hosts, trial.postgres) as place,
            listening(place, hosts["home"]),
            serving(peers[0], hosts["one"]),
            serving(peers[1], hosts["two"]),
        ):
            home = await place.community(await place.person("ann"))
            jobs, ran = _jobs(), dict.fromkeys(("broken", "sound"), 0)
            runner = Runner(place.context, place.database, place.federation, jobs=[job(ran) for job in jobs], settling=0.001)
            await runner.start()
            take = applying._HANDLERS["Follow"]

            def handle(given: Verified) -> None:
                if "poison" in given.actor_id:
                    raise RuntimeError(OUT_OF_ORDER)
                take(given)

            with mock.patch.dict(applying._HANDLERS, {"Follow": handle}):
                numbers = itertools.count()
                for _ in range(trial.times):
                    for peer, name in ((peers[0], "poison"), (peers[0], "sound"), (peers[1], "sound")):
                        person = peer.person(f"{name}{next(numbers)}")
                        follow = peer.activity("Follow", person, home.actor_id, to=[home.actor_id])
                        assert (await peer.send(place, follow)).status == 200
                    trial.tell(trial)
                await place.federation.applied()
            followers = await place.read(_followers)
            parked = await place.read(_parked)
            assert len(followers) == 2 * trial.times, f"{len(followers)} of {2 * trial.times} sound ones had their effect"
            assert len(parked) == trial.times, f"{len(parked)} of {trial.times} poisonous ones were put aside"
            assert {each[0] for each in parked} == {"could not be applied in 5 tries"}
            await eventually(_counted, ran, gives=lambda seen: min(seen.values()) >= 3)
            assert runner.spent["broken"].failures == runner.spent["broken"].runs > 0
            assert runner.spent["sound"].failures == 0
            assert sum(line.startswith("could not apply ") for line in said) == 5 * trial.times, "each try is logged"
            assert "job broken" in said
            await runner.close()
            trial.did(trial.times)
            await hang_up(place)

    with _log() as said:
        asyncio.run(run(said))


@contextlib.contextmanager
def _log() -> Iterator[list[str]]:
    """What the program logs; it is shown nowhere else."""
    said: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, kept = logging.getLogger("lemmy_lite"), Kept()
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(kept)
    try:
        yield said
    finally:
        logger.removeHandler(kept)
        logger.propagate = propagates


class _Counting:
    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, ran: dict[str, int]) -> Job:
        async def called(_: Tools) -> int:
            ran[self._name] += 1
            if self._name == "broken":
                raise RuntimeError(OUT_OF_ORDER)
            return 0

        return Job(self._name, 0.05, called, "Counts its calls.")


def _jobs() -> Iterator[_Counting]:
    return map(_Counting, ("broken", "sound"))


async def _counted(ran: dict[str, int]) -> dict[str, int]:
    return ran


def _followers(tx: Transaction) -> list[Row]:
    return tx.all("SELECT person_id FROM community_follower JOIN person ON person.id = person_id WHERE NOT person.local")


def _parked(tx: Transaction) -> list[Row]:
    return tx.all("SELECT parked FROM inbox_activity")


CASES = (
    Case(
        "R25",
        "An activity that breaks us is logged and put aside, and those behind it flow; a job that breaks keeps no other from its schedule.",
        "activities",
        100,
        3,
        BOTH,
        poison,
    ),
)
