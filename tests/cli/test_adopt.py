"""`lemmy-lite adopt` as an administrator runs it, and the instance that comes of it."""

import functools
import http.server
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests import instances, postgres
from tests.media import pictures
from tests.storage import lemmy_rows, lemmy_tables
from tests.storage.lemmy_rows import HOST, NASTY

FACE = "/pictrs/image/face.png"


def lemmy(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(lemmy_tables.schema().encode())
        lemmy_rows.fill(connection)


def test_a_lemmy_becomes_an_instance_of_ours(tmp_path: Path, free_port: Callable[[], int], postgres_server: postgres.Postgres) -> None:
    source = postgres_server.copy_of("a lemmy", lemmy)
    kept = tmp_path / "pictures" / "image" / "original"
    kept.mkdir(parents=True)
    for alias in ("face.png", "shown.png", "mammoth.png"):
        (kept / alias).write_bytes(pictures.file(pictures.noise(), "PNG"))
    here = instances.Instance(tmp_path / "a", free_port(), hostname=HOST, config={"tls_enabled": True, "setup": None})

    assert here.run("adopt").returncode == 2
    bare = instances.Instance(tmp_path / "b", free_port(), hostname=HOST)
    bare.config_file.write_text(bare.config_file.read_text().replace("{", '{"pictrs": null,', 1))
    refused = bare.run("adopt", "--pictures", str(tmp_path))
    assert (refused.returncode, "switched off by the configuration" in refused.stderr) == (2, True)
    early = here.run("adopt", "--pictures", str(tmp_path))
    assert (early.returncode, "`lemmy-lite adopt SOURCE` takes one over" in early.stderr) == (1, True)
    assert not (here.data_dir / "lemmy.db").exists(), "an instance whose password nobody was shown would be in the way"
    done = here.run("adopt", source)
    assert done.returncode == 0, done.stderr
    assert ["post", "40", "of", "40"] in [line.split() for line in done.stdout.splitlines()]
    assert "--pictures PLACE` brings them" in done.stdout
    again = here.run("adopt", source)
    assert (again.returncode, len(again.stderr.splitlines())) == (3, 1)
    assert "in this database already" in again.stderr

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "pictures"))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        fetched = here.run("adopt", "--pictures", f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
    assert fetched.returncode == 0, fetched.stderr
    assert "3 pictures came." in fetched.stdout
    assert "2 could not be had: lost.png, small.webp." in fetched.stdout
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "lost.png").write_bytes(pictures.file(pictures.noise(), "PNG"))
    assert "1 pictures came." in here.run("adopt", "--pictures", str(tmp_path / "more")).stdout

    try:
        here.start()
        before = here.client(lemmy_rows.TOKEN)
        assert before.get("/site")["my_user"]["local_user_view"]["person"]["name"] == "Ann", "the old session is still open"
        bob = here.logged_in("bob", "password of old")
        assert bob.get("/site")["site_view"]["site"]["sidebar"] == NASTY
        assert here.execute("SELECT password_encrypted LIKE '$argon2id%' FROM local_user WHERE id = 2") == [(1,)]
        assert bob.get("/post", id=1)["post_view"]["counts"]["comments"] == 80
        assert len(bob.get("/comment/list", post_id=1, limit=50)["comments"]) == 50
        assert bob.get("/search", q="Comment", type_="Comments")["comments"], "words are found"
        log = bob.get("/modlog", limit=50)
        assert log["banned"][0]["mod_ban"]["reason"] == "spam"
        assert [len(entries) for entries in log.values()] == [1] * 15
        assert here.client().send("GET", FACE).status == 200
        assert NASTY.split(",")[0].split("\t")[0] in here.client().send("GET", "/post/1").body.decode()
        community = before.post("/community", name="new", title="New")["community_view"]["community"]
        assert community["id"] == 6
        made = before.post("/post", name="The first of the new time", community_id=community["id"])["post_view"]["post"]
        assert made["id"] == 41
        assert here.execute("SELECT noun, number FROM image_use WHERE alias = 'face.png'") == [("person", 2)]
        assert before.post("/admin/purge/post", post_id=1)["success"]
        assert here.client().send("GET", "/pictrs/image/shown.png").status == 404, "its picture went with it"
        assert here.client().send("GET", FACE).status == 200
    finally:
        here.kill()


def test_half_a_server_does_not_start(tmp_path: Path, free_port: Callable[[], int], postgres_server: postgres.Postgres) -> None:
    source = postgres_server.copy_of("a lemmy", lemmy)
    here = instances.Instance(tmp_path / "a", free_port(), hostname=HOST, config={"tls_enabled": True})
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("UPDATE comment SET post_id = 999 WHERE id = 80")
    stopped = here.run("adopt", source)
    assert stopped.returncode == 3
    assert "rows of comment do not fit" in stopped.stderr
    refused = here.run("serve")
    assert refused.returncode == 3
    assert "taken over in part: run `lemmy-lite adopt` again" in refused.stderr
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("UPDATE comment SET post_id = 1 WHERE id = 80")
    assert here.run("adopt", source).returncode == 0
    here.start()
    here.kill()
