"""R16. A server that hangs is not fed to the watchdog, so that systemd starts it again; and it is ready when it says so, not before."""

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.case import SQLITE, Case, Trial
from tests.instances import CHECKOUT, Instance

PROGRAM = (sys.executable, "-m", "tests.faults.held_program")
WATCHDOG, SHORT_WATCHDOG = 30.0, 1.5
"""Seconds of WatchdogSec= in full and in the test run. It is held up twice as long."""
FULL = 8


class Ears:
    """What systemd hears: the socket of NOTIFY_SOCKET (sd_notify(3)), each message with its moment."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))

    def next(self, seconds: float) -> str | None:
        """The next message; None when nothing is said for so long."""
        self.socket.settimeout(max(0.01, seconds))
        try:
            return self.socket.recv(4096).decode()
        except TimeoutError:
            return None

    def until(self, word: str, seconds: float = 60) -> list[str]:
        """Everything up to a message that begins so. Raises AssertionError when none comes."""
        heard, deadline = [], time.monotonic() + seconds
        while (said := self.next(deadline - time.monotonic())) is not None:
            heard.append(said)
            if said.startswith(word):
                return heard
            assert time.monotonic() < deadline, heard
        raise AssertionError(f"{word} was not said; heard {heard}")

    def silence(self, seconds: float) -> None:
        """Forget what was said in the first moment, then hear nothing. Raises AssertionError where something is said."""
        while self.next(0.05) is not None:
            pass
        said = self.next(seconds)
        assert said is None, f"it hangs, and says {said!r}"


@contextlib.contextmanager
def ears() -> Iterator[tuple[Ears, Path]]:
    """In a folder whose path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="ears-"))
    heard = Ears(folder / "notify")
    try:
        yield heard, folder / "notify"
    finally:
        heard.socket.close()
        shutil.rmtree(folder)


def hangs(trial: Trial) -> None:
    """The event loop and the writer are held up in turn; systemd, played here, ends what is silent and starts it again."""
    watchdog = WATCHDOG if trial.times >= FULL else SHORT_WATCHDOG
    with ears() as (heard, path):
        environment = {
            "NOTIFY_SOCKET": str(path),
            "WATCHDOG_USEC": str(int(watchdog * 1_000_000)),
            "LEMMY_LITE_TEST_HELD": str(2 * watchdog),
            "PYTHONPATH": str(CHECKOUT),
        }
        instance = Instance(trial.folder / "instance", trial.port(), environment=environment, command=PROGRAM)
        try:
            steps = _ready(instance, heard)
            assert any("schema" in step for step in steps), f"the migrations were not told: {steps}"
            assert all("EXTEND_TIMEOUT_USEC" in step for step in steps if "Starting" in step)
            instance.admin.post("/community", name="hearth", title="Hearth")
            for number in range(trial.times):
                heard.until("WATCHDOG=1", watchdog)
                assert instance.process is not None
                instance.process.send_signal((signal.SIGUSR1, signal.SIGUSR2)[number % 2])
                heard.silence(watchdog)
                instance.process.send_signal(signal.SIGABRT)  # as systemd does when WatchdogSec= is over
                assert instance.process.wait(10) == -signal.SIGABRT
                instance.kill()
                _ready(instance, heard)
                assert instance.client().get("/community", name="hearth")["community_view"]
                trial.did()
            instance.stop()
            heard.until("STOPPING=1", 5)
            _damaged_is_never_ready(instance, heard)
        finally:
            instance.kill()


def _ready(instance: Instance, heard: Ears) -> list[str]:
    """Start it; whoever asks in the moment in which it says that it is ready is answered. Answers what it said before."""
    said: list[str] = []
    statuses: list[int] = []

    def listen() -> None:
        said.extend(heard.until("READY=1"))
        statuses.append(instance.client().call("GET", "/site", {}).status)

    listening = threading.Thread(target=listen)
    listening.start()
    instance.start()  # on this thread, which must outlive it (PR_SET_PDEATHSIG)
    listening.join(60)
    assert statuses == [200], f"it said {said}, and answered {statuses}"
    return said[:-1]


def _damaged_is_never_ready(instance: Instance, heard: Ears) -> None:
    """READY comes after the pages were looked at."""
    database = instance.data_dir / "lemmy.db"
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(8192))
    refused = instance.run("serve")
    assert refused.returncode == 4, refused.stderr
    while (said := heard.next(0.1)) is not None:
        assert not said.startswith("READY"), "it said that it was ready with a damaged database"


CASES = (
    Case(
        "R16",
        "It says that it is ready when it is; a loop or writer that hangs feeds no watchdog, and what systemd starts again has everything.",
        "hangs",
        FULL,
        2,
        SQLITE,
        hangs,
    ),
)
