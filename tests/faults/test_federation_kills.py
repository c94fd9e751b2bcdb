"""kill -9 at any moment while others tell us things and we tell them: nothing acknowledged is lost, nothing is doubled.

Five kills here; with LEMMY_LITE_FULL=1 a hundred.
"""

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.crypto import keys, signatures
from lemmy_lite.model.clock import Clock
from lemmy_lite.storage import gathering
from lemmy_lite.storage.pending import DIRECT_VOTES
from tests import instances
from tests.instances import Instance
from tests.storage.databases import migrated

pytestmark = pytest.mark.faults

KILLS = 100 if os.environ.get("LEMMY_LITE_FULL") == "1" else 5
VOTERS = 3
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PATIENCE = 60.0


class Faraway:
    """A host whose people all sign with one key. It takes whatever it is sent, and remembers it in the order of arrival."""

    def __init__(self) -> None:
        self.pair = keys.generate_key_pair()
        self.received: list[dict[str, Any]] = []
        here = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(json.dumps(here.person(self.path)).encode())

            def do_POST(self) -> None:
                here.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("content-type", "application/activity+json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://far.test:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def person(self, path: str) -> dict[str, Any]:
        ap_id = f"{self.url}{path}"
        return {
            "id": ap_id,
            "type": "Person",
            "preferredUsername": path.rpartition("/")[2],
            "inbox": f"{self.url}/inbox",
            "publicKey": {"id": f"{ap_id}#main-key", "owner": ap_id, "publicKeyPem": self.pair.public_key},
        }

    def send(self, instance: Instance, activity: dict[str, Any]) -> bool:
        """Answers whether it was acknowledged. A refusal for good is a failure; anything else may be sent again."""
        body = json.dumps(activity).encode()
        headers = [("content-type", "application/activity+json")]
        inbox = f"http://{instance.hostname}/inbox"
        key_id = f"{activity['actor']}#main-key"
        signed = signatures.sign_cavage("POST", inbox, headers, body, key_id, self.pair.private_key, Clock().now())
        connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=20)
        try:
            connection.request("POST", "/inbox", body, dict([*headers, *signed]))
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        assert status == 200 or status >= 500, (status, activity)
        return status == 200

    def activity(self, kind: str, name: str, about: object) -> dict[str, Any]:
        actor = f"{self.url}/u/{name}"
        return {"id": f"{self.url}/{kind}/{name}", "type": kind, "actor": actor, "to": [PUBLIC], "object": about}


@pytest.fixture
def faraway() -> Iterator[Faraway]:
    found = Faraway()
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_what_was_acknowledged_in_either_direction_survives_kills_once(
    tmp_path: Path, free_port: Callable[[], int], faraway: Faraway
) -> None:
    port = free_port()
    variables = {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": "home.test=127.0.0.1,far.test=127.0.0.1",
        "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8",
        "LEMMY_TEST_FAST_FEDERATION": "1",
    }
    with instances.running(tmp_path, port, hostname=f"home.test:{port}", environment=variables) as instance:
        home = instance.admin.post("/community", name="busy", title="Busy")["community_view"]["community"]
        voted = instance.admin.post("/post", name="Voted on", community_id=home["id"])["post_view"]["post"]
        _until(lambda: faraway.send(instance, faraway.activity("Follow", "fan", home["actor_id"])))
        _until(lambda: any(each["type"] == "Accept" for each in faraway.received))
        told = _told_while_killed(instance, faraway, home["id"], voted["ap_id"])
        _until(lambda: instance.execute("SELECT COUNT(*) FROM inbox_activity") == [(0,)])
        assert instance.admin.get("/post", id=voted["id"])["post_view"]["counts"]["upvotes"] == len(told.voters) + 1
        _until(lambda: told.posts <= _announced(faraway, "Create"))
        _each_has_one_name_and_its_order(faraway)
        instance.stop()
        _every_vote_counts_once(instance, voted["id"], told.voters)
        assert instance.execute("PRAGMA integrity_check") == [("ok",)]


class Told:
    """What was acknowledged: names of those who voted, ids of our own posts."""

    def __init__(self) -> None:
        self.voters: set[str] = set()
        self.posts: set[str] = set()


def _told_while_killed(instance: Instance, faraway: Faraway, community_id: int, post_id: str) -> Told:
    told, over, numbers = Told(), threading.Event(), itertools.count()

    def vote() -> None:
        while not over.is_set():
            name = f"v{next(numbers)}"
            _until(lambda: faraway.send(instance, faraway.activity("Like", name, post_id)))  # noqa: B023  # done before the next turn
            told.voters.add(name)

    def post() -> None:
        client = instance.client(instance.admin.jwt)
        while not over.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
                made = client.post("/post", name=f"News {next(numbers)}", community_id=community_id)
                told.posts.add(made["post_view"]["post"]["ap_id"])
            time.sleep(0.02)

    people = [threading.Thread(target=vote) for _ in range(VOTERS)] + [threading.Thread(target=post)]
    for each in people:
        each.start()
    moments = random.Random(21)
    for _ in range(KILLS):
        time.sleep(moments.uniform(0.1, 0.6))
        instance.kill()
        instance.start()
    _until(lambda: len(told.voters) > 2 * DIRECT_VOTES)
    time.sleep(0.5)
    over.set()
    for each in people:
        each.join(PATIENCE)
        assert not each.is_alive()
    return told


def _every_vote_counts_once(instance: Instance, post_id: int, voters: set[str]) -> None:
    def stored() -> set[str]:
        rows = instance.execute(
            f"SELECT person.name FROM post_vote JOIN person ON person.id = person_id WHERE post_id = {post_id} AND NOT person.local"
        )
        return {name for (name,) in rows}

    assert instance.execute("SELECT COUNT(*) FROM vote_log") > [(0,)], "some votes waited in the log; how many goes by the pace"
    asyncio.run(_merged(f"sqlite://{instance.data_dir.absolute()}/lemmy.db"))
    assert stored() == voters
    assert len(voters) > KILLS
    assert instance.execute(f"SELECT upvotes FROM post_aggregates WHERE post_id = {post_id}") == [(len(voters) + 1,)]


async def _merged(url: str) -> None:
    """Bring the votes that wait in the log to their table."""
    async with migrated(url) as database:
        await database.write(gathering.merge)


def _announced(faraway: Faraway, kind: str) -> set[str]:
    objects = [each["object"] for each in faraway.received if each["type"] == "Announce" and each["object"]["type"] == kind]
    return {each["object"]["id"] for each in objects}


def _each_has_one_name_and_its_order(faraway: Faraway) -> None:
    """What came twice came under one id, and first arrivals about one post are Create, then the bare Page, then the author's vote."""
    names: dict[tuple[str, str], set[str]] = {}
    order: dict[str, list[str]] = {}
    for each in list(faraway.received):
        if each["type"] != "Announce":
            continue
        kind, inner = each["object"]["type"], each["object"]
        about = inner["id"] if kind == "Page" else inner["object"]["id"] if kind == "Create" else inner["object"]
        by = inner.get("actor", "")
        names.setdefault((f"{kind} {by}", about), set()).add(each["id"])
        if kind not in order.setdefault(about, []):
            order[about].append(kind)
    assert all(len(found) == 1 for found in names.values()), {key: found for key, found in names.items() if len(found) > 1}
    assert all(kinds == ["Create", "Page", "Like"][: len(kinds)] for about, kinds in order.items() if "Create" in kinds)


def _until(ask: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not ask():
        assert time.monotonic() < ends, "in vain"
        time.sleep(0.05)
