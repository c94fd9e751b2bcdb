"""Another instance, played: its people follow, vote and write, all with one key; it takes what it is told and remembers it."""

import contextlib
import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from lemmy_lite.crypto import keys, signatures
from lemmy_lite.model.clock import Clock
from tests.instances import Answer, Instance

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PATIENCE = 60.0
HOME = "home.test"


class Arrival(NamedTuple):
    """One activity that was told to it, with the moment by the steady clock."""

    at: float
    activity: dict[str, Any]


class _Server(ThreadingHTTPServer):
    """One that knows how many connections it has taken and not read to their end."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._counting = threading.Lock()
        self.connected = 0

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._counting:
            self.connected += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._counting:
            self.connected -= 1


class Faraway:
    """A host on loopback. A POST to any inbox is taken, a GET of any path is a person of that name."""

    def __init__(self, name: str = "far.test") -> None:
        self.name = name
        self.pair = keys.generate_key_pair()
        self.arrivals: list[Arrival] = []
        self.signed = 0
        """Requests that came with a signature."""
        self.asked = 0
        self.hangs_up = False
        """From now on it takes connections and answers nothing."""
        self.in_vain = 0
        """Requests that it has not answered."""
        self.fetched: Counter[str] = Counter()
        """How often each path was asked for."""
        self._numbers = itertools.count(1)
        here = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_HEAD(self) -> None:
                self._answer(b"")

            def do_GET(self) -> None:
                here.fetched[self.path] += 1
                self._answer(json.dumps(here.person(self.path)).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if not here.hangs_up:
                    here.arrivals.append(Arrival(time.monotonic(), json.loads(body)))
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                if here.hangs_up:
                    here.in_vain += 1
                    self.close_connection = True
                    return
                here.asked += 1
                here.signed += "signature" in self.headers
                self.send_response(200)
                self.send_header("content-type", "application/activity+json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle_one_request(self) -> None:
                with contextlib.suppress(OSError):  # whoever asked was killed
                    super().handle_one_request()

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self.server = _Server(Handler)
        self.url = f"http://{name}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @classmethod
    def speaking(cls, url: str, private_key: str) -> "Faraway":
        """One that only sends, for a host whose people have this key."""
        voice = cls.__new__(cls)
        voice.url, voice.pair, voice._numbers = url, keys.KeyPair(private_key=private_key, public_key=""), itertools.count(1)
        return voice

    @property
    def received(self) -> list[dict[str, Any]]:
        """What it was told, in the order of arrival."""
        return [each.activity for each in list(self.arrivals)]

    def settled(self) -> None:
        """Wait until all is noted that was sent to it, by a sender that has ended: this machine may be busy, and its threads late."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=PATIENCE)) as connection:
            connection.request("HEAD", "/")  # taken after every connection that was made before
            connection.getresponse().read()
        until(lambda: self.server.connected == 0, what="a connection of somebody who has ended was never read to its end")

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def person(self, path: str) -> dict[str, Any]:
        """The document of the person at a path."""
        ap_id = f"{self.url}{path}"
        return {
            "id": ap_id,
            "type": "Person",
            "preferredUsername": path.rpartition("/")[2],
            "inbox": f"{self.url}/inbox",
            "publicKey": {"id": f"{ap_id}#main-key", "owner": ap_id, "publicKeyPem": self.pair.public_key},
        }

    def activity(self, kind: str, name: str, about: object, **fields: Any) -> dict[str, Any]:
        """A new activity of somebody here."""
        number = next(self._numbers)
        actor = f"{self.url}/u/{name}"
        return {"id": f"{self.url}/{kind.lower()}/{number}", "type": kind, "actor": actor, "to": [PUBLIC], "object": about, **fields}

    def comment(self, name: str, parent: str, community: str) -> dict[str, Any]:
        """A Create of a comment by somebody here."""
        number = next(self._numbers)
        note = {
            "id": f"{self.url}/comment/{number}",
            "type": "Note",
            "attributedTo": f"{self.url}/u/{name}",
            "to": [PUBLIC],
            "cc": [community],
            "audience": community,
            "inReplyTo": parent,
            "content": f"<p>Comment {number}</p>",
            "published": "2026-07-07T07:07:07.000001Z",
        }
        return self.activity("Create", name, note, cc=[community], audience=community)

    def send(self, instance: Instance, activity: Mapping[str, Any]) -> bool:
        """Answers whether it was acknowledged. A refusal for good is a failure; anything else may be sent again."""
        status = self.status(instance, activity)
        assert status is None or status == 200 or status >= 500, (status, activity)
        return status == 200

    def status(self, instance: Instance, activity: Mapping[str, Any]) -> int | None:
        """The status that the inbox answers; None when nobody does."""
        answer = self.answer(instance, activity)
        return answer.status if answer else None

    def answer(self, instance: Instance, activity: Mapping[str, Any]) -> Answer | None:
        """What the inbox answers; None when nobody does."""
        body = json.dumps(activity).encode()
        headers = [("content-type", "application/activity+json")]
        inbox = f"http://{instance.hostname}/inbox"
        key_id = f"{activity['actor']}#main-key"
        signed = signatures.sign_cavage("POST", inbox, headers, body, key_id, self.pair.private_key, Clock().now())
        connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=20)
        try:
            connection.request("POST", "/inbox", body, dict([*headers, *signed]))
            reply = connection.getresponse()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def follow(self, instance: Instance, community: str) -> None:
        """Somebody here follows a community there, and has been accepted when this returns."""
        until(lambda: self.send(instance, self.activity("Follow", "fan", community)))
        until(lambda: any(each["type"] == "Accept" for each in self.received))


@contextlib.contextmanager
def faraways(*names: str) -> Iterator[list[Faraway]]:
    """Hosts with these names."""
    found = [Faraway(name) for name in names or ("far.test",)]
    try:
        yield found
    finally:
        for each in found:
            each.close()


def environment(*hosts: str, fast: bool = True) -> dict[str, str]:
    """What lets an instance named HOME find hosts on this machine. `fast`: all waits of federation are short."""
    return {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": ",".join(f"{name}=127.0.0.1" for name in (HOME, *hosts)),
        "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8",
        **({"LEMMY_TEST_FAST_FEDERATION": "1"} if fast else {}),
    }


def until(ask: Callable[[], bool], seconds: float = PATIENCE, what: str = "it never came to be", *, pause: float = 0.02) -> None:
    """Ask again and again. Raises AssertionError after so many seconds."""
    ends = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < ends, what
        time.sleep(pause)
