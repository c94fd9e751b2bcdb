"""Carrying the rows over: in pieces, each with the note of how far it came, so that what was interrupted goes on where it was."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from lemmy_lite.model.clock import DAY, Clock
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.storage import copying
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.errors import Conflict, NotYet, SchemaError
from lemmy_lite.storage.lemmy.columns import Column, Facts, moment
from lemmy_lite.storage.lemmy.plan import PLAN, TABLES, Step
from lemmy_lite.storage.lemmy.source import Source, Values
from lemmy_lite.storage.query import Session, Transaction
from lemmy_lite.storage.tables import active_person, search_text

AT_ONCE: Final = 2_000
"""Rows in memory, and in one transaction."""

Progress = Callable[[str, int, int], None]

_SEARCHED: Final = (search_text.POST, search_text.COMMENT, search_text.COMMUNITY, search_text.PERSON)
_ACTIVE_WITHIN: Final = 182 * DAY
_SENTENCE: Final = "note: "
"""With it begin rows of `adoption` that say what could not be taken as it was: whoever goes on after an interruption must learn it too."""
_ESSENTIAL: Final = {
    "person": {"id", "name", "actor_id", "instance_id", "local"},
    "local_user": {"id", "person_id", "password_encrypted", "admin"},
    "local_site": {"id", "site_id", "registration_mode"},
    "post": {"id", "ap_id", "creator_id", "community_id"},
    "comment": {"id", "ap_id", "path"},
}
"""By what a database of 0.19 is known. `local_user.admin` came with 0.19, and 1.0 has `post_actions`."""


class Compared(NamedTuple):
    """How many rows a table of ours has, of how many that Lemmy's tables behind it had. More are ours where a row of theirs is two."""

    table: str
    taken: int
    of: int


def require(source: Source) -> None:
    """Raises SchemaError for anything but a Lemmy of release 0.19."""
    if source.columns("post_actions"):
        raise SchemaError("this is the database of Lemmy 1.0 or later; release 0.19 can be taken over")
    for table, needed in _ESSENTIAL.items():
        missing = needed - set(source.columns(table))
        if missing:
            raise SchemaError(
                f"this is not the database of a Lemmy 0.19: {table} lacks {', '.join(sorted(missing))}. Upgrade an older one first."
            )


def domain(source: Source) -> str:
    """The address of the site itself, such as `https://example.com/`. Raises SchemaError where none is set up."""
    chosen = {row["site_id"] for row in _named(source, "local_site")}
    for row in _named(source, "site"):
        if row["id"] in chosen and row["actor_id"]:
            return row["actor_id"]
    raise SchemaError("this Lemmy has never been set up: there is no site in it")


def take(source: Source, target: Session, clock: Clock, facts: Facts, progress: Progress) -> list[Compared]:
    """Carry everything over into a database that is empty, or where an earlier run stopped. Raises SchemaError, StorageError."""
    _require_room(target)
    left = left_behind(source)
    for step in PLAN:
        if step.source == "local_user":
            facts.addresses.update(row[0] for row in target.fetch("SELECT email FROM local_user WHERE email IS NOT NULL", {}))
        if source.columns(step.source):
            _take(source, target, step, facts, progress)
        if step.target == "person":
            facts.local_people.update((row[0], row[1]) for row in target.fetch("SELECT id, published FROM person WHERE local", {}))
    compared = _compare(source, target)
    for noun in _SEARCHED:
        _enter_words(target, clock, noun, progress)
    progress("putting in order", 0, 1)
    with _whole(target):
        tx = Transaction(target, clock.now())
        _order_modlog(tx)
        _fill_gaps(tx)
        active_person.note_all(tx, tx.now - _ACTIVE_WITHIN)
        _go_on_counting(target, source.last_ids())
        # Of earlier runs, too: what they could not take as it was is not seen again.
        facts.notes[:] = dict.fromkeys([*_notes(target), *facts.notes, *left])
        tx.run("DELETE FROM adoption")
    return compared


def left_behind(source: Source) -> list[str]:
    """A sentence for each table that holds something, or may hold it, and is nowhere in the plan; Diesel's own note of the schema is of no
    interest."""
    sentences = []
    for table in sorted(source.tables()):
        if table in TABLES or table.startswith("__diesel"):
            continue
        stayed = f"{table} stayed behind, as Lemmy 0.19 has no such table"
        if not source.may_read(table):
            sentences.append(f"{stayed}; its rows could not be counted, as this account may not read it")
        elif source.count(table):
            sentences.append(stayed)
    return sentences


