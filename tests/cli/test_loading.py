"""Which configuration a command means, and what it leaves behind."""

import errno
import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lemmy_lite import app
from lemmy_lite.cli import loading
from lemmy_lite.cli.main import main
from lemmy_lite.config import Config
from tests.shut import shut

FIRST_START = {"admin_username": "ada", "admin_password": "correct horse", "site_name": "Here"}
"""With it a command may make the instance; else only `serve` does."""


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a service on this machine, read by a command that is typed in an empty folder."""
    file, here = tmp_path / "etc" / "lemmy.hjson", tmp_path / "here"
    file.parent.mkdir()
    here.mkdir()
    file.write_text(json.dumps({"hostname": "service.test", "data_dir": str(tmp_path / "data"), "setup": FIRST_START}))
    monkeypatch.setattr(loading, "SYSTEM_CONFIG", file)
    monkeypatch.chdir(here)
    return file


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def understood(*words: str) -> str:
    shown = typed(*words)
    assert shown.exit_code == 0, shown.output
    return next(line.split()[1] for line in shown.output.splitlines() if line.startswith("hostname "))


def test_a_command_typed_anywhere_means_the_service_of_the_machine(service: Path, tmp_path: Path) -> None:
    assert understood("check-config") == '"service.test"'
    assert "posts" in typed("stats").output
    assert (tmp_path / "data" / "lemmy.db").exists()
    assert not list((tmp_path / "here").iterdir()), "no second instance is made by the way"


def test_what_is_named_or_lies_here_comes_first(service: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.hjson"
    other.write_text('{hostname: "named.test"}')
    for words in (("--config", str(other), "check-config"), ("check-config", "--config", str(other))):
        assert understood(*words) == '"named.test"'
    (tmp_path / "here" / "lemmy-data").mkdir()
    (tmp_path / "here" / "lemmy-data" / "lock").touch()
    assert understood("check-config") == '"service.test"', "there are no data"
    (tmp_path / "here" / "lemmy-data" / "lemmy.db").touch()
    assert understood("check-config") == '"localhost:8536"'
    (tmp_path / "here" / "config").mkdir()
    (tmp_path / "here" / "config" / "config.hjson").write_text('{hostname: "here.test"}')
    assert understood("check-config") == '"here.test"'


def test_in_a_folder_that_may_not_be_entered_a_command_means_the_service_too(
    service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(name: str) -> None:
        really: Callable[..., object] = getattr(Path, name)

        def tried(path: Path, *arguments: object, **named: object) -> object:
            if not path.is_absolute():
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return really(path, *arguments, **named)

        monkeypatch.setattr(Path, name, tried)

    for name in ("stat", "read_text"):
        closed(name)  # as sudo leaves it: typed in the home of root, run by the account of the service
    assert understood("check-config") == '"service.test"'
    service.unlink()
    refused = typed("check-config")
    assert refused.exit_code == 2
    assert refused.output == "config/config.hjson: cannot be read: Permission denied\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look where systemd has secrets")
def test_a_command_has_the_secrets_that_systemd_gives_the_service(service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = {"store": "s3://pictures", "s3": {"access_key_id": "A", "endpoint": "https://s3.test"}}
    first = {name: value for name, value in FIRST_START.items() if name != "admin_password"}
    service.write_text(json.dumps({"hostname": "service.test", "images": images, "setup": first}))
    monkeypatch.setattr(loading, "CREDENTIALS", tmp_path / "credstore")
    lacking = typed("check-config").output
    assert "images.s3.secret_access_key: is missing" in lacking or "setup.admin_password: is missing" in lacking
    (tmp_path / "credstore").mkdir(mode=0o700)
    for name in ("images.s3.secret_access_key", "setup.admin_password"):
        (tmp_path / "credstore" / f"lemmy_lite.{name}").write_text("a secret of the service\n")
    shown = typed("check-config")
    assert shown.exit_code == 0, shown.output
    assert [line.split()[-1] for line in shown.output.splitlines() if line.startswith(("images.s3.secret", "setup.admin_p"))] == [
        "credential",
        "credential",
    ]
    (tmp_path / "other.hjson").write_text(service.read_text())
    assert typed("--config", str(tmp_path / "other.hjson"), "check-config").exit_code == 2, "these are the secrets of the service alone"


def test_without_a_configured_folder_a_command_means_that_of_a_process_that_runs_else_of_the_last_that_did(
    service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    monkeypatch.setattr(loading, "SYSTEM_DATA", state)
    service.write_text(json.dumps({"hostname": "service.test", "setup": FIRST_START}))

    def folder() -> str:
        return typed("check-config").output.partition("everything else in ")[2].splitlines()[0]

    assert folder() == f"{state}."
    for number in (8541, 8542):
        (state / str(number)).mkdir(parents=True)
        (state / str(number) / "lock").touch()
        os.utime(state / str(number) / "lock", (number, number))
    assert folder() == f"{state}/8542."
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(state / "8541" / "control"))
        server.listen()
        assert folder() == f"{state}/8541."
    assert "posts" in typed("stats").output
    assert (state / "8542" / "lemmy.db").exists()
    assert not list((tmp_path / "here").iterdir()), "no second instance is made by the way"


def test_serving_is_told_the_data_folder_by_systemd_and_by_nothing_else(
    service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.write_text('{hostname: "service.test"}')
    monkeypatch.setattr(loading, "SYSTEM_DATA", tmp_path / "state")
    served: list[Path] = []

    async def serve(loaded: Config, **_: object) -> None:
        served.append(loaded.data_dir)

    monkeypatch.setattr(app, "serve", serve)
    monkeypatch.setattr("lemmy_lite.cli.main.leave", lambda _: None)
    for words in (("serve",), ()):
        assert typed("--config", str(service), *words).exit_code == 0
    monkeypatch.setenv("LEMMY_CONFIG_LOCATION", str(service))
    assert typed("serve").exit_code == 0
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "of systemd"))
    assert typed("serve").exit_code == 0
    assert served == [tmp_path / "here" / "lemmy-data"] * 3 + [tmp_path / "of systemd"], "under another supervisor it stays here"


def test_who_may_not_enter_the_data_folder_of_the_service_still_reads_its_configuration(
    service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state" / "8541").mkdir(parents=True)
    monkeypatch.setattr(loading, "SYSTEM_DATA", tmp_path / "state")
    service.write_text(json.dumps({"hostname": "service.test", "setup": FIRST_START}))
    (tmp_path / "etc" / "lemmy_lite").mkdir()
    (tmp_path / "etc" / "lemmy_lite" / "lemmy.hjson").write_text(service.read_text())
    for closed in ("state/8541", "state"):
        shut(monkeypatch, tmp_path / closed)  # of several processes each has a closed folder, a single one has the whole
        assert understood("check-config", "--config", str(service)) == '"service.test"'
        shown = typed("service", "install", "--dry-run", "--root", str(tmp_path))
        assert shown.exit_code == 0, shown.output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is in question")
def test_what_root_makes_in_the_data_folder_belongs_to_whom_the_folder_belongs(service: Path, tmp_path: Path) -> None:
    data, secret = tmp_path / "data", tmp_path / "secret"
    data.mkdir()
    secret.write_text("of root")
    os.link(secret, data / "linked")
    (data / "pointing").symlink_to(secret)
    os.chown(data, 65534, 65534)
    assert typed("admin", "create", "zoe").exit_code == 0
    owners = {path.name: path.lstat().st_uid for path in data.rglob("*")}
    assert owners.pop("linked") == 0, "it has another name elsewhere"
    assert secret.stat().st_uid == 0
    assert {"lemmy.db", "lock", "pointing"} <= owners.keys()
    assert set(owners.values()) == {65534}
