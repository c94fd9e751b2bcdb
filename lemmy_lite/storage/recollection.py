"""What the writer has read a moment ago and will be asked for again: communities, people, who follows, the settings of the site.

A received vote asks four times for its community and three times for its voter, and the next one of the same host asks again. What is
remembered here is what the writer's own transaction would read: a change of a table forgets all that was read of it, a new row what was not
there, a DELETE everything (rows may go with rows), a unit that is undone what it has changed, and a commit of anybody else the whole. On
Postgres, where others write too, it lasts for one transaction.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lemmy_lite.storage.query import MISSING, Row

MOST_CHARACTERS: Final = 1_000_000
"""Text of remembered rows; beyond it everything is forgotten, and what is still asked for comes back."""
MOST_ROWS: Final = 4_000

# Nothing hangs on their rows, and they are deleted from all the time.
_LEAVES = frozenset({"inbox_activity", "received_activity", "vote_log", "post_gone"})
EVERYTHING: Final = "*"
NOTHING: Final = ""
_STATEMENT = re.compile(r"\s*(?:(SELECT|VALUES)\b|(PRAGMA)\b|(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([a-z_]+))")
_CHANGE = re.compile(r"\b(?:INSERT|UPDATE|DELETE)\b")


class Recollection:
    """One for a writer; its thread alone uses it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], dict[tuple[Any, ...], Any]] = {}
        self._characters = 0
        self._rows = 0
        self._touched: set[str] = set()
        self._version: int | None = None
        self._changes: Callable[[], None] | None = None

    def begin(self, version: int | None) -> None:
        """A transaction begins. `version` is the same as long as nobody else has committed; None where that is not told."""
        if version is None or version != self._version:
            self.forget()
        self._version = version

    def begin_unit(self, changes: Callable[[], None] | None = None) -> None:
        """A unit of work begins, which may be undone alone. `changes` is called before its first statement that may change something."""
        self._touched.clear()
        self._changes = changes

    def undo_unit(self) -> None:
        """It was undone: what was read of the tables that it changed may never have been."""
        for table in self._touched:
            self._forget_of(table)

    def forget(self) -> None:
        """Remember nothing."""
        self._found, self._characters, self._rows = {}, 0, 0

    def get(self, tables: tuple[str, ...], key: tuple[Any, ...]) -> Any:
        """What was made of a row; MISSING where nobody has looked since one of the tables changed."""
        group = self._found.get(tables)
        return MISSING if group is None else group.get(key, MISSING)

    def put(self, tables: tuple[str, ...], key: tuple[Any, ...], row: Row | None, made: Any) -> None:
        """Remember what was made of the row that a statement answered: of one table by its key, or of several anything."""
        self._characters += sum(len(cell) for cell in row or () if isinstance(cell, str))
        self._rows += 1
        if self._characters > MOST_CHARACTERS or self._rows > MOST_ROWS:
            self.forget()
        self._found.setdefault(tables, {})[key] = made

    def ran(self, sql: str) -> None:
        """A statement is about to be run."""
        change = change_of(sql)
        if change is None:
            return
        if self._changes is not None:
            changes, self._changes = self._changes, None
            changes()
        self._touched.add(change.table)
        if change.adds:
            self._look_again(change.table)
        else:
            self._forget_of(change.table)

    def _forget_of(self, table: str) -> None:
        for tables in self._found:
            if table == EVERYTHING or table in tables:
                self._found[tables] = {}

    def _look_again(self, table: str) -> None:
        """A row was added: rows that were there are what they were, but what was not there may be there now."""
        for tables, found in self._found.items():
            if table in tables:
                self._found[tables] = {key: made for key, made in found.items() if made is not None} if len(tables) == 1 else {}


class Change(NamedTuple):
    """What a statement does to which table; `adds` says that no row that was there is another one after it."""

    table: str
    adds: bool


@lru_cache(maxsize=2048)
def change_of(sql: str) -> Change | None:
    """The change that a statement makes, of EVERYTHING where it may reach further than one table, of NOTHING that is remembered where it
    sets how later ones work; None for one that only reads."""
    found = _STATEMENT.match(sql)
    if found is None:
        return Change(EVERYTHING, adds=False) if _CHANGE.search(sql) or not sql.lstrip().startswith("WITH") else None
    if found[1]:
        return None
    if found[2]:
        return Change(NOTHING, adds=True) if "=" in sql else None
    verb, table = found[3].split()[0], found[4]
    if verb == "DELETE" and table not in _LEAVES:
        return Change(EVERYTHING, adds=False)
    return Change(table, adds=verb == "INSERT" and "DO UPDATE" not in sql)
