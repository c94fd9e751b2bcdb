"""The instance itself: configuration, database, server, queues, backups."""

from typing import Final

from lemmy_lite.config import Config
from lemmy_lite.control import socket
from lemmy_lite.control.doctor.finding import Finding, bad, note, well
from lemmy_lite.control.socket import Asked
from lemmy_lite.domain.backup import keeping
from lemmy_lite.model.clock import DAY, HOUR, Micros
from lemmy_lite.storage import copying, damage, snapshot
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.errors import SchemaError, StorageError
from lemmy_lite.storage.migrations import NEWEST
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, inbox_activity

OLD_BACKUP: Final[Micros] = 3 * DAY
FAR_BEHIND: Final = 1000
MANY_WAITING: Final = 5000
LARGEST_CHECKED: Final = 256 * 2**20
"""Bytes of a database that is read page by page; a larger one takes minutes on a card, and the weekly drill reads it anyway."""


def configuration(config: Config) -> Finding:
    """What the file says that cannot be meant."""
    if config.origin.warnings:
        return note(" ".join(config.origin.warnings), "`lemmy-lite check-config` shows every option.")
    if config.origin.source is None:
        return note("No configuration file was read.", "Write one: `lemmy.hjson.example` shows every option; hostname comes first.")
    return well(f"The configuration is {config.origin.source}.")


def database(config: Config) -> Finding:
    """Whether it opens, has a schema we know, and is whole."""
    path = config.sqlite_path
    if path is not None and not path.exists():
        return note("There is no database yet.", "It is made at the first start.")
    if path is not None and (known := damage.known(path)) is not None:
        return bad(f"The database is damaged: {known}.", keeping.way_back(config))
    try:
        with session(config.database_uri, read_only=True) as found:
            number = copying.version(found)
        if number > NEWEST:
            return bad(f"The database has schema {number}; this program knows up to {NEWEST}.", "Start the newer program again.")
        if path is not None and path.stat().st_size <= LARGEST_CHECKED:
            snapshot.check(path, thorough=False)
    except (StorageError, SchemaError) as error:
        return bad(f"The database is in trouble: {error}.", "Stop the server and bring the last good backup back: `lemmy-lite restore`.")
    if number < NEWEST:
        return note(f"The database has schema {number}, the newest is {NEWEST}.", "The next start brings it up to date, after a snapshot.")
    return well("The database opens and is whole." if path is not None else "Postgres answers.")


def server(config: Config) -> Finding:
    """Whether a server runs on this data."""
    try:
        answered = socket.ask(config.data_dir, Asked(command="stats", arguments={}))
    except OSError as error:
        return bad(f"The running server does not answer commands: {error}.", "Look into its log; restart it.")
    if answered is None:
        return note("No server runs on this data folder.", "Start it: `lemmy-lite serve`, or `lemmy-lite service install`.")
    if answered.error is not None:
        return bad(f"The running server is in trouble: {answered.error}.", "Look into its log.")
    return well("The server runs and answers.")


def backups(config: Config, now: Micros) -> Finding:
    """How old the last good one is."""
    known = keeping.record(config)
    if known.drill_trouble:
        return bad(
            f"The drill with the newest backup failed: {known.drill_trouble}.", "Make a new one, on another disk, and `backup --check` it."
        )
    if known.trouble:
        return bad(f"The last backup failed: {known.trouble}.", "`lemmy-lite backup` shows the same by hand.")
    if not known.good:
        advice = "Name a folder on another disk in backup.to, or run `lemmy-lite backup DEST`."
        fresh = config.sqlite_path is not None and not config.sqlite_path.exists()
        return note("There is no backup yet.", advice) if fresh else bad("There is no backup.", advice)
    age = now - known.good
    said = f"The last good backup is {age // HOUR} hours old."
    return bad(said, "Look why none was made since: is backup.to set, and its disk there?") if age > OLD_BACKUP else well(said)


def queues(config: Config, now: Micros) -> Finding:
    """What waits to be sent and to be applied."""
    path = config.sqlite_path
    if path is not None and not path.exists():
        return well("Nothing waits.")
    try:
        with session(config.database_uri, read_only=True) as found:
            tx = Transaction(found, now)
            told, failing, asleep = delivery.figures(tx)
            lagging = [(host, behind) for host, behind, *_ in delivery.lagging(tx, 3) if behind > FAR_BEHIND]
            waiting, parked = inbox_activity.figures(tx)
    except StorageError as error:
        return bad(f"The queues cannot be read: {error}.", "See the database.")
    if waiting > MANY_WAITING:
        return bad(
            f"{waiting} received activities wait to be applied.", "The machine is too slow for what it follows, or the clock is in doubt."
        )
    if told and failing == told:
        return bad(f"None of the {told} instances that should be told answers.", "Look at DNS, the firewall and the clock.")
    if lagging:
        return note(f"{lagging[0][0]} is {lagging[0][1]} activities behind.", "If it answers again: `lemmy-lite instance retry HOST`.")
    told_of = f"{told} instances are told, {failing} of them do not answer ({asleep} for days)"
    return well(f"{told_of}; {waiting} activities wait, {parked} were not understood.")
