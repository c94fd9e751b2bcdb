"""Files in a bucket of an S3 server: put, fetched, looked at, listed, removed. It knows nothing of what they are.

The server's address comes from the configuration, so it may lie in one's own network, and plain http is good there; no redirect of it is
followed. Files are read as they go out and fetched in pieces, so that none is held in memory whole.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from lemmy_lite.config import Config
from lemmy_lite.model.struct import Struct
from lemmy_lite.net import options, sigv4, tunnel
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Body, Client, Headers, Response
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import parse_url
from lemmy_lite.net.sigv4 import Credentials

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

PIECE: Final = 4 * 2**20
"""Bytes that are fetched at a time."""

SECONDS: Final = 30.0
"""For a request without a body to speak of."""

SLOWEST: Final = 64 * 2**10
"""Bytes a second that a line must carry for a file to arrive in time."""

_SMALL_ANSWER: Final = 64 * 2**10
_LIST_ANSWER: Final = 4 * 2**20
"""A thousand names with what S3 says of each are some 400 kB."""


class BucketError(OSError):
    """The bucket did not do what was asked: a sentence for the log and for the administrator, without secrets."""


class Place(Struct):
    """Which bucket where: `endpoint` is the server's address, `prefix` begins every name, and is empty or ends with a slash."""

    endpoint: str
    region: str
    bucket: str
    prefix: str
    path_style: bool


class Held(NamedTuple):
    """A file of the bucket by its name without the prefix, its bytes, and when it was put there (seconds since 1970, by the server's
    clock)."""

    name: str
    size: int
    since: float


class Bucket:
    """The files below one prefix. Names are paths of plain ASCII. Every method raises BucketError when the server does not do its part."""

    def __init__(self, client: Client, place: Place, who: Credentials) -> None:
        self._client = client
        self._place = place
        self._who = who
        parts = urlsplit(place.endpoint)
        host = parts.netloc if place.path_style else f"{place.bucket}.{parts.netloc}"
        self._base = f"{parts.scheme}://{host}{parts.path.rstrip('/')}" + (f"/{place.bucket}" if place.path_style else "")

    def __str__(self) -> str:
        return f"s3://{self._place.bucket}/{self._place.prefix} at {self._place.endpoint}"

    async def put(self, name: str, source: Path, sha256: str) -> None:
        """Store a file whose hash is known; the server checks it. It is durable when this returns."""
        size = source.stat().st_size
        with source.open("rb") as body:
            answer = await self._ask("PUT", self._url(name), body=body, body_hash=sha256, seconds=SECONDS + size / SLOWEST)
        self._require(answer, name, 200)

    async def get(self, name: str, target: Path) -> bool:
        """Write a file of the bucket into one of ours; False where there is none."""
        with target.open("wb") as file:
            whole = None
            while whole is None or file.tell() < whole:
                asked = (("Range", f"bytes={file.tell()}-{file.tell() + PIECE - 1}"),)
                answer = await self._ask("GET", self._url(name), headers=asked, most=PIECE, seconds=SECONDS + PIECE / SLOWEST)
                if answer.status == 404 and whole is None and b"NoSuchBucket" not in answer.body:
                    return False
                if answer.status == 416 and whole is None:  # a file of no bytes has no first piece
                    return True
                self._require(answer, name, 200, 206)
                whole = self._whole(answer, name, file.tell())
                await asyncio.to_thread(file.write, answer.body)
        return True

    async def size(self, name: str) -> int | None:
        """How many bytes a file has; None where there is none."""
        answer = await self._ask("HEAD", self._url(name))
        if answer.status == 404:
            return None
        self._require(answer, name, 200)
        return int(answer.header("content-length") or 0)

    async def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        answer = await self._ask("DELETE", self._url(name))
        self._require(answer, name, 200, 204, *([404] if b"NoSuchBucket" not in answer.body else []))

    async def listed(self) -> AsyncIterator[Held]:
        """Every file below the prefix, by name."""
        more: str | None = ""
        while more is not None:
            query = {"list-type": "2", "prefix": self._place.prefix} | ({"continuation-token": more} if more else {})
            joined = "&".join(f"{sigv4.quoted(key)}={sigv4.quoted(value)}" for key, value in sorted(query.items()))
            answer = await self._ask("GET", f"{self._base}{'' if self._place.path_style else '/'}?{joined}", most=_LIST_ANSWER)
            self._require(answer, "the list of files", 200)
            found, more = _read_list(answer.body)
            for each in found:
                if each.name.startswith(self._place.prefix):
                    yield each._replace(name=each.name.removeprefix(self._place.prefix))

    async def close(self) -> None:
        """End its connections."""
        await self._client.close()

    def _url(self, name: str) -> str:
        return f"{self._base}/{sigv4.quoted(self._place.prefix + name, slash=True)}"

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: Headers = (),
        body: Body | None = None,
        body_hash: str = sigv4.EMPTY,
        most: int = _SMALL_ANSWER,
        seconds: float = SECONDS,
    ) -> Response:
        limits = Limits(requests=1, depth=1, wire_bytes=2 * most, decoded_bytes=2 * most, seconds=seconds)
        sign = partial(self._signed, body_hash)
        try:
            return await self._client.ask(method, url, Budget(limits), headers=headers, body=body, max_bytes=most, sign=sign)
        except NetError as error:
            raise BucketError(f"{self}: {error.sentence}") from error

    def _signed(self, body_hash: str, method: str, url: str, given: Headers, _: Body | None) -> list[tuple[str, str]]:
        return sigv4.headers(method, parse_url(url).target, given, body_hash, self._who, self._place.region, datetime.now(UTC))

    def _require(self, answer: Response, name: str, *statuses: int) -> None:
        if answer.status not in statuses:
            raise BucketError(f"{self} answers {answer.status} for {name}{_reason(answer.body)}")

    def _whole(self, answer: Response, name: str, at: int) -> int:
        """How many bytes the file has, by the answer to a piece of it."""
        if answer.status == 200:
            if at:
                raise BucketError(f"{self} sends {name} from its start where a later piece was asked for")
            return len(answer.body)
        unit, _, rest = (answer.header("content-range") or "").partition(" ")
        span, _, whole = rest.partition("/")
        if unit != "bytes" or not whole.isdecimal() or span.partition("-")[0] != str(at) or not answer.body:
            raise BucketError(f"{self} sends another piece of {name} than was asked for")
        return int(whole)


