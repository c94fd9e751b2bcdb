"""R17. Pictures that take all memory: the child that decodes them dies, the server goes on."""

import contextlib
import io
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from tests import uploads
from tests.faults.case import SQLITE, Case, NotAllowed, Trial
from tests.instances import SOURCE, Instance
from tests.media import pictures

MEMORY = 200 * 2**20
GROUPS = Path("/sys/fs/cgroup")
SIDE = 6300
"""Of a picture just below the 40 megapixels that are taken: 160 MB when it is decoded."""


class Group:
    """A control group of this machine's with so much memory, or none where we may not make one."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    @property
    def killed(self) -> int:
        """How many processes the kernel has ended in it."""
        assert self.folder is not None
        for name in ("memory.events", "memory.oom_control"):
            path = self.folder / name
            if path.exists():
                return sum(int(line.split()[1]) for line in path.read_text().splitlines() if line.split()[0] == "oom_kill")
        return 0

    @property
    def command(self) -> tuple[str, ...]:
        """What starts the program in it."""
        if self.folder is None:
            return SOURCE
        return ("/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *SOURCE)


@contextlib.contextmanager
def group(limit: int) -> Iterator[Group]:
    """Version 2 or version 1 of control groups, as this machine has it."""
    own = dict(line.split(":", 2)[1:] for line in Path("/proc/self/cgroup").read_text().splitlines())
    places = [
        (GROUPS / own.get("", "/").lstrip("/"), "memory.max"),
        (GROUPS / "memory" / own.get("memory", "/").lstrip("/"), "memory.limit_in_bytes"),
        (GROUPS / "memory", "memory.limit_in_bytes"),
    ]
    for parent, name in places:
        folder = parent / f"lemmy-lite-faults-{os.getpid()}"
        try:
            folder.mkdir()
            (folder / name).write_text(str(limit))
            (folder / "cgroup.procs").read_text()
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            continue
        try:
            yield Group(folder)
        finally:
            for _ in range(100):
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                time.sleep(0.05)
        return
    yield Group(None)


def bombs(trial: Trial) -> None:
    """Large and enormous pictures, several at a time, with 200 MB for everything."""
    with group(MEMORY) as place, trial.running(command=place.command) as instance:
        if place.folder is None and trial.whole:
            raise NotAllowed("no control group of our own: only the child's own limits would be tried")
        trial.note("bounded by", "a control group" if place.folder else "the child's own limits alone: no control group could be made here")
        admin, process = instance.admin, instance.process
        assert process is not None
        home = admin.post("/community", name="hearth", title="Hearth")["community_view"]["community"]["id"]
        large, enormous = _large(), pictures.bomb()
        statuses: dict[int, int] = {}
        with ThreadPoolExecutor(2) as pool:
            clients = [instance.client(admin.jwt, timeout=120) for _ in range(2)]
            for number in range(trial.times):
                sent = [pool.submit(uploads.send, client, large if number % 2 == 0 else enormous) for client in clients]
                for each in sent:
                    status = each.result().status
                    statuses[status] = statuses.get(status, 0) + 1
                assert process.poll() is None, f"the server died of a picture:\n{instance.log_end()}"
                admin.post("/post", name=f"Still here {number}", community_id=home)
                trial.did()
        assert set(statuses) <= {201, 400, 413, 503, 507}, f"what bombs were answered: {statuses}"
        trial.note("answers", ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items())))
        if place.folder is not None:
            trial.note("killed by the kernel", place.killed)
        _the_child_dies_first(instance)
        assert uploads.send(admin).status == 201, "a picture that harms nobody is taken afterwards"
        instance.kill()
        instance.start()
        assert len(instance.client().get("/post/list", type_="All", limit=50)["posts"]) == min(50, trial.times)


def _the_child_dies_first(instance: Instance) -> None:
    """What the kernel goes by when all memory is gone; and that the server does without the child, in which something was under way."""
    assert instance.process is not None
    assert uploads.send(instance.admin, pictures.file(pictures.noise(), "PNG")).status == 201
    children = [pid for pid in _children(instance.process.pid) if b"image-worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert children, "no child that decodes"
    for pid in children:
        assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"
        os.kill(pid, signal.SIGKILL)
    assert int(Path(f"/proc/{instance.process.pid}/oom_score_adj").read_text()) <= 0
    assert uploads.send(instance.admin).status == 201
    assert instance.process.poll() is None


def _children(pid: int) -> list[int]:
    """Of a process, from any of its threads."""
    return [int(each) for path in Path(f"/proc/{pid}/task").glob("*/children") for each in path.read_text().split()]


def _large() -> bytes:
    written = io.BytesIO()
    Image.new("RGBA", (SIDE, SIDE), (200, 30, 30, 128)).save(written, "PNG", compress_level=9)
    return written.getvalue()


CASES = (
    Case(
        "R17",
        "Pictures that need more memory than there is end the child that decodes them, not the server.",
        "bombs",
        100,
        2,
        SQLITE,
        bombs,
    ),
)
