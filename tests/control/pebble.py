"""Pebble, the Internet Security Research Group's ACME server for tests, and the name server that it asks.

It checks signatures, nonces and orders strictly, refuses a part of all nonces, and really connects to find the proofs.
"""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.certificates import made


class Pebble(NamedTuple):
    """A running authority."""

    directory: str
    ca_file: Path
    management: str
    log: Path

    def root(self) -> str:
        """The certificate that those who trust this authority know, PEM. It has another one at each start."""
        with urllib.request.urlopen(f"{self.management}/roots/0", context=ssl.create_default_context(cafile=self.ca_file)) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def running(
    folder: Path, program: str, ports: tuple[int, int], http_port: int, tls_port: int, address: str = "127.0.0.1"
) -> Iterator[Pebble]:
    """Pebble, which looks for proofs on two ports of ours, and for every name at `address`."""
    own = made(folder / "authority", "127.0.0.1")
    directory, management = ports
    settings = {
        "listenAddress": f"127.0.0.1:{directory}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(own.certificate),
        "privateKey": str(own.key),
        "httpPort": http_port,
        "tlsPort": tls_port,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    environment = os.environ | {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "30"}
    log = folder / "pebble.log"
    with name_server("127.0.0.1") as names, log.open("wb") as written:
        command = [program, "-config", str(folder / "pebble.json"), "-strict", "-dnsserver", f"127.0.0.1:{names}"]
        process = subprocess.Popen(command, env=environment, stdout=written, stderr=written)
        try:
            _until_open(management, process, log)
            _until_open(directory, process, log)
            yield Pebble(f"https://127.0.0.1:{directory}/dir", own.certificate, f"https://127.0.0.1:{management}", log)
        finally:
            process.kill()
            process.wait()


def _until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.025)
    raise AssertionError(log.read_text())


@contextlib.contextmanager
def name_server(address: str) -> Iterator[int]:
    """The port of a name server for which every name has this one address (RFC 1035), and nothing else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.2)
        ended = threading.Event()
        thread = threading.Thread(target=_answer, args=(listening, ended, socket.inet_aton(address)))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            thread.join()


def _answer(listening: socket.socket, ended: threading.Event, address: bytes) -> None:
    while not ended.is_set():
        try:
            asked, who = listening.recvfrom(4096)
        except TimeoutError:
            continue
        at = 12
        while asked[at]:
            at += 1 + asked[at]
        question = asked[12 : at + 5]
        is_address = question[-4:-2] == b"\x00\x01"
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04" + address if is_address else b""
        counts = b"\x00\x01" + (b"\x00\x01" if record else b"\x00\x00") + b"\x00\x00\x00\x00"
        listening.sendto(asked[:2] + b"\x81\x80" + counts + question + record, who)
