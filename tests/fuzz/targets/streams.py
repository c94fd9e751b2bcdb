"""Bodies of forms with files, piece by piece, and resources of WebFinger."""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from lemmy_lite.http.errors import Refused
from lemmy_lite.http.multipart import MOST_PARTS, is_multipart, parts
from lemmy_lite.http.request import Request
from tests.fuzz.inputs import changed_bytes, changed_text, pieces, samples, words
from tests.fuzz.scene import ASKING, Stage, staged
from tests.fuzz.target import Bench, Broken

MEDIA = (
    "multipart/form-data; boundary=limit",
    'multipart/form-data; boundary="limit"; charset=utf-16',
    "multipart/form-data",
    "Multipart/Form-Data;boundary=limit",
    "text/plain",
    "",
)


@st.composite
def _bodies(draw: DrawFn) -> dict[str, Any]:
    body = draw(changed_bytes([each["body"].encode("latin-1") for each in samples("multipart")]))
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=4)))
    return {"media": draw(st.sampled_from(MEDIA)), "body": body.decode("latin-1"), "cuts": cuts}


@contextmanager
def opened_multipart(_folder: Path) -> Iterator[Bench]:
    """Bodies in pieces."""
    with asyncio.Runner() as runner:
        yield Bench(_bodies(), lambda value: runner.run(_check_multipart(value)))


@contextmanager
def opened_webfinger(folder: Path) -> Iterator[Bench]:
    """The whole application."""
    with staged(folder) as stage:
        yield Bench(
            changed_text(samples("webfinger"), words("webfinger")) | pieces(words("webfinger"), 10),
            lambda text: check_webfinger(stage, text),
        )


async def _check_multipart(value: Mapping[str, Any]) -> None:
    """A body is read or refused, the same however it is cut into pieces; one in which there is no field may be either."""
    body = value["body"].encode("latin-1")
    edges = [0, *(min(each, len(body)) for each in value["cuts"]), len(body)]
    whole = await _read(value["media"], [body])
    cut = await _read(value["media"], [body[start:end] for start, end in itertools.pairwise(edges)])
    if (whole or 400) != (cut or 400):
        raise Broken(f"{whole} as a whole, {cut} in pieces")


async def _read(media: str, chunks: list[bytes]) -> list[tuple[str, str | None, bytes]] | int:
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    waiting.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return waiting.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", media.encode())], "client": None}
    request = Request(scope, receive, {})  # type: ignore[arg-type]  # all that is looked at
    is_multipart(request)
    try:
        found = [(part.name, part.file_name, b"".join([piece async for piece in part.pieces()])) async for part in parts(request)]
    except Refused as refused:
        if not 400 <= refused.status < 500:
            raise Broken(f"refused with {refused.status}") from refused
        return refused.status
    if len(found) > MOST_PARTS:
        raise Broken("more parts than allowed")
    return found


def check_webfinger(stage: Stage, resource: str) -> None:
    """A resource names somebody here, nobody, or is refused."""
    asked = quote(resource.encode("utf-8", "replace"), safe="")
    for target in (f"/.well-known/webfinger?resource={asked}", f"/api/v3/resolve_object?q={asked}", f"/search?q={asked}&type=Url"):
        answer = stage.ask(ASKING["stranger"], "GET", target, {"host": "site.test", "accept": "*/*"})
        if answer.status not in (200, 301, 302, 303, 307, 400, 401, 404):
            raise Broken(f"{target} answers {answer.status}")
        if answer.status == 200 and target.startswith("/.well") and not answer.json()["subject"].endswith("@site.test"):
            raise Broken(f"{resource!r} is {answer.json()['subject']!r}")
