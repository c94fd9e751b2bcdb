"""One certificate for all processes of an instance on one Postgres: the one that leads gets it, and all answer and show it.

Nobody knows at which process an authority asks for the proof, so each of them gives it. Proof and certificate go through the database,
with a short notice that every process reads at its beat (storage/cluster.py); each keeps the pair in its own data folder as well, for a
start without Postgres' help. What is here is for several processes only: one on SQLite has its files.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec

from lemmy_lite.config import Config
from lemmy_lite.control.certificates import kept
from lemmy_lite.control.certificates.renewing import Proofs
from lemmy_lite.crypto import certificates
from lemmy_lite.crypto.certificates import CertificateError, Held
from lemmy_lite.model.struct import Struct
from lemmy_lite.net import acme
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import secret

log = logging.getLogger(__name__)

SPREAD: Final = 6.0
"""Seconds between a proof and the authority's being told of it: a beat of a busy process may take three (cluster.PATIENCE), and a door
that is to answer TLS-ALPN-01 some 1.2 more (http/secured.py)."""
_AGAIN: Final = 5.0
"""Seconds after which what Postgres did not take, or give, is tried anew."""
_PAIR: Final = "tls pair"
_DIGEST: Final = "tls pair digest"
_PROOF: Final = "tls proof"


class Proof(Struct):
    """For HTTP-01 a token and its text, for TLS-ALPN-01 a certificate with its key, both PEM."""

    kind: Literal["http-01", "tls-alpn-01"]
    asked: str
    answer: str


class Notice(Struct):
    """What each process reads at its beat: the digest of the pair in force, and the proof for which an authority may be asking now."""

    pair: str | None = None
    proof: Proof | None = None


class Sharing:
    """One process' part. It is a `Proofs` too: what the one that leads wants to be answered, all answer.

    `here` answers at this process' own doors; `take` is awaited with each pair that another process got.
    """

    def __init__(self, config: Config, database: Database, here: Proofs, take: Callable[[Held], Awaitable[None]]) -> None:
        self._config = config
        self._database = database
        self._here = here
        self._take = take
        self._notice = Notice()
        self._shown: str | None = None
        self._answered: Proof | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def join(self, held: Held | None) -> Held | None:
        """The newest pair of all, `held` being that of this process' folder; from now on changes are followed.

        Raises StorageError.
        """
        theirs = await self._shared()
        if theirs is not None and (held is None or theirs.not_after > held.not_after or not held.covers(self._config.domain)):
            held = theirs
            await self._keep(theirs)
        elif held is not None and held.covers(self._config.domain) and held != theirs:
            await self._database.write(_put_pair, held)
        self._shown = _digest(held) if held is not None else None
        self._database.processes.watch(_notice, self._hear)
        self._task = asyncio.create_task(self._follow(), name="shared certificate")
        return held

    async def close(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def by_http(self, token: str, text: str) -> None:
        """All answer HTTP-01 for a token when this comes back."""
        await self._prove(Proof(kind="http-01", asked=token, answer=text))

    async def by_alpn(self, chain: bytes, key: bytes) -> None:
        """All answer TLS-ALPN-01 when this comes back."""
        await self._prove(Proof(kind="tls-alpn-01", asked=chain.decode(), answer=key.decode()))

    async def _prove(self, proof: Proof) -> None:
        await self._database.write(_put_proof, proof)
        await asyncio.sleep(SPREAD)

    async def clear(self) -> None:
        """None answers any more, a moment later."""
        try:
            await self._database.write(_put_proof, None)
        except StorageError as trouble:  # after the time of an order everybody forgets it anyway
            log.info("the proof of the certificate stays for a while: %s", trouble)

    async def publish(self, pair: Held) -> None:
        """Give a pair to all; comes back when Postgres has it, however long that takes."""
        while True:
            try:
                await self._database.write(_put_pair, pair)
            except StorageError as trouble:
                log.warning("the new certificate cannot be given to the other processes yet: %s", trouble)
                await asyncio.sleep(_AGAIN)
            else:
                self._shown = _digest(pair)
                return

    def _hear(self, notice: Notice) -> None:
        self._notice = notice
        self._changed.set()

    async def _follow(self) -> None:
        while True:
            # A proof that nobody took away, as who led was killed, is forgotten after the time that an order may take.
            forget = acme.PATIENCE if self._answered is not None else None
            try:
                async with asyncio.timeout(forget):
                    await self._changed.wait()
            except TimeoutError:
                self._notice = Notice(pair=self._notice.pair)
            self._changed.clear()
            try:
                await self._turn(self._notice)
            except Exception as trouble:
                expected = isinstance(trouble, StorageError | CertificateError | OSError)
                log.warning("the certificate of the other processes cannot be shown yet: %s", trouble, exc_info=not expected)
                await asyncio.sleep(_AGAIN)
                self._changed.set()

    async def _turn(self, notice: Notice) -> None:
        """Answer and show what the notice says."""
        if notice.proof != self._answered:
            await self._here.clear()
            self._answered = None
            if (proof := notice.proof) is not None:
                if proof.kind == "http-01":
                    await self._here.by_http(proof.asked, proof.answer)
                else:
                    await self._here.by_alpn(proof.asked.encode(), proof.answer.encode())
                self._answered = proof
        if notice.pair is not None and notice.pair != self._shown and (pair := await self._shared()) is not None:
            await self._keep(pair)
            await self._take(pair)
            self._shown = _digest(pair)
            log.info("another process has got a certificate; it holds until %s", f"{pair.not_after:%Y-%m-%d}")

    async def _keep(self, pair: Held) -> None:
        """In the data folder; a disk that takes nothing keeps nobody from showing it, as the database has it."""
        try:
            await asyncio.to_thread(kept.keep, self._config, pair)
        except OSError as trouble:
            log.warning("the certificate of the other processes is shown and could not be kept here: %s", trouble)

    async def _shared(self) -> Held | None:
        """The pair that the processes share; None where there is none for this name, or it is damaged."""
        text = await self._database.read(secret.find, _PAIR)
        if text is None:
            return None
        try:
            pair = await asyncio.to_thread(certificates.read, text.encode(), text.encode())
        except CertificateError as error:
            log.warning("the certificate in the database is damaged, and another one is fetched: %s", error)
            return None
        return pair if pair.covers(self._config.domain) else None


def _notice(tx: Transaction) -> Notice:
    found = secret.some(tx, [_DIGEST, _PROOF])
    try:
        proof = msgspec.json.decode(found[_PROOF], type=Proof) if _PROOF in found else None
    except msgspec.DecodeError:  # of another version
        proof = None
    return Notice(pair=found.get(_DIGEST), proof=proof)


def _put_proof(tx: Transaction, proof: Proof | None) -> None:
    if proof is None:
        secret.delete(tx, _PROOF)
    else:
        secret.put(tx, _PROOF, msgspec.json.encode(proof).decode())


def _put_pair(tx: Transaction, pair: Held) -> None:
    secret.put(tx, _PAIR, (pair.key + pair.chain).decode())
    secret.put(tx, _DIGEST, _digest(pair))


def _digest(pair: Held) -> str:
    return hashlib.sha256(pair.key + pair.chain).hexdigest()
