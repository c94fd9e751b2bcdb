"""R26. kill -9 while pictures are sent: no row without its file, and files that nobody has leave within a day."""

import asyncio
import http.client
import random
import re
import time
from contextlib import closing, suppress
from unittest import mock

from lemmy_lite import app, config
from lemmy_lite.domain import image_sweeping
from lemmy_lite.domain.image_sweeping import Sweeper
from lemmy_lite.media.store import digest
from lemmy_lite.model.clock import DAY, SECOND
from tests import uploads
from tests.faults.case import BOTH, Case, Trial
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.instances import SOURCE, Client, Instance
from tests.media import pictures

SENDERS = 4


def kills(trial: Trial) -> None:
    """Kill after kill; each time every row has its file, whole."""
    moments = random.Random(26 + trial.seed)
    with trial.running(config={"images": {"daily_uploads": 100_000, "daily_bytes": "100 GiB"}}) as instance:
        jwt, told = instance.admin.jwt, set[str]()
        for _ in range(trial.times):
            _killed_while_all_send(instance, jwt, told, moments.uniform(0.05, 0.6))
            instance.start()
            _every_row_has_its_file(instance, told)
            trial.did()
        trial.note("acknowledged uploads", len(told))
        stranger = instance.client()
        for alias in sorted(told)[:5]:
            assert stranger.send("GET", f"/pictrs/image/{alias}").status == 200
        instance.stop()
    _orphans_leave(trial, instance)
    if trial.postgres is None:
        _everything_is_synced_before_the_answer(trial)


def _killed_while_all_send(instance: Instance, jwt: str | None, told: set[str], after: float) -> None:
    def send(others: Meanwhile[None]) -> None:
        with closing(Client(instance.url, jwt)) as client, suppress(OSError, http.client.HTTPException):
            while not others.over.is_set():
                answer = uploads.send(client, pictures.file(pictures.noise(40, 40), "PNG"))
                assert answer.status in (201, 503), answer
                if answer.status == 201:
                    told.add(answer.json["files"][0]["file"])
                    others.first.set()

    with meanwhile(*[send] * SENDERS) as others:
        others.begun()
        time.sleep(after)
        others.still_at_it()
        instance.kill()
        others.over.set()


def _every_row_has_its_file(instance: Instance, told: set[str]) -> None:
    rows = dict(instance.execute("SELECT alias, file FROM local_image WHERE file IS NOT NULL"))
    assert told <= rows.keys(), f"{len(told - rows.keys())} acknowledged uploads have no row"
    for alias, file in rows.items():
        path = instance.data_dir / "images" / "uploads" / file[:2] / file
        assert path.is_file(), f"{alias} has a row and no file"
        assert digest(path)[0] == file, f"the file of {alias} is not whole"


def _orphans_leave(trial: Trial, instance: Instance) -> None:
    """The daily round, as if the files had lain there for a day: what is left are the files of rows, and nothing half-done."""
    assert image_sweeping.ORPHAN_SECONDS + image_sweeping.EVERY_SECONDS <= DAY / SECOND * 1.01, "an orphan may lie for longer than a day"
    kept = {file for (file,) in instance.execute("SELECT file FROM local_image WHERE file IS NOT NULL")}
    top = instance.data_dir / "images" / "uploads"
    before = {path.name for path in top.rglob("*") if path.is_file()}
    trial.note("orphans", len(before - kept))

    async def round_of_the_day() -> None:
        read = config.load(str(instance.config_file), environment={})
        async with app.opened(read) as opened:
            assert opened.context.images is not None
            with mock.patch.object(image_sweeping, "ORPHAN_SECONDS", -1):
                await Sweeper(opened.context, opened.database, opened.context.images).sweep()

    asyncio.run(round_of_the_day())
    assert {path.name for path in top.rglob("*") if path.is_file()} == kept
    left = [path for path in (instance.data_dir / "images").rglob("*") if path.is_file() and top not in path.parents]
    assert not [path for path in left if "cache" not in path.parts], f"half-done files are left: {left[:5]}"


def _everything_is_synced_before_the_answer(trial: Trial) -> None:
    """By the system calls of one upload: the file is synced, then moved, then its folder is synced, and then it is answered."""
    calls = trial.folder / "calls"
    traced = (
        trial.program("strace"),
        "-f",
        "-y",
        "-qq",
        "-e",
        "trace=fsync,fdatasync,rename,renameat,renameat2",
        "-o",
        str(calls),
        *SOURCE,
    )
    with trial.running("traced", command=traced, database=None) as instance:
        file = uploads.send(instance.admin)
        assert file.status == 201
        name = instance.execute("SELECT file FROM local_image")[0][0]
        seen = calls.read_text().splitlines()
    moved = next(place for place, line in enumerate(seen) if re.search(rf"rename.*{name}", line))
    source = re.search(r'rename\w*\([^"]*"([^"]+)"', seen[moved])
    assert source is not None, seen[moved]
    assert any("sync" in line and source[1] in line for line in seen[:moved]), "the file was moved before it was on the disk"
    folder = str(instance.data_dir / "images" / "uploads" / name[:2])
    assert any("fsync" in line and f"{folder}>" in line for line in seen[moved:]), "the folder was not synced before the answer"


CASES = (
    Case(
        "R26",
        "After kill -9 among uploads every row has its whole file, files without a row leave within a day, and none is answered unsynced.",
        "kills",
        200,
        3,
        BOTH,
        kills,
    ),
)
