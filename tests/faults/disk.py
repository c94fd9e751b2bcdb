"""A disk that can be watched, cut off and broken: disk.c preloaded into an instance, and what it has noted, played to any point.

disk = Disk(trial)
with trial.running(environment=disk.environment) as instance:
    …
for state in disk.cuts([positions]): …
"""

import contextlib
import mmap
import struct
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.faults.case import Trial

SOURCE = Path(__file__).with_name("disk.c")
SECTOR = 512
_HEAD = struct.Struct("=IIQQ")
_NAME, _WRITE, _SYNC, _TRUNCATE = b"nwst"


class Fault(Enum):
    """What fails."""

    NOTHING = b"\0"
    WRITES = b"w"
    SYNCS = b"s"
    CHANGES = b"r"
    """As on a disk that is mounted read-only."""


class Disk:
    """The disk below one folder of a trial."""

    def __init__(self, trial: Trial, folder: Path, *, journal: bool) -> None:
        self._folder = folder.resolve()
        self.journal = trial.folder / "journal"
        self._switch = trial.folder / "switch"
        self._switch.write_bytes(bytes(mmap.PAGESIZE))
        library = trial.folder / "disk.so"
        command = [trial.program("cc"), "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAULTS_FOLDER": str(self._folder),
            "FAULTS_SWITCH": str(self._switch),
            **({"FAULTS_JOURNAL": str(self.journal)} if journal else {}),
        }

    @contextlib.contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """For the length of a `with`, in every process that was started with `environment`."""
        self._turn(fault)
        try:
            yield
        finally:
            self._turn(Fault.NOTHING)

    def _turn(self, fault: Fault) -> None:
        with self._switch.open("r+b") as file, mmap.mmap(file.fileno(), mmap.PAGESIZE) as page:
            page[:1] = fault.value

    @property
    def noted(self) -> int:
        """How many bytes the journal has: a point in time."""
        return self.journal.stat().st_size

    def cuts(self, points: Sequence[int], chance: Random, into: Path) -> Iterator[int]:
        """For each point of the journal, in their order: leaves the files in `into` as a power cut then may leave them; gives the point.

        What was synced is there. Of what came after the last sync of a file any part may be: a beginning that ends within a write, or
        any sectors.
        """
        files: dict[int, _File] = {}
        ahead = iter(sorted(points))
        point = next(ahead, None)
        for end, record in _records(self.journal):
            while point is not None and end > point:
                _leave(files.values(), chance, self._folder, into)
                yield point
                point = next(ahead, None)
            if point is None:
                return
            _apply(files, record)
        while point is not None:
            _leave(files.values(), chance, self._folder, into)
            yield point
            point = next(ahead, None)


class _Record(NamedTuple):
    kind: int
    file: int
    offset: int
    data: bytes


@dataclass
class _File:
    """What is surely on the disk, and what was written since."""

    path: Path
    synced: bytearray = field(default_factory=bytearray)
    since: list[_Record] = field(default_factory=list)


def _records(journal: Path) -> Iterator[tuple[int, _Record]]:
    """Each record with the place where it ends. A kill may leave the last one in part; it did not come to pass."""
    end = 0
    with journal.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            kind, number, offset, length = _HEAD.unpack(head)
            data = file.read(length)
            if len(data) < length:
                return
            end += _HEAD.size + length
            yield end, _Record(kind, number, offset, data)


def _apply(files: dict[int, _File], record: _Record) -> None:
    if record.kind == _NAME:
        path = Path(record.data.decode())
        if record.file not in files or files[record.file].path != path:
            files[record.file] = _File(path)  # the system gives the number of a file that is gone to another one
        if path.name.endswith("-wal"):
            # disk.c hears of no unlink: the journal of the first pages, which SQLite removed durably before it began the log, would
            # otherwise lie there, and roll them back (2026-11-23; elsewhere its number had gone to another file).
            for number in [number for number, file in files.items() if file.path.name.endswith("-journal")]:
                del files[number]
    elif record.kind == _SYNC:
        file = files[record.file]
        for each in file.since:
            _write(file.synced, each)
        file.since.clear()
    else:
        files[record.file].since.append(record)


def _write(image: bytearray, record: _Record) -> None:
    if record.kind == _TRUNCATE:
        del image[record.offset :]
        image.extend(bytes(record.offset - len(image)))
        return
    if record.offset > len(image):
        image.extend(bytes(record.offset - len(image)))
    image[record.offset : record.offset + len(record.data)] = record.data


def _leave(files: Iterable[_File], chance: Random, folder: Path, into: Path) -> None:
    for file in files:
        image = bytearray(file.synced)
        for part in _survivors(file.since, chance):
            _write(image, part)
        target = into / file.path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(image)


def _survivors(since: list[_Record], chance: Random) -> Iterator[_Record]:
    if chance.random() < 0.5:
        # The head of the disk was somewhere in the middle.
        left = chance.randint(0, sum(len(each.data) for each in since))
        for each in since:
            if len(each.data) > left:
                yield each._replace(data=each.data[:left])
                return
            left -= len(each.data)
            yield each
        return
    # The disk had written what it liked first.
    share = chance.random()
    for each in since:
        if each.kind == _TRUNCATE:
            if chance.random() < share:
                yield each
            continue
        for place in range(0, len(each.data), SECTOR):
            if chance.random() < share:
                yield each._replace(offset=each.offset + place, data=each.data[place : place + SECTOR])
