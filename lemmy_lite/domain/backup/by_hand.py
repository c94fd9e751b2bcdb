"""A backup that somebody asks for by a button: made beside the running instance, one at a time."""

import asyncio
import logging
from pathlib import Path
from typing import Final

from lemmy_lite.config import Config
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.backup.beside import beside
from lemmy_lite.domain.backup.manifest import MadeAlready, Stopped
from lemmy_lite.domain.backup.pruning import Keep
from lemmy_lite.domain.backup.taking import Progress
from lemmy_lite.model.clock import Clock

log = logging.getLogger(__name__)

PATIENCE: Final = 10.0
"""Seconds for which whoever asked is kept waiting; a large instance takes minutes, and is told of on the page afterwards."""

KEEP: Final = Keep(daily=3, weekly=0, monthly=0)
"""Of those in the data folder: each holds a whole copy of the database, on the disk that the data has."""


class ByHand:
    """Makes backups when asked; who asks while one is under way waits for that one."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._task: asyncio.Task[bool] | None = None

    @property
    def folder(self) -> Path:
        """Where they go: `backup.to` of the configuration, else a folder beside the data, on the same disk."""
        return self._config.backup.to if self._config.backup else self._config.data_dir / "backups" / "by-hand"

    @property
    def under_way(self) -> bool:
        """Whether one is being made."""
        return self._task is not None and not self._task.done()

    async def make(self, patience: float = PATIENCE) -> bool | None:
        """Whether the backup was made, or None when it is still under way after `patience` seconds; what went wrong is in the record."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(beside(self._make))
        try:
            return await asyncio.wait_for(asyncio.shield(self._task), patience)
        except TimeoutError:
            return None

    async def close(self) -> None:
        """Give up what is under way: the database is about to be closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _make(self, progress: Progress) -> bool:
        try:
            secret = keeping.passphrase(self._config.backup) if self._config.backup else None
            keeping.take_noted(self._config, self._clock, self.folder, secret, progress)
            if self._config.backup is None:
                keeping.drop_old(self._config, self.folder, secret, KEEP, progress)
        except Stopped:
            raise
        except MadeAlready:
            return True  # asked for twice within a second: nothing of any age is missing in it
        except Exception as trouble:
            log.error("the backup that was asked for failed: %s", trouble)
            return False
        return True
