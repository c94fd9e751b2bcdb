"""Secrets are in no log, answer, error, list of processes or file but their own; what is in the data folder is for nobody else."""

import json
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from lemmy_lite.cli.main import main
from lemmy_lite.config.option import every_option
from lemmy_lite.config.options import Config
from lemmy_lite.domain import local_user
from lemmy_lite.storage import postgres
from lemmy_lite.storage.database import Database
from tests import instances
from tests.attacks import vault
from tests.bench import machine
from tests.http.asgi import ask
from tests.http.web import lab
from tests.http.web.lab import PASSWORD
from tests.instances import ADMIN, Instance
from tests.storage.databases import on

WRONG = "a password mistyped by ada"


def test_no_password_or_token_is_logged_or_stored_in_clear(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with lab.site(tmp_path) as place:
        ada = place.member("ada")
        token = ada.cookies["session"]
        ada.get("/settings")
        place.stranger().get("/login").submit(username_or_email="ada", password=WRONG)
        bearer = ("authorization", f"Bearer {token}")
        body = json.dumps({"username_or_email": "ada", "password": WRONG}).encode()
        asked = [
            ("POST", "/api/v3/user/login", body),
            ("POST", "/api/v3/user/login", body[:-1]),
            ("GET", f"/api/v3/user?username=ada&auth={token}", b""),
            ("GET", f"/feeds/inbox/{token}.xml", b""),
            ("GET", f"/password_change/{token}", b""),
        ]
        answers = [
            place.run(ask(place.application, method, path, headers=[bearer, ("content-type", "application/json")], body=sent))
            for method, path, sent in asked
        ]
        assert answers[2].status == 200
        assert place.read(local_user.session, place.instance.context, token) is not None
        kept = b"".join(each.read_bytes() for each in (tmp_path / "data").rglob("*") if each.is_file())
        secret = place.instance.context.jwt_secret
        for name, each in (("the password", PASSWORD), ("a wrong password", WRONG), ("the token", token)):
            assert each not in caplog.text, name
            assert each.encode() not in kept, name
        assert secret not in caplog.text
        assert b"ada" in kept, "the files were read"
        assert not any(WRONG.encode() in answer.body for answer in answers)


def test_nothing_in_the_data_folder_is_for_others_on_the_machine(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with lab.site(tmp_path) as place:
            place.member("ada")
            found = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "data").rglob("*")}
            own = (tmp_path / "data").stat().st_mode & 0o777
    finally:
        os.umask(before)
    assert own == 0o700
    assert {path.name for path in found} >= {"lemmy.db", "lemmy.db-wal", "lock"}
    assert {path.name: oct(mode) for path, mode in found.items() if mode & 0o077} == {}


def test_every_column_that_sounds_secret_is_known_to_be_or_not(database_url: str) -> None:
    async def look(database: Database) -> None:
        found = await database.read(vault.columns)
        sounding = {name for name in found if vault.SOUNDS_SECRET.search(name.partition(".")[2])}
        of_ours = {name for name in sounding if not name.startswith(SYSTEM)}
        assert of_ours | {"secret.value"} == set(vault.COLUMNS)

    on(database_url, look)


SYSTEM: Final = ("pg_", "information_schema", "sqlite_", "_pg", "sql_")

MARKS: Final = {
    "email.smtp_password": "mark-of-the-mail-server",
    "setup.admin_password": "mark-of-the-first-admin",
    "tor.control_password": "mark-of-the-control-port",
    "images.s3.secret_access_key": "mark-of-the-bucket-secret",
    "socks_proxy": "mark-of-the-proxy",
    "passphrase": "mark-of-the-passphrase",
}
"""What stands in the configuration of the instance below, by option."""


