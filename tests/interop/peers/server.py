"""A web server on a loopback address: documents by path, an inbox that believes signed activities only, and what it was told so far."""

import json
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, NoReturn

from tests.instances import Instance
from tests.interop.network import eventually
from tests.interop.peers import signing
from tests.interop.peers.signing import WrongSignature

Json = dict[str, Any]
ACTIVITY = "application/activity+json"


class Heard(NamedTuple):
    """An activity that came in, the path of the inbox, and whose key signed it."""

    inbox: str
    activity: Json
    key_id: str


class Server:
    """One server; `secure` is Mastodon's secure mode, which serves nothing but `open_paths` to who does not sign."""

    def __init__(self, hostname: str, address: str, port: int, other: Instance, *, secure: bool = False) -> None:
        self.hostname = hostname
        self.url = f"http://{hostname}"
        self.documents: dict[str, Json] = {}
        self.gone: set[str] = set()
        self.open_paths: set[str] = set()
        self.heard: list[Heard] = []
        self.refused: list[str] = []
        self._other = other
        self._secure = secure
        self._client = other.client()
        self._keys: dict[str, str] = {}
        self._web = ThreadingHTTPServer((address, port), _handler(self))
        self._web.daemon_threads = True
        threading.Thread(target=self._web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._web.shutdown()
        self._web.server_close()

    def post(self, inbox: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Send to an inbox of the other instance; status and what it says."""
        answer = self._client.send("POST", inbox.removeprefix(f"http://{self._other.hostname}"), body, headers)
        return answer.status, answer.body.decode()

    def fetch(self, ap_id: str) -> Json:
        """A document of the other instance, as any server asks for one."""
        assert ap_id.startswith(f"http://{self._other.hostname}/"), ap_id
        asked = urllib.request.Request(ap_id.replace(f"http://{self._other.hostname}", self._other.url))
        asked.add_header("Host", self._other.hostname)
        asked.add_header("Accept", f'{ACTIVITY}, application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.headers["content-type"].partition(";")[0] in (ACTIVITY, "application/jrd+json"), answer.headers["content-type"]
            found: Json = json.load(answer)
        return found

    def hears(self, wanted: Callable[[Json], object]) -> Heard:
        """The first activity that is as wanted, waited for."""
        return eventually(lambda: next((each for each in list(self.heard) if wanted(each.activity)), None), bool) or _never()

    def judge(self, method: str, target: str, headers: dict[str, str], body: bytes) -> str:
        """Whose request it is. Raises WrongSignature."""
        return signing.judge(method, target, headers, body, self._key_of)

    def take(self, inbox: str, headers: dict[str, str], body: bytes) -> int:
        """An activity came in: the status for it."""
        try:
            key_id = self.judge("POST", inbox, headers, body)
            activity: Json = json.loads(body)
            if key_id.partition("#")[0] != activity["actor"]:
                raise WrongSignature(f"{activity['actor']} does not sign with {key_id}")
        except WrongSignature as trouble:
            self.refused.append(f"{trouble}: {body[:300]!r}")
            return 401
        self.heard.append(Heard(inbox, activity, key_id))
        return 202

    def serve(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """A document for who may have it."""
        if path in self.gone:
            return 410, b""
        if self._secure and path not in self.open_paths and not path.startswith("/.well-known/"):
            try:
                self.judge("GET", path, headers, b"")
            except WrongSignature as trouble:
                return 401, json.dumps({"error": str(trouble)}).encode()
        found = self.documents.get(path)
        return (200, json.dumps(found).encode()) if found is not None else (404, b"{}")

    def _key_of(self, key_id: str) -> str:
        if key_id not in self._keys:
            document = self.fetch(key_id.partition("#")[0])
            key = document["publicKey"]
            if key["id"] != key_id or key["owner"] != document["id"]:
                raise WrongSignature(f"{document['id']} does not publish {key_id}")
            self._keys[key_id] = key["publicKeyPem"]
        return self._keys[key_id]


def _never() -> NoReturn:
    raise AssertionError("eventually answers what it waited for")


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            status, body = server.serve(self.path, self._headers())
            kind = "application/json" if "nodeinfo" in self.path else "application/jrd+json" if "webfinger" in self.path else ACTIVITY
            self._answer(status, body, f"{kind}; charset=utf-8")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self._answer(server.take(self.path, self._headers(), body), b"", "text/plain")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what went wrong stands in `refused`."""

        def _headers(self) -> dict[str, str]:
            return {name.lower(): value for name, value in self.headers.items()}

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
