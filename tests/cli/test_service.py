"""`lemmy-lite service`, and what the program tells systemd and takes from it."""

import asyncio
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite import config
from lemmy_lite.control import reach, unit
from lemmy_lite.control.systemd import Watchdog
from lemmy_lite.control.unit import Wanted, listener, quoted, service
from tests import instances
from tests.instances import CHECKOUT, Instance
from tests.shut import shut

FAKE = """#!/bin/sh
echo "$(basename "$0") $*" >>"$FAKE_LOG"
"""


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lemmy_lite", *arguments]
    return subprocess.run(
        command, cwd=CHECKOUT, env=os.environ | (environment or {}), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def fakes(tmp_path: Path) -> dict[str, str]:
    """systemctl and useradd that only write down how they were called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("systemctl", "useradd"):
        (folder / name).write_text(FAKE)
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "FAKE_LOG": str(tmp_path / "calls")}


def calls(fakes: dict[str, str]) -> list[str]:
    path = Path(fakes["FAKE_LOG"])
    return path.read_text().splitlines() if path.exists() else []


def test_the_template_for_several_processes_says_what_the_unit_says() -> None:
    wanted = Wanted(
        command=("/usr/local/bin/lemmy-lite",),
        config=Path("/etc/lemmy_lite/lemmy.hjson"),
        data_dir=None,
        places=("127.0.0.1:8541",),
        memory=384,
        outside=(Path("/mnt/backup"), Path("/mnt/pictures")),
    )
    of_unit = {*service(wanted).splitlines()}
    template = {*(CHECKOUT / "packaging" / "several" / "lemmy-lite@.service").read_text().splitlines()}
    assert sorted(line.partition("=")[0] for line in of_unit - template if not line.startswith("#")) == [
        "Description",
        "StateDirectory",
        "Wants",
    ], "it has no socket"
    assert {"Environment=LEMMY_LITE_PORT=%i", "StateDirectory=lemmy_lite/%i"} <= template - of_unit


def test_a_dry_run_shows_everything_and_touches_nothing(tmp_path: Path, fakes: dict[str, str]) -> None:
    root = tmp_path / "root"
    (root / "etc/lemmy_lite").mkdir(parents=True)
    (root / "etc/lemmy_lite/lemmy.hjson").write_text('{hostname: "site.test"}')
    before = sorted(root.rglob("*"))
    ended = run("service", "install", "--dry-run", "--root", str(root), environment=fakes)
    assert ended.returncode == 0, ended.stderr
    assert "Type=notify" in ended.stdout
    assert "systemctl enable lemmy-lite.socket lemmy-lite.service" in ended.stdout
    assert "It answers on https://site.test." in ended.stdout
    assert sorted(root.rglob("*")) == before
    assert calls(fakes) == []


def test_installing_writes_units_enables_and_starts_them_and_removing_takes_them_away(tmp_path: Path, fakes: dict[str, str]) -> None:
    root = tmp_path / "root"
    ended = run("service", "install", "--root", str(root), environment=fakes)
    assert ended.returncode == 0, ended.stderr
    unit = root / "etc/systemd/system/lemmy-lite.service"
    assert "ProtectSystem=strict" in unit.read_text()
    assert "ListenStream=0.0.0.0:8536" in (root / "etc/systemd/system/lemmy-lite.socket").read_text()
    configured = root / "etc/lemmy_lite/lemmy.hjson"
    written = configured.read_text()
    assert '\n  data_dir: "/var/lib/lemmy_lite"\n' in written, "commands that are typed must find the data as well"
    assert "fill in hostname in /etc/lemmy_lite/lemmy.hjson, and repeat this." in ended.stdout
    assert [each for each in calls(fakes) if each.startswith("systemctl")] == ["systemctl daemon-reload"], "nobody's name is example.com"
    Path(fakes["FAKE_LOG"]).unlink()
    configured.write_text(written.replace('hostname: "example.com"', 'hostname: "site.test"'))
    ended = run("service", "install", "--root", str(root), environment=fakes)
    assert "It answers on https://site.test." in ended.stdout
    made = calls(fakes)
    assert [each for each in made if each.startswith("systemctl")] == [
        "systemctl daemon-reload",
        "systemctl enable lemmy-lite.socket lemmy-lite.service",
        "systemctl restart lemmy-lite.socket lemmy-lite.service",
    ]
    assert run("service", "install", "--root", str(root), "--no-start", environment=fakes).returncode == 0
    assert "systemctl restart" not in " ".join(calls(fakes)[len(made) :])
    assert run("service", "remove", "--root", str(root), environment=fakes).returncode == 0
    assert not unit.exists()
    assert (root / "etc/lemmy_lite/lemmy.hjson").exists()


def test_installing_gives_no_mount_point_away_whose_disk_is_not_there(tmp_path: Path, fakes: dict[str, str]) -> None:
    options = {"hostname": "a.test", "backup": {"to": "/mnt/my disk/backup"}, "images": {"store": "/mnt/pictures"}}
    for name, text in {
        "lemmy_lite/lemmy.hjson": json.dumps(options),
        "fstab": "# <file system> <mount point>\n/dev/sda1 /mnt/my\\040disk ext4 nofail 0 2\n/dev/sda2 none swap\nproc /proc proc\n",
    }.items():
        (tmp_path / "etc" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc" / name).write_text(text)
    ended = run("service", "install", "--root", str(tmp_path), environment=fakes)
    assert ended.returncode == 0, ended.stderr
    said = "Warning: backup.to: the disk of /mnt/my disk (/etc/fstab) is not mounted: mount it, and repeat this"
    assert said in ended.stdout.splitlines()
    assert not (tmp_path / "mnt/my disk").exists()
    assert (tmp_path / "mnt/pictures").is_dir()
    assert "give /mnt/my disk" not in ended.stdout


def test_stopping_stops_the_socket_too_which_would_start_it_again(tmp_path: Path, fakes: dict[str, str]) -> None:
    for word in ("stop", "start"):
        ended = run("service", word, "--root", str(tmp_path), environment=fakes)
        assert ended.returncode == 0, ended.stderr
    assert run("service", "stop", "--user", environment=fakes).returncode == 0
    assert calls(fakes) == [
        "systemctl stop lemmy-lite.socket lemmy-lite.service",
        "systemctl start lemmy-lite.socket lemmy-lite.service",
        "systemctl --user stop lemmy-lite.socket lemmy-lite.service",
    ]
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    for name in ("lemmy-lite@8542.service", "lemmy-lite@8541.service", "lemmy-lite-of-mine.service"):
        (wants / name).symlink_to("/nowhere")
    assert run("service", "stop", "--root", str(tmp_path), environment=fakes).returncode == 0
    assert calls(fakes)[-1] == "systemctl stop lemmy-lite@8541.service lemmy-lite@8542.service", "several processes are the service, too"
    assert "Wants=lemmy-lite.socket\n" in service(wanted()), "who starts the service alone gets the socket, too"


def test_installing_asks_for_no_secret_that_only_systemd_may_have(tmp_path: Path, fakes: dict[str, str]) -> None:
    file = tmp_path / "etc/lemmy_lite/lemmy.hjson"
    file.parent.mkdir(parents=True)
    images = {"store": "s3://a-bucket", "s3": {"access_key_id": "A"}}
    file.write_text(json.dumps({"hostname": "a.test", "setup": {"admin_username": "ada", "site_name": "Here"}, "images": images}))
    ended = run("service", "install", "--root", str(tmp_path), environment=fakes)
    assert ended.returncode == 0, ended.stderr
    assert run("--config", str(file), "check-config").returncode == 2


@pytest.mark.skipif(unit.out_of_reach(CHECKOUT, Path(sys.executable).resolve()) is not None, reason="this program itself is not seen")
def test_what_the_service_would_not_see_is_refused_with_the_option_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "lemmy.hjson"
    for option, values in {
        "backup.passphrase_file": '{hostname: "a.test", backup: {to: "/mnt/backup", passphrase_file: "/root/passphrase"}}',
        "data_dir": '{hostname: "a.test", data_dir: "/home/ada/data"}',
        "backup.to": '{hostname: "a.test", backup: {to: "backup"}}',
    }.items():
        file.write_text(values)
        ended = run("--config", str(file), "service", "install", "--dry-run")
        assert ended.returncode == 1
        assert ended.stderr.startswith(f"lemmy-lite: {option}: "), ended.stderr


def test_a_program_that_the_service_would_not_see_is_refused() -> None:
    assert unit.out_of_reach(Path("/opt/lemmy_lite"), Path("/usr/bin/python3.11")) is None
    assert unit.out_of_reach(Path("/opt/lemmy_lite"), Path("/home/pi/.pyenv/bin/python")) == Path("/home")
    ended = run("service", "install", "--dry-run")
    hidden = unit.out_of_reach(CHECKOUT, Path(sys.executable).resolve())
    assert ended.returncode == (0 if hidden is None else 1)
    assert hidden is None or ended.stderr.startswith(f"lemmy-lite: the service sees nothing below {hidden}, ")


def test_a_unit_of_ones_own_needs_no_root(tmp_path: Path, fakes: dict[str, str]) -> None:
    environment = {**fakes, "XDG_CONFIG_HOME": str(tmp_path / "config")}
    ended = run("service", "install", "--user", environment=environment)
    assert ended.returncode == 0, ended.stderr
    text = (tmp_path / "config/systemd/user/lemmy-lite.service").read_text()
    assert "User=" not in text
    assert "WantedBy=default.target" in text
    assert "systemctl --user edit" in text
    assert "systemctl --user daemon-reload" in calls(fakes)
    assert not [each for each in calls(fakes) if each.startswith("useradd")]


def test_what_the_readme_has_people_type_on_an_empty_card_is_understood(tmp_path: Path, fakes: dict[str, str]) -> None:
    text = (CHECKOUT / "README.md").read_text()
    steps = text.partition("## From an empty SD card")[2].partition("\n## ")[0]
    written = textwrap.dedent(steps.partition("<<END\n")[2].partition("END\n")[0])
    root = tmp_path / "root"
    (root / "etc/lemmy_lite").mkdir(parents=True)
    (root / "etc/lemmy_lite/lemmy.hjson").write_text(written)
    checked = run("check-config", "--config", str(root / "etc/lemmy_lite/lemmy.hjson"))
    assert checked.returncode == 0, checked.stderr
    assert "it listens on [::]:443, [::]:80." in checked.stdout
    assert "Warning" not in checked.stderr
    assert run("service", "install", "--root", str(root), environment=fakes).returncode == 0
    units = root / "etc/systemd/system"
    assert "ListenStream=[::]:443\nListenStream=[::]:80\nBindIPv6Only=both\n" in (units / "lemmy-lite.socket").read_text()
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in (units / "lemmy-lite.service").read_text()
    for name in ("nginx.conf", "Caddyfile"):
        assert f"packaging/proxy/{name}" in steps
        assert (CHECKOUT / "packaging/proxy" / name).is_file()


def test_a_failing_step_is_told_in_one_line(tmp_path: Path, fakes: dict[str, str]) -> None:
    systemctl = Path(fakes["PATH"].partition(":")[0]) / "systemctl"
    systemctl.write_text("#!/bin/sh\necho 'no bus' >&2\nexit 1\n")
    ended = run("service", "install", "--root", str(tmp_path / "root"), environment=fakes)
    assert ended.returncode == 1
    assert ended.stderr == "lemmy-lite: systemctl daemon-reload failed: no bus\n"


def wanted(**more: object) -> Wanted:
    values: dict[str, object] = {
        "command": ("/bin/true",),
        "config": Path("/etc/lemmy_lite/lemmy.hjson"),
        "data_dir": None,
        "places": ("0.0.0.0:8536",),
        "memory": 256,
    }
    return Wanted(**(values | more))  # type: ignore[arg-type]


def test_folders_outside_that_the_configuration_names_may_be_written_to() -> None:
    text = service(wanted(data_dir=Path("/srv/data"), outside=(Path("/mnt/my backup"), Path("/mnt/pictures"))))
    assert 'ReadWritePaths=/srv/data "-/mnt/my backup" -/mnt/pictures\n' in text, "a disk that is unplugged does not keep the site down"
    assert "RequiresMountsFor=/srv/data\n" in text
    assert "ReadWritePaths" not in service(wanted())
    named = config.read({"hostname": "a.test", "backup": {"to": "/mnt/my backup/daily"}, "images": {"store": "/mnt/pictures"}})
    assert reach.lacking(text, named) == []
    assert [each.option for each in reach.lacking(service(wanted()), named)] == ["backup.to", "images.store"]


def test_a_folder_with_nothing_but_what_each_disk_has_is_given_to_the_service_and_that_of_somebody_else_is_not(tmp_path: Path) -> None:
    for name in ("lost+found", "System Volume Information", ".Trash-1000"):
        (tmp_path / name).mkdir()
    assert reach.Outside("backup.to", tmp_path).is_ours
    (tmp_path / "holidays").mkdir()
    assert not reach.Outside("backup.to", tmp_path).is_ours


def test_a_folder_outside_that_cannot_even_be_looked_at_is_told_of_and_keeps_nothing_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = config.read({"hostname": "a.test", "backup": {"to": str(tmp_path / "disk" / "backup")}, "images": {"store": str(tmp_path)}})
    assert list(reach.closed(named)) == []
    shut(monkeypatch, tmp_path / "disk")
    assert [line.partition(" cannot")[0] for line in reach.closed(named)] == [f"backup.to: {tmp_path}/disk/backup"]


def test_every_secret_of_the_configuration_may_come_from_the_store_of_systemd() -> None:
    text = service(wanted())
    handed = [line.partition("=")[2].partition(":")[0] for line in text.splitlines() if line.startswith("LoadCredential=")]
    assert handed == [config.credential(name) for name in config.credentials(config.Config)]
    assert {"lemmy_lite.database.uri", "lemmy_lite.email.smtp_password", "lemmy_lite.images.s3.secret_access_key"} <= set(handed)
    assert "LoadCredential" not in service(wanted(user_unit=True))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("port", [443, 8536])
def test_systemd_takes_the_units_and_finds_them_safe(tmp_path: Path, port: int) -> None:
    folder = Path("/srv/data of mine/100%")
    (tmp_path / "lemmy-lite.service").write_text(service(wanted(places=(f"[::]:{port}",), data_dir=folder)))
    (tmp_path / "lemmy-lite.socket").write_text(listener(wanted(places=(f"[::]:{port}", "/run/lemmy lite.sock"))))
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "lemmy-lite.service")], capture_output=True, text=True, env=environment, check=False
    )
    assert "lemmy-lite" not in verified.stderr, verified.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(tmp_path / "lemmy-lite.service")],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-300:] + judged.stderr


def test_a_unit_listens_where_the_configuration_says_and_has_the_right_to_low_ports_only_where_it_needs_it() -> None:
    tls = {"automatic": True, "terms_agreed": True}
    secure = config.read({"hostname": "example.com", "bind": ["0.0.0.0", "::", "unix:/run/lemmy_lite.sock"], "tls": tls})
    text = listener(wanted(places=unit.places(secure)))
    assert [line.partition("=")[2] for line in text.splitlines() if line.startswith("ListenStream=")] == [
        "0.0.0.0:443",
        "[::]:443",
        "/run/lemmy_lite.sock",
        "0.0.0.0:80",
        "[::]:80",
    ]
    assert "BindIPv6Only=ipv6-only" in text
    assert "SocketMode=0660\nSocketUser=lemmy_lite" in text
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE\n" in service(wanted(places=unit.places(secure)))
    plain = config.read({"hostname": "example.com", "bind": "::"})
    assert "BindIPv6Only=both" in listener(wanted(places=unit.places(plain)))
    assert "AmbientCapabilities=\n" in service(wanted(places=unit.places(plain)))


def test_words_of_a_unit_cannot_break_out() -> None:
    assert quoted("/srv/my data") == '"/srv/my data"'
    assert quoted("100%") == "100%%"
    assert quoted('a"b') == '"a\\"b"'
    with pytest.raises(ValueError, match="control characters"):
        quoted("a\nExecStart=/bin/sh")


class Systemd:
    """The end of systemd at which a service speaks."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._messages: queue.Queue[str] = queue.Queue()
        # The kernel holds ten messages for whoever does not read; systemd reads.
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", str(self.path))
        self._reading.join(10)
        self._socket.close()

    def heard(self, word: str) -> str:
        """The next message with a word in it."""
        while True:
            message = self._messages.get(timeout=60)
            if word in message:
                return message

    def silent_since(self, word: str) -> None:
        """There is a message with this word, and none after it."""
        self.heard(word)
        assert self._messages.empty()

    def _read(self) -> None:
        while message := self._socket.recv(4096):
            self._messages.put(message.decode())


def test_systemd_hears_that_it_is_ready_lives_and_stops(free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("s")
    systemd = Systemd(folder)
    environment = {"NOTIFY_SOCKET": str(systemd.path), "WATCHDOG_USEC": "400000"}
    with instances.running(folder / "a", free_port(), environment=environment) as here:
        assert "READY=1" in systemd.heard("READY=1")
        for _ in range(3):
            systemd.heard("WATCHDOG=1")
        here.stop()
        systemd.heard("STOPPING=1")
    systemd.close()


def test_the_watchdog_is_fed_only_after_work_has_come_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = Systemd(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", str(system.path))
    monkeypatch.setenv("WATCHDOG_USEC", "2000")
    hanging, passing, failures = asyncio.Event(), asyncio.Event(), iter(range(20))

    async def progress() -> None:
        if next(failures, None) is not None:
            raise OSError("the database does not answer")
        hanging.set()
        await passing.wait()

    async def story() -> None:
        watchdog = Watchdog(progress)
        watchdog.start()
        await hanging.wait()
        system.silent_since("READY=1")
        passing.set()
        await asyncio.to_thread(system.heard, "WATCHDOG=1")
        await watchdog.close()

    asyncio.run(story())
    system.close()


def test_no_request_is_lost_while_the_service_restarts_behind_the_socket_of_systemd(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(64)
        here = Instance(tmp_path / "a", held.getsockname()[1])
        asking, answers = threading.Event(), queue.Queue[bytes]()

        def ask_on() -> None:
            while not asking.wait(0.01):
                answers.put(_asked(held.getsockname()))

        process = _started(here, held)
        askers = [threading.Thread(target=ask_on) for _ in range(4)]
        try:
            for each in askers:
                each.start()
            for _ in range(2):
                answers.get(timeout=60)
                process.terminate()
                assert process.wait(20) == 0
                early = len(askers) + 1
                process = _started(here, held)
                for _ in range(answers.qsize() + early):  # what came before, what waited meanwhile, and one that came after
                    assert answers.get(timeout=60).startswith(b"HTTP/1.1 200")
        finally:
            asking.set()
            for each in askers:
                each.join(60)
            process.terminate()
            process.wait(20)
        while not answers.empty():
            assert answers.get().startswith(b"HTTP/1.1 200")


def _asked(address: tuple[str, int]) -> bytes:
    """The first line of an answer to a connection of its own, or what became of it."""
    try:
        with socket.create_connection(address, timeout=60) as caller:
            caller.sendall(b"GET /nodeinfo/2.1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            return caller.makefile("rb").readline()
    except OSError as error:
        return repr(error).encode()


def _started(here: Instance, held: socket.socket) -> subprocess.Popen[bytes]:
    # A shell puts its own number into LISTEN_PID and becomes the program, as systemd does.
    script = 'exec 3<&"$HELD"; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"'
    return subprocess.Popen(
        ["bash", "-c", script, "bash", *here.command("serve")],
        cwd=CHECKOUT,
        env=here.environment | {"HELD": str(held.fileno())},
        pass_fds=[held.fileno()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
