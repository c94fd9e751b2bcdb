"""Where the rows come from: a running Postgres, or a file that pg_dump or pg_dumpall wrote.

Both give rows in the text form of Postgres' COPY, so what reads them is one thing. A plain dump is read in place; one that is compressed
or in pg_dump's own format is unpacked into a file beside the data first.
"""

import contextlib
import gzip
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Protocol

from lemmy_lite.storage import connections
from lemmy_lite.storage.errors import SchemaError, StorageError, Trouble

Values = list[str | None]
"""One row, in the order of the table's columns."""

_COPY: Final = re.compile(rb'COPY (?:"?(\w+)"?\.)?"?(\w+)"? \(([^)]*)\) FROM stdin;\r?\n')
_OWNED: Final = re.compile(rb'ALTER SEQUENCE "?\w+"?\."?(\w+)"? OWNED BY "?\w+"?\."?(\w+)"?\."?id"?;')
_SETVAL: Final = re.compile(rb"SELECT pg_catalog\.setval\('\"?\w+\"?\.\"?(\w+)\"?', (\d+), (true|false)\);")
_ESCAPE: Final = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_MEANINGS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NULL: Final = r"\N"
_OWN_FORMAT: Final = b"PGDMP"
_GZIP: Final = b"\x1f\x8b"
_END: Final = b"\\."


class Source(Protocol):
    """A Lemmy database. Everything raises StorageError where it cannot be read, SchemaError where it is not what it should be."""

    def tables(self) -> list[str]:
        """The names of all tables."""

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a table, in the order of `rows`; empty where there is no such table."""

    def may_read(self, table: str) -> bool:
        """Whether the rows of a table can be had. An account may have been given Lemmy's own tables alone."""

    def count(self, table: str) -> int:
        """How many rows a table has."""

    def rows(self, table: str, skip: int = 0) -> Iterator[Values]:
        """The rows of a table but for the first ones, always in the same order."""

    def last_ids(self) -> dict[str, int]:
        """The highest id that each table has ever given out, as far as it is known."""


def split(line: str) -> Values:
    """One line of COPY's text form, without its end."""
    fields = line.split("\t")
    if "\\" not in line:
        return list(fields)
    return [None if field == _NULL else _ESCAPE.sub(_meant, field) if "\\" in field else field for field in fields]