def of(config: Config, product: str) -> Bucket | None:
    """The bucket of pictures that the configuration names, if it does. `product` is how we introduce ourselves."""
    store, s3 = config.images.store, config.images.s3
    if store is None or not store.startswith("s3://") or s3.access_key_id is None or s3.secret_access_key is None:
        return None
    bucket, _, prefix = store.removeprefix("s3://").partition("/")
    prefix = prefix.strip("/")
    endpoint = s3.endpoint or f"https://s3.{s3.region}.amazonaws.com"
    place = Place(endpoint=endpoint, region=s3.region, bucket=bucket, prefix=f"{prefix}/" if prefix else "", path_style=s3.path_style)
    outside = tunnel.leads_outside(urlsplit(endpoint).hostname or "")
    net = replace(
        options.of(config, product),
        allow_private_addresses=True,
        socks_proxy=config.socks_proxy if outside else None,
        read_seconds=SECONDS,
        ca_file=str(s3.ca_file) if s3.ca_file is not None else None,
    )
    return Bucket(Client(net), place, Credentials(key_id=s3.access_key_id, secret=s3.secret_access_key))


def _read_list(body: bytes) -> tuple[list[Held], str | None]:
    """The files of an answer to ListObjectsV2, and where the next one goes on."""
    from xml.etree import ElementTree as ET

    try:
        root = ET.fromstring(body)
        found = [
            Held(_text(each, "Key"), int(_text(each, "Size")), datetime.fromisoformat(_text(each, "LastModified")).timestamp())
            for each in root.iterfind("{*}Contents")
        ]
    except (ET.ParseError, ValueError) as error:
        raise BucketError("the bucket's list of files cannot be read") from error
    more = root.findtext("{*}NextContinuationToken") if root.findtext("{*}IsTruncated") == "true" else None
    return found, more or None


def _text(of: "ET.Element", name: str) -> str:
    return of.findtext(f"{{*}}{name}") or ""


def _reason(body: bytes) -> str:
    """The code and the sentence of an error document, as far as there is one."""
    text = body[:2000].decode("utf-8", "replace")
    parts = [text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0] for tag in ("Code", "Message")]
    said = ": ".join(part for part in parts if part)
    return f" ({said[:300]})" if said else ""
