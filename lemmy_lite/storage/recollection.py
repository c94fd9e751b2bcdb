"""What the writer has read a moment ago and will be asked for again: communities, people, who follows, the settings of the site.

A received vote asks four times for its community and three times for its voter, and the next one of the same host asks again. What is
remembered here is what the writer's own transaction would read: a change of a table forgets all that was read of it, a change of one row
whose key the statement names only what was read of that row, a new row what was not there, a DELETE everything (rows may go with rows), a
unit that is undone what it has changed, and a commit of anybody else the whole. On Postgres, where others write too, it lasts for one
transaction.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lemmy_lite.storage.query import MISSING

MOST_CHARACTERS: Final = 1_000_000
"""Text of remembered rows. Beyond half of it, or of MOST_ROWS, the older half is forgotten; what was asked for meanwhile is young again."""
MOST_ROWS: Final = 4_000

# Nothing hangs on their rows, and they are deleted from all the time.
_LEAVES = frozenset(
    {
        "inbox_activity",
        "received_activity",
        "vote_log",
        "post_gone",
        "post_vote",
        "comment_vote",
        "post_saved",
        "comment_saved",
        "post_hidden",
    }
)
# Asked for by this column alone, and changed one row at a time by it with each vote.
_KEYS: Final = {"post_aggregates": "post_id"}
# What is remembered of it is who has been noted, and a row that is put again only says that of a later hour.
_NOTES: Final = frozenset({"active_person"})
EVERYTHING: Final = "*"
NOTHING: Final = ""
_STATEMENT = re.compile(r"\s*(?:(SELECT|VALUES)\b|(PRAGMA)\b|(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([a-z_]+))")
_CHANGE = re.compile(r"\b(?:INSERT|UPDATE|DELETE)\b")
_BY_KEY = re.compile(r"\bWHERE (\w+) = :(\w+)\s*\Z")

Tables = tuple[str, ...]
Key = tuple[Any, ...]
"""A statement and its values."""


class Recollection:
    """One for a writer; its thread alone uses it."""

    def __init__(self) -> None:
        # The younger half and the older one: what was made, None where nothing was there, and its characters.
        self._fresh: dict[Key, tuple[Any, int]] = {}
        self._older: dict[Key, tuple[Any, int]] = {}
        self._groups: dict[Tables, _Group] = {}
        self._of: dict[str, list[_Group]] = {}
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
        self._fresh, self._older, self._groups, self._of = {}, {}, {}, {}
        self._characters = self._rows = 0

    def get(self, key: Key) -> Any:
        """What was made of what a statement answered; MISSING where nobody has looked since one of its tables changed."""
        found = self._fresh.get(key)
        if found is None:
            found = self._older.pop(key, None)
            if found is None:
                return MISSING
            self._keep(key, found)
        return found[0]

    def put(self, tables: Tables, key: Key, made: Any, characters: int = 0) -> None:
        """Remember what was made of what a statement answered, None where it answered nothing: of one table by its key, or of several
        anything. `characters` is how much text that was."""
        group = self._groups.get(tables) or self._begin_group(tables)
        if group.by_row:
            if len(key) != 2 or _row_of(key[0], tables[0]) is None:
                return
            group.texts.add(key[0])
        (group.absent if made is None else group.present).add(key)
        self._keep(key, (made, characters))

    def ran(self, sql: str, values: Mapping[str, Any] | None = None) -> None:
        """A statement is about to be run, once with these values or many times with any."""
        change = change_of(sql)
        if change is None:
            return
        if self._changes is not None:
            changes, self._changes = self._changes, None
            changes()
        self._touched.add(change.table)
        if change.adds:
            self._look_again(change.table)
        elif change.row is not None and values is not None:
            self._forget_row(change.table, values[change.row])
        else:
            self._forget_of(change.table)

    def _begin_group(self, tables: Tables) -> "_Group":
        group = self._groups[tables] = _Group(len(tables) == 1, tables[0] in _KEYS)
        for table in tables:
            self._of.setdefault(table, []).append(group)
        return group

    def _keep(self, key: Key, found: tuple[Any, int]) -> None:
        """Young it is, and where that half is full with it, it is the older one now."""
        self._fresh[key] = found
        self._characters += found[1]
        self._rows += 1
        if self._characters <= MOST_CHARACTERS // 2 and self._rows <= MOST_ROWS // 2:
            return
        self._older, self._fresh = self._fresh, {}
        self._characters = self._rows = 0
        for group in self._groups.values():
            group.present.intersection_update(self._older)
            group.absent.intersection_update(self._older)

    def _forget_of(self, table: str) -> None:
        if table == EVERYTHING:
            self.forget()
        for group in self._of.get(table, ()):
            self._drop(group.present)
            self._drop(group.absent)

    def _forget_row(self, table: str, key: Any) -> None:
        """One row of a table has changed: what was read of it alone is known by its key."""
        for group in self._of.get(table, ()):
            if not group.is_single:
                self._drop(group.present)
                self._drop(group.absent)
            for sql in group.texts:
                self._fresh.pop((sql, key), None)
                self._older.pop((sql, key), None)

    def _look_again(self, table: str) -> None:
        """A row was added: rows that were there are what they were, but what was not there may be there now."""
        for group in self._of.get(table, ()):
            if group.absent:
                self._drop(group.absent)
            if group.present and not group.is_single:
                self._drop(group.present)

    def _drop(self, keys: set[Key]) -> None:
        for key in keys:
            self._fresh.pop(key, None)
            self._older.pop(key, None)
        keys.clear()


class _Group:
    """The keys of what was read of the same tables. `by_row`: of one table, whose rows are forgotten one by one by their `texts`."""

    __slots__ = ("absent", "by_row", "is_single", "present", "texts")

    def __init__(self, is_single: bool, of_keyed: bool) -> None:
        self.is_single = is_single
        self.by_row = is_single and of_keyed
        self.present: set[Key] = set()
        self.absent: set[Key] = set()
        self.texts: set[str] = set()


class Change(NamedTuple):
    """What a statement does to which table; `adds` says that no row that was there is another one after it, `row` names the value that is
    the key of the only row that it changes."""

    table: str
    adds: bool
    row: str | None = None


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
    adds = verb == "INSERT" and ("DO UPDATE" not in sql or table in _NOTES)
    return Change(table, adds, row=_row_of(sql, table) if verb == "UPDATE" else None)


@lru_cache(maxsize=256)
def _row_of(sql: str, table: str) -> str | None:
    """The name of the value by which a statement finds the one row that it is about, where its table is known by that column alone."""
    found = _BY_KEY.search(sql) if table in _KEYS else None
    return found[2] if found is not None and found[1] == _KEYS[table] else None
