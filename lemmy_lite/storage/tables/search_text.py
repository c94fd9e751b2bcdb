"""Keeps what is searched in step with the rows, within the transaction that changes them.

The functions of tables/post.py, comment.py, community.py and person.py call this, so no verb knows of it. Who changes or deletes such
rows by another way (a purge, a bulk change) calls `forget` before and, for rows that stay, `enter_all` after.

On SQLite a row leaves the index by its old terms: they must be exactly those that it was entered with. So whoever changes what
`terms.py` makes of a text must add a migration that empties the tables and enters everything anew. And SQLite 3.40 can lose terms when one
savepoint takes a row out, searches by a prefix and puts the row in again: searches are reads of their own, never part of a verb.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from lemmy_lite.storage import terms
from lemmy_lite.storage.query import Transaction

AT_ONCE = 500


class _Noun(NamedTuple):
    """Which columns of a table are searched, through which tables of terms; `gone` are the flags under which nothing of it is."""

    table: str
    documents: dict[str, tuple[str, ...]]
    gone: tuple[str, ...]
    named: bool = False

    @property
    def columns(self) -> list[str]:
        """Every column that decides over the terms."""
        return list(dict.fromkeys([*(column for columns in self.documents.values() for column in columns), *self.gone]))


POST = _Noun("post", {"post_title_terms": ("name",), "post_terms": ("name", "body", "alt_text")}, ("removed", "deleted"))
COMMENT = _Noun("comment", {"comment_terms": ("content",)}, ("removed", "deleted"))
# Admins find removed communities too, to bring them back; what others find is decided when they look.
COMMUNITY = _Noun("community", {"community_terms": ("name", "title")}, (), named=True)
PERSON = _Noun("person", {"person_terms": ("name", "display_name")}, ("deleted",), named=True)

_Documents = dict[str, list[str]]


def enter(tx: Transaction, noun: _Noun, number: int, values: dict[str, Any]) -> None:
    """Make a row that has just been inserted with these columns findable."""
    _change(tx, number, {}, _documents(noun, values))


@contextmanager
def following(tx: Transaction, noun: _Noun, number: int, changed: dict[str, Any]) -> Iterator[None]:
    """Around an UPDATE of these columns of one row: what is searched follows it."""
    if not changed.keys() & set(noun.columns):
        yield
        return
    before = _read(tx, noun, [number])
    yield
    if before:
        _change(tx, number, _documents(noun, before[number]), _documents(noun, before[number] | changed))


def forget(tx: Transaction, noun: _Noun, numbers: Sequence[int]) -> None:
    """Take rows out of the index. Call it before they, or what they hang on, are deleted."""
    for row, values in _read(tx, noun, list(numbers)).items():
        _change(tx, row, _documents(noun, values), {})


def enter_again(tx: Transaction, noun: _Noun, numbers: Sequence[int]) -> None:
    """Enter rows anew after `forget` and a bulk change; those that are removed or deleted now stay out."""
    for row, values in _read(tx, noun, list(numbers)).items():
        _change(tx, row, {}, _documents(noun, values))


def enter_all(tx: Transaction, noun: _Noun, after: int = 0) -> int | None:
    """Enter the next AT_ONCE rows with ids beyond `after`, none of which is in the index; answers the last, None at the end.

    For rows that came by another way than the tables' own functions: an adopted database, a restored index.
    """
    numbers = tx.column(f"SELECT id FROM {noun.table} WHERE id > :after ORDER BY id LIMIT :limit", after=after, limit=AT_ONCE)
    enter_again(tx, noun, numbers)
    return numbers[-1] if numbers else None


def _read(tx: Transaction, noun: _Noun, numbers: list[int]) -> dict[int, dict[str, Any]]:
    columns = noun.columns
    rows = tx.all(f"SELECT id, {', '.join(columns)} FROM {noun.table} WHERE id AMONG :ids", ids=numbers)
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def _documents(noun: _Noun, values: dict[str, Any]) -> _Documents:
    if any(values.get(flag) for flag in noun.gone):
        return {}
    cut = terms.of_names if noun.named else terms.of_texts
    return {table: cut([values.get(column) for column in columns]) for table, columns in noun.documents.items()}


def _change(tx: Transaction, number: int, before: _Documents, after: _Documents) -> None:
    for table in before.keys() | after.keys():
        old, new = before.get(table, []), after.get(table, [])
        if old != new:
            (_change_sqlite if tx.dialect.is_sqlite else _change_postgres)(tx, table, number, old, new)


def _change_sqlite(tx: Transaction, table: str, number: int, old: list[str], new: list[str]) -> None:
    if old:
        tx.run(f"INSERT INTO {table} ({table}, rowid, terms) VALUES ('delete', :number, :terms)", number=number, terms=" ".join(old))
    if new:
        tx.run(f"INSERT INTO {table} (rowid, terms) VALUES (:number, :terms)", number=number, terms=" ".join(new))


def _change_postgres(tx: Transaction, table: str, number: int, _old: list[str], new: list[str]) -> None:
    if not new:
        tx.run(f"DELETE FROM {table} WHERE rowid = :number", number=number)
        return
    tx.run(
        f"""INSERT INTO {table} (rowid, terms) VALUES (:number, array_to_tsvector(CAST(:terms AS TEXT[])))
            ON CONFLICT (rowid) DO UPDATE SET terms = excluded.terms""",
        number=number,
        terms=new,
    )
