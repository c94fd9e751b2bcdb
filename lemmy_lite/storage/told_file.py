"""Which messages other instances have just taken, in a file beside the database, `lemmy.db-told`, for the start after a kill.

Cursors are written once a second, to spare the card; without this, all that was told in that second would be told again. Each message
that an inbox has taken is one word of eight bytes, a digest of the activity's id and the inbox, in a ring of MOST words. It is written
without waiting for the disk: what a process has given to the system outlives the process, and the system writes these few pages once in
some thirty seconds. A power cut falls back to the cursors.

A word says something true of one activity and one inbox, or, after a power cut, of none at all. So the file needs no checksum, an older
or newer one does no harm, also beside a database that was restored meanwhile, and it may be removed at any time. A backup has it too, and
a copy of the database to another SQLite file takes it along: neither tells again what was told between its cursors and its moment.
"""

import logging
import os
from hashlib import blake2b
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

WORD: Final = 8
MOST: Final = 4096
"""Words of the ring, 32 kB: more than are told in the seconds that a slow card takes to write cursors, or for which one message without
an answer holds its instance's cursor back."""
_NONE: Final = bytes(WORD)
"""Stands behind the newest word."""


class ToldFile:
    """The words of one database, at hand in memory too. For one thread, the event loop's. Without a `path` they are in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._broken = path is None
        self._ring: list[bytes] | None = None
        self._place = 0
        self._words: set[bytes] = set()

    def has(self, activity: str, inbox: str) -> bool:
        """Whether an inbox is known to have taken an activity; of what was long ago nothing is known."""
        self._read()
        return bool(self._words) and _word(activity, inbox) in self._words

    def add(self, activity: str, inbox: str) -> None:
        """An inbox has taken an activity, or has given its final verdict on it. Never raises."""
        self._enter(_word(activity, inbox))

    def take_in(self, source: Path) -> None:
        """Enter what another file knows, such as that of a backup; nobody may have it open. Never raises.

        It comes behind what is known here, which may be of the same instance and newer, or of another one and mean nothing.
        """
        self._read()
        other = ToldFile(source)
        ring = other._read()
        for word in (*ring[other._place :], *ring[: other._place]):
            if word != _NONE and word not in self._words:
                self._enter(word)

    def _enter(self, word: bytes) -> None:
        ring, place = self._read(), self._place
        self._place = (place + 1) % MOST
        _put(ring, place, word, self._words)
        _put(ring, self._place, _NONE, self._words)
        self._words.add(word)
        self._write(word, place)

    def close(self) -> None:
        """Let go of the file, which stays for the next start."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None

    def _read(self) -> list[bytes]:
        if self._ring is None:
            data = b""
            try:
                if self._path is not None:
                    with self._path.open("rb") as file:
                        data = file.read(MOST * WORD)
            except FileNotFoundError:
                pass
            except OSError as error:
                self._give_up(error)
            self._ring = [data[place : place + WORD] for place in range(0, len(data) - WORD + 1, WORD)]
            self._place = self._ring.index(_NONE) if _NONE in self._ring else len(self._ring) % MOST
            self._words = set(self._ring) - {_NONE}
        return self._ring

    def _write(self, word: bytes, place: int) -> None:
        if self._broken or self._path is None:
            return
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            if place == MOST - 1:
                os.pwrite(self._descriptor, _NONE, 0)
                os.pwrite(self._descriptor, word, place * WORD)
            else:
                os.pwrite(self._descriptor, word + _NONE, place * WORD)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        log.warning("after a crash some messages will be told twice, as %s cannot be used: %s", self._path, error)
        self._broken = True
        self.close()


def beside(database: Path) -> Path:
    """Where the file of a database is."""
    real = Path(os.path.realpath(database))
    return real.with_name(f"{real.name}-told")


def bring(source: Path, target: Path) -> None:
    """Enter what the file `source` knows into the one beside the database `target`, which nobody may have open. Never raises."""
    made = ToldFile(beside(target))
    made.take_in(source)
    made.close()


def _word(activity: str, inbox: str) -> bytes:
    return blake2b(f"{activity}\n{inbox}".encode(), digest_size=WORD).digest()


def _put(ring: list[bytes], place: int, word: bytes, words: set[bytes]) -> None:
    """Lay a word into its place; the one that was there is forgotten."""
    if place < len(ring):
        words.discard(ring[place])
        ring[place] = word
    else:
        ring.append(word)
