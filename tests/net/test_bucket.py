"""Files in a bucket of a real S3 server; and what is made of a server that does not do its part."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.net import bucket
from lemmy_lite.net.bucket import PIECE, Bucket, BucketError
from tests.net.servers import Received, answer, serving
from tests.s3 import S3Server

KEY = {"access_key_id": "me", "secret_access_key": "mine"}


def opened(images: dict[str, Any]) -> Bucket:
    found = bucket.of(config.read({"hostname": "here.test", "images": images}, environment={}), "test/1")
    assert found is not None
    return found


def told(images: dict[str, Any], story: Callable[[Bucket], Awaitable[None]]) -> None:
    async def run() -> None:
        place = opened(images)
        try:
            await story(place)
        finally:
            await place.close()

    asyncio.run(run())


async def put(place: Bucket, name: str, body: bytes, folder: Path) -> None:
    source = folder / "source"
    source.write_bytes(body)
    await place.put(name, source, hashlib.sha256(body).hexdigest())


async def names(place: Bucket) -> list[tuple[str, int]]:
    return [(each.name, each.size) async for each in place.listed()]


def test_files_go_there_and_come_back_whole_in_pieces(s3_server: S3Server, tmp_path: Path) -> None:
    large = os.urandom(2 * PIECE + 12_345)

    async def story(place: Bucket) -> None:
        assert await names(place) == []
        for name, body in (("ab/large", large), ("ab/one piece", large[:PIECE]), ("plus+and%and=é", b"small")):
            await put(place, name, body, tmp_path)
            assert await place.get(name, tmp_path / "target")
            assert (tmp_path / "target").read_bytes() == body
            assert await place.size(name) == len(body)
        assert sorted(await names(place)) == [("ab/large", len(large)), ("ab/one piece", PIECE), ("plus+and%and=é", 5)]
        assert not await place.get("ab/missing", tmp_path / "none")
        assert await place.size("ab/missing") is None
        for _ in range(2):
            await place.remove("ab/large")
        assert await place.size("ab/large") is None

    told(s3_server.options("pieces"), story)
    assert s3_server.files("pieces/") == ["ab/one piece", "plus+and%and=é"]


def test_a_wrong_key_and_a_wrong_bucket_are_told_in_a_sentence_without_the_key(s3_server: S3Server, tmp_path: Path) -> None:
    async def refused(place: Bucket) -> None:
        deeds: list[Callable[[], Awaitable[object]]] = [
            lambda: put(place, "a", b"x", tmp_path),
            lambda: place.get("a", tmp_path / "b"),
            lambda: names(place),
            lambda: place.remove("a"),
        ]
        for deed in deeds:
            with pytest.raises(BucketError) as error:
                await deed()
            assert "wrong-secret" not in str(error.value)
            assert any(word in str(error.value) for word in ("SignatureDoesNotMatch", "NoSuchBucket", "AccessDenied"))

    told(s3_server.options("x", secret_access_key="wrong-secret"), refused)
    told(s3_server.options("x") | {"store": "s3://another/x"}, refused)


def test_a_list_of_many_is_read_page_by_page(tmp_path: Path) -> None:
    def page(numbers: range, more: str) -> bytes:
        files = "".join(
            f"<Contents><Key>p/{n}</Key><Size>{n}</Size><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>" for n in numbers
        )
        going_on = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{more}</NextContinuationToken>" if more else ""
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        return f'<?xml version="1.0"?><ListBucketResult xmlns="{space}">{going_on}{files}</ListBucketResult>'.encode()

    asked: list[str] = []

    async def handle(request: Received, writer: asyncio.StreamWriter) -> None:
        asked.append(request.target)
        last = "continuation-token=1%2Fa%2Bb%3D" in request.target
        writer.write(answer(200, page(range(3, 5), "") if last else page(range(3), "1/a+b=")))

    async def run() -> None:
        async with serving(handle, host="127.0.0.1") as server:
            place = opened({"store": "s3://pictures/p", "s3": {"endpoint": f"http://127.0.0.1:{server.port}", **KEY}})
            assert await names(place) == [(str(n), n) for n in range(5)]
            await place.close()
        assert asked[0] == "/pictures?list-type=2&prefix=p%2F"

    asyncio.run(run())


HOSTILE = {
    "another piece": answer(206, b"x" * 10, ("Content-Range", "bytes 5-14/20")),
    "no end": answer(206, b"x" * 10, ("Content-Range", "bytes 0-9/*")),
    "nothing": answer(206, b"", ("Content-Range", "bytes 0-0/20")),
    "too much": answer(200, b"x" * (PIECE + 1)),
    "elsewhere": answer(307, b"", ("Location", "http://127.0.0.1:1/")),
    "no list": answer(200, b"<html>"),
    "trouble": answer(503, b"<Error><Code>SlowDown</Code></Error>"),
    "no HTTP": b"220 mail ready\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_server_that_does_not_do_its_part_is_no_endless_trouble(name: str, tmp_path: Path) -> None:
    async def handle(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(HOSTILE[name])

    async def run() -> None:
        async with serving(handle, host="127.0.0.1") as server:
            place = opened({"store": "s3://pictures", "s3": {"endpoint": f"http://127.0.0.1:{server.port}", **KEY}})
            with pytest.raises(BucketError):
                await names(place) if name == "no list" else await place.get("a", tmp_path / "a")
            assert len(server.requests) == 1
            await place.close()

    asyncio.run(run())


def test_the_bucket_stands_in_the_path_or_in_the_host_name(tmp_path: Path) -> None:
    by_path = opened({"store": "s3://pictures/a/b/", "s3": {"region": "eu-1", **KEY}})
    assert by_path._url("x y") == "https://s3.eu-1.amazonaws.com/pictures/a/b/x%20y"
    by_host = opened({"store": "s3://pictures", "s3": {"path_style": False, "endpoint": "https://s3.test:9000", **KEY}})
    assert by_host._url("x") == "https://pictures.s3.test:9000/x"


def test_key_and_server_come_from_the_environment_where_the_file_says_nothing() -> None:
    environment = {
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_ENDPOINT_URL_S3": "http://10.0.0.1:9000",
        "AWS_REGION": "garage",
    }
    found = config.read({"hostname": "here.test", "images": {"store": "s3://pictures"}}, environment=environment)
    place = bucket.of(found, "test/1")
    assert place is not None
    assert (str(place), found.images.s3.region) == ("s3://pictures/ at http://10.0.0.1:9000", "garage")
    with pytest.raises(config.ConfigError, match=r"(?s)access_key_id: is missing.*secret_access_key: is missing"):
        config.read({"hostname": "here.test", "images": {"store": "s3://pictures"}}, environment={})
    for wrong in ("s3://", "s3://Upper/x", "pictures", "http://a/b", "s3://a/b?c"):
        with pytest.raises(config.ConfigError):
            config.read({"hostname": "here.test", "images": {"store": wrong}}, environment={})
