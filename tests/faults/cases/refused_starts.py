"""R30. What cannot be started says so in one line, exits with a status that tells why, and leaves nothing half-made."""

import os
import pwd
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests import certificates
from tests.faults.case import SQLITE, Case, Trial
from tests.instances import CHECKOUT, START_SECONDS, Instance


class Situation(NamedTuple):
    """What is wrong before a start: `spoil` makes it so, `word` is part of the line, `status` is how it exits."""

    name: str
    spoil: Callable[["Place"], None]
    word: str
    status: int
    made: bool = False
    """Whether the data folder is there anyway: because it was before, or because it was needed to find out."""


class Place:
    """A folder for one start."""

    def __init__(self, trial: Trial, number: int) -> None:
        self.folder = trial.folder / str(number)
        self.port = trial.port
        self.instance = Instance(self.folder, trial.port())
        self.data = self.instance.data_dir
        self.held: list[socket.socket] = []
        self._setpriv = trial.program("setpriv") if os.geteuid() == 0 else None
        self._as: tuple[str, ...] = ()

    def as_nobody(self, *own: Path) -> None:
        """Started by somebody whom permissions bind, as root they do not; these paths are theirs."""
        if self._setpriv is None:
            return
        nobody = pwd.getpwnam("nobody")
        self._as = (self._setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        for path in (self.folder, self.instance.config_file, *own):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        for path in self.folder.parents:
            if not path.stat().st_mode & 0o001:
                path.chmod(path.stat().st_mode | 0o011)

    def start(self) -> subprocess.CompletedProcess[str]:
        """What a start says."""
        command = [*self._as, *self.instance.command("serve")]
        variables = self.instance.environment | {"PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(command, cwd=CHECKOUT, env=variables, capture_output=True, text=True, timeout=START_SECONDS, check=False)


def starts(trial: Trial) -> None:
    """Situation after situation, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        places = [Place(trial, number) for number in range(trial.times)]
        for done in [pool.submit(_refused, place, SITUATIONS[number % len(SITUATIONS)]) for number, place in enumerate(places)]:
            done.result()
            trial.did()


def _refused(place: Place, situation: Situation) -> None:
    situation.spoil(place)
    before = _names(place.folder)
    done = place.start()
    for held in place.held:
        held.close()
    told = f"{situation.name}: exit status {done.returncode}, said {done.stdout!r} {done.stderr!r}"
    assert done.returncode == situation.status, told
    assert done.stdout == "", told
    assert len(done.stderr.splitlines()) == 1, told
    assert done.stderr.startswith("lemmy-lite: "), told
    assert situation.word in done.stderr, told
    assert "secret" not in done.stderr, told
    new = _names(place.folder) - before - (_EXPECTED if situation.made else set())
    assert not new, f"{situation.name}: it left {sorted(new)}"


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


_EXPECTED = {"data", "data/lock", "data/lemmy.db-shm", "data/lemmy.db-wal"}


def _a_port_in_use(place: Place) -> None:
    place.held.append(socket.create_server(("127.0.0.1", place.instance.port)))


def _no_configuration(place: Place) -> None:
    place.instance.config_file.unlink()


def _configured(**keys: Any) -> Callable[[Place], None]:
    return lambda place: place.instance.configure(**keys)


def _written(text: str) -> Callable[[Place], None]:
    def spoil(place: Place) -> None:
        place.instance.config_file.write_text(text)

    return spoil


def _a_file_as_data_folder(place: Place) -> None:
    place.data.write_text("a file")


def _no_data_folder_may_be_made(place: Place) -> None:
    place.as_nobody()
    place.folder.chmod(0o500)


def _the_database_may_not_be_read(place: Place) -> None:
    place.data.mkdir()
    (place.data / "lemmy.db").write_bytes(b"SQLite format 3")
    place.as_nobody(place.data)
    (place.data / "lemmy.db").chmod(0o000)


def _the_configuration_may_not_be_read(place: Place) -> None:
    place.as_nobody()
    place.instance.config_file.chmod(0o000)


def _no_database(place: Place) -> None:
    place.data.mkdir()
    (place.data / "lemmy.db").write_bytes(b"not a database " * 1000)


def _somebody_elses_database(place: Place) -> None:
    place.data.mkdir()
    with closing(sqlite3.connect(place.data / "lemmy.db")) as other, other:
        other.execute("CREATE TABLE photos (id INTEGER PRIMARY KEY)")


def _an_expired_certificate(place: Place) -> None:
    pair = certificates.made(place.folder / "tls", ends=timedelta(hours=-1))
    _secured(place, pair.certificate, pair.key)


def _no_certificate(place: Place) -> None:
    _secured(place, place.folder / "fullchain.pem", place.folder / "privkey.pem")


def _secured(place: Place, certificate: Path, key: Path) -> None:
    tls = {"certificate": str(certificate), "key": str(key), "http_port": 0}
    place.instance.configure(hostname="site.test", tls_enabled=None, tls=tls)


def _no_postgres(place: Place) -> None:
    place.instance.configure(database={"uri": f"postgresql://lemmy:verysecret@127.0.0.1:{place.port()}/lemmy"})


_SHORT_PASSWORD = {"admin_username": "admin", "admin_password": "short", "site_name": "A"}
SITUATIONS = (
    Situation("a port in use", _a_port_in_use, "Address already in use", 2),
    Situation("no configuration", _no_configuration, "lemmy.hjson", 2),
    Situation("half a configuration", _written("{hostname: "), "lemmy.hjson", 2),
    Situation("a list as configuration", _written("[]"), "lemmy.hjson", 2),
    Situation("zeros as configuration", _written("\0"), "lemmy.hjson", 2),
    Situation("a deep configuration", _written("{" * 5000), "lemmy.hjson", 2),
    Situation("a port that is none", _configured(port=0), "port", 2),
    Situation("an unknown key", _configured(hostnam="a.example"), "hostnam", 2),
    Situation("a name as address", _configured(bind="localhost"), "bind", 2),
    Situation("a strange database", _configured(database={"uri": "mysql://localhost/lemmy"}), "database.uri", 2),
    Situation("a password that is too short", _configured(setup=_SHORT_PASSWORD), "setup.admin_password", 2),
    Situation("a word as number", _configured(federation={"redirects": "many"}), "federation.redirects", 2),
    Situation("an expired certificate", _an_expired_certificate, "has expired on", 2),
    Situation("no certificate", _no_certificate, "fullchain.pem", 2),
    Situation("a configuration that may not be read", _the_configuration_may_not_be_read, "lemmy.hjson", 2),
    Situation("a file as data folder", _a_file_as_data_folder, "data", 1),
    Situation("a folder where none may be made", _no_data_folder_may_be_made, "data", 1),
    Situation("a database that may not be read", _the_database_may_not_be_read, "lemmy.db", 4, made=True),
    Situation("no database", _no_database, "lemmy.db", 4, made=True),
    Situation("somebody else's database", _somebody_elses_database, "not a database of lemmy_lite", 4, made=True),
    Situation("no Postgres", _no_postgres, "no connection to Postgres", 4, made=True),
)
SLOW = 1
"""The last one is patient with Postgres for ten seconds."""

CASES = (
    Case(
        "R30",
        "What cannot be started says why in one line, exits with a status that tells, and leaves nothing half-made.",
        "situations",
        len(SITUATIONS),
        len(SITUATIONS) - SLOW,
        SQLITE,
        starts,
    ),
)