def require_site(url: str) -> None:
    """Raises NotYet where there is no site whose pictures could be brought."""
    not_yet = NotYet("there is no site here whose pictures could be brought: `lemmy-lite adopt SOURCE` takes one over")
    try:
        with session(url, read_only=True) as found:
            if copying.version(found) and found.fetch("SELECT 1 FROM local_site LIMIT 1", {}):
                return
    except NotYet:
        raise not_yet from None
    raise not_yet


def _require_room(target: Session) -> None:
    begun = target.fetch("SELECT 1 FROM adoption LIMIT 1", {})
    if not begun and target.fetch("SELECT 1 FROM instance LIMIT 1", {}):
        raise SchemaError("there is an instance in this database already; taking one over needs an empty one. Nothing was changed.")


def _take(source: Source, target: Session, step: Step, facts: Facts, progress: Progress) -> None:
    taken, whole = _state(target, step.name)
    if whole:
        return
    names = source.columns(step.source)
    columns = {name: column for name, column in step.columns.items() if set(column.needs) <= set(names)}
    if step.insert is not None and len(columns) < len(step.columns):
        missing = sorted({name for column in step.columns.values() for name in column.needs} - set(names))
        facts.notes.append(f"{step.source} stayed behind, as it lacks {', '.join(missing)}")
        return
    statement = target.dialect.statement(step.insert or _insert(step.target, columns))
    count, rows = source.count(step.source), _rows(source, step, taken, names)
    while piece := list(itertools.islice(rows, AT_ONCE)):
        known = len(facts.notes)
        values = [_read(step.source, dict(zip(names, row, strict=True)), columns, facts) for row in piece if _wanted(step, names, row)]
        with _whole(target):
            try:
                target.run_many(statement, values)
            except Conflict as error:
                raise SchemaError(f"rows of {step.source} do not fit: {error}") from error
            taken += len(piece)
            _note(target, step.name, taken, whole=False)
            for number in range(known, len(facts.notes)):
                _note(target, f"{_SENTENCE}{facts.notes[number]}", number, whole=True)
        progress(step.source, taken, count)
    with _whole(target):
        _note(target, step.name, taken, whole=True)


def _rows(source: Source, step: Step, skip: int, names: Sequence[str]) -> Iterator[Values]:
    if step.sort is None:
        return _rows_of(source, step.source, skip)
    place = names.index(step.sort)
    return iter(sorted(_rows_of(source, step.source), key=lambda row: moment(row[place]) or 0)[skip:])


def _insert(table: str, columns: Mapping[str, Column]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)}) ON CONFLICT DO NOTHING"


def _read(table: str, found: Mapping[str, str | None], columns: Mapping[str, Column], facts: Facts) -> dict[str, Any]:
    try:
        return {name: column.read(found, facts) for name, column in columns.items()}
    except ValueError as error:
        raise SchemaError(f"a row of {table} is damaged: {error}") from error


def _rows_of(source: Source, table: str, skip: int = 0) -> Iterator[Values]:
    whole = len(source.columns(table))
    for row in source.rows(table, skip):
        if len(row) != whole:
            raise SchemaError(f"a row of {table} is damaged: it has {len(row)} columns of {whole}")
        yield row


def _wanted(step: Step, names: Sequence[str], row: Values) -> bool:
    return all(row[names.index(name)] is not None for name in step.unless_null if name in names)


def _named(source: Source, table: str) -> Iterator[Mapping[str, str | None]]:
    names = source.columns(table)
    return (dict(zip(names, row, strict=True)) for row in _rows_of(source, table)) if names else iter(())


def _state(target: Session, name: str) -> tuple[int, bool]:
    statement = target.dialect.statement("SELECT taken, whole FROM adoption WHERE name = :name")
    rows = target.fetch(statement, {"name": name})
    return (int(rows[0][0]), bool(rows[0][1])) if rows else (0, False)


def _notes(target: Session) -> list[str]:
    """The sentences that all runs so far have noted."""
    rows = target.fetch("SELECT name FROM adoption ORDER BY taken, name", {})
    return [row[0].removeprefix(_SENTENCE) for row in rows if row[0].startswith(_SENTENCE)]


def _note(target: Session, name: str, taken: int, *, whole: bool) -> None:
    statement = """INSERT INTO adoption (name, taken, whole) VALUES (:name, :taken, :whole)
                   ON CONFLICT (name) DO UPDATE SET taken = excluded.taken, whole = excluded.whole"""
    target.run(target.dialect.statement(statement), {"name": name, "taken": taken, "whole": whole})


