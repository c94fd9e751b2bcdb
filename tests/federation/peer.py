"""A server of other make: serves the documents it is given, counts who asks for what, and signs activities as its people.

Its documents are written out by hand from what Lemmy's peers send, not made by the code under test.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from litestar.types import Receive, Scope, Send

from lemmy_lite.crypto import signatures
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.crypto.signatures import Request
from lemmy_lite.federation.inbox.receiving import Answer
from lemmy_lite.http import server
from tests.federation.lab import LOOPBACK, Place, hang_up, key_pair, listening, opened

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
Json = dict[str, Any]
Served = Json | int | str
"""A document, a status without one, an address to redirect to, or a web page."""


class Peer:
    """A host with people, communities and whatever else it is made to serve, by path, or by path and query; 429 comes with Retry-After."""

    def __init__(self, host: str) -> None:
        self.url = f"http://{host}"
        self.host = host
        self.documents: dict[str, Served | Callable[[dict[str, str]], Served]] = {}
        self.fetched: list[str] = []
        self.received: list[Json] = []
        self.requests: list[Request] = []
        """What came to the inboxes, with its signature."""
        self.answers: list[int] = []
        self.answering = asyncio.Event()
        """Cleared, whoever asks for a document waits until it is set."""
        self.answering.set()
        self.taking = asyncio.Event()
        """Cleared, whoever brings a message waits for the answer until it is set."""
        self.taking.set()
        self._keys: dict[str, KeyPair] = {}
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        status, body, added = 200, b"", [_JSON]
        if scope["method"] == "POST":
            message: Any = await receive()
            self.received.append(json.loads(message["body"]))
            headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
            self.requests.append(Request(method="POST", scheme="http", host=self.host, target=path, headers=headers, body=message["body"]))
            await self.taking.wait()
            status = self.answers.pop(0) if self.answers else 200
        else:
            self.fetched.append(path)
            await self.answering.wait()
            query = scope["query_string"].decode()
            found = self.documents.get(f"{path}?{query}") or self.documents.get(path, 404)
            if callable(found):
                found = found(dict(parse_qsl(query)))
            status, body, added = _written(found)
        headers = [(b"content-length", str(len(body)).encode()), *added]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def actor(self, kind: str, room: str, name: str, **fields: Any) -> str:
        """A new actor with a key of its own; answers its id."""
        ap_id = f"{self.url}/{room}/{name}"
        pair = self._keys[ap_id] = key_pair(20 + len(self._keys))
        self.documents[f"/{room}/{name}"] = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": ap_id,
            "type": kind,
            "preferredUsername": name,
            "inbox": f"{ap_id}/inbox",
            "outbox": f"{ap_id}/outbox",
            "followers": f"{ap_id}/followers",
            "endpoints": {"sharedInbox": f"{self.url}/inbox"},
            "publicKey": {"id": f"{ap_id}#main-key", "owner": ap_id, "publicKeyPem": pair.public_key},
            "published": "2024-05-05T05:05:05.123456Z",
            **fields,
        }
        return ap_id

    def change_key(self, ap_id: str, pair: KeyPair) -> None:
        """From now on the actor signs with another key."""
        self._keys[ap_id] = pair

    def person(self, name: str) -> str:
        return self.actor("Person", "u", name)

    def group(self, name: str) -> str:
        return self.actor("Group", "c", name)

    def new_id(self, kind: str) -> str:
        return f"{self.url}/activities/{kind}/{next(self._numbers)}"

    def page(self, author: str, home: str, **fields: Any) -> Json:
        """A post that the peer serves."""
        number = next(self._numbers)
        document = {
            "id": f"{self.url}/post/{number}",
            "type": "Page",
            "attributedTo": author,
            "to": [home, PUBLIC],
            "audience": home,
            "name": f"Post {number}",
            "content": "<p>Some <b>text</b></p>",
            "mediaType": "text/html",
            "published": "2024-06-06T06:06:06.654321Z",
            **fields,
        }
        self.documents[f"/post/{number}"] = document
        return document

    def note(self, author: str, parent: str, home: str, **fields: Any) -> Json:
        """A comment that the peer serves."""
        number = next(self._numbers)
        document = {
            "id": f"{self.url}/comment/{number}",
            "type": "Note",
            "attributedTo": author,
            "to": [PUBLIC],
            "cc": [home],
            "audience": home,
            "inReplyTo": parent,
            "content": f"<p>Comment {number}</p>",
            "published": "2024-07-07T07:07:07.000001Z",
            **fields,
        }
        self.documents[f"/comment/{number}"] = document
        return document

    def activity(self, kind: str, actor: str, obj: Any, home: str | None = None, **fields: Any) -> Json:
        """An activity of one of the peer's people."""
        about = {"audience": home, "cc": [home]} if home else {}
        return {"id": self.new_id(kind.lower()), "type": kind, "actor": actor, "to": [PUBLIC], "object": obj, **about, **fields}

    async def send(self, place: Place, activity: Json, *, signer: str | None = None, host: str | None = None) -> Answer:
        """Sign an activity as its actor, or as `signer`, and hand it to the instance's inbox."""
        return await place.federation.receive(self.request(place, activity, signer=signer, host=host))

    def request(
        self, place: Place, activity: Json, *, signer: str | None = None, host: str | None = None, key_id: str | None = None
    ) -> Request:
        """A signed request; `host` is the one it is signed for, `key_id` what it says of the key."""
        sender = signer or activity["actor"]
        body = json.dumps(activity).encode()
        url = f"http://{host or place.host}/inbox"
        headers = [("content-type", "application/activity+json")]
        pem = self._keys[sender].private_key
        signed = signatures.sign_cavage("POST", url, headers, body, key_id or f"{sender}#main-key", pem, place.context.clock.now())
        return Request(method="POST", scheme="http", host=place.host, target="/inbox", headers=[*headers, *signed], body=body)


_JSON = (b"content-type", b"application/activity+json")


def _written(found: Served) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """Status, body and headers."""
    if isinstance(found, int) and found > 99:
        return found, b"", [_JSON, *([(b"retry-after", b"1")] if found == 429 else [])]
    if isinstance(found, str):
        return (
            (302, b"", [(b"location", found.encode())])
            if found.startswith("http")
            else (200, found.encode(), [(b"content-type", b"text/html")])
        )
    return 200, json.dumps(found).encode(), [_JSON]


@asynccontextmanager
async def among_peers(
    folder: Path, free_port: Callable[[], int], *peers: str, url: str | None = None, **options: Any
) -> AsyncIterator[tuple[Place, list[Peer]]]:
    """One instance, named home, on the database at `url` and with some options of the section federation, and servers of other make."""
    hosts = {name: free_port() for name in ("home", *peers)}
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(opened(folder, "home", hosts, url, **options))
        await stack.enter_async_context(listening(place, hosts["home"]))
        made = []
        for name in peers:
            peer = Peer(f"{name}.test:{hosts[name]}")
            await stack.enter_async_context(serving(peer, hosts[name]))
            made.append(peer)
        yield place, made
        await hang_up(place)


@asynccontextmanager
async def serving(peer: Peer, port: int) -> AsyncIterator[None]:
    stop, ready = asyncio.Event(), asyncio.Event()

    async def on_ready() -> None:
        ready.set()

    serving = asyncio.create_task(server.serve(server.Gate(peer), server.listen(LOOPBACK, port), stop, on_ready=on_ready, grace=1))
    await ready.wait()
    try:
        yield
    finally:
        stop.set()
        await serving
