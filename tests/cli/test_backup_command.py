"""`lemmy-lite backup` and `restore` as a person runs them, beside a running server."""

from collections.abc import Callable
from pathlib import Path

from tests import instances, uploads


def test_a_running_instance_is_backed_up_and_lives_on_elsewhere(tmp_path: Path, free_port: Callable[[], int]) -> None:
    backups = tmp_path / "backups"
    with instances.running(tmp_path / "old", free_port()) as old:
        admin = old.admin
        home = admin.post("/community", name="hearth", title="Hearth")["community_view"]["community"]["id"]
        admin.post("/post", name="A post to keep", community_id=home)
        picture = uploads.send(admin).json["files"][0]["file"]
        made = old.run("backup", str(backups))
        assert made.returncode == 0, made.stderr
        assert "Backed up to" in made.stdout
        assert "keys in clear" in made.stderr
        checked = old.run("backup", str(backups), "--check")
        assert checked.returncode == 0
        assert "is whole" in checked.stdout
        listed = old.run("backup", str(backups), "--list")
        assert "1 pictures" in listed.stdout
        hostname = old.hostname
    new = instances.Instance(tmp_path / "new", free_port(), hostname=hostname)
    new.data_dir.mkdir()
    stale = new.data_dir / "lemmy.db-wal"
    stale.write_bytes(b"the log of another database")
    assert "lemmy.db-wal exists already" in new.run("restore", str(backups)).stderr
    stale.unlink()
    restored = new.run("restore", str(backups))
    assert restored.returncode == 0, restored.stderr
    assert new.run("restore", str(backups)).returncode == 1
    with instances.running(tmp_path / "new", new.port, hostname=hostname) as again:
        assert again.admin.get("/post/list", type_="All")["posts"][0]["post"]["name"] == "A post to keep"
        assert again.client().send("GET", f"/pictrs/image/{picture}").status == 200


def test_a_destination_that_is_something_else_is_refused_in_one_line(tmp_path: Path, free_port: Callable[[], int]) -> None:
    instance = instances.Instance(tmp_path / "a", free_port())
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
    for arguments in (("backup", str(tmp_path / "photos")), ("restore", str(tmp_path / "photos")), ("restore", str(tmp_path / "nowhere"))):
        refused = instance.run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith("lemmy-lite: ")
        assert len(refused.stderr.splitlines()) == 1
    assert instance.run("backup").returncode == 2
