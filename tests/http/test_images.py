"""Pictures over HTTP: uploads in, pictures out, the proxy, and what a kill leaves."""

import io
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from PIL import Image

from tests import instances, uploads
from tests.instances import Client, Instance
from tests.media import pictures

PNG = pictures.file(pictures.noise(600, 400), "PNG")
LYING = pictures.with_metadata("JPEG", orientation=6)
PAGE = b'<html><head><title>A page</title><meta property="og:image" content="/a.png"></head></html>'


class Far(ThreadingHTTPServer):
    """Another server, with a page, a picture, and what only looks like one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Answering)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: Far

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        kinds = {
            "/lying.jpg": ("image/jpeg", LYING),
            "/a.png": ("image/png", PNG),
            "/page": ("text/html", PAGE),
            "/a.svg": ("image/svg+xml", pictures.SVG),
        }
        media, body = kinds.get(self.path.partition("?")[0], ("text/plain", b""))
        self.send_response(200 if body else 404)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def far() -> Iterator[Far]:
    """Another server."""
    server = Far()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Instance]:
    """An instance that may ask servers of this machine."""
    config = {"federation": {"allow_private_addresses": True}}
    with instances.running(tmp_path_factory.mktemp("images"), free_port(), config=config) as running:
        running.admin.post("/community", name="pictures", title="Pictures")
        yield running


def _uploaded(client: Client, body: bytes = PNG) -> str:
    answer = uploads.send(client, body)
    assert answer.status == 201, answer
    return str(answer.json["files"][0]["file"])


def test_an_upload_is_served_so_that_it_can_do_nothing(instance: Instance) -> None:
    name = _uploaded(instance.admin)
    answer = instance.client().send("GET", f"/pictrs/image/{name}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.body)) as image:
        assert image.size == (600, 400)
    again = instance.client().send("GET", f"/pictrs/image/{name}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_film_is_sent_in_the_parts_that_a_player_asks_for(instance: Instance) -> None:
    film = pictures.MP4 + bytes(range(256)) * 400
    address = f"/pictrs/image/{_uploaded(instance.admin, film)}"
    whole = instance.client().send("GET", address)
    assert (whole.status, whole.body, whole.headers["accept-ranges"]) == (200, film, "bytes")
    size = len(film)
    for wanted, start, end in (
        ("bytes=0-1", 0, 2),
        ("bytes=1000-", 1000, size),
        ("bytes=-500", size - 500, size),
        (f"bytes=70000-{size * 9}", 70_000, size),
        (f"bytes={size - 1}-{size - 1}", size - 1, size),
        ("bytes=-999999999", 0, size),
    ):
        part = instance.client().send("GET", address, headers={"range": wanted})
        assert (part.status, part.body) == (206, film[start:end]), wanted
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert part.headers["content-type"] == "video/mp4"
    for beyond in (f"bytes={size}-", f"bytes={size + 5}-{size + 9}", "bytes=-0"):
        refused = instance.client().send("GET", address, headers={"range": beyond})
        assert (refused.status, refused.body, refused.headers["content-range"]) == (416, b"", f"bytes */{size}"), beyond
    for nonsense in (
        "bytes=5-2",
        "bytes=-",
        "bytes= -",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,5-9",
        "bytes=" + "0-," * 2000,
        f"bytes=0-{'9' * 400}",
    ):
        answer = instance.client().send("GET", address, headers={"range": nonsense})
        assert (answer.status, answer.body) == (200, film), nonsense[:40]
    for held, status in ((whole.headers["etag"], 206), ('"another"', 200), ("W/" + whole.headers["etag"], 200)):
        assert instance.client().send("GET", address, headers={"range": "bytes=0-9", "if-range": held}).status == status


def test_names_and_claims_of_a_file_count_for_nothing(instance: Instance) -> None:
    for name, body, media in (("a.mp4", PNG, "image/png"), ("a.jpg", pictures.MP4, "video/mp4"), ("a.svg", pictures.WEBM, "video/webm")):
        form, content_type = uploads.form(("images[]", name, body))
        answer = instance.admin.send("POST", "/pictrs/image", form, {"content-type": content_type})
        assert answer.status == 201, answer
        stored = answer.json["files"][0]["file"]
        shown = instance.client().send("GET", f"/pictrs/image/{stored}")
        assert (shown.headers["content-type"], stored.rpartition(".")[2]) == (media, media.rpartition("/")[2])


@pytest.mark.parametrize(
    ("query", "media", "side"),
    [
        ("?thumbnail=256&format=webp", "image/webp", 256),
        ("?thumbnail=100", "image/png", 96),
        ("?format=JPG", "image/jpeg", 600),
        ("?format=jpeg&thumbnail=64", "image/jpeg", 64),
        ("?thumbnail=0", "image/png", 600),
        ("?thumbnail=2147483647&format=webp", "image/webp", 600),
    ],
)
def test_a_picture_comes_in_the_format_and_size_asked_for(query: str, media: str, side: int, instance: Instance) -> None:
    answer = instance.client().send("GET", f"/pictrs/image/{_uploaded(instance.admin)}{query}")
    assert (answer.status, answer.headers["content-type"]) == (200, media)
    with Image.open(io.BytesIO(answer.body)) as image:
        assert max(image.size) == side


@pytest.mark.parametrize("name", ["nothing.png", "..%2f..%2flemmy.db", "%2e%2e", "a%00.png", "a" * 500 + ".png", "a.png%0d%0aX:y"])
def test_what_is_not_there_is_404(name: str, instance: Instance) -> None:
    assert instance.client().send("GET", f"/pictrs/image/{name}").status == 404


@pytest.mark.parametrize("body", [pictures.SVG, pictures.bomb(), PNG[:3000], pictures.many_frames(), b"", b"\0" * 5000])
def test_what_is_no_good_picture_is_refused_and_leaves_nothing(body: bytes, instance: Instance) -> None:
    before = _files(instance)
    answer = uploads.send(instance.admin, body or b" ")
    assert (answer.status, answer.json["error"]) == (400, "pictrs_response_error")
    assert _files(instance) == before


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"--x--\r\n", "multipart/form-data"),
        (b'--x\r\nContent-Disposition: form-data; name="images[]"; filename="a"\r\n\r\nhalf', "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\ntext\r\n--x--\r\n', "multipart/form-data; boundary=x"),
        (b"--x\r\nA: " + b"b" * 9000 + b"\r\n\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_that_is_none_is_refused(body: bytes, media: str, instance: Instance) -> None:
    answer = instance.admin.send("POST", "/pictrs/image", body, {"content-type": media})
    assert answer.status == 400
    assert answer.json["error"] in ("unknown", "pictrs_response_error")


def test_where_one_of_several_files_is_refused_none_is_kept(instance: Instance) -> None:
    before = _files(instance)
    body, media = uploads.form(("images[]", "a.png", PNG), ("images[]", "b.svg", pictures.SVG))
    assert instance.admin.send("POST", "/pictrs/image", body, {"content-type": media}).status == 400
    body, media = uploads.form(("images[]", "a.png", PNG), ("images[]", "b.gif", pictures.animation("GIF")))
    answer = instance.admin.send("POST", "/pictrs/image", body, {"content-type": media})
    assert [each["details"]["content_type"] for each in answer.json["files"]] == ["image/png", "image/gif"]
    for each in answer.json["files"]:
        assert instance.admin.send("GET", f"/pictrs/image/delete/{each['delete_token']}/{each['file']}").status == 204
    _eventually(lambda: _files(instance) == before)


def test_a_deleted_upload_is_gone_with_everything_made_of_it(instance: Instance) -> None:
    before = _files(instance)
    name = _uploaded(instance.admin, pictures.file(pictures.noise(90, 90), "PNG"))
    path = f"/pictrs/image/{name}"
    assert instance.admin.send("GET", f"{path}?thumbnail=64").status == 200
    assert instance.registered(f"u{os.urandom(4).hex()}").send("GET", f"/pictrs/image/delete/-/{name}").status == 404
    assert instance.admin.send("GET", path).status == 200
    answer = instance.admin.send("GET", f"/pictrs/image/delete/-/{name}")
    assert (answer.status, answer.body) == (204, b"")
    assert instance.admin.send("GET", path).status == 404
    _eventually(lambda: _files(instance) == before)


def test_where_the_disk_takes_nothing_what_would_have_to_be_made_is_asked_for_again_later(instance: Instance) -> None:
    path, folder = f"/pictrs/image/{_uploaded(instance.admin, pictures.file(pictures.noise(80, 80), 'PNG'))}", instance.data_dir / "images"
    (folder / "aside").rename(folder / "away")
    try:
        answer = instance.client().send("GET", f"{path}?thumbnail=32")
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert instance.client().send("GET", path).status == 200
    finally:
        (folder / "away").rename(folder / "aside")
    assert instance.client().send("GET", f"{path}?thumbnail=32").status == 200


def test_the_image_service_is_well(instance: Instance) -> None:
    assert instance.client().send("GET", "/pictrs/healthz").status == 200


def test_the_proxy_is_no_relay(instance: Instance, far: Far) -> None:
    for url in (f"{far.url}/a.png", "https://example.org/a.png", "file:///etc/passwd", "", "http://127.0.0.1:22/"):
        for more in ("", "&signature=", "&signature=0123456789abcdef0123456789abcdef"):
            answer = instance.client().send("GET", f"/api/v3/image_proxy?url={quote(url, safe='')}{more}")
            assert (answer.status, answer.body) == (404, b"")
    assert far.asked == []


def test_the_thumbnail_of_a_link_is_kept_here_and_goes_with_its_post(instance: Instance, far: Far) -> None:
    before = _files(instance)
    post = instance.admin.post("/post", name="A page", community_id=2, url=f"{far.url}/page?1")["post_view"]
    thumbnail = post["post"]["thumbnail_url"]
    assert thumbnail.startswith(f"{instance.url}/pictrs/image/")
    assert (post["image_details"]["width"], post["image_details"]["height"]) == (512, 341)
    answer = instance.client().send("GET", urlsplit(thumbnail).path)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")
    for file in (instance.data_dir / "images/cache").glob("*/*"):
        file.unlink()  # as the budget may do at any time
    assert instance.client().send("GET", urlsplit(thumbnail).path).status == 200
    instance.admin.post("/admin/purge/post", post_id=post["post"]["id"])
    assert instance.client().send("GET", urlsplit(thumbnail).path).status == 404
    _eventually(lambda: {name for name in _files(instance) if "uploads" in name} == {name for name in before if "uploads" in name})


def test_a_page_shows_foreign_pictures_from_here(instance: Instance, far: Far) -> None:
    body = f"![a picture]({far.url}/a.png?inline) ![a drawing]({far.url}/a.svg)"
    number = instance.admin.post("/post", name="A text", community_id=2, body=body)["post_view"]["post"]["id"]
    page = instance.client().send("GET", f"/post/{number}", headers={"accept": "text/html"})
    assert page.status == 200
    assert f'src="{far.url}' not in page.body.decode()
    found = [part.split('"')[0].replace("&amp;", "&") for part in page.body.decode().split('src="')[1:] if "image_proxy" in part[:40]]
    answers = [instance.client().send("GET", path) for path in found]
    assert [each.status for each in answers] == [200, 404]
    assert answers[0].body == PNG
    assert answers[0].headers["content-security-policy"] == "default-src 'none'; sandbox"
    small = instance.client().send("GET", f"{found[0]}&thumbnail=128&format=webp")
    with Image.open(io.BytesIO(small.body)) as image:
        assert (image.format, max(image.size)) == ("WEBP", 128)


def test_with_all_images_proxied_the_api_shows_only_our_addresses(tmp_path: Path, free_port: Callable[[], int], far: Far) -> None:
    config = {"federation": {"allow_private_addresses": True}, "pictrs": {"image_mode": "ProxyAllImages"}}
    with instances.running(tmp_path / "proxy", free_port(), config=config) as running:
        running.admin.post("/community", name="pictures", title="Pictures", icon=f"{far.url}/a.png?icon")
        start = f"{running.url}/api/v3/image_proxy?url={quote(far.url, safe='')}"
        body = f"Look: ![a]({far.url}/a.png?body)"
        post = running.admin.post("/post", name="A picture", community_id=2, url=f"{far.url}/a.png", body=body)["post_view"]
        shown = post["post"]
        assert shown["url"].startswith(start)
        assert shown["thumbnail_url"].startswith(start)
        assert shown["body"].startswith(f"Look: ![a]({start}")
        assert post["community"]["icon"].startswith(start)
        _eventually(lambda: "image_details" in running.admin.get("/post", id=shown["id"])["post_view"])
        details = running.admin.get("/post", id=shown["id"])["post_view"]["image_details"]
        assert details == {"link": shown["thumbnail_url"], "width": 600, "height": 400, "content_type": "image/png"}
        turned = running.admin.post("/post", name="Custom", community_id=2, custom_thumbnail=f"{far.url}/lying.jpg")["post_view"]["post"]
        _eventually(lambda: "image_details" in running.admin.get("/post", id=turned["id"])["post_view"])
        details = running.admin.get("/post", id=turned["id"])["post_view"]["image_details"]
        assert (details["width"], details["height"], details["content_type"]) == (48, 64, "image/jpeg")
        picture = running.client().send("GET", shown["url"].removeprefix(running.url))
        assert (picture.status, picture.body) == (200, PNG)
        running.admin.put("/post", post_id=shown["id"], body=shown["body"], url=shown["url"])
        with sqlite3.connect(running.data_dir / "lemmy.db") as database:
            assert database.execute("SELECT url, body FROM post WHERE url IS NOT NULL").fetchall() == [(f"{far.url}/a.png", body)]
        assert parse_qs(urlsplit(shown["url"]).query)["url"] == [f"{far.url}/a.png"]


def test_uploads_can_be_switched_off_and_pictures_too(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with instances.running(tmp_path / "off", free_port(), config={"images": {"uploads": "off"}}) as running:
        assert uploads.send(running.admin).json["error"] == "pictrs_response_error"
        assert running.admin.send("GET", "/pictrs/healthz").status == 200
        running.stop()
        running.configure(pictrs={"image_mode": "None"})
        running.start()
        assert uploads.send(running.admin).status == 201


def _logged_in(instance: Instance) -> tuple[Client, dict[str, str]]:
    """A browser on the site in which the admin has logged in, and its cookie as a header."""
    return instance.client(), {"cookie": f"session={instance.admin.jwt}"}


def _token(page: bytes) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.decode())
    assert found is not None
    return found[1]


def test_a_picture_is_posted_by_a_plain_form_and_an_avatar_too(instance: Instance) -> None:
    browser, cookies = _logged_in(instance)
    csrf = _token(browser.send("GET", "/create_post", headers=cookies).body)
    fields = {"csrf": csrf, "community": "pictures", "name": "From the form", "url": "", "body": ""}
    body, media = uploads.form(("picture", "a.png", PNG), fields=fields)
    answer = browser.send("POST", "/create_post", body, {**cookies, "content-type": media})
    assert answer.status == 303, answer
    page = browser.send("GET", answer.headers["location"], headers=cookies).body.decode()
    assert '<img src="/pictrs/image/' in page

    refused, media = uploads.form(("picture", "a.svg", pictures.SVG), fields=fields)
    answer = browser.send("POST", "/create_post", refused, {**cookies, "content-type": media})
    assert answer.status == 400
    assert "From the form" in answer.body.decode()
    assert "picture-fault" in answer.body.decode()

    empty, media = uploads.form(("picture", "", b""), fields=fields)
    answer = browser.send("POST", "/create_post", empty, {**cookies, "content-type": media})
    assert answer.status == 303, "no picture was chosen, and none is needed"

    files = _files(instance)
    body, media = uploads.form(("picture", "a.png", PNG), fields={**fields, "csrf": "forged"})
    assert browser.send("POST", "/create_post", body, {**cookies, "content-type": media}).status == 403
    assert _files(instance) == files

    csrf = _token(browser.send("GET", "/settings", headers=cookies).body)
    body, media = uploads.form(("avatar_file", "a.png", PNG), fields={"csrf": csrf, "show_avatars": "true"})
    answer = browser.send("POST", "/settings", body, {**cookies, "content-type": media})
    assert answer.status == 303, answer
    avatar = instance.admin.get("/user", username=instances.ADMIN)["person_view"]["person"]["avatar"]
    assert instance.client().send("GET", urlsplit(avatar).path).status == 200
    body, media = uploads.form(fields={"csrf": csrf, "no_avatar": "true"})
    assert browser.send("POST", "/settings", body, {**cookies, "content-type": media}).status == 303
    assert "avatar" not in instance.admin.get("/user", username=instances.ADMIN)["person_view"]["person"]
    assert instance.client().send("GET", urlsplit(avatar).path).status == 404


def test_the_server_does_not_grow_with_what_is_uploaded(instance: Instance) -> None:
    assert instance.process is not None
    status = Path(f"/proc/{instance.process.pid}/status")
    large = pictures.file(Image.effect_noise((3000, 2000), 90).convert("RGB"), "PNG", compress_level=1)
    assert len(large) > 5 * 10**6
    _uploaded(instance.admin, large)
    before = _resident(status)
    for _ in range(3):
        _uploaded(instance.admin, large)
    for body in (pictures.bomb(), pictures.webp_bomb()):
        uploads.send(instance.admin, body)
    assert _resident(status) < before + 8 * 2**20


def _files(instance: Instance) -> set[str]:
    folder = instance.data_dir / "images"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _resident(status: Path) -> int:
    line = next(each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def _eventually(holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        time.sleep(0.05)
    assert holds()


def test_a_page_shows_a_tile_where_a_picture_is_gone_and_apps_a_plain_404(instance: Instance) -> None:
    gone = "/pictrs/image/00000000-0000-0000-0000-000000000000.png"
    on_page = instance.client().send("GET", gone, headers={"sec-fetch-dest": "image"})
    assert (on_page.status, on_page.headers["content-type"]) == (404, "image/svg+xml")
    assert "sandbox" in on_page.headers["content-security-policy"]
    in_app = instance.client().send("GET", gone)
    assert (in_app.status, in_app.body) == (404, b"")
