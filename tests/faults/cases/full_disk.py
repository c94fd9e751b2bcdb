"""R06. A disk that is really full: reading goes on, what would add is refused, erasing works, and all else does once there is room again,
without a restart."""

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import uploads
from tests.faults.case import SQLITE, Case, NotAllowed, Trial
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.instances import Answer, Client, Instance

MEGABYTE = 10**6
ROOM = 64 * 2**20
FLOOR = "8 MiB"
PATIENCE = 30.0


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 64 MB. Raises NotAllowed where this machine lets us make none."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)], capture_output=True, check=False)
    if made.returncode:
        raise NotAllowed(f"no file system of our own without root: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def leave(folder: Path, size: int) -> None:
    """Fill the disk with a file of somebody else until so many bytes are free."""
    other = folder / "other"
    other.unlink(missing_ok=True)
    disk = os.statvfs(folder)
    with other.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, disk.f_bavail * disk.f_frsize - size))
        except OSError:  # somebody was quicker with the last page
            os.posix_fallocate(file.fileno(), 0, max(1, disk.f_bavail * disk.f_frsize - size - MEGABYTE))


def post(who: Client, community_id: int, name: str) -> Answer:
    """What writing a post answers."""
    return who.call("POST", "/post", {"name": name, "community_id": community_id, "body": "words " * 500})


def fill(trial: Trial) -> None:
    """R06, on one disk after the other."""
    for number in range(trial.times):
        with small_disk(trial.folder / f"disk_{number}") as disk:
            _filled(trial, disk)
        trial.did()


def _filled(trial: Trial, small_disk: Path) -> None:
    with trial.running(f"{small_disk.name}/node", config={"disk": {"floor": FLOOR}}) as instance:
        admin = instance.admin
        home = admin.post("/community", name="attic", title="Attic")["community_view"]["community"]["id"]
        kept, doomed = (post(admin, home, name).json["post_view"]["post"]["id"] for name in ("Kept", "Doomed"))
        assert (instance.data_dir / "reserve").stat().st_size == 10 * MEGABYTE

        _filled_while_others_write(instance, small_disk, home)
        leave(small_disk, 5 * MEGABYTE)
        _eventually(lambda: post(admin, home, "Too much").status == 507)
        refused = post(admin, home, "Too much")
        assert (refused.status, refused.json["error"]) == (507, "disk_full")
        assert "disk is full" in refused.json["message"]
        assert int(refused.headers["retry-after"]) > 0
        assert uploads.send(admin).status == 507
        assert admin.call("POST", "/comment", {"post_id": kept, "content": "No"}).status == 507
        told = admin.send("POST", "/inbox", b"{}", {"content-type": "application/activity+json"})
        assert (told.status, told.json["error"], int(told.headers["retry-after"]) > 0) == (503, "disk_full", True)
        assert admin.call("POST", "/post/like", {"post_id": kept, "score": -1}).status == 200, "what hardly adds goes on"
        _reads(instance, kept)

        leave(small_disk, 0)
        for number in range(400):  # until the database itself finds no room
            answer = admin.call("POST", "/post/like", {"post_id": kept, "score": number % 2})
            if answer.status != 200:
                assert (answer.status, answer.json["error"]) == (507, "disk_full")
                break
        else:
            raise AssertionError("the database never found itself without room: nothing is shown")
        _reads(instance, kept)
        said = instance.run("disk")
        assert "Nothing new is taken in: only " in said.stdout, said.stderr
        assert "Nothing new is taken in: only" in " ".join(instance.run("doctor").stdout.split())
        assert admin.call("POST", "/admin/purge/post", {"post_id": doomed}).status == 200, "the reserve is for this"
        assert admin.call("GET", "/post", {"id": doomed}).json == {"error": "couldnt_find_post"}
        leave(small_disk, 20 * MEGABYTE)
        begun = time.monotonic()
        _eventually(lambda: post(admin, home, "Room again").status == 200)
        trial.within("until room is noticed", time.monotonic() - begun, PATIENCE)
        assert uploads.send(admin).status == 507, "as large as an upload may be, it has no room yet"
        leave(small_disk, 40 * MEGABYTE)
        assert uploads.send(admin).status == 201
        instance.stop()
        assert instance.execute("PRAGMA integrity_check") == [("ok",)]
        names = {name for (name,) in instance.execute("SELECT name FROM post")}
        assert {"Kept", "Room again"} <= names
        assert "Doomed" not in names
        assert "Traceback" not in instance.log.read_text()


def _filled_while_others_write(instance: Instance, disk: Path, community_id: int) -> None:
    """Somebody else takes the room bit by bit to its last page: each post and picture is taken whole, or refused, and nothing else."""
    taken: set[str] = set()

    def posts(others: Meanwhile[None]) -> None:
        author = instance.client(instance.admin.jwt)
        for number in itertools.count():
            if others.over.is_set():
                return
            answer = post(author, community_id, f"Meanwhile {number}")
            assert answer.status in (200, 507), answer
            if answer.status == 200:
                taken.add(f"Meanwhile {number}")
            others.first.set()

    def pictures(others: Meanwhile[None]) -> None:
        author = instance.client(instance.admin.jwt)
        while not others.over.is_set():
            answer = uploads.send(author)
            assert answer.status in (201, 507), answer

    with meanwhile(posts, pictures) as others:
        others.begun()
        for free in range(40, -1, -2):
            leave(disk, free * MEGABYTE)
            time.sleep(0.1)
        others.end()
    kept = {name for (name,) in instance.execute("SELECT name FROM post WHERE name LIKE 'Meanwhile %'")}
    assert kept == taken, f"taken and lost, or refused and kept: {kept ^ taken}"
    leave(disk, 40 * MEGABYTE)
    _eventually(lambda: uploads.send(instance.admin).status == 201)


def _reads(instance: Instance, number: int) -> None:
    stranger = instance.client()
    assert stranger.get("/post", id=number)["post_view"]["post"]["name"] == "Kept"
    assert stranger.send("GET", f"/post/{number}").status == 200
    assert stranger.send("GET", "/healthz").status == 200


def _eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.2)


CASES = (
    Case(
        "R06",
        "A full disk refuses what would add with 507, at the inbox with 503, and nothing else; erasing works, and room is noticed in 30 s.",
        "disks",
        10,
        1,
        SQLITE,
        fill,
    ),
)
