"""`lemmy-lite doctor` names each fault that is planted, and finds none where there is none."""

import asyncio
import contextlib
import json
import shutil
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import msgspec
import pytest

from lemmy_lite import config
from lemmy_lite.config import Config
from lemmy_lite.control import reach
from lemmy_lite.control.doctor import folders, instance, looks, machine, outside
from lemmy_lite.control.doctor.finding import Finding, Level, bad
from lemmy_lite.control.doctor.looks import LOOKS, Patient
from lemmy_lite.domain.backup import keeping
from lemmy_lite.model.clock import DAY, Clock
from tests import instances, web_server
from tests.domain.deeds import lived_in
from tests.s3 import S3Server
from tests.shut import shut

NOW = Clock().now()


class Fault(NamedTuple):
    """Something planted, and a word of the sentence that names it."""

    plant: Callable[[Path], Finding | None]
    word: str
    level: Level = Level.BAD


def place(folder: Path, **more: Any) -> Config:
    values = {"hostname": "site.test", "data_dir": str(folder / "data"), **more}
    return config.read(values, environment={})


def lived(folder: Path) -> Config:
    made = place(folder)
    made.data_dir.mkdir(mode=0o700)
    lived_in(made.database_uri, number=5)
    return made


def noted(folder: Path, **values: Any) -> Finding:
    made = place(folder)
    (made.data_dir / "backups").mkdir(parents=True)
    (made.data_dir / "backups" / "last.json").write_bytes(msgspec.json.encode(keeping.Record(**values)))
    return instance.backups(made, NOW)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


def firmware(folder: Path, word: int) -> Finding | None:
    return machine.power(written(folder, "devices/platform/soc/soc:firmware/get_throttled", f"{word:x}\n"))


