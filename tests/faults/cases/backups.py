"""R21. Backups made while people write: each comes back whole, of one moment, and runs."""

import itertools
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from lemmy_lite.cli.main import main
from tests import instances, uploads
from tests.faults.case import BOTH, Case, Trial
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.instances import ADMIN, PASSWORD, Client, Instance
from tests.media import pictures

PEOPLE = 4
PAUSE = 0.8
PICTURE_EVERY = 5
NO_QUOTA = {"images": {"daily_uploads": 100_000, "daily_bytes": "100 GiB"}}
"""A hundred backups take an hour, in which everybody sends more pictures than one person may in a day."""


class Diary:
    """One person: comments under one post, numbered, every fifth with a picture of its own. `told` counts those that were acknowledged."""

    def __init__(self, instance: Instance, name: str, post_id: int) -> None:
        self.name = name
        self.asked = self.told = self.pictures = 0
        self._client = Client(instance.url, instance.registered(name).jwt)
        self._post_id = post_id

    def write(self, others: Meanwhile[None]) -> None:
        """Until it is over. Nothing stands in the way of writing while a backup is made: any refusal ends this, and breaks the case."""
        while not others.over.wait(PAUSE):
            text = f"{self.name} {self.told + 1}"
            if self.told % PICTURE_EVERY == 0:
                sent = uploads.send(self._client, pictures.file(pictures.noise(16 + self.told % 50, 16), "PNG"))
                assert sent.status == 201, sent
                self.pictures += 1
                text += f" ![](/pictrs/image/{sent.json['files'][0]['file']})"
            self.asked = self.told + 1
            self._client.post("/comment", content=text, post_id=self._post_id)
            self.told += 1
        self._client.close()


def backups(trial: Trial) -> None:
    """Backs up by the command, brings each back into an empty folder, and looks at what runs there."""
    with trial.running("lives", config=NO_QUOTA) as instance:
        home = instance.admin.post("/community", name="diary", title="Diary")["community_view"]["community"]["id"]
        post_id = instance.admin.post("/post", name="A diary", community_id=home)["post_view"]["post"]["id"]
        people = [Diary(instance, f"writer_{number}", post_id) for number in range(PEOPLE)]
        with meanwhile(*(person.write for person in people)) as others:
            for number in itertools.count(1):
                _there_and_back(trial, instance, people, number)
                others.still_at_it()
                trial.did()
                if trial.done >= trial.times:
                    break
        trial.note("comments in the end", sum(person.told for person in people))
        trial.note("pictures in the end", sum(person.pictures for person in people))
        _refuses_to_overwrite(instance, trial.folder / "backups")


def _there_and_back(trial: Trial, instance: Instance, people: list[Diary], number: int) -> None:
    store = trial.folder / "backups"
    destination = store if number % 4 else trial.folder / f"backup-{number}.tar"
    before = {person.name: person.told for person in people}
    _command(instance, "backup", str(destination))
    after = {person.name: person.asked for person in people}
    _is_private(destination)
    if number == 1:
        assert "is whole" in _command(instance, "backup", str(store), "--check")
        assert "pictures" in _command(instance, "backup", str(store), "--list")
    again = Instance(trial.folder / f"again-{number}", trial.port(), hostname=instance.hostname)
    _command(again, "restore", str(destination))
    _is_private(again.data_dir)
    pictures_named = _is_of_one_moment(again.data_dir / "lemmy.db", before, after)
    _has(again, pictures_named)
    with instances.running(again.folder, again.port, hostname=instance.hostname) as running:
        _smoke(running)
    trial.note("pictures in the last", len(pictures_named))
    if destination.suffix:
        destination.unlink()


def _command(instance: Instance, *words: str) -> str:
    """What a command says. It runs in this process: a hundred starts of Python would take longer than all else."""
    done = CliRunner().invoke(main, ["--config", str(instance.config_file), *words])
    assert done.exit_code == 0, done.output
    assert words[0] != "backup" or len(words) > 2 or "keys in clear" in done.output, "that a backup without passphrase is open must be said"
    assert "missing or damaged" not in done.output, done.output
    return done.output


def _is_private(top: Path) -> None:
    for path in [top, *top.rglob("*")]:
        allowed = 0o700 if path.is_dir() else 0o600
        assert path.stat().st_mode & 0o777 & ~allowed == 0, f"{path.name} has mode {path.stat().st_mode & 0o777:o}"


def _is_of_one_moment(database: Path, before: dict[str, int], after: dict[str, int]) -> dict[str, str]:
    """The pages are whole; of each person there is a beginning without a gap, at least what was acknowledged before and at most what was
    asked for after. Answers the names of pictures with their files."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as found:
        assert found.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert found.execute("PRAGMA foreign_key_check").fetchall() == []
        texts = [content.split(" ![")[0] for (content,) in found.execute("SELECT content FROM comment ORDER BY id")]
        shown = found.execute("SELECT COUNT(*) FROM comment WHERE content LIKE '%![](%'").fetchone()[0]
        named = dict(found.execute("SELECT alias, file FROM local_image WHERE file IS NOT NULL"))
        counted = found.execute("SELECT comments FROM post_aggregates").fetchall()
    for name, least in before.items():
        numbers = [int(text.split()[1]) for text in texts if text.split()[0] == name]
        assert numbers == list(range(1, len(numbers) + 1)), f"what {name} wrote has a gap: {numbers[-5:]}"
        assert least <= len(numbers) <= after[name], f"{name} had {least} to {after[name]}, the backup has {len(numbers)}"
    assert counted == [(len(texts),)], "the counter is of another moment than the comments"
    assert len(named) >= shown, "a comment shows a picture that the backup does not know"
    return named


def _has(again: Instance, named: dict[str, str]) -> None:
    missing = [file for file in named.values() if not (again.data_dir / "images" / "uploads" / file[:2] / file).is_file()]
    assert not missing, f"{len(missing)} of {len(named)} pictures are not there: {missing[:3]}"


def _smoke(running: Instance) -> None:
    """It answers, shows what was written and its pictures, lets people in, and takes something new."""
    stranger = running.client()
    assert stranger.send("GET", "/").status == 200
    found = stranger.get("/comment/list", sort="New", limit=20, type_="All")["comments"]
    shown = [each["comment"]["content"].split("](")[1].rstrip(")") for each in found if "](" in each["comment"]["content"]]
    for path in shown[:3]:
        assert stranger.send("GET", path).status == 200, path
    admin = running.client(stranger.post("/user/login", username_or_email=ADMIN, password=PASSWORD)["jwt"])
    home = admin.get("/community", name="diary")["community_view"]["community"]["id"]
    written = admin.post("/post", name="Written after", community_id=home)["post_view"]["post"]["id"]
    assert stranger.get("/post", id=written)["post_view"]["post"]["name"] == "Written after"
    assert uploads.send(admin).status == 201
    assert json.loads(stranger.send("GET", "/readyz").body)["status"] == "ok"


def _refuses_to_overwrite(instance: Instance, store: Path) -> None:
    refused = instance.run("restore", str(store))
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr


CASES = (
    Case(
        "R21",
        "Each backup made while people write is private, whole and of one moment, has its pictures, comes back and runs.",
        "backups",
        100,
        1,
        BOTH,
        backups,
    ),
)
