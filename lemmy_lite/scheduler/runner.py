"""Runs the table of jobs: each in a task of its own, so that one that is slow or broken does not keep the others from their schedule."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from typing import Final

from lemmy_lite import memory
from lemmy_lite.context import Context
from lemmy_lite.federation.service import Federation
from lemmy_lite.model.clock import SECOND, Micros
from lemmy_lite.model.job_run import JobSpent
from lemmy_lite.scheduler.jobs import DAYS, HOURS, JOBS, Job, Tools
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.tables import job_run

log = logging.getLogger(__name__)

JITTER: Final = 0.1
"""Share of the pause by which it varies, so that jobs do not meet, nor the instances that were updated in one night."""
SETTLING_SECONDS: Final = 60.0
"""After the start the machine has better things to do; nothing runs before, and what is overdue comes soon after."""
SECONDS_IN_DOUBT: Final = 60.0
"""Between two looks whether the clock is believed again, of jobs that let old things go."""
REMEMBERED: Final = DAYS
"""Jobs at least this far apart keep the time of their last run in the database. Shorter ones simply start anew: a write for each would
cost more than they do."""


class Runner:
    """Does the scheduled work of one process, unless it is left to another one (`--disable-scheduled-tasks`)."""

    def __init__(
        self,
        context: Context,
        database: Database,
        federation: Federation,
        *,
        jobs: Iterable[Job] = JOBS,
        settling: float = SETTLING_SECONDS,
        in_doubt: float = SECONDS_IN_DOUBT,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._tools = Tools(context, database, federation)
        self._jobs = tuple(jobs)
        self._settling = settling
        self._in_doubt = in_doubt
        self._jitter = jitter
        self._tasks: list[asyncio.Task[None]] = []
        self.spent: dict[str, JobSpent] = {}
        """What each job that has run has cost, by name."""

    async def start(self) -> None:
        """Begin; nothing happens at once."""
        if self._tools.context.config.process.disable_scheduled_tasks:
            return
        finished = await self._tools.database.read(job_run.finished)
        self._tasks = [asyncio.create_task(self._repeat(job, finished.get(job.name)), name=f"job {job.name}") for job in self._jobs]

    async def close(self) -> None:
        """Stop. What a job has done so far is kept, for it works in units."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _repeat(self, job: Job, last: Micros | None) -> None:
        overdue = last is None or self._tools.context.clock.now() < last  # a clock that was ahead must not silence a job for years
        elapsed = job.every if overdue or last is None else (self._tools.context.clock.now() - last) / SECOND
        await asyncio.sleep(max(self._settling * self._jitter(1, 2), job.every - elapsed))
        while True:
            if job.by_age:
                await self._clock_believed(job)
            begun, failed = time.monotonic(), True
            try:
                await self._run(job)
                failed = False
            except StorageError as trouble:
                if trouble.trouble is Trouble.CLOSED:
                    return
                log.error("job %s: %s", job.name, trouble)
            except Exception:
                log.exception("job %s", job.name)
            self.spent[job.name] = self.spent.get(job.name, JobSpent()).after(time.monotonic() - begun, failed=failed)
            await asyncio.sleep(job.every * self._jitter(1 - JITTER, 1 + JITTER))

    async def _clock_believed(self, job: Job) -> None:
        """Wait until the clock can be right: what is thrown away because it seems to be old does not come back."""
        why = self._tools.federation.clock_doubt()
        if why is not None:
            log.warning("job %s waits for the clock: %s", job.name, why)
        while why is not None:
            await asyncio.sleep(self._in_doubt)
            why = self._tools.federation.clock_doubt()

    async def _run(self, job: Job) -> None:
        done = await job.run(self._tools)
        if job.every >= REMEMBERED:
            await self._tools.database.note(job_run.put, job.name)
        if job.every >= HOURS:
            # Such jobs read what nobody else reads: on 100,000 posts a recount left 36 MB behind.
            await self._tools.database.shrink()
            memory.give_back()
        if done:
            log.info("job %s: %d", job.name, done)
