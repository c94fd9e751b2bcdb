"""The judges of R04 and R05 can tell: a sync that is missing is found, and a cut loses what was not synced and nothing else."""

import struct
from pathlib import Path
from random import Random

import pytest

from tests.faults.case import Trial
from tests.faults.cases.power import synced_between
from tests.faults.disk import Disk

ASKED = '7 recvfrom(9<socket:[1]>, "POST /api/v3/comment HTTP/1.1\\r\\n"..., 8192, 0, NULL, NULL) = 300'
ANSWERED = '7 writev(9<socket:[1]>, [{iov_base="HTTP/1.1 200 OK\\r\\n"..., iov_len=90}], 1) = 90'
SYNCED = "8 fdatasync(5</data/lemmy.db-wal>) = 0"
BEGUN = "8 fdatasync(5</data/lemmy.db-wal> <unfinished ...>"
OVER = "8 <... fdatasync resumed>) = 0"


@pytest.mark.parametrize(
    ("lines", "synced"),
    [
        ((ASKED, SYNCED, ANSWERED), True),
        ((ASKED, BEGUN, OVER, ANSWERED), True),
        ((ASKED, SYNCED.replace("-wal", "-votes"), ANSWERED), True),
        ((ASKED, ANSWERED, SYNCED), False),
        ((SYNCED, ASKED, ANSWERED), False),
        ((BEGUN, ASKED, OVER, ANSWERED), False),
        ((ASKED, BEGUN, ANSWERED, OVER), False),
        ((ASKED, SYNCED.replace("= 0", "= -1 EIO (Input/output error)"), ANSWERED), False),
        ((ASKED, SYNCED.replace("-wal", "-shm"), ANSWERED), False),
    ],
)
def test_an_answer_counts_as_late_unless_a_sync_lies_between_it_and_its_request(lines: tuple[str, ...], synced: bool) -> None:
    ((_, found),) = synced_between("\n".join(lines))
    assert found is synced


def _record(kind: str, offset: int, data: bytes) -> bytes:
    return struct.pack("=IIQQ", ord(kind), 0, offset, len(data)) + data


def test_a_cut_keeps_what_was_synced_and_any_part_of_what_came_later(tmp_path: Path, compiler: str) -> None:
    assert compiler
    trial = Trial(tmp_path, "sqlite", 1, lambda: 1)
    folder = tmp_path / "data"
    disk = Disk(trial, folder, journal=True)
    written = [
        _record("n", 0, str(folder / "file").encode()),
        _record("w", 0, b"a" * 2048),
        _record("s", 0, b""),
        _record("w", 1024, b"b" * 2048),
    ]
    disk.journal.write_bytes(b"".join(written))
    synced = sum(map(len, written[:3]))
    found = set()
    for seed in range(40):
        for _ in disk.cuts([synced, disk.noted], Random(seed), tmp_path / "cut"):
            found.add((tmp_path / "cut" / "file").read_bytes())
    assert b"a" * 2048 in found
    assert all(image[:1024] == b"a" * 1024 for image in found), "what was synced stays"
    assert len({len(image) for image in found}) > 3, "the end of what was not synced is anywhere"
    assert any(image[1024:1536] == b"a" * 512 and b"b" in image for image in found), "sectors reach the disk in any order"