@contextmanager
def _whole(target: Session) -> Iterator[None]:
    """A transaction for the length of a `with`."""
    target.control("BEGIN")
    try:
        yield
    except BaseException:
        target.control("ROLLBACK")
        raise
    target.control("COMMIT")


def _compare(source: Source, target: Session) -> list[Compared]:
    """By table of ours, where rows stay rows. Before the log of moderation is put in order, and what Lemmy lacks is filled in."""
    behind: dict[str, int] = {}
    for step in PLAN:
        names = source.columns(step.source)
        if step.insert is None and names:
            wanted = (
                sum(_wanted(step, names, row) for row in _rows_of(source, step.source)) if step.unless_null else source.count(step.source)
            )
            behind[step.target] = behind.get(step.target, 0) + wanted
    return [Compared(table, int(target.fetch(f"SELECT COUNT(*) FROM {table}", {})[0][0]), of) for table, of in behind.items()]


def _enter_words(target: Session, clock: Clock, noun: Any, progress: Progress) -> None:
    name = f"words of {noun.table}"
    last, whole = _state(target, name)
    count = int(target.fetch(f"SELECT COUNT(*) FROM {noun.table}", {})[0][0])
    done = int(target.fetch(f"SELECT COUNT(*) FROM {noun.table} WHERE id <= {last:d}", {})[0][0]) if last else 0
    while not whole:
        with _whole(target):
            after = search_text.enter_all(Transaction(target, clock.now()), noun, last)
            whole, last = after is None, last if after is None else after
            _note(target, name, last, whole=whole)
        done = min(count, done + search_text.AT_ONCE)
        progress(name, done, count)


def _order_modlog(tx: Transaction) -> None:
    """The rows with numbers below zero get new ones in the order of time; of one moment, in the order of the plan and of their old ids.

    Deeds on posts and comments name their post and community here; Lemmy looks those up when it shows them.
    """
    tx.run(
        """INSERT INTO modlog (kind, mod_person_id, other_person_id, community_id, post_id, comment_id, flag, in_community, expires, when_,
                               reason)
           SELECT modlog.kind, modlog.mod_person_id, modlog.other_person_id,
                  CASE WHEN modlog.kind = :purged THEN NULL ELSE COALESCE(modlog.community_id, post.community_id) END,
                  COALESCE(modlog.post_id, comment.post_id), modlog.comment_id, modlog.flag, modlog.in_community, modlog.expires,
                  modlog.when_, modlog.reason
             FROM modlog LEFT JOIN comment ON comment.id = modlog.comment_id
             LEFT JOIN post ON post.id = COALESCE(modlog.post_id, comment.post_id)
            WHERE modlog.id < 0 ORDER BY modlog.when_, modlog.id DESC""",
        purged=ModlogActionType.ADMIN_PURGE_COMMENT.value,
    )
    tx.run("DELETE FROM modlog WHERE id < 0")


_GAPS: Final = (
    "INSERT INTO person_aggregates (person_id) SELECT id FROM person WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO community_aggregates (community_id, published) SELECT id, published FROM community WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO comment_aggregates (comment_id, published) SELECT id, published FROM comment WHERE true ON CONFLICT DO NOTHING",
    """INSERT INTO post_aggregates (post_id, community_id, creator_id, published, listed, nsfw, language_id, featured_community,
              featured_local, newest_comment_time, newest_comment_time_necro)
       SELECT id, community_id, creator_id, published, NOT removed AND NOT deleted, nsfw, language_id, featured_community, featured_local,
              published, published FROM post WHERE true ON CONFLICT DO NOTHING""",
    "INSERT INTO local_site_rate_limit (local_site_id, published) SELECT id, published FROM local_site WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO site_aggregates (site_id) SELECT site_id FROM local_site WHERE true ON CONFLICT DO NOTHING",
)


def _fill_gaps(tx: Transaction) -> None:
    """Every row has its counters here, whatever triggers did or did not do there."""
    for statement in _GAPS:
        tx.run(statement)


def _go_on_counting(target: Session, last: Mapping[str, int]) -> None:
    """A number that was given out is never given out again, though its row be purged."""
    for table in sorted({step.target for step in PLAN if step.source == step.target and "id" in step.columns}):
        highest = int(target.fetch(f"SELECT COALESCE(MAX(id), 0) FROM {table}", {})[0][0])
        number = max(last.get(table, 0), highest)
        if number:
            copying.set_counter(target, table, number)
