"""The rows of a Lemmy server, into the empty database of the configuration, ids and keys and all."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from lemmy_lite.config import Config
from lemmy_lite.crypto import tokens
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.errors import SchemaError
from lemmy_lite.storage.lemmy import source, taking
from lemmy_lite.storage.lemmy.columns import Facts
from lemmy_lite.storage.lemmy.taking import Compared
from lemmy_lite.storage.lock import FolderLock
from lemmy_lite.storage.migrations.runner import migrate_at

Progress = Callable[[str, int, int], None]


class Adopted(NamedTuple):
    """How many rows each table has now, of how many; what could not be taken as it was, in sentences."""

    tables: list[Compared]
    notes: list[str]


def adopt(config: Config, clock: Clock, where: str, progress: Progress) -> Adopted:
    """Take over the Lemmy 0.19 whose database is at `postgresql://…`, or in a dump. Blocks; call it in a thread.

    The address of the site must be the one of the configuration, as every id is made of it. Raises SchemaError for this and for any other
    database, DataFolderInUse, StorageError, OSError. What was interrupted, the next call finishes.
    """
    lock = FolderLock(config.data_dir)
    try:
        with source.opened(where, config.data_dir, progress) as found:
            taking.require(found)
            _require_name(config, taking.domain(found))
            asyncio.run(migrate_at(config.database_uri, clock))
            facts = Facts(config.base_url, tokens.stored_hash)
            with session(config.database_uri) as target:
                tables = taking.take(found, target, clock, facts, progress)
        return Adopted(tables, [*facts.notes, *_lacking(tables)])
    finally:
        lock.release()


def _require_name(config: Config, address: str) -> None:
    """Ids of everything begin with it, and others know the instance by it: under another name it would be a stranger."""
    if address.rstrip("/") != config.base_url:
        secure, _, name = address.rstrip("/").rpartition("://")
        raise SchemaError(
            f"this Lemmy is {address}, and the configuration says {config.base_url}: "
            f'set hostname: "{name}" and tls_enabled: {"true" if secure == "https" else "false"} for as long as it is to be the same'
        )


def _lacking(tables: list[Compared]) -> list[str]:
    return [
        f"{each.of - each.taken} of {each.of} rows for {each.table} did not fit, as others stood in their place"
        for each in tables
        if each.taken < each.of
    ]
