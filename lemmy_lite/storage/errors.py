"""What can go wrong in the database, in the words of the callers rather than of a driver."""

from enum import StrEnum


class Trouble(StrEnum):
    """Why the database could not do what was asked; http/ turns each into "try again later" (security.md, rule 23)."""

    BUSY = "busy"
    FULL = "full"
    BROKEN = "broken"
    DAMAGED = "damaged"
    CLOSED = "closed"


class StorageError(Exception):
    """The database refused for a reason of its own: nothing of the unit of work was kept."""

    def __init__(self, trouble: Trouble, cause: BaseException | str) -> None:
        super().__init__(f"{trouble}: {cause}")
        self.trouble = trouble
        self.reason = str(cause)


class Conflict(Exception):
    """A unique or foreign key rule of the schema was broken: the unit of work is undone."""


class TryAgain(Exception):
    """Concurrent transactions of another process stood in the way (Postgres, SQLSTATE 40001, 40P01, 55P03): run the unit again."""


class NotYet(Exception):
    """There is no database: the first start has not been. The message says what to do."""


class SchemaError(Exception):
    """The schema is newer than this program, or belongs to another: the message says what to do."""


def too_new(schema: int, newest: int) -> SchemaError:
    """Why a database of a newer program is left alone."""
    return SchemaError(
        f"the database has schema {schema}, this program knows up to {newest}: start the newer program again, or restore an older backup"
    )