def alarm(folder: Path) -> Path:
    written(folder, "class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    return written(folder, "class/hwmon/hwmon1/name", "rpi_volt\n")


def damaged(folder: Path) -> Finding:
    made = lived(folder)
    path = made.sqlite_path
    assert path is not None
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
    path.write_bytes(data)
    return instance.database(made)


def newer(folder: Path) -> Finding:
    made = lived(folder)
    assert made.sqlite_path is not None
    with contextlib.closing(sqlite3.connect(made.sqlite_path)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    return instance.database(made)


def silent(folder: Path) -> Finding:
    made = lived(folder)
    with contextlib.closing(sqlite3.connect(made.sqlite_path)) as connection, connection:  # type: ignore[arg-type]
        connection.execute("INSERT INTO instance (id, domain, published) VALUES (77, 'gone.test', 0)")
        connection.execute("INSERT INTO delivery (instance_id, last_successful_id, fail_count, next_retry) VALUES (77, 0, 9, 1)")
    return instance.queues(made, NOW)


def open_to_others(folder: Path) -> Finding:
    made = place(folder)
    made.data_dir.mkdir()
    made.data_dir.chmod(0o755)
    return machine.data_folder(made)


def readable_config(folder: Path, **secret: str) -> Finding | None:
    mail = {"smtp_server": "x:1", "smtp_from_address": "a@b.test", "tls_type": "none", **secret}
    written(folder, "lemmy.hjson", json.dumps({"hostname": "site.test", "email": mail}))
    file = folder / "lemmy.hjson"
    file.chmod(0o644)
    return machine.secrets(config.load(str(file), environment={}))


def shut_out(folder: Path, *, there: bool) -> Finding | None:
    """A folder of backups that is not there, or was configured after the service was installed."""
    written(folder, "lemmy-lite.service", f"ExecStart=/bin/true --config {folder}/lemmy.hjson serve\nReadWritePaths=-/elsewhere\n")
    written(folder, "lemmy.hjson", json.dumps({"hostname": "site.test", "backup": {"to": str(folder / "backup")}}))
    if there:
        (folder / "backup").mkdir()
    return folders.outside(config.load(str(folder / "lemmy.hjson"), environment={"STATE_DIRECTORY": str(folder)}), folder)


def unmounted(folder: Path) -> Finding | None:
    """The mount point of a disk that is not there."""
    (folder / "disk").mkdir()
    written(folder, "fstab", f"/dev/sda1 {folder}/disk ext4 nofail 0 2\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reach, "FSTAB", folder / "fstab")
        assert not reach.Outside("backup.to", folder / "disk").is_ours, "what is on the disk is not known"
        return folders.outside(place(folder, backup={"to": str(folder / "disk")}), folder)


def locked_away(folder: Path) -> Finding | None:
    """A folder of backups in another folder that whoever looks may not enter."""
    made = place(folder, backup={"to": str(folder / "disk" / "backup")})
    with pytest.MonkeyPatch.context() as patched:
        shut(patched, folder / "disk")
        patched.setattr(reach, "may", lambda *_: False)
        return folders.outside(made, folder)


def of_nobody_known(folder: Path) -> Finding | None:
    """A server of an account that has no name here, as in a container; whoever looks is root or that account."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reach, "account", lambda _: 424_242)
        return folders.outside(place(folder, backup={"to": str(folder)}), folder)


FAULTS: dict[str, Fault] = {
    "an account without a name cannot write": Fault(of_nobody_known, "the server, 424242, cannot write"),
    "the disk of backups is not there": Fault(lambda at: shut_out(at, there=False), "is not there"),
    "the disk of backups is not mounted": Fault(unmounted, "is not mounted"),
    "the disk of backups cannot be looked at": Fault(locked_away, "cannot write to"),
    "the unit of the service is older than the configuration": Fault(
        lambda at: shut_out(at, there=True), "after the service was installed"
    ),
    "others may look into the data": Fault(open_to_others, "Others on this machine"),
    "everybody may read the configuration": Fault(lambda at: readable_config(at, smtp_password="tea"), "the secrets in"),
    "hardly any memory": Fault(lambda at: machine.memory(written(at, "meminfo", "MemAvailable: 30000 kB\n")), "30 MB of memory"),
    "little memory": Fault(lambda at: machine.memory(written(at, "meminfo", "MemAvailable: 120000 kB\n")), "122 MB", Level.NOTE),
    "the clock stands before this program": Fault(lambda at: machine.clock(at, now=0.0), "before this program"),
    "the clock is not synchronised": Fault(lambda at: machine.clock(written(at, "systemd/timesync/clock", "")), "not synchronised"),
    "too little power now": Fault(lambda at: firmware(at, 0x50005), "too little power now"),
    "too little power before": Fault(lambda at: firmware(at, 0x50000), "too little power since it started", Level.NOTE),
    "too hot now": Fault(lambda at: firmware(at, 0xE0008), "slowed down now"),
    "too hot before": Fault(lambda at: firmware(at, 0x80000), "slowed down since", Level.NOTE),
    "an alarm of the driver alone": Fault(lambda at: machine.power(alarm(at)), "too little power now"),
    "a card at its end": Fault(lambda at: machine.card(written(at, "block/mmcblk0/device/life_time", "0x0a 0x02")), "90 to 100 %"),
    "a worn card": Fault(lambda at: machine.card(written(at, "block/mmcblk0/device/life_time", "0x08 0x02")), "70 to 80 %", Level.NOTE),
    "a damaged database": Fault(damaged, "in trouble"),
    "a newer schema": Fault(newer, "schema 9999"),
    "nobody answers": Fault(silent, "None of the 1 instances"),
    "no backup": Fault(lambda at: instance.backups(lived(at), NOW), "no backup"),
    "an old backup": Fault(lambda at: noted(at, good=NOW - 10 * DAY, tried=NOW), "240 hours old"),
    "a failed backup": Fault(lambda at: noted(at, good=NOW, tried=NOW, trouble="no space"), "no space"),
    "a failed drill": Fault(lambda at: noted(at, good=NOW, tried=NOW, drill_trouble="lemmy.db is damaged"), "is damaged"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_with_what_to_do(tmp_path: Path, fault: str) -> None:
    planted = FAULTS[fault]
    found = planted.plant(tmp_path)
    assert found is not None
    assert found.level is planted.level, found
    assert planted.word in found.sentence
    assert found.advice


def test_a_configuration_without_secrets_may_be_read_by_everybody(tmp_path: Path) -> None:
    assert readable_config(tmp_path) is None


def test_a_disk_that_is_nearly_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100 * 10**6))
    assert machine.disk(place(tmp_path)).level is Level.BAD
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=500 * 10**6))
    assert machine.disk(place(tmp_path)).level is Level.NOTE


class Site(BaseHTTPRequestHandler):
    """What the public name leads to, in a test."""

    documents: ClassVar[dict[str, tuple[int, str, bytes]]] = {}
    post_status = 401

    def do_GET(self) -> None:
        kind = "activity" if "activity" in (self.headers.get("accept") or "") else "page"
        status, media, body = self.documents.get(f"{self.path} {kind}", self.documents.get(self.path, (404, "text/plain", b"")))
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.post_status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


NODEINFO = (200, "application/json", json.dumps({"software": {"name": "lemmy"}}).encode())
ACTOR = (200, "application/activity+json", b'{"type": "Application"}')
PAGE = (200, "text/html", b"<!doctype html><html></html>")
WELL = {"/nodeinfo/2.1": NODEINFO, "/ activity": ACTOR, "/ page": PAGE, "/.well-known/nodeinfo": NODEINFO}


@contextlib.contextmanager
def behind(documents: dict[str, tuple[int, str, bytes]], post_status: int = 401) -> Iterator[str]:
    handler = type("Here", (Site,), {"documents": documents, "post_status": post_status})
    with web_server.serving(handler) as address:
        yield address


def looked(folder: Path, host: str, look: Callable[[Config, Any], Awaitable[Finding | None]]) -> Finding | None:
    made = place(folder, hostname=host, tls_enabled=False, federation={"allow_private_addresses": True})

    async def running() -> Finding | None:
        net = outside.client(made)
        try:
            return await look(made, net)
        finally:
            await net.close()

    return asyncio.run(running())


def test_the_way_from_outside_is_looked_at(tmp_path: Path) -> None:
    with behind(WELL) as host:
        for look in (outside.name, outside.proxy):
            found = looked(tmp_path, host, look)
            assert found is not None
            assert found.level is Level.WELL, found

        async def peer(made: Config, net: Any) -> Finding:
            return await outside.peer(made, net, host)

        found = looked(tmp_path, host, peer)
        assert found is not None
        assert found.level is Level.WELL


@pytest.mark.parametrize(
    ("documents", "post_status", "look", "word"),
    [
        ({"/nodeinfo/2.1": PAGE}, 401, outside.name, "something else"),
        ({**WELL, "/ activity": PAGE}, 401, outside.proxy, "Asked for ActivityPub"),
        ({**WELL, "/ page": ACTOR}, 401, outside.proxy, "Asked for a page"),
        (WELL, 413, outside.proxy, "bodies of 1.5 MB"),
    ],
)
def test_a_proxy_that_leads_astray_is_named(
    tmp_path: Path, documents: dict[str, tuple[int, str, bytes]], post_status: int, look: Any, word: str
) -> None:
    with behind(documents, post_status) as host:
        found = looked(tmp_path, host, look)
    assert found is not None
    assert found.level is Level.BAD
    assert word in found.sentence


def test_a_name_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = looked(tmp_path, f"127.0.0.1:{free.getsockname()[1]}", outside.name)
    assert found is not None
    assert found.level is Level.BAD
    assert "cannot be reached" in found.sentence


def test_https_is_asked_for_where_others_need_it(tmp_path: Path) -> None:
    made = place(tmp_path, tls_enabled=False)
    found = asyncio.run(outside.name(made, outside.client(made)))
    assert found.level is Level.BAD
    assert "tls_enabled" in found.sentence


def test_uploads_that_lie_elsewhere_are_looked_for_there(s3_server: S3Server, tmp_path: Path) -> None:
    def found(**images: object) -> Finding | None:
        return asyncio.run(outside.pictures(place(tmp_path, images=images)))

    assert found() is None
    well, refused = found(**s3_server.options("x")), found(**s3_server.options("x", secret_access_key="wrong"))
    here, gone = found(store=str(tmp_path)), found(store=str(tmp_path / "gone"))
    assert [each.level for each in (well, here, refused, gone) if each is not None] == [Level.WELL, Level.WELL, Level.BAD, Level.BAD]
    assert refused is not None
    assert "SignatureDoesNotMatch" in refused.sentence


def test_a_mail_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        email = {"smtp_server": f"127.0.0.1:{free.getsockname()[1]}", "smtp_from_address": "a@site.test", "tls_type": "none"}
        found = asyncio.run(outside.mail(place(tmp_path, email=email)))
    assert found.level is Level.BAD
    assert asyncio.run(outside.mail(place(tmp_path))).level is Level.NOTE


def test_a_look_that_breaks_is_a_finding_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Patient) -> Finding | None:
        raise RuntimeError("oh")

    monkeypatch.setattr(looks, "LOOKS", (LOOKS[0]._replace(look=broken), LOOKS[2]))
    made = place(tmp_path)
    found = asyncio.run(looks.examine(Patient(made, Clock(), outside.client(made), None)))
    assert [name for name, _ in found] == ["configuration", "disk"]
    assert found[0][1].level is bad("", "").level


TOR = b"HTTP/1.0 501 Tor is not an HTTP Proxy\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n"
"""What Tor 0.4 says to HTTP on its SOCKS port."""


@pytest.mark.parametrize(
    ("scheme", "said", "level", "word"),
    [
        ("socks5h", TOR, Level.WELL, "through Tor"),
        ("socks5", TOR, Level.BAD, "names are looked up here"),
        ("socks5h", b"\x05\xff", Level.BAD, "is not Tor"),
        ("socks5", b"", Level.WELL, "through the proxy"),
        ("socks5", None, Level.BAD, "does not answer"),
    ],
)
def test_a_proxy_is_told_names_if_it_is_tor(tmp_path: Path, scheme: str, said: bytes | None, level: Level, word: str) -> None:
    async def answering(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said or b"")
        writer.close()

    async def running() -> Finding | None:
        listener = await asyncio.start_server(answering, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        async with listener:
            if said is None:
                listener.close()
            return await outside.way_out(place(tmp_path, socks_proxy=f"{scheme}://someone:hunter2@127.0.0.1:{port}"))

    found = asyncio.run(running())
    assert found is not None
    assert (found.level, bool(found.advice)) == (level, level is Level.BAD)
    assert word in found.sentence
    assert "hunter2" not in f"{found}"
    assert asyncio.run(outside.way_out(place(tmp_path))) is None


def test_the_command_says_what_is_wrong_beside_a_running_server_and_ends_with_a_status(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    with instances.running(tmp_path / "a", free_port()) as here:
        ended = here.run("doctor")
        assert ended.returncode == 1
        assert "✓ server: The server runs and answers." in ended.stdout
        assert "✓ database: The database opens and is whole." in ended.stdout
        assert "✗ backups: There is no backup." in ended.stdout
        assert here.run("backup", str(tmp_path / "b.tar")).returncode == 0
        again = here.run("doctor", "--quiet")
        assert "backups" not in again.stdout
        assert "✓" not in again.stdout
