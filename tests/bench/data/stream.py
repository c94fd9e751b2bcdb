"""What fifty hosts tell an instance in a busy minute: announced votes, comments, posts and deletions, each really signed by its community.

Nine in ten posts and comments have their markdown as `source` beside the HTML, as Lemmy's have. The tenth has HTML alone, as when a
community announces what somebody of Mastodon wrote: that has to be converted.

The hosts are names of this machine with one port, where `Faraway` serves the few people whom the instance does not know yet.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, signatures
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import site
from lemmy_lite.federation import store
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.person import Person
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.database import open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import person
from tests.bench.data.seed import HOSTNAME, settings
from tests.evidence import evidence_of

HOSTS = 50
PEOPLE = 40
POSTS = 20
UNKNOWN, BAD, REPEATED = 0.05, 0.02, 0.05
"""Parts of the stream: votes of people who are not known here, signatures that do not hold, activities that come twice."""
BARE_EVERY = 10
"""One in so many texts has no source."""
ANSWER_SECONDS = 0.2

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
Json = dict[str, Any]


class Host:
    """One host with a community, its people and posts; `next()` makes the next request of its community."""

    def __init__(self, number: int, port: int, pair: KeyPair) -> None:
        self.name = f"h{number:02}.test"
        self.authority = f"{self.name}:{port}"
        self.url = f"http://{self.authority}"
        self.home = f"{self.url}/c/all"
        self.pair = pair
        self._chance = Random(number)
        self._numbers = count(1)
        self._strangers = count(1)
        self._texts = count(1)
        self._living: list[tuple[str, str]] = []

    def documents(self) -> Iterator[Json]:
        """What the instance knows from the start."""
        yield self.actor("Group", self.home)
        for number in range(PEOPLE):
            yield self.actor("Person", f"{self.url}/u/p{number}")
        for number in range(POSTS):
            yield self._page(f"{self.url}/post/{number}", f"{self.url}/u/p{number}")

    def actor(self, kind: str, ap_id: str) -> Json:
        """The document of an actor."""
        return {
            "id": ap_id,
            "type": kind,
            "preferredUsername": ap_id.rpartition("/")[2],
            "inbox": f"{ap_id}/inbox",
            "endpoints": {"sharedInbox": f"{self.url}/inbox"},
            "publicKey": {"id": f"{ap_id}#main-key", "owner": ap_id, "publicKeyPem": self.pair.public_key},
            "published": "2024-05-05T05:05:05Z",
        }

    def next(self) -> tuple[bytes, str]:
        """The bytes of a request, and the id of its activity. Of a hundred, 80 are votes, 14 comments, 3 posts, 3 deletions."""
        part = self._chance.random()
        inner = self._vote() if part < 0.8 else self._comment() if part < 0.94 else self._post() if part < 0.97 else self._deletion()
        number = next(self._numbers)
        ap_id = f"{self.url}/activities/announce/{number}"
        announce: Json = {
            "@context": ["https://join-lemmy.org/context.json", "https://www.w3.org/ns/activitystreams"],
            "id": ap_id,
            "type": "Announce",
            "actor": self.home,
            "to": [PUBLIC],
            "cc": [f"{self.home}/followers"],
            "object": inner,
        }
        return self._signed(announce, bad=self._chance.random() < BAD), ap_id

    def _signed(self, activity: Json, *, bad: bool) -> bytes:
        body = json.dumps(activity).encode()
        headers = [("Content-Type", "application/activity+json")]
        signed = signatures.sign_cavage(
            "POST", f"http://{HOSTNAME}/inbox", headers, body, f"{self.home}#main-key", self.pair.private_key, Clock().now()
        )
        if bad:
            signed = [(name, value.replace('signature="', 'signature="AAAA', 1)) for name, value in signed]
        lines = ["POST /inbox HTTP/1.1", *(f"{name}: {value}" for name, value in [*headers, *signed]), f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _activity(self, kind: str, actor: str, obj: object) -> Json:
        return {
            "id": f"{self.url}/activities/{kind.lower()}/{next(self._numbers)}",
            "type": kind,
            "actor": actor,
            "to": [PUBLIC],
            "cc": [self.home],
            "audience": self.home,
            "object": obj,
        }

    def _someone(self) -> str:
        return f"{self.url}/u/p{self._chance.randrange(PEOPLE)}"

    def _something(self) -> str:
        return f"{self.url}/post/{self._chance.randrange(POSTS)}"

    def _vote(self) -> Json:
        stranger = self._chance.random() < UNKNOWN / 0.8
        voter = f"{self.url}/u/s{next(self._strangers)}" if stranger else self._someone()
        return self._activity("Like" if self._chance.random() < 0.9 else "Dislike", voter, self._something())

    def _comment(self) -> Json:
        author, number = self._someone(), next(self._numbers)
        note: Json = {
            "id": f"{self.url}/comment/{number}",
            "type": "Note",
            "attributedTo": author,
            "to": [PUBLIC],
            "cc": [self.home],
            "audience": self.home,
            "inReplyTo": self._something(),
            **self._said(f"What I think of it, for the {number}th time, is ", "em", "this", "."),
            "published": "2024-07-07T07:07:07Z",
        }
        self._living.append((note["id"], author))
        return self._activity("Create", author, note)

    def _post(self) -> Json:
        author = self._someone()
        return self._activity("Create", author, self._page(f"{self.url}/post/n{next(self._numbers)}", author))

    def _deletion(self) -> Json:
        if not self._living:
            return self._vote()
        gone, author = self._living.pop(0)
        return self._activity("Delete", author, gone)

    def _page(self, ap_id: str, author: str) -> Json:
        return {
            "id": ap_id,
            "type": "Page",
            "attributedTo": author,
            "to": [self.home, PUBLIC],
            "audience": self.home,
            "name": f"About {ap_id.rpartition('/')[2]}",
            **self._said("Some ", "strong", "text", " of a usual length, with a word or two more than needed."),
            "published": "2024-06-06T06:06:06Z",
        }

    def _said(self, before: str, tag: str, word: str, after: str) -> Json:
        """A text with one word that stands out, as Lemmy writes it, or every tenth time as Mastodon does."""
        said: Json = {"content": f"<p>{before}<{tag}>{word}</{tag}>{after}</p>"}
        if next(self._texts) % BARE_EVERY == 0:
            return said
        mark = "*" if tag == "em" else "**"
        source = {"content": f"{before}{mark}{word}{mark}{after}", "mediaType": "text/markdown"}
        return {"content": f"{said['content']}\n", "mediaType": "text/html", "source": source}


class Faraway:
    """All fifty hosts, as far as they are asked: people, each answered after 200 ms; what they are told is counted and forgotten."""

    def __init__(self, pair: KeyPair) -> None:
        self._pair = pair
        self.port = 0
        self.hosts: list[Host] = []
        self.heard = 0
        """Activities that they were told."""
        self.stalled: str | None = None
        """A host that takes eight seconds to answer (case c2)."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                target = head.split(b" ", 2)[1].decode()
                name = head.lower().partition(b"\r\nhost: ")[2].split(b"\r\n", 1)[0].decode()
                host = next(each for each in self.hosts if each.url == f"http://{name}")
                if length := int(head.lower().partition(b"\r\ncontent-length: ")[2].split(b"\r\n", 1)[0] or 0):
                    await reader.readexactly(length)
                await asyncio.sleep(8.0 if host.name == self.stalled else ANSWER_SECONDS)
                if head.startswith(b"POST "):
                    self.heard += 1
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    continue
                body = json.dumps(host.actor("Person", f"{host.url}{target}")).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/activity+json\r\n")
                writer.write(b"content-length: %d\r\n\r\n" % len(body) + body)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def faraway(hosts: int = HOSTS) -> AsyncIterator[Faraway]:
    """The fifty hosts, or fewer, answering on a free port. One key pair serves them all: the arithmetic is the same."""
    found = Faraway(keys.generate_key_pair())
    server = await asyncio.start_server(found.answer, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    found.hosts = [Host(number, found.port, found._pair) for number in range(hosts)]
    try:
        yield found
    finally:
        server.close()


def environment() -> dict[str, str]:
    """What lets a server find the hosts on this machine."""
    return {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": ",".join(f"h{number:02}.test=127.0.0.1" for number in range(HOSTS)),
        "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.0.0/8",
    }


async def settle(folder: Path, hosts: list[Host]) -> None:
    """An instance in `folder` that knows the hosts' people and posts, and whose admin follows their communities."""
    url = f"sqlite://{folder}/lemmy.db"
    read, clock = settings(url), Clock()
    database = await open_database(url, clock)
    try:
        await migrate(database)
        context = Context(config=read, clock=clock, net=Client(NetOptions(user_agent="bench")), jwt_secret="", history=History(clock.now))

        def found(tx: Transaction) -> Person:
            site.found(tx, context, keys.generate_key_pair(), "bench")
            return site.appoint_first_admin(tx, context, "admin", "x", keys.generate_key_pair(), None)

        admin = await database.write(found)
        for host in hosts:
            await database.write(_enter, context, admin, host)
    finally:
        await database.close()


async def join(folder: Path, hosts: list[Host]) -> None:
    """Make the hosts known to an instance that has content: its admin follows their communities, and people there follow those here."""
    url = f"sqlite://{folder}/lemmy.db"
    read, clock = settings(url), Clock()
    database = await open_database(url, clock)
    try:
        context = Context(config=read, clock=clock, net=Client(NetOptions(user_agent="bench")), jwt_secret="", history=History(clock.now))

        def enter(tx: Transaction) -> None:
            admin = person.local_by_name(tx, "admin")
            assert admin is not None
            homes = [CommunityId(number) for number in tx.column("SELECT id FROM community WHERE local AND NOT deleted AND NOT removed")]
            for host in hosts:
                _enter(tx, context, admin, host)
                follower = person.by_actor_id(tx, f"{host.url}/u/p0")
                assert follower is not None
                for home in homes:
                    communities.follow(tx, follower, home, True)

        await database.write(enter)
    finally:
        await database.close()


def _enter(tx: Transaction, context: Context, admin: Person, host: Host) -> None:
    for document in host.documents():
        stored = store.receive(tx, evidence_of(document), context, document)
        if isinstance(stored, Community):
            communities.follow(tx, admin, stored.id, True)
            communities.accept_follow(tx, admin.id, stored.id)
