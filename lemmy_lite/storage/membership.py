"""The session of Postgres with which a process belongs to the others: its claims live and die with it, and words are passed on over it.

It is used by one thread and holds no transaction open. A process that dies leaves at once; one whose machine has gone, when Postgres has
missed its answers for five seconds, by when it has noticed itself that it is cut off (PATIENCE in cluster.py).
"""

import contextlib
import json
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage import claims
from lemmy_lite.storage.claims import Claim
from lemmy_lite.storage.errors import StorageError, Trouble, TryAgain
from lemmy_lite.storage.postgres import PostgresSession
from lemmy_lite.storage.processes import SHARES
from lemmy_lite.storage.query import Row, Transaction

log = logging.getLogger(__name__)

_CHANNEL: Final = "lemmy_lite"
LONGEST_CALL: Final = 7_000
"""Bytes of one notification; Postgres takes 8,000."""

_CLIENT: Final = {"connect_timeout": 3, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 2, "tcp_user_timeout": 3_000}
_SERVER: Final = (
    "SET statement_timeout = 2000",
    "SET tcp_keepalives_idle = 2",
    "SET tcp_keepalives_interval = 1",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = 5000",
    f"LISTEN {_CHANNEL}",
)

Word = tuple[str, str]
"""A topic, and what is said about it."""


class Asked(NamedTuple):
    """What a process wants of a beat: to lead, to send, to leave shares, to call words, and to look at what others say."""

    leads: bool
    sends: bool
    left: frozenset[int]
    calls: Sequence[Word]
    looks: Sequence[Callable[[Transaction], Any]]


class Found(NamedTuple):
    """What came of it: whether it leads, its shares, how many processes run and how many of them send, and what the others said."""

    leads: bool
    shares: frozenset[int]
    present: int
    sending: int
    called: Sequence[Word]
    seen: Sequence[Any]


class Membership:
    """One process among the others."""

    def __init__(self, url: str, now: Callable[[], Micros]) -> None:
        self._url = url
        self._now = now
        self._connection: psycopg.Connection[Row] | None = None
        self._leads = False
        self._shares: frozenset[int] = frozenset()
        self._called: list[Word] = []
        self._epoch = 0

    def beat(self, asked: Asked) -> Found:
        """Tell the others that this process is there, take what is due to it, and hear what is new. Raises StorageError; then all claims
        are gone."""
        try:
            tx = self._opened(sends=asked.sends)
            if asked.left:
                claims.release(tx, Claim.SHARE, sorted(asked.left))
                self._shares -= asked.left
            counts, taken = claims.held(tx)
            self._leads = self._leads or (asked.leads and claims.take(tx, Claim.LEAD))
            sending = counts.get(Claim.SENDING, 0)
            if asked.sends:
                self._take_shares(tx, taken, sending)
            for payload in _payloads(asked.calls):
                tx.value("SELECT CAST(pg_notify(:channel, :payload) AS TEXT)", channel=_CHANNEL, payload=payload)
            seen = [look(tx) for look in asked.looks]
        except (psycopg.Error, StorageError, TryAgain) as error:
            self.close()
            raise StorageError(Trouble.BUSY, error) from error
        called, self._called = self._called, []
        return Found(self._leads, self._shares, max(1, counts.get(Claim.PRESENT, 0)), sending, called, seen)

    def take_lane(self, number: int) -> int | None:
        """Claim a lane; answers what `leave_lane` is to be given, None where another process has it."""
        if self._connection is None:
            return None
        try:
            return self._epoch if claims.take(self._transaction(), Claim.LANE, number) else None
        except (psycopg.Error, StorageError, TryAgain) as error:
            log.warning("a lane could not be claimed: %s", error)
            return None

    def leave_lane(self, number: int, epoch: int) -> None:
        """Let a lane go; nothing where its session is gone already."""
        if self._connection is not None and epoch == self._epoch:
            with contextlib.suppress(psycopg.Error, StorageError, TryAgain):
                claims.release(self._transaction(), Claim.LANE, [number])

    def close(self) -> None:
        """Leave; all claims are the others'."""
        connection, self._connection = self._connection, None
        self._leads, self._shares, self._called = False, frozenset(), []
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()

    def _opened(self, *, sends: bool) -> Transaction:
        if self._connection is None:
            self._connection = psycopg.connect(make_conninfo(self._url, **_CLIENT), autocommit=True)
            self._connection.add_notify_handler(self._heard)
            self._epoch += 1
            for statement in _SERVER:
                self._connection.execute(statement.encode())
            tx = self._transaction()
            claims.share(tx, Claim.PRESENT)
            if sends:
                claims.share(tx, Claim.SENDING)
        return self._transaction()

    def _transaction(self) -> Transaction:
        """Statements by themselves, each its own transaction."""
        if self._connection is None:
            raise StorageError(Trouble.CLOSED, "the session is closed")
        return Transaction(PostgresSession(self._connection), self._now())

    def _take_shares(self, tx: Transaction, taken: frozenset[int], sending: int) -> None:
        wanted = fair(sending) - len(self._shares)
        free = sorted(set(range(SHARES)) - taken - self._shares)
        if wanted > 0 and free:
            self._shares |= claims.take_some(tx, Claim.SHARE, random.sample(free, min(wanted, len(free))))

    def _heard(self, notify: psycopg.Notify) -> None:
        if self._connection is not None and notify.pid != self._connection.info.backend_pid:
            with contextlib.suppress(ValueError, TypeError):
                self._called.extend((str(topic), str(word)) for topic, word in json.loads(notify.payload))


def fair(sending: int) -> int:
    """How many shares each of so many processes has at most."""
    return -(-SHARES // max(1, sending))


def _payloads(words: Sequence[Word]) -> list[str]:
    """Words as texts that a notification can hold. Longer than that is none that matters."""
    found: list[str] = []
    piece: list[Word] = []
    for word in words:
        if len(json.dumps([*piece, word])) > LONGEST_CALL:
            found += [json.dumps(piece)] if piece else []
            piece = []
        if len(json.dumps([word])) <= LONGEST_CALL:
            piece.append(word)
    return [*found, *([json.dumps(piece)] if piece else [])]


def alone_at_opening(url: str) -> Callable[[], None]:
    """Wait until no other process opens the database, and keep others out until the function that is answered is called. Blocks; raises
    StorageError."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
        tx = Transaction(PostgresSession(connection), 0)
        if not claims.take(tx, Claim.OPENING):
            log.info("another process opens the database: waiting until it is done")
            claims.wait_for(tx, Claim.OPENING)
    except psycopg.Error as error:
        raise StorageError(Trouble.BROKEN, f"no connection to Postgres: {' '.join(str(error).split())}") from error
    return connection.close
