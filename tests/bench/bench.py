"""What a case is given: the data set, the running servers, the accounts, and the facts of the data that workloads need."""

import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lemmy_lite.model.clock import Clock
from lemmy_lite.scheduler.jobs import DAYS, JOBS
from tests.bench import serving
from tests.bench.data.sizes import PASSWORD
from tests.bench.load import Load, WrongAnswer, posted, request
from tests.bench.serving import CACHE, Server

LIST = "/api/v3/post/list?type_=All&limit=20&sort="


@dataclass
class Bench:
    """`server` runs on a copy of the data set of size `size` in `folder`, so that no figure depends on what ran before it."""

    size: str
    folder: Path
    server: Server
    floor: Server
    constant: int
    """Bytes of the floor's constant answer: those of an anonymous front page of twenty posts."""
    load_seconds: float = 60.0
    """How long the mixed load of f1 lasts."""

    @property
    def load(self) -> Load:
        """The clients of the program."""
        return self.server.load

    def rows(self, statement: str) -> list[tuple[int, ...]]:
        """Facts about the data, straight from the file."""
        connection = sqlite3.connect(f"file:{self.folder}/lemmy.db?mode=ro", uri=True)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def thread(self, name: str) -> int:
        """The id of a post with a name of its own (sizes.THREADS)."""
        return self.rows(f"SELECT id FROM post WHERE name = '{name}'")[0][0]

    async def token(self, account: str) -> str:
        """A fresh session of an account. Raises WrongAnswer."""
        return await token(self.load, account)


async def token(load: Load, account: str) -> str:
    """Log in; answers the JWT. Raises WrongAnswer."""
    answer = await load.ask(posted("/api/v3/user/login", {"username_or_email": account, "password": PASSWORD}))
    if answer.status != 200:
        raise WrongAnswer(f"login of {account}: {answer.status} {answer.body[:200]!r}")
    found: str = answer.json()["jwt"]
    return found


@asynccontextmanager
async def prepared(size: str, load_seconds: float = 60.0, within: Path = CACHE) -> AsyncIterator[Bench]:
    """Both servers, the program on a fresh copy of the data `within` a folder; everything is gone at the end.

    Raises serving.Refused, WrongAnswer.
    """
    with copied(size, within) as folder, tempfile.TemporaryDirectory(dir=CACHE) as beside:
        tended(Path(folder))
        async with serving.program(folder) as server:
            front = await server.load.ask(request("GET", f"{LIST}Active"))
            if front.status != 200:
                raise WrongAnswer(f"the front page: {front.status} {front.body[:200]!r}")
            async with serving.floor(Path(beside), len(front.body)) as floor:
                yield Bench(size, folder, server, floor, len(front.body), load_seconds)


@contextmanager
def copied(size: str, within: Path = CACHE) -> Iterator[Path]:
    """A folder `within` another one, with a copy of a data set, in which every community is filled already: nobody lives where the others
    are, and a server that looks for them again and again would be measured with what it notes of that."""
    source = serving.data_set(size)
    with tempfile.TemporaryDirectory(dir=within) as folder:
        shutil.copy(source / "lemmy.db", folder)
        filled(Path(folder))
        yield Path(folder)


def filled(folder: Path) -> None:
    """No community of the copy is looked for any more, as its host would not answer."""
    with closing(sqlite3.connect(f"{folder}/lemmy.db")) as connection:
        connection.execute(_FILLED)
        connection.commit()


def tended(folder: Path) -> None:
    """The work of the day is done on the copy, as on a server that has run for a while. Else all of it would begin a minute after the
    start, between blocks that measure something else: to read the whole file through takes ten seconds of the core and keeps SQLite's log
    from being folded back, so that writing cost three times as much in one run of b1."""
    done = [(job.name, Clock().now()) for job in JOBS if job.every >= DAYS]
    with closing(sqlite3.connect(f"{folder}/lemmy.db")) as connection:
        connection.executemany("INSERT OR REPLACE INTO job_run (name, finished) VALUES (?, ?)", done)
        connection.commit()


_FILLED = """
INSERT INTO backfill (community_id, phase, started, updated, next_try) SELECT id, 'done', 0, 0, 0 FROM community WHERE NOT local
    ON CONFLICT DO NOTHING
"""
