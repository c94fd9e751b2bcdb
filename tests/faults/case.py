"""A fault case: what is done to an instance, how often, and what must hold after it."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import instances
from tests.instances import Instance

SQLITE = ("sqlite",)
BOTH = ("sqlite", "postgres")


class Lacking(Exception):
    """This machine has no such program or right, so that the case shows nothing here. It is no success."""


class NotAllowed(Lacking):
    """This machine does not let us: a right that nobody can install."""


@dataclass(frozen=True)
class Case:
    """One line of the table. `act` raises AssertionError with a sentence where the instance did not hold."""

    id: str
    sentence: str
    """What holds, as a person would say it."""
    unit: str
    """What is counted: kills, cuts, hosts."""
    full: int
    short: int
    """How many in `scripts/faults`, and in the ordinary test run on SQLite; on Postgres, which stands aside, a fifth of that."""
    databases: tuple[str, ...]
    act: "Callable[[Trial], None]"

    def few(self, database: str) -> int:
        """The number of the test run."""
        return self.short if database == "sqlite" else max(1, self.short // 5)


@dataclass
class Trial:
    """One run of a case on one database: where it works, how much it does, and what it tells."""

    folder: Path
    """Empty in the beginning; whatever lies there in the end goes with the run."""
    database: str
    """`sqlite` or `postgres`."""
    times: int
    port: Callable[[], int]
    """Another free loopback port at each call."""
    postgres: str | None = None
    """On Postgres: the address of an empty database."""
    whole: bool = True
    """Whether this is the full number: what takes a minute by itself is then done too."""
    seed: int = 1
    """For random moments: the same seed gives the same moments."""
    patience: float = 1.0
    """Bounds in seconds are multiplied by it: a test run on a busy machine must not fail for being slow."""
    tell: "Callable[[Trial], None]" = lambda trial: None
    """Called whenever something was done, for progress."""
    done: int = 0
    figures: dict[str, float | int | str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The database's address, for rooms that are driven without a server."""
        return self.postgres or f"sqlite://{self.folder}/lemmy.db"

    def did(self, many: int = 1) -> None:
        """So many more units are done."""
        self.done += many
        self.tell(self)

    def note(self, figure: str, value: float | int | str) -> None:
        """A figure that was measured; a later value of the same name replaces it."""
        self.figures[figure] = value

    def most(self, figure: str, value: float) -> None:
        """The same where the largest value counts."""
        self.figures[figure] = max(value, float(self.figures.get(figure, value)))

    def within(self, what: str, took: float, most: float) -> None:
        """Something took so many seconds; the longest is kept as a figure. Raises AssertionError beyond `most`."""
        self.most(f"{what}, s", round(took, 2))
        assert took <= most * self.patience, f"{what}: {took:.1f} s instead of at most {most:g}"

    def program(self, name: str) -> str:
        """The path of a program. Raises Lacking."""
        path = shutil.which(name)
        if path is None:
            raise Lacking(f"{name} is missing on this machine")
        return path

    @contextlib.contextmanager
    def running(self, name: str = "instance", *, listen: int | None = None, **options: Any) -> Iterator[Instance]:
        """A started instance on this trial's database, killed in the end; `options` are those of tests.instances.Instance.

        `listen` is its port, where the caller has to know it before.
        """
        with instances.running(self.folder / name, listen or self.port(), **{"database": self.postgres, **options}) as instance:
            yield instance
