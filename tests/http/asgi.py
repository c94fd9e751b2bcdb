"""Calls an ASGI application in memory, with exactly the bytes a test wants."""

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


async def ask(
    app: Any,
    method: str,
    target: str,
    *,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes | list[bytes] = b"",
    peer: str = "127.0.0.1",
) -> Answer:
    """One request. A list of bodies arrives in that many pieces."""
    path, _, query = target.partition("?")
    pieces = body if isinstance(body, list) else [body]
    incoming = [{"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1} for number, piece in enumerate(pieces)]
    incoming.append({"type": "http.disconnect"})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return incoming.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": (peer, 4711),
        "server": ("127.0.0.1", 80),
        "extensions": {},
    }
    await app(scope, receive, send)
    if not sent:
        return Answer(0, {}, b"")
    start = sent[0]
    received: dict[str, str] = {}
    for name, value in start["headers"]:  # one that comes twice is joined, as RFC 9110 (5.3) says
        key, text = name.decode(), value.decode("latin-1")
        received[key] = f"{received[key]}, {text}" if key in received else text
    return Answer(start["status"], received, b"".join(message.get("body", b"") for message in sent[1:]))


def asked(app: Any, method: str, target: str, **options: Any) -> Answer:
    """`ask` from a test that is no coroutine."""
    return asyncio.run(ask(app, method, target, **options))
