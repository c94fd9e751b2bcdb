"""dist/lemmy-lite as a process: from a folder of its own, with an empty environment."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.instances import START_SECONDS, STOP_SECONDS, Client

# With /proc, as every Debian has it, and with nothing of what was compiled in that root; every step is the same process.
_ENTER = """
mount -t proc proc "$0/proc" && mount -t tmpfs none "$0/opt" && touch "$0$2" && mount --bind "$1" "$0$2" &&
root=$0 && program=$2 && shift 2 && exec chroot "$root" /bin/sh -c 'cd "$1" && shift && exec "$0" "$@"' "$program" "$@"
"""


class Root(NamedTuple):
    """A Debian root to run in: the root, a folder of the test's below it, the executable outside."""

    top: Path
    folder: Path
    executable: Path

    def command(self, folder: Path) -> list[str]:
        """What starts the executable in that folder as if the root were all there is."""
        inside = f"/{folder.relative_to(self.top)}"
        seen = f"/{self.folder.relative_to(self.top)}/lemmy-lite"
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", _ENTER, str(self.top), str(self.executable), seen, inside]


class Program:
    """The executable in `folder`, which it finds empty but for config/config.hjson with `port` and `keys`."""

    def __init__(self, executable: Path, folder: Path, port: int, root: Root | None = None, **keys: Any) -> None:
        self.command = [str(executable)] if root is None else root.command(folder)
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        self.process: subprocess.Popen[bytes] | None = None
        self._said = folder / "said"
        self._clients: list[Client] = []
        written = {"hostname": f"127.0.0.1:{port}", "bind": "127.0.0.1", "port": port, "tls_enabled": False, **keys}
        (folder / "config").mkdir()
        (folder / "config" / "config.hjson").write_text(json.dumps(written))

    @property
    def said(self) -> str:
        """All that it has written to the terminal since the last start."""
        return self._said.read_text() if self._said.exists() else ""

    def greeting(self) -> str:
        """What a start has to say to a person; waits for it, as requests are answered a moment before."""
        deadline = time.monotonic() + START_SECONDS
        while not self.said.rstrip().endswith("Ctrl-C stops it."):
            assert time.monotonic() < deadline, self.said
            time.sleep(0.01)
        return self.said

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=environment or {},
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    def start(self, environment: Mapping[str, str] | None = None) -> Client:
        """Starts it as a newcomer would, without arguments; answers a client once it serves."""
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=environment or {},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        client = self.client()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if client.call("GET", "/site", {}).status == 200:
                    return client
            time.sleep(0.01)
        raise AssertionError(f"it did not answer; it said:\n{self.said}")

    def client(self, jwt: str | None = None) -> Client:
        """Somebody who calls it; anonymous without a token."""
        self._clients.append(Client(self.url, jwt))
        return self._clients[-1]

    def stop(self, number: signal.Signals = signal.SIGTERM, *, group: bool = False) -> int:
        """Its exit status after a signal to the process that was started, or to all of them, as a terminal and systemd send it."""
        assert self.process is not None
        (os.killpg if group else os.kill)(self.process.pid, number)
        status = self.process.wait(STOP_SECONDS)
        self._ended()
        return status

    def kill(self) -> None:
        """Ends it and what it started, if it still runs."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._ended()

    def _ended(self) -> None:
        self.process = None
        for client in self._clients:
            client.close()  # it connects anew when it calls again


@contextlib.contextmanager
def killed_in_the_end(program: Program) -> Iterator[Program]:
    """Whatever happens, nothing of it runs afterwards."""
    try:
        yield program
    finally:
        program.kill()
