"""Fifteen faults, planted one by one in an instance and a machine where all else is well: each is named, and nothing else is.

Everything is looked at as `lemmy-lite doctor` does. Of the machine, what Linux tells of itself is written by the tests.
"""

import asyncio
import json
import shutil
import socket
import sqlite3
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from lemmy_lite import config
from lemmy_lite.control.doctor import looks, outside
from lemmy_lite.control.doctor.finding import Finding, Level
from lemmy_lite.control.doctor.looks import Patient
from lemmy_lite.control.doctor.machine import Roots
from lemmy_lite.crypto import keys
from lemmy_lite.domain.backup import keeping
from lemmy_lite.model.clock import DAY, Clock
from tests import certificates, web_server
from tests.domain.deeds import lived_in

NOW = Clock().now()
LABORATORY = {
    "LEMMY_LITE_TEST": "1",
    "LEMMY_LITE_TEST_RESOLVE": "dns=127.0.0.1:9",  # nobody answers there: what is looked up is not found
    "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8",
}


class Site(BaseHTTPRequestHandler):
    """What the public name leads to: this instance behind its proxy, or whatever a fault makes of that."""

    documents: ClassVar[dict[str, bytes]] = {}
    sees = "192.0.2.77"
    skew = 0

    def do_GET(self) -> None:
        forwarded = self.headers.get("x-forwarded-for")
        seen = forwarded if self.sees == "whatever is said" and forwarded else self.sees
        answers = {**self.documents, "/healthz/address": json.dumps({"address": seen}).encode()}
        found = answers.get(f"{self.path} {self.headers.get('accept')}", answers.get(self.path, b""))
        self._answer(200 if found else 404, found)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(401, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("date", self.date_time_string(int(time.time()) + self.skew))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


class Ward:
    """An instance on a machine; faults change it before it is looked at."""

    def __init__(self, folder: Path, data: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch
        self.site = type("Here", (Site,), {"documents": {}})
        self.values: dict[str, Any] = {}
        self.certificate: dict[str, Any] = {}
        self.host: str | None = None
        self.peer: str | None = None
        shutil.copytree(data, folder / "data")
        (folder / "data").chmod(0o700)
        self.database = folder / "data" / "lemmy.db"
        self.write("proc/meminfo", "MemAvailable: 900000 kB\n")
        self.write("run/systemd/timesync/synchronized", "")
        self.write("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
        self.write("sys/block/mmcblk0/device/life_time", "0x01 0x01\n")
        self.write("data/reserve", "")
        self.note(keeping.Record(good=NOW, tried=NOW))

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def note(self, record: keeping.Record) -> None:
        self.write("data/backups/last.json", msgspec.json.encode(record).decode())

    def shows_key(self, public: str) -> None:
        self.site.documents["/ application/activity+json"] = json.dumps({"publicKey": {"publicKeyPem": public}}).encode()

    def examined(self) -> dict[str, Finding]:
        """Every finding that is not well, by the name of the look."""
        with self._serving() as here:
            values = {"hostname": self.host or here, "data_dir": str(self.folder / "data"), **self.values}
            made = config.read(values, environment=LABORATORY)

            async def looking() -> list[tuple[str, Finding]]:
                net = outside.client(made)
                roots = Roots(*(self.folder / name for name in ("proc", "run", "sys")))
                try:
                    return await looks.examine(Patient(made, Clock(), net, self.peer or here, roots))
                finally:
                    await net.close()

            return {name: finding for name, finding in asyncio.run(looking()) if finding.level is not Level.WELL}

    @contextmanager
    def _serving(self) -> Iterator[str]:
        files = certificates.made(self.folder / "tls", "127.0.0.1", **self.certificate)
        self.patch.setenv("SSL_CERT_FILE", str(files.certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, files))
        with web_server.serving(self.site, tls=context) as address:
            yield address


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an instance that has lived a little."""
    folder = tmp_path_factory.mktemp("data")
    lived_in(f"sqlite://{folder}/lemmy.db", number=5)
    return folder


@pytest.fixture
def ward(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> Ward:
    made = Ward(tmp_path, data, monkeypatch)
    with closing(sqlite3.connect(made.database)) as connection:
        (public,) = connection.execute("SELECT public_key FROM actor WHERE site_id IS NOT NULL AND private_key IS NOT NULL").fetchone()
    nodeinfo = json.dumps({"software": {"name": "lemmy_lite"}}).encode()
    made.site.documents |= {"/nodeinfo/2.1": nodeinfo, "/.well-known/nodeinfo": nodeinfo, "/ text/html": b"<!doctype html><html>"}
    made.shows_key(public)
    return made


def nobody() -> str:
    """A place at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def small_disk(ward: Ward) -> None:
    usage = shutil.disk_usage(ward.folder)
    ward.patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100 * 10**6))


def unknown_name(ward: Ward) -> None:
    ward.host = "gone.example"


def unreachable(ward: Ward) -> None:
    ward.host = nobody()


def header_lost(ward: Ward) -> None:
    ward.site.documents["/ application/activity+json"] = b"<!doctype html><html>"


def all_visitors_are_one(ward: Ward) -> None:
    ward.site.sees = "127.0.0.1"


def visitors_choose(ward: Ward) -> None:
    ward.site.sees = "whatever is said"


def queue_lags(ward: Ward) -> None:
    with closing(sqlite3.connect(ward.database)) as connection, connection:
        connection.executemany(
            "INSERT INTO inbox_activity (ap_id, host, actor_ap_id, received, data) VALUES (?, 'far.test', 'https://far.test/u/a', 1, '{}')",
            [(f"https://far.test/{number}",) for number in range(5001)],
        )


def no_mail(ward: Ward) -> None:
    ward.values["email"] = {"smtp_server": nobody(), "smtp_from_address": "a@site.test", "tls_type": "none"}


FAULTS: dict[str, tuple[Callable[[Ward], object], str, str]] = {
    "clock": (lambda on: (on.folder / "run/systemd/timesync/synchronized").unlink(), "clock", "not synchronised"),
    "DNS": (unknown_name, "public name", "https://gone.example cannot be reached"),
    "reachability": (unreachable, "public name", "cannot be reached"),
    "headers: Accept": (header_lost, "proxy", "Asked for ActivityPub"),
    "headers: nobody says who asks": (all_visitors_are_one, "visitors", "All visitors are one (127.0.0.1)"),
    "headers: visitors say who asks": (visitors_choose, "visitors", "Visitors can choose the address"),
    "certificate": (lambda on: on.certificate.update(ends=timedelta(days=3)), "certificate", "holds for 2 more days"),
    "signature": (lambda on: on.shows_key(keys.generate_key_pair().public_key), "signatures", "find another key"),
    "a peer": (lambda on: setattr(on, "peer", nobody()), "peer", "cannot be reached"),
    "a peer's clock": (lambda on: setattr(on.site, "skew", 3030), "peer", "and this machine differ by"),
    "mail": (no_mail, "mail", "does not take mails"),
    "disk": (small_disk, "disk", "100 MB are free"),
    "memory": (lambda on: on.write("proc/meminfo", "MemAvailable: 30000 kB\n"), "memory", "30 MB of memory"),
    "a worn card": (lambda on: on.write("sys/block/mmcblk0/device/life_time", "0x0a 0x02\n"), "card", "90 to 100 %"),
    "under-voltage": (lambda on: on.write("sys/devices/platform/soc/soc:firmware/get_throttled", "1\n"), "power", "too little power now"),
    "throttling": (lambda on: on.write("sys/devices/platform/soc/soc:firmware/get_throttled", "4\n"), "power", "slowed down now"),
    "stale backups": (lambda on: on.note(keeping.Record(good=NOW - 10 * DAY, tried=NOW)), "backups", "240 hours old"),
    "queue lag": (queue_lags, "queues", "5001 received activities wait"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_and_nothing_else_is(ward: Ward, fault: str) -> None:
    plant, look, words = FAULTS[fault]
    plant(ward)
    found = ward.examined()
    bad = {name: finding for name, finding in found.items() if finding.level is Level.BAD}
    assert list(bad) == [look], found
    assert words in bad[look].sentence
    assert bad[look].advice


def test_where_all_is_well_nothing_is_named_but_what_was_left_out(ward: Ward) -> None:
    found = ward.examined()
    # The knobs of tests are open, no server runs here, and no mail is configured.
    assert {name: finding.level for name, finding in found.items()} == dict.fromkeys(("configuration", "server", "mail"), Level.NOTE)
