"""`lemmy-lite export-static` as a person runs it, beside a running server: files that need neither it nor anything else."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from lemmy_lite.cli.main import main
from tests import instances, uploads
from tests.instances import Instance

HIDDEN = "nobody may see this"
DEPTH = 26
"""Answers below each other: the last stand on a page of their own."""
_NEEDS_A_SERVER = frozenset({"form", "script", "input", "button", "select", "textarea", "iframe"})


class _Seen(HTMLParser):
    """The tags, addresses, ids and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("href", "src", "poster", "action") and value is not None:
                self.addresses.append(value)


def _check_links(folder: Path, url: str) -> None:
    """Every address of every page leads to a file, and a place in it, or elsewhere."""
    pages = {path: _Seen(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    for path, page in pages.items():
        assert not page.tags & _NEEDS_A_SERVER, path
        for address in page.addresses:
            parts = urlsplit(address)
            if parts.scheme:
                assert not address.startswith(url), f"{path}: {address}"
                continue
            assert not address.startswith("/"), f"{path}: {address}"
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path}: {address}"
            assert target.is_relative_to(folder.resolve())
            if parts.fragment and target in pages:
                assert parts.fragment in pages[target].ids, f"{path}: {address}"


def _fill(instance: Instance) -> dict[str, Any]:
    """A site with everything that is shown, and of each kind something that is not."""
    admin = instance.admin
    made: dict[str, Any] = {}

    def community(name: str, **fields: Any) -> int:
        number: int = admin.post("/community", name=name, title=name.title(), **fields)["community_view"]["community"]["id"]
        return number

    def post(name: str, home: int, **fields: Any) -> int:
        number: int = admin.post("/post", name=name, community_id=home, **fields)["post_view"]["post"]["id"]
        return number

    def comment(words: str, on: int, **fields: Any) -> int:
        number: int = admin.post("/comment", content=words, post_id=on, **fields)["comment_view"]["comment"]["id"]
        return number

    hearth = community("Hearth_1")
    made["picture"] = uploads.send(admin).json["files"][0]["file"]
    address = f"{instance.url}/pictrs/image/{made['picture']}"
    made["post"] = post("A post to keep", hearth, url=address, body=f"See [the log](/modlog) and [this]({instance.url}/c/hearth_1)")
    parent: int | None = None
    for depth in range(DEPTH):
        parent = comment(f"Depth {depth}", made["post"], parent_id=parent)
    made["deepest"] = parent
    gone = comment(HIDDEN, made["post"])
    admin.post("/comment/remove", comment_id=gone, removed=True)
    for number in range(24):
        post(f"Number {number}", hearth, body=f"[the first](/post/{made['post']})" if number == 23 else None)
    removed = post(HIDDEN, hearth)
    admin.post("/post/remove", post_id=removed, removed=True)
    deleted = post(f"{HIDDEN} either", hearth)
    admin.post("/post/delete", post_id=deleted, deleted=True)
    made["nsfw"] = post(HIDDEN, hearth, nsfw=True)
    made["inner"] = post(HIDDEN, community("inner", visibility="LocalOnly"))
    closed = community("closed")
    made["closed"] = post(HIDDEN, closed)
    admin.post("/community/remove", community_id=closed, removed=True)
    far = community("far")
    made["far"] = post("Said elsewhere", far)
    made["guest"] = post("From afar, said here", hearth, body=f"As [there](/post/{made['far']}) in [far](/c/far@far.test)")
    instance.execute(f"UPDATE community SET local = FALSE, actor_id = 'https://far.test/c/far' WHERE id = {far}")
    instance.execute(f"UPDATE post SET local = FALSE, ap_id = 'https://far.test/post/7' WHERE id = {made['far']}")
    instance.execute(f"UPDATE post SET local = FALSE, ap_id = 'https://far.test/post/8' WHERE id = {made['guest']}")
    admin.put("/site", legal_information="The law of the *land*")
    return made


def test_a_site_becomes_files_that_need_no_server(tmp_path: Path, free_port: Callable[[], int], database: str | None) -> None:
    out = tmp_path / "out"
    with instances.running(tmp_path / "a", free_port(), database=database) as instance:
        made = _fill(instance)
        ran = instance.run("export-static", str(out))
        assert ran.returncode == 0, ran.stderr
        assert re.match(r"Wrote \d+ pages and 1 pictures to ", ran.stdout), ran.stdout
        _check_links(out, instance.url)
        _check_matter(out, made)
        # What is there of an earlier export goes, and a folder of somebody's is left alone.
        instance.admin.post("/post/delete", post_id=made["post"], deleted=True)
        assert instance.run("export-static", str(out)).returncode == 0
        assert not (out / "post" / f"{made['post']}.html").exists()
        _check_links(out, instance.url)
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
        (tmp_path / "photos").mkdir()
        (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
        refused = instance.run("export-static", str(tmp_path / "photos"))
        assert refused.returncode == 1
        assert "no earlier export" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        instance.admin.put("/site", private_instance=True)
        refused = instance.run("export-static", str(out))
        assert refused.returncode == 1
        assert "private" in refused.stderr
        assert (out / "index.html").is_file()
        assert list((instance.data_dir / "backups").glob("aside-*")) == []


def _check_matter(out: Path, made: dict[str, Any]) -> None:
    for path in out.rglob("*"):
        if path.suffix in (".html", ".atom"):
            assert HIDDEN not in path.read_text(encoding="utf-8"), path
    for name in ("index.html", "index/2.html", "c/hearth_1.html", "c/hearth_1/2.html", "communities.html", "u/admin.html", "legal.html"):
        assert (out / name).is_file(), name
    assert not (out / "c" / "inner.html").exists()
    front = (out / "index.html").read_text() + (out / "index" / "2.html").read_text()
    assert all(f">Number {number}<" in front for number in range(24))
    assert "Log in" not in front
    assert "Sign up" not in front
    assert "just now" not in front  # it would not be true tomorrow
    post = (out / "post" / f"{made['post']}.html").read_text()
    assert 'See the log and <a href="../c/hearth_1.html"' in post
    assert f'src="../pictures/{made["picture"]}"' in post
    assert (out / "pictures" / made["picture"]).read_bytes()[:4] == b"\x89PNG"
    threads = post + "".join(path.read_text() for path in (out / "comment").glob("*.html"))
    assert all(f"Depth {depth}<" in threads for depth in range(DEPTH))
    assert f'href="{made["post"]}.html#c{made["deepest"]}"' not in post
    assert '<symbol id="icon-comment"' in post
    profile = "".join(path.read_text() for path in [out / "u" / "admin.html", *(out / "u" / "admin").iterdir()])
    assert "../comment/" in profile
    guest = (out / "post" / f"{made['guest']}.html").read_text()
    assert '<a href="https://far.test/post/7"' in guest
    assert not (out / "post" / f"{made['far']}.html").exists()
    feed = ET.parse(out / "feeds" / "local.atom").getroot()
    links = [each.get("href") or "" for each in feed.iter("{http://www.w3.org/2005/Atom}link")]
    assert len(links) > 20
    assert all((out / "feeds" / link).is_file() for link in links)


def test_a_language_that_the_site_does_not_speak_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for word in ("xx", "中"):
        refused = CliRunner().invoke(main, ["export-static", "out", "--language", word])
        assert refused.exit_code == 2
        assert f"{word} is none of the site's languages" in refused.output
        assert ", de, " in refused.output
    assert not list(tmp_path.iterdir())


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str | None:
    """A Postgres URL, or None for SQLite."""
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else None