def _meant(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _MEANINGS.get(code, code)


class Live:
    """A database that a Postgres serves. It is read in one snapshot; Lemmy should be stopped, as what it writes meanwhile is not seen."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        # Times are read in UTC and in one form, whatever the server is set to.
        settings = ("TIME ZONE 'UTC'", "DateStyle TO 'ISO'", "bytea_output TO 'hex'")
        for statement in ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", *(f"SET LOCAL {setting}" for setting in settings)):
            self._asked(statement)

    def tables(self) -> list[str]:
        """See Source."""
        found = self._asked("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace('public')")
        return [row[0] for row in found]

    def columns(self, table: str) -> tuple[str, ...]:
        """See Source."""
        found = self._asked(
            """SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum""",
            f"public.{table}",
        )
        return tuple(row[0] for row in found)

    def may_read(self, table: str) -> bool:
        """See Source."""
        found = self._asked(
            "SELECT has_table_privilege(oid, 'SELECT') FROM pg_class WHERE relname = %s AND relnamespace = to_regnamespace('public')", table
        )
        return bool(found and found[0][0])

    def count(self, table: str) -> int:
        """See Source."""
        return int(self._asked(f'SELECT COUNT(*) FROM public."{table}"')[0][0])

    def rows(self, table: str, skip: int = 0) -> Iterator[Values]:
        """See Source. They come by primary key."""
        listed = ", ".join(f'"{column}"' for column in self.columns(table))
        key = ", ".join(f'"{column}"' for column in self._key(table)) or "1"
        # Only numbers and names that the database itself gave are put in.
        ordered = f'SELECT {listed} FROM public."{table}" ORDER BY {key} OFFSET {skip:d}'
        with _reading(), self._connection.cursor() as cursor, cursor.copy(f"COPY ({ordered}) TO STDOUT") as copy:
            for piece in copy:
                yield split(bytes(piece).decode().removesuffix("\n"))

    def last_ids(self) -> dict[str, int]:
        """See Source."""
        # Up to Postgres 16 the value of a sequence that may not be read is an error, and not NULL.
        found = self._asked(
            """SELECT owner.relname,
                      CASE WHEN has_sequence_privilege(sequence.oid, 'USAGE, SELECT')
                           THEN COALESCE(pg_sequence_last_value(sequence.oid), 0) ELSE 0 END
                 FROM pg_class sequence JOIN pg_depend ON pg_depend.objid = sequence.oid AND pg_depend.deptype IN ('a', 'i')
                 JOIN pg_class owner ON owner.oid = pg_depend.refobjid WHERE sequence.relkind = 'S'"""
        )
        return {row[0]: int(row[1]) for row in found}

    def _key(self, table: str) -> list[str]:
        found = self._asked(
            """SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
                WHERE indrelid = to_regclass(%s) AND indisprimary ORDER BY array_position(indkey::int2[], attnum)""",
            f"public.{table}",
        )
        return [row[0] for row in found]

    def _asked(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with _reading():
            cursor = self._connection.execute(statement, values)
            return list(cursor) if cursor.description else []


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Raises StorageError for what the driver raises: a connection that is lost, an account that may not read a table."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise StorageError(Trouble.BROKEN, f"Lemmy's database cannot be read: {' '.join(str(error).split())}") from error


class _Place(NamedTuple):
    columns: tuple[str, ...]
    offset: int
    number: int


class Dump:
    """A dump whose rows stand in `path` as COPY writes them."""

    def __init__(self, path: Path, told: Callable[[int], None]) -> None:
        self._path = path
        self._places: dict[str, _Place] = {}
        self._last: dict[str, int] = {}
        with path.open("rb") as read:
            self._look_through(read, told)

    def tables(self) -> list[str]:
        """See Source."""
        return list(self._places)

    def columns(self, table: str) -> tuple[str, ...]:
        """See Source."""
        return self._places[table].columns if table in self._places else ()

    def may_read(self, table: str) -> bool:
        """See Source."""
        return table in self._places

    def count(self, table: str) -> int:
        """See Source."""
        return self._places[table].number

    def rows(self, table: str, skip: int = 0) -> Iterator[Values]:
        """See Source. They come as they stand in the file."""
        place = self._places[table]
        with self._path.open("rb") as read:
            read.seek(place.offset)
            for number in range(place.number):
                line = read.readline()
                if number >= skip:
                    yield split(_text(line).rstrip("\r\n"))

    def last_ids(self) -> dict[str, int]:
        """See Source."""
        return self._last

    def _look_through(self, read: IO[bytes], told: Callable[[int], None]) -> None:
        owners: dict[str, str] = {}
        values: dict[str, int] = {}
        while line := read.readline():
            if found := _COPY.fullmatch(line):
                name, offset = found[2].decode(), read.tell()
                count = _skip(read)
                if found[1] in (None, b"public") and (name not in self._places or count > self._places[name].number):
                    self._places[name] = _Place(_names(found[3]), offset, count)
                told(read.tell())
            elif found := _OWNED.match(line):
                owners[found[1].decode()] = found[2].decode()
            elif found := _SETVAL.match(line):
                values[found[1].decode()] = int(found[2]) - (found[3] == b"false")
        self._last = {table: values[sequence] for sequence, table in owners.items() if sequence in values}


def _skip(read: IO[bytes]) -> int:
    """Reads on behind the rows of a table; answers how many they are. Raises SchemaError where the dump breaks off."""
    count = 0
    while line := read.readline():
        if line.rstrip(b"\r\n") == _END:
            return count
        count += 1
    raise SchemaError("the dump breaks off in the middle of a table: it is not whole")


def _names(listed: bytes) -> tuple[str, ...]:
    return tuple(name.strip().strip('"') for name in _text(listed).split(","))


def _text(found: bytes) -> str:
    try:
        return found.decode()
    except UnicodeDecodeError as error:
        raise SchemaError("the dump is not in UTF-8: make it with `pg_dump --encoding=UTF8`") from error


@contextlib.contextmanager
def opened(where: str, aside: Path, progress: Callable[[str, int, int], None]) -> Iterator[Source]:
    """The Lemmy database at `postgresql://…`, or in a dump: plain, compressed by gzip, or in pg_dump's own format.

    `aside` is the folder for a file that holds the tables of a packed dump meanwhile. Raises StorageError, SchemaError, OSError.
    """
    if where.startswith(("postgresql://", "postgres://")):
        with connections.postgres(where) as found:
            yield Live(found.connection)
        return
    path = Path(where)
    with path.open("rb") as read:
        first = read.read(5)
    whole = path.stat().st_size
    if not first.startswith((_GZIP, _OWN_FORMAT)):
        yield Dump(path, lambda place: progress("looking through the dump", place, whole))
        return
    unpacked = aside / "adopting.sql"
    try:
        with unpacked.open("wb") as write:
            (_unzip if first.startswith(_GZIP) else _restore)(path, write)
        whole = unpacked.stat().st_size
        yield Dump(unpacked, lambda place: progress("looking through the dump", place, whole))
    finally:
        unpacked.unlink(missing_ok=True)


def _unzip(path: Path, write: IO[bytes]) -> None:
    try:
        with gzip.open(path) as read:
            shutil.copyfileobj(read, write, 2**20)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SchemaError(f"{path} is not whole: {error}") from error


def _restore(path: Path, write: IO[bytes]) -> None:
    program = shutil.which("pg_restore")
    if program is None:
        raise SchemaError(f"{path} is in pg_dump's own format: install postgresql-client, whose pg_restore reads it, or make a plain dump")
    ended = subprocess.run([program, "--no-owner", "-f", "-", str(path)], stdout=write, stderr=subprocess.PIPE, check=False)
    if ended.returncode:
        raise SchemaError(f"pg_restore could not read {path}: {ended.stderr.decode(errors='replace').strip()[-300:]}")
