"""The transaction that verbs and views are functions of."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.events import ActivityLogged, Event, PostCounted, VoteCast
from lemmy_lite.storage.aside import OURS, Unready
from lemmy_lite.storage.dialect import Dialect, Values

if TYPE_CHECKING:
    from lemmy_lite.storage.pending import Pending, Share
    from lemmy_lite.storage.recollection import Recollection

T = TypeVar("T")

Row = tuple[Any, ...]
"""One row, in the order of the SELECT list."""

MISSING: Final = object()
"""What memory answers for what it does not hold; None is the memory that there is no such row."""


class Session(Protocol):
    """One open connection, used by one thread at a time. Errors are those of storage/errors.py."""

    dialect: Dialect

    def fetch(self, sql: str, values: Values) -> list[Row]:
        """Run a statement that answers rows."""

    def run(self, sql: str, values: Values) -> int:
        """Run a statement and answer the number of rows it changed."""

    def run_many(self, sql: str, values: Iterable[Values]) -> None:
        """Run one statement for each set of values."""

    def control(self, statement: str) -> None:
        """BEGIN, SAVEPOINT, RELEASE, ROLLBACK, COMMIT."""


class Reach(IntEnum):
    """Who may see a difference after a unit of work, and how soon: what is kept for strangers (http/kept.py) goes by it."""

    OWN = 0
    """Nobody but those whom it concerns: marks, sessions, cursors, what waits to be applied."""
    SOON = 1
    """Everybody, but not in the same second: votes and what they count."""
    AT_ONCE = 2
    """Everybody; what nothing else is said of."""


_SOON = frozenset({VoteCast, PostCounted})
_NOBODYS = frozenset({ActivityLogged})
"""Events of which nobody here sees anything."""


class Transaction:
    """One unit of work: reads see one state, writes are kept whole or not at all.

    `now` is the moment of the unit, in microseconds UTC, never earlier than an earlier unit's. `events` is what happened in it, for the
    subscribers of the database. `own` says that nobody but those whom it concerns can see a difference; events say otherwise. `pending`
    are the votes that wait in the log, `share` what this unit adds to them or takes from them (pending.py). `ready` is what was made
    ahead of it, None where others do not wait for it. Nothing here awaits.
    """

    __slots__ = (
        *("_announced", "_recollection", "_session", "_subscribers", "_trace"),
        *("dialect", "events", "now", "own", "pending", "ready", "share"),
    )

    def __init__(
        self,
        session: Session,
        now: Micros,
        trace: Callable[[str], None] | None = None,
        subscribers: Callable[[type[Event]], Sequence["Callable[[Transaction, Event], None]"]] | None = None,
        pending: "Pending | None" = None,
        recollection: "Recollection | None" = None,
    ) -> None:
        self._session = session
        self._recollection = recollection
        self._subscribers = subscribers
        self._announced = 0
        self._trace = trace
        self.dialect = session.dialect
        self.now = now
        self.events: list[Event] = []
        self.own = False
        self.pending = pending
        self.share: Share | None = None
        self.ready: Mapping[Hashable, Any] | None = None

    @property
    def reach(self) -> Reach:
        """Who may see a difference after it."""
        kinds = {type(event) for event in self.events} - _NOBODYS
        if kinds:
            return Reach.SOON if kinds <= _SOON else Reach.AT_ONCE
        return Reach.OWN if self.own else Reach.AT_ONCE

    @property
    def remembers(self) -> bool:
        """Whether what `recalled` answers is mostly known already: to the writer, where nobody else writes."""
        return self._recollection is not None and self.dialect.is_sqlite

    def made(self, key: Hashable, make: Callable[[], T], *, host: str = OURS, size: int = 0) -> T:
        """What `make` makes of `key` alone, which takes long: made ahead where others wait for this unit of work, here where nobody does.

        `host` is the instance that made it necessary, `size` how much there is to be read. Raises Unready, which whoever runs the unit sees
        to (Database.write).
        """
        if self.ready is None:
            return make()
        if key not in self.ready:
            raise Unready(key, make, host, size)
        found: T = self.ready[key]
        return found

    def all(self, sql: str, **values: Any) -> list[Row]:
        """Every row of a SELECT, or of a statement with RETURNING."""
        if self._trace:
            self._trace(sql)
        if self._recollection is not None:
            self._recollection.ran(sql, values)
        statement = self.dialect.prepared(sql)
        return self._session.fetch(statement.text, self.dialect.bound(statement, values))

    def recalled(self, tables: tuple[str, ...], sql: str, make: Callable[[Row], T], **values: Any) -> T | None:
        """What `make` makes of the first row of a SELECT, or None; the writer remembers it until one of `tables` changes (recollection.py).

        `tables` are all that the statement reads: one, of which a new row changes nothing but that there is one at all, or several. Tables
        of which it reads what never changes may be left out. What is made must be unchangeable, as it is shared.
        """
        memory = self._recollection
        if memory is None:
            row = self.one(sql, **values)
            return None if row is None else make(row)
        key = (sql, *values.values())
        found: T | None = memory.get(key)
        if found is not MISSING:
            return found
        row = self.one(sql, **values)
        made = None if row is None else make(row)
        memory.put(tables, key, made, _characters(row or ()))
        return made

    def recalled_all(self, tables: tuple[str, str, *tuple[str, ...]], sql: str, make: Callable[[list[Row]], T], **values: Any) -> T:
        """The same of all rows. Two tables at least, as of one alone new rows would be missed."""
        memory = self._recollection
        if memory is None:
            return make(self.all(sql, **values))
        key = (sql, *values.values())
        found: T = memory.get(key)
        if found is not MISSING:
            return found
        rows = self.all(sql, **values)
        made = make(rows)
        memory.put(tables, key, made, sum(map(_characters, rows)))
        return made

    def knows(self, sql: str, **values: Any) -> bool:
        """Whether `recall_as` said something of this statement, and nothing has changed since."""
        return self._recollection is not None and self._recollection.get((sql, *values.values())) is not MISSING

    def recall_as(self, tables: tuple[str, ...], sql: str, made: object, **values: Any) -> None:
        """What was made of a row that another statement found is what `recalled` makes of it by this one."""
        if self._recollection is not None:
            key = (sql, *values.values())
            if self._recollection.get(key) is MISSING:
                self._recollection.put(tables, key, made)

    def one(self, sql: str, **values: Any) -> Row | None:
        """The first row, or None."""
        rows = self.all(sql, **values)
        return rows[0] if rows else None

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        rows = self.all(sql, **values)
        return rows[0][0] if rows else None

    def column(self, sql: str, **values: Any) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self.all(sql, **values)]

    def run(self, sql: str, **values: Any) -> int:
        """Run a statement that changes rows; answers how many it changed."""
        if self._trace:
            self._trace(sql)
        if self._recollection is not None:
            self._recollection.ran(sql, values)
        statement = self.dialect.prepared(sql)
        return self._session.run(statement.text, self.dialect.bound(statement, values))

    def run_many(self, sql: str, values: Iterable[Mapping[str, Any]]) -> None:
        """Run one statement for each set of values, in their order."""
        if self._trace:
            self._trace(sql)
        if self._recollection is not None:
            self._recollection.ran(sql)
        statement = self.dialect.prepared(sql)
        self._session.run_many(statement.text, (self.dialect.bound(statement, each) for each in values))

    def append(self, event: Event) -> None:
        """Tell the subscribers what happened in this unit of work."""
        self.events.append(event)

    def announce(self) -> None:
        """Let the subscribers within the transaction act on what was appended, and on what they append themselves.

        It happens at the end of each unit of work anyway; a verb that is about to delete the rows that an event names asks for it before.
        """
        while self._announced < len(self.events):
            event = self.events[self._announced]
            self._announced += 1
            for subscriber in self._subscribers(type(event)) if self._subscribers is not None else ():
                subscriber(self, event)


def _characters(row: Row) -> int:
    return sum([len(cell) for cell in row if isinstance(cell, str)])  # a list, as a generator costs more than it adds up
