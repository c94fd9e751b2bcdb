"""Two servers on one Postgres and one bucket of a real S3 server: each shows what the other took, in parts and sizes too."""

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tests import instances, uploads
from tests.interop.network import eventually
from tests.media import pictures
from tests.s3 import S3Server

FILM = pictures.MP4 + bytes(range(256)) * 40


def test_what_one_server_takes_the_other_shows_in_parts_and_sizes_and_what_one_deletes_is_gone_on_both(
    s3_server: S3Server, postgres_url: str, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    config = {"images": s3_server.options("two"), "hostname": f"127.0.0.1:{port}"}
    with instances.running(tmp_path / "one", port, database=postgres_url, config=config) as one:
        more = {**config, "process": {"disable_scheduled_tasks": True, "disable_activity_sending": True}}
        with instances.running(tmp_path / "two", free_port(), database=postgres_url, config=more) as two:
            photo = uploads.send(one.admin, pictures.file(pictures.noise(600, 400), "PNG")).json["files"][0]
            film = uploads.send(one.admin, FILM, "film.mp4").json["files"][0]
            assert len(s3_server.files("two/")) == 2
            here, there = one.client(), two.client()
            part = there.send("GET", f"/pictrs/image/{film['file']}", headers={"range": "bytes=1000-1999"})
            assert (part.status, part.headers["content-range"], part.body) == (206, f"bytes 1000-1999/{len(FILM)}", FILM[1000:2000])
            small = there.send("GET", f"/pictrs/image/{photo['file']}?thumbnail=128&format=webp")
            with Image.open(io.BytesIO(small.body)) as image:
                assert (image.format, max(image.size)) == ("WEBP", 128)
            again = there.send("GET", f"/pictrs/image/{photo['file']}")
            assert again.body == here.send("GET", f"/pictrs/image/{photo['file']}").body
            assert there.send("GET", f"/pictrs/image/{photo['file']}", headers={"if-none-match": again.headers["etag"]}).status == 304
            for each in (photo, film):
                other = two.client(one.admin.jwt)
                assert other.send("GET", f"/pictrs/image/delete/{each['delete_token']}/{each['file']}").status == 204
                assert [client.send("GET", f"/pictrs/image/{each['file']}").status for client in (here, there)] == [404, 404]
            eventually(lambda: not s3_server.files("two/"))
            assert not list((two.data_dir / "images/uploads").glob("*/*"))