def _configured(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    (folder / "passphrase").write_text(MARKS["passphrase"] + "\n")
    return {
        "log": {"level": "debug"},
        "email": {
            "smtp_server": "127.0.0.1:9",
            "smtp_login": "postman",
            "smtp_password": MARKS["email.smtp_password"],
            "smtp_from_address": "us@site.test",
            "tls_type": "none",
        },
        "setup": {"admin_username": ADMIN, "admin_password": MARKS["setup.admin_password"], "site_name": "Test"},
        "tor": {"control": "127.0.0.1:9", "control_password": MARKS["tor.control_password"]},
        "images": {
            "s3": {
                "endpoint": "http://127.0.0.1:9",
                "access_key_id": "bucket",
                "secret_access_key": MARKS["images.s3.secret_access_key"],
            }
        },
        "socks_proxy": f"socks5h://somebody:{MARKS['socks_proxy']}@127.0.0.1:9",
        "backup": {"to": str(folder / "backups"), "passphrase_file": str(folder / "passphrase"), "every": 3600},
    }


COMMANDS: Final = (
    ("check-config",),
    ("doctor",),
    ("stats",),
    ("disk",),
    ("admin", "list"),
    ("instance", "list"),
    ("instance", "retry", "nobody.test"),
    ("mail-test", "somebody@mail.test"),
    ("tor", "setup"),
    ("backup",),
    ("backup", "--check"),
    ("admin", "rotate-keys", "--all", "--sessions"),
    ("service", "--help"),
    ("--licences",),
)


def test_no_secret_of_the_configuration_is_printed_logged_answered_or_seen_in_the_list_of_processes(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """Beside a running server: every command that looks or tries, while mail server, proxy, Tor and bucket are out of reach."""
    with instances.running(tmp_path / "a", free_port(), config=_configured(tmp_path / "a")) as here:
        admin = here.logged_in(ADMIN, MARKS["setup.admin_password"])
        assert admin.jwt
        here.client().call("POST", "/user/password_reset", {"email": "nobody@mail.test"})
        admin.call("GET", "/resolve_object", {"q": "https://nowhere.test/post/1"})
        admin.call("GET", "/post/site_metadata", {"url": "https://nowhere.test/"})
        assert here.process is not None
        lines = [Path(f"/proc/{each}/cmdline").read_bytes() for each in machine.family(here.process.pid)]
        said = {"the list of processes": b"\0".join(lines).decode()}
        runner = CliRunner()
        for command in COMMANDS:
            result = runner.invoke(main, ["--config", str(here.config_file), *command])
            assert result.exception is None or isinstance(result.exception, SystemExit), command
            said[" ".join(command)] = result.output
        said["the log"] = here.log.read_text()
        kept = {each.column: each.value for each in vault_of(here)}
        sealed = [path for path in (tmp_path / "a" / "backups").rglob("*") if path.is_file()]
        assert sealed
        readable = b"".join(path.read_bytes() for path in sealed)
    secrets = {**MARKS, **kept, "the session": admin.jwt}
    found = [f"{name} in {place}" for place, text in said.items() for name, secret in secrets.items() if secret in text]
    assert found == []
    assert [name for name, secret in secrets.items() if secret.encode() in readable] == [], "the backup is sealed"
    assert {oct(path.stat().st_mode & 0o077) for path in [*sealed, tmp_path / "a" / "backups"]} == {"0o0"}
    assert "debug" in said["the log"], "all of it was logged"
    assert "hidden" in said["check-config"]


def vault_of(here: Instance) -> list[vault.Kept]:
    """What lies in the database of an instance that runs."""
    found = []
    for name, kind in vault.COLUMNS.items():
        table, _, column = name.partition(".")
        if kind is not vault.Kind.OPEN:
            for (value,) in here.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1"):
                found.append(vault.Kept(name, value.splitlines()[1] if value.startswith("-----BEGIN") else value, kind))
    return [each for each in found if len(each.value) >= 12]


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"database": {"uri": "postgresql://user:mark-of-mine@127.0.0.1:9/lemmy"}}, 4),
        ({"database": {"uri": "mysql://user:mark-of-mine@127.0.0.1:9/lemmy"}}, 2),
        ({"email": {"smtp_server": "x:1", "smtp_from_address": "us@x.test", "tls_type": "none", "smtp_password": ["mark-of-mine"]}}, 2),
        ({"socks_proxy": "http://user:mark-of-mine@127.0.0.1:9"}, 2),
        ({"setup": {"admin_username": "admin", "site_name": "Test", "admin_password": "mark-of-mine" * 20}}, 2),
        ({"backup": {"to": "/dev/null/no", "passphrase_file": "/dev/null/mark"}}, 0),
    ],
    ids=["unreachable", "another database", "no text", "another proxy", "too long", "fine"],
)
def test_a_configuration_that_cannot_be_used_is_told_without_its_secrets(
    values: dict[str, Any], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_CONNECT_SECONDS", 0.3)
    file = tmp_path / "lemmy.hjson"
    file.write_text(json.dumps({"hostname": "site.test", "data_dir": str(tmp_path / "data"), **values}))
    for command in (("check-config",), ("migrate",) if status else ("check-config",)):
        result = CliRunner().invoke(main, ["--config", str(file), *command])
        assert "mark-of-mine" not in result.output, result.output
        assert "Traceback" not in result.output
    assert result.exit_code == status, result.output


def test_a_password_on_the_command_line_is_warned_of_and_can_be_given_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_CONNECT_SECONDS", 0.3)
    file = tmp_path / "lemmy.hjson"
    file.write_text(json.dumps({"hostname": "site.test", "data_dir": str(tmp_path / "data")}))
    # A copy of nothing is refused before its address is looked at.
    assert CliRunner().invoke(main, ["--config", str(file), "migrate"]).exit_code == 0
    url = "postgresql://user:mark-of-mine@127.0.0.1:9/lemmy"
    for command in (("storage", "copy"), ("adopt",)):
        shown = CliRunner().invoke(main, ["--config", str(file), *command, url])
        hidden = CliRunner().invoke(main, ["--config", str(file), *command, "-"], input=f"{url}\n")
        assert "list of processes" in shown.output
        assert "list of processes" not in hidden.output
        for result in (shown, hidden):
            assert result.exit_code == 4, result.output
            assert "no connection to Postgres" in result.output
            assert "port 9 failed" in result.output, "what Postgres' own library says is told, as far as it is no secret"
            assert "mark-of-mine" not in result.output


def test_a_password_that_looks_like_an_address_is_hidden_as_well(tmp_path: Path) -> None:
    mail = {"smtp_server": "x:1", "smtp_from_address": "us@x.test", "tls_type": "none", "smtp_password": "any://mark-of-mine"}
    file = tmp_path / "lemmy.hjson"
    file.write_text(json.dumps({"hostname": "site.test", "data_dir": str(tmp_path / "data"), "email": mail}))
    shown = CliRunner().invoke(main, ["--config", str(file), "check-config"]).output
    assert "mark-of-mine" not in shown
    assert re.search(r"^email\.smtp_password +\(hidden\)", shown, re.MULTILINE)


def test_a_backup_without_a_passphrase_says_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "lemmy.hjson"
    file.write_text(json.dumps({"hostname": "site.test", "data_dir": str(tmp_path / "data")}))
    runner = CliRunner()
    assert runner.invoke(main, ["--config", str(file), "migrate"]).exit_code == 0
    plain = runner.invoke(main, ["--config", str(file), "backup", str(tmp_path / "plain.tar")])
    assert "all keys in clear" in plain.output
    (tmp_path / "passphrase").write_text("a passphrase of some length\n")
    sealed = runner.invoke(
        main, ["--config", str(file), "backup", str(tmp_path / "sealed.tar"), "--passphrase-file", str(tmp_path / "passphrase")]
    )
    assert sealed.exit_code == 0
    assert "in clear" not in sealed.output
    assert {oct((tmp_path / name).stat().st_mode & 0o077) for name in ("plain.tar", "sealed.tar")} == {"0o0"}


def test_every_secret_of_the_configuration_stands_in_the_table_of_secrets(checkout: Path) -> None:
    text = (checkout / "packaging/SECURITY.md").read_text()
    options = [name for name, option in every_option(Config) if option.secret]
    assert len(options) >= 7
    assert [name for name in options if f"`{name}`" not in text] == []
    held = [name for name, kind in vault.COLUMNS.items() if kind is not vault.Kind.OPEN]
    assert [name for name in held if f"`{name.partition('.')[0]}" not in text] == []
