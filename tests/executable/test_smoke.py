"""One file, an empty folder, an empty environment: everything of the first day works."""

import hashlib
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lemmy_lite import __version__
from tests import uploads
from tests.executable.program import Program, Root
from tests.instances import START_SECONDS, Client
from tests.media import pictures

pytestmark = pytest.mark.executable

Make = Callable[..., Program]
MEGABYTE = 1_000_000
LABORATORY = {"allow_private_addresses": True}
T = TypeVar("T")


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_first_day_of_an_instance(program: Make, root: Root | None, database: str, request: pytest.FixtureRequest) -> None:
    if root is not None and database == "postgres":
        pytest.skip("the Postgres of the tests listens outside of the Debian root")
    keys = {"database": {"uri": request.getfixturevalue("bare_postgres_url")}} if database == "postgres" else {}
    newcomer = program(**keys)
    anonymous = newcomer.start()
    assert newcomer.url in newcomer.greeting()
    admin = logged_in(newcomer, *credentials(newcomer.greeting()))
    post, comment = something_written(admin)
    assert seen_on_the_site(anonymous, "/")
    assert "A first post" in seen_on_the_site(anonymous, f"/post/{post}")
    assert newcomer.stop() == 0

    anonymous = newcomer.start()
    assert "password" not in newcomer.greeting()
    tree = anonymous.get("/comment/list", post_id=post)["comments"]
    assert [(each["comment"]["id"], each["counts"]["score"]) for each in tree] == [(comment, 0)]
    assert [each["post"]["id"] for each in anonymous.get("/post/list", sort="Hot", type_="All")["posts"]] == [post]
    assert admin.get("/user/validate_auth") == {"success": True}
    assert newcomer.stop() == 0
    assert (newcomer.folder / "lemmy-data" / "lemmy.db").exists() == (database == "sqlite")


def test_two_of_them_federate(program: Make) -> None:
    here, there = program(federation=LABORATORY), program(federation=LABORATORY)
    for each in (here, there):
        each.start({"LEMMY_TEST_FAST_FEDERATION": "1"})
    reader, writer = (logged_in(each, *credentials(each.greeting())) for each in (here, there))
    something_written(writer)
    community = reader.get("/resolve_object", q=f"!first@{there.url.removeprefix('http://')}")["community"]["community"]["id"]
    reader.post("/community/follow", community_id=community, follow=True)
    until(lambda: reader.get("/community", id=community)["community_view"]["subscribed"] == "Subscribed")
    home = writer.get("/community", name="first")["community_view"]["community"]["id"]
    written = writer.post("/post", name="A post for others", community_id=home)["post_view"]["post"]["id"]
    posts = until(lambda: [each for each in reader.get("/post/list", type_="All")["posts"] if each["post"]["name"] == "A post for others"])
    reader.post("/comment", content="An answer from elsewhere", post_id=posts[0]["post"]["id"])
    answers = until(lambda: writer.get("/comment/list", post_id=written)["comments"])
    assert answers[0]["comment"]["content"] == "An answer from elsewhere"
    assert not answers[0]["comment"]["local"]
    for each in (here, there):
        assert each.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_its_processes_is_one_orderly_stop(program: Make, number: signal.Signals) -> None:
    running = program()
    running.start()
    assert running.stop(number, group=True) == 0
    assert "Traceback" not in running.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_in_temporary_folders(program: Make, number: signal.Signals) -> None:
    running = program()
    running.start({"TMPDIR": str(running.temporary)})
    assert not any(running.temporary.iterdir())
    assert running.stop(number) == (0 if number == signal.SIGTERM else -number)
    assert not any(running.temporary.iterdir())


def test_pictures_of_every_kind_are_decoded_by_a_child_of_the_same_file(program: Make) -> None:
    gallery = program()
    gallery.start()
    admin = logged_in(gallery, *credentials(gallery.greeting()))
    for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF"):
        taken = uploads.send(admin, pictures.file(pictures.noise(), kind))
        assert taken.status == 201, kind
        for wanted in ("webp", "avif", "png", "jpg", "gif"):
            shown = admin.send("GET", f"/pictrs/image/{taken.json['files'][0]['file']}?format={wanted}&thumbnail=32")
            assert shown.status == 200, (kind, wanted)
    assert gallery.stop() == 0


def test_it_says_its_version(program: Make) -> None:
    assert __version__ in program().run("-V").stdout


