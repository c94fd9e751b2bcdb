"""`lemmy-lite rollback`: what it says, what it keeps, and when it does not."""

import contextlib
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lemmy_lite.cli.main import main
from lemmy_lite.storage.lock import FolderLock
from lemmy_lite.storage.migrations import NEWEST
from lemmy_lite.storage.pending import DIRECT_VOTES
from tests.domain.deeds import lived_in
from tests.faults.faraway import HOME, environment, faraways, until
from tests.instances import Instance

NEWER = (sys.executable, "-m", "tests.cli.newer_program")


class Place:
    """A data folder after an upgrade, with something written since."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.database = self.data / "lemmy.db"
        self.copy = self.data / "backups" / f"before-schema-{NEWEST}.db"
        self.copy.parent.mkdir(parents=True)
        self.config = folder / "lemmy.hjson"
        self.config.write_text(json.dumps({"hostname": "site.test", "data_dir": str(self.data)}))
        lived_in(f"sqlite://{self.database}", number=60)
        with contextlib.closing(sqlite3.connect(self.database)) as now, contextlib.closing(sqlite3.connect(self.copy)) as copy:
            now.backup(copy)
            copy.execute(f"PRAGMA user_version = {NEWEST - 1}")
        hour_ago = time.time() - 3600
        os.utime(self.copy, (hour_ago, hour_ago))
        self.posts = self.count(self.database)
        assert self.posts
        with contextlib.closing(sqlite3.connect(self.database)) as now, now:
            now.execute("PRAGMA journal_mode = WAL")
            now.execute("UPDATE post SET published = 0")
            now.execute("UPDATE comment SET published = 0")
            now.execute("UPDATE person SET published = 0")
            now.execute("UPDATE post SET published = :now WHERE id = (SELECT MAX(id) FROM post)", {"now": int(time.time() * 1_000_000)})
            now.execute("UPDATE post SET name = 'after the upgrade'")

    def count(self, path: Path) -> int:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM post WHERE name <> 'after the upgrade'").fetchone()[0])

    def run(self, *arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(main, ["--config", str(self.config), "rollback", *arguments], input=answer)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_says_what_would_be_lost_and_does_nothing_unless_told_to(place: Place) -> None:
    asked = place.run(answer="n\n")
    assert asked.exit_code == 1
    assert f"has schema {NEWEST - 1}" in asked.output
    assert "posts: 1" in asked.output
    assert "Go back?" in asked.output
    assert place.count(place.database) == 0
    assert not list(place.copy.parent.glob("rolled-back*"))


def test_the_copy_takes_the_place_and_the_database_as_it_was_is_kept(place: Place) -> None:
    done = place.run("--yes")
    assert done.exit_code == 0, done.output
    assert "Start the former program now" in done.output
    assert place.count(place.database) == place.posts
    assert not place.database.with_name("lemmy.db-wal").exists()
    (kept,) = place.copy.parent.glob("rolled-back-*.db")
    assert place.count(kept) == 0
    assert place.copy.exists()
    back_again = place.run("--yes", "--to", str(kept))
    assert back_again.exit_code == 0, back_again.output
    assert place.count(place.database) == 0


def test_it_is_refused_while_a_server_runs_with_a_damaged_copy_and_without_one(place: Place) -> None:
    lock = FolderLock(place.data)
    refused = place.run("--yes")
    lock.release()
    assert refused.exit_code == 1
    assert "already works in" in refused.output
    whole = place.copy.read_bytes()
    place.copy.write_bytes(b"no database at all" * 1000)
    assert place.run("--yes").exit_code == 4
    listed = place.run("--list")
    assert (listed.exit_code, "cannot be opened" in listed.output) == (0, True)
    other = place.data / "other.db"
    other.write_bytes(whole)
    assert place.run("--to", str(other), answer="n\n").output.count(f"has schema {NEWEST - 1}") == 1, "a bad copy is in no other's way"
    place.copy.write_bytes(whole[:4096] + b"\xff" * 8192 + whole[12288:])
    damaged = place.run("--yes")
    assert damaged.exit_code in (1, 3, 4)
    assert place.count(place.database) == 0
    shutil.rmtree(place.copy.parent)
    assert "no upgrade has changed" in place.run("--list").output
    none = place.run("--yes")
    assert none.exit_code == 1
    assert none.output.startswith("lemmy-lite: There is no copy in ")
    assert none.output.count("\n") == 1


def test_the_former_program_goes_on_after_a_rollback_with_all_that_was_told_to_it_before_it_was_killed(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    with faraways() as (far,):
        options = {"hostname": f"{HOME}:{port}", "environment": environment(far.name)}
        former = Instance(tmp_path / "instance", port, **options)
        newer = Instance(tmp_path / "instance", port, command=NEWER, **options)
        try:
            former.start()
            home = former.admin.post("/community", name="hearth", title="Hearth")["community_view"]["community"]["id"]
            post = former.admin.post("/post", name="Voted on", community_id=home)["post_view"]["post"]
            voters = [f"v{number}" for number in range(DIRECT_VOTES + 20)]
            for name in voters:
                until(lambda: far.send(former, far.activity("Like", name, post["ap_id"])))  # noqa: B023  # done before the next turn
            former.kill()
            assert former.execute("SELECT COUNT(*) FROM post_vote") < [(len(voters) + 1,)], "some votes wait in the file beside"
            newer.start()
            newer.admin.post("/post", name="After the upgrade", community_id=home)
            newer.kill()
            assert "start the newer program again" in former.run("serve").stderr
            back = newer.run("rollback", "--yes")
            assert back.returncode == 0, back.stderr
            assert f"has schema {NEWEST}" in back.stdout
            assert "would be gone: posts: 1, votes: 1." in back.stdout
            assert "Start the former program now: this one would bring the database to its newest schema again." in back.stdout
            former.start()
            counts = former.client().get("/post", id=post["id"])["post_view"]["counts"]
            assert counts["upvotes"] == len(voters) + 1
            assert [each["post"]["name"] for each in former.client().get("/post/list", type_="All")["posts"]] == ["Voted on"]
            former.stop()
            (kept,) = (former.data_dir / "backups").glob("rolled-back-*.db")
            with contextlib.closing(sqlite3.connect(kept)) as database:
                assert database.execute("SELECT name, mood FROM post").fetchall() == [("Voted on", "glad"), ("After the upgrade", None)]
        finally:
            former.kill()
            newer.kill()
