"""When jobs run, and that one which is slow or broken keeps no other from its schedule."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.federation.service import Federation
from lemmy_lite.model.clock import DAY, SECOND, Clock, Micros
from lemmy_lite.scheduler.jobs import DAYS, HOURS, JOBS, Job, Tools
from lemmy_lite.scheduler.runner import Runner
from lemmy_lite.storage.cluster import Cluster
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import job_run
from tests.domain.house import House, told


class Calls:
    """Jobs that count their calls. Pauses are fractions of a second, so a test waits for calls and never for a time."""

    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self._changed = asyncio.Event()

    def job(self, name: str, every: float = 0.001, run: Callable[[], Awaitable[int]] | None = None) -> Job:
        async def called(_: Tools) -> int:
            self.done[name] = self.done.get(name, 0) + 1
            self._changed.set()
            return await run() if run else 0

        return Job(name, every, called, "Counts its calls.")

    async def until(self, name: str, times: int) -> None:
        async with asyncio.timeout(30):
            while self.done.get(name, 0) < times:
                await self._changed.wait()
                self._changed.clear()


def _runner(house: House, *jobs: Job) -> Runner:
    return Runner(house.context, house.database, Federation(house.context, house.database), jobs=jobs, settling=0.001)


def test_a_job_is_repeated(database_url: str) -> None:
    async def story(house: House) -> None:
        calls = Calls()
        runner = _runner(house, calls.job("often"))
        await runner.start()
        await calls.until("often", 3)
        await runner.close()
        done = dict(calls.done)
        await asyncio.sleep(0.01)
        assert calls.done == done

    told(database_url, story)


def test_of_several_processes_one_runs_the_jobs_and_another_one_when_that_has_gone(postgres_url: str) -> None:
    async def story(house: House) -> None:
        calls = [Calls() for _ in range(3)]
        clusters = [Cluster(postgres_url, house.context.clock.now, beat=0.02) for _ in calls]
        runners = [_runner(house, each.job("once")) for each in calls]
        for cluster, runner in zip(clusters, runners, strict=True):
            cluster.when_leading(runner.start, runner.close)
            await cluster.start()
        await calls[0].until("once", 3)
        assert [each.done.get("once", 0) > 0 for each in calls] == [True, False, False]
        await clusters[0].close()
        done = calls[0].done["once"]
        async with asyncio.timeout(30):
            await asyncio.wait([asyncio.create_task(each.until("once", 3)) for each in calls[1:]], return_when=asyncio.FIRST_COMPLETED)
        assert calls[0].done["once"] == done
        assert sorted(each.done.get("once", 0) > 0 for each in calls[1:]) == [False, True]
        for cluster in clusters[1:]:
            await cluster.close()

    told(postgres_url, story)


def test_a_job_that_raises_is_logged_and_repeated_while_the_others_go_on(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> int:
        raise RuntimeError("out of order")

    async def story(house: House) -> None:
        calls = Calls()
        runner = _runner(house, calls.job("broken", run=broken), calls.job("sound"))
        await runner.start()
        await calls.until("broken", 2)
        await calls.until("sound", 2)
        await runner.close()
        broken_, sound = runner.spent["broken"], runner.spent["sound"]
        assert broken_.failures == broken_.runs > 0
        assert (sound.failures, sound.runs > 0) == (0, True)
        assert sound.seconds >= sound.latest >= 0

    told(database_url, story)
    assert "job broken" in caplog.text
    assert "out of order" in caplog.text


def test_a_job_that_lets_old_things_go_waits_while_the_clock_is_in_doubt(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        calls, federation = Calls(), Federation(house.context, house.database)
        doubts: list[str | None] = ["the clock shows 2028"]
        federation.clock_doubt = lambda: doubts[0]  # type: ignore[method-assign]  # somebody sets the clock
        jobs = (calls.job("old")._replace(by_age=True), calls.job("often"))
        runner = Runner(house.context, house.database, federation, jobs=jobs, settling=0.001, in_doubt=0.001)
        await runner.start()
        await calls.until("often", 20)
        assert "old" not in calls.done
        doubts[0] = None
        await calls.until("old", 2)
        await runner.close()

    told(database_url, story)
    assert "job old waits for the clock: the clock shows 2028" in caplog.text


def test_the_jobs_that_throw_away_by_age_are_marked_so() -> None:
    marked = {job.name for job in JOBS if job.by_age}
    assert marked == {
        "bans",
        "backup",
        "tokens",
        "deletions",
        "denied applicants",
        "inactive users",
        "sent log",
        "received ids",
    }


def test_what_a_large_job_has_read_is_not_kept_in_memory(database_url: str) -> None:
    async def story(house: House) -> None:
        given_back = asyncio.Event()
        calls = Calls()

        async def shrink() -> None:
            assert "large" in calls.done, "a small one gives nothing back"
            given_back.set()

        house.database.shrink, whole = shrink, house.database.shrink  # type: ignore[method-assign]
        runner = _runner(house, calls.job("small"), calls.job("large", every=HOURS))
        await runner.start()
        await calls.until("small", 3)
        async with asyncio.timeout(30):
            await given_back.wait()
        await runner.close()
        await whole()
        assert await house.database.read(lambda tx: tx.value("SELECT 1")) == 1

    told(database_url, story)


def test_a_job_that_hangs_keeps_no_other_waiting(database_url: str) -> None:
    async def hang() -> int:
        await asyncio.Event().wait()
        return 0

    async def story(house: House) -> None:
        calls = Calls()
        runner = _runner(house, calls.job("hanging", run=hang), calls.job("sound"))
        await runner.start()
        await calls.until("hanging", 1)
        await calls.until("sound", 3)
        await runner.close()
        assert calls.done["hanging"] == 1

    told(database_url, story)


def test_a_daily_job_is_not_done_again_after_a_restart_but_an_overdue_one_is(database_url: str) -> None:
    async def story(house: House) -> None:
        calls = Calls()
        jobs = calls.job("daily", DAYS), calls.job("overdue", DAYS), calls.job("from the future", DAYS), calls.job("often")
        await house.database.write(job_run.put, "daily")
        await house.database.write(job_run.put, "overdue")
        await house.database.write(job_run.put, "from the future")
        now = house.context.clock.now()

        def move(tx: Transaction, name: str, finished: Micros) -> None:
            tx.run("UPDATE job_run SET finished = :finished WHERE name = :name", finished=finished, name=name)

        await house.database.write(move, "overdue", now - DAY - SECOND)
        await house.database.write(move, "from the future", now + 1000 * DAY)
        runner = _runner(house, *jobs)
        await runner.start()
        await calls.until("overdue", 1)
        await calls.until("from the future", 1)
        await calls.until("often", 5)
        await runner.close()
        assert "daily" not in calls.done

    told(database_url, story)


def test_a_daily_job_is_remembered_once_it_is_done_and_a_frequent_one_is_not(database_url: str) -> None:
    async def story(house: House) -> None:
        calls = Calls()
        runner = _runner(house, calls.job("daily", DAYS), calls.job("often"))
        await runner.start()
        await calls.until("daily", 1)
        await calls.until("often", 3)
        async with asyncio.timeout(30):
            while not (finished := await house.database.read(job_run.finished)):
                pass
        await runner.close()
        assert list(finished) == ["daily"]

    told(database_url, story)


def test_nothing_runs_where_scheduled_work_is_left_to_another_process(database_url: str) -> None:
    async def story(house: House) -> None:
        calls = Calls()
        settings = config.read({"hostname": "here.test", "process": {"disable_scheduled_tasks": True}}, environment={})
        context = Context(config=settings, clock=Clock(), net=house.context.net, jwt_secret="s" * 64, history=house.context.history)
        runner = Runner(context, house.database, Federation(context, house.database), jobs=[calls.job("often")], settling=0.0)
        await runner.start()
        await asyncio.sleep(0.01)
        await runner.close()
        assert calls.done == {}

    told(database_url, story)


def test_every_job_of_the_table_runs_on_an_instance_that_is_new(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lemmy_lite.scheduler.jobs.IDLE_SECONDS", 0.0)

    async def story(house: House) -> None:
        # One job looks through the file itself, so the configuration has to name it.
        named = config.read({"hostname": "here.test", "database": {"uri": database_url}}, environment={})
        house = replace(house, context=replace(house.context, config=named))
        tools = Tools(house.context, house.database, Federation(house.context, house.database))
        for job in JOBS:
            assert await job.run(tools) == (1 if job.name == "database" else 0), job.name

    told(database_url, story)


def test_jobs_have_names_of_their_own_and_say_what_they_do() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    assert all(job.what.endswith(".") and job.every >= 60 for job in JOBS)
