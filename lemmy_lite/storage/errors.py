"""What can go wrong in the database, in the words of the callers rather than of a driver."""

from enum import StrEnum


class Trouble(StrEnum):
    """Why the database could not do what was asked; http/ turns each into "try again later" (security.md, rule 23)."""

    BUSY = "busy"
    FULL = "full"
    BROKEN = "broken"
    CLOSED = "closed"


class StorageError(Exception):
    """The database refused for a reason of its own: nothing of the unit of work was kept."""

    def __init__(self, trouble: Trouble, cause: BaseException | str) -> None:
        super().__init__(f"{trouble}: {cause}")
        self.trouble = trouble


class Conflict(Exception):
    """A unique or foreign key rule of the schema was broken: the unit of work is undone."""


class TryAgain(Exception):
    """Concurrent transactions of another process stood in the way (Postgres, SQLSTATE 40001, 40P01, 55P03): run the unit again."""


class SchemaError(Exception):
    """The schema is newer than this program, or belongs to another: the message says what to do."""