def test_it_says_what_it_understood_of_the_configuration(program: Make) -> None:
    understood = program(hostname="lemmy.example").run("check-config")
    assert understood.returncode == 0
    assert re.search(r'^hostname +"lemmy\.example"', understood.stdout, re.MULTILINE)


def test_without_a_configuration_it_means_this_machine(program: Make, tmp_path: Path) -> None:
    somewhere = program()
    (somewhere.folder / "config" / "config.hjson").unlink()
    assert "http://localhost:8536" in somewhere.run("check-config").stdout


def test_a_wrong_configuration_is_one_line(program: Make) -> None:
    refused = program(log={"level": "loud"}).run("serve")
    assert refused.returncode == 2
    assert re.fullmatch(r"lemmy-lite: log\.level: .*\n", refused.stderr)


def test_it_migrates_and_stops(program: Make) -> None:
    kept = program()
    assert kept.run("migrate").returncode == 0
    assert (kept.folder / "lemmy-data" / "lemmy.db").exists()


def test_it_fits_on_the_small_side_of_a_card(executable: Path) -> None:
    assert executable.stat().st_size <= 35 * MEGABYTE


def test_a_release_asks_for_nothing_newer_than_glibc_2_31(program: Make, root: Root | None) -> None:
    if root is None:
        pytest.skip("what is built for this machine may ask for this machine's glibc")
    unpacked = program()
    unpacked.run("-V", environment={"LEMMY_LITE_CACHE": f"/{unpacked.folder.relative_to(root.top)}/temporary"})
    libraries = [path for path in unpacked.temporary.rglob("*") if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]
    assert len(libraries) > 50
    shown = subprocess.run(["readelf", "--version-info", "--wide", *libraries], capture_output=True, text=True, check=True).stdout
    needed = {tuple(map(int, version.split("."))) for version in re.findall(r"Name: GLIBC_([\d.]+)", shown)}
    assert max(needed) <= (2, 31)


def test_it_names_what_is_inside_and_under_which_licences(program: Make, executable: Path) -> None:
    shown = program().run("--licences")
    assert shown.returncode == 0
    for part, licence in (("lemmy_lite", "AGPL-3.0-or-later"), ("litestar", "MIT"), ("Python", "PSF-2.0"), ("SQLite", "public domain")):
        assert re.search(rf"^{part} +[\d.]+ +{licence}$", shown.stdout, re.MULTILINE), part
    assert "Permission is hereby granted" in shown.stdout
    assert shown.stdout.strip() == executable.with_name(f"{executable.name}.licences.txt").read_text().strip()


def test_its_sum_lies_beside_it(executable: Path) -> None:
    listed = (executable.parent / "SHA256SUMS").read_text().splitlines()
    assert f"{hashlib.sha256(executable.read_bytes()).hexdigest()}  {executable.name}" in listed


def credentials(said: str) -> tuple[str, str]:
    """Name and password of the made-up admin, as the first start shows them."""
    shown = re.search(r"Log in as '(\w+)' with the password '(\S+)'", said)
    assert shown, said
    return shown[1], shown[2]


def logged_in(program: Program, name: str, password: str) -> Client:
    return program.client(program.client().post("/user/login", username_or_email=name, password=password)["jwt"])


def something_written(admin: Client) -> tuple[int, int]:
    """The ids of a post and of a comment on it, both voted on."""
    community: dict[str, Any] = admin.post("/community", name="first", title="First")["community_view"]["community"]
    post = admin.post("/post", name="A first post", community_id=community["id"], body="Some *words*.")["post_view"]["post"]["id"]
    comment = admin.post("/comment", content="A first comment", post_id=post)["comment_view"]["comment"]["id"]
    assert admin.post("/post/like", post_id=post, score=-1)["post_view"]["counts"]["score"] == -1
    assert admin.post("/comment/like", comment_id=comment, score=0)["comment_view"]["counts"]["score"] == 0
    return post, comment


def until(look: Callable[[], T]) -> T:
    """What a look finds as soon as it finds something."""
    deadline = time.monotonic() + START_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def seen_on_the_site(client: Client, path: str) -> str:
    """A page of the site, whose style sheets are there too."""
    page = client.send("GET", path, headers={"accept": "text/html"})
    assert page.status == 200
    text = page.body.decode()
    sheets = re.findall(r'<link[^>]* href="([^"]+\.css[^"]*)"', text)
    assert sheets
    for sheet in sheets:
        answer = client.send("GET", sheet)
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/css")
    return text
