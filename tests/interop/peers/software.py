"""What all of them have in common: actors with keys, ids, deliveries, NodeInfo and WebFinger. How each speaks is in a file of its own."""

import itertools
import json
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.interop.peers import signing
from tests.interop.peers.server import Json, Server
from tests.interop.peers.signing import Style

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
STREAMS = "https://www.w3.org/ns/activitystreams"


class Target(NamedTuple):
    """A community or a post of the other instance as a peer knows it: its id, and its author or, for a community, its handle."""

    id: str
    by: str


class Software:
    """One kind of server. `does` are the deeds it knows in a community of others."""

    name: ClassVar[str]
    version: ClassVar[str] = "1.0.0"
    style: ClassVar[Style] = Style(("(request-target)", "host", "date", "digest", "content-type"))
    context: ClassVar[Any] = [STREAMS, "https://w3id.org/security/v1"]
    dislikes: ClassVar[bool] = True
    takes_whole_activities: ClassVar[bool] = True
    """Whether it understands an Announce of an activity; Mastodon and its kin know that of an object alone."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self._numbers = itertools.count(1)
        nodeinfo = f"{server.url}/nodeinfo/2.0"
        server.documents["/.well-known/nodeinfo"] = {
            "links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": nodeinfo}]
        }
        server.documents["/nodeinfo/2.0"] = {
            "version": "2.0",
            "software": {"name": self.name, "version": self.version},
            "protocols": ["activitypub"],
            "usage": {"users": {"total": 1}},
            "openRegistrations": False,
        }
        server.open_paths.add("/nodeinfo/2.0")

    def actor(self, kind: str, path: str, name: str, **fields: Any) -> str:
        """A new actor with a key; its id."""
        ap_id = f"{self.server.url}{path}"
        self._keys[ap_id] = key = signing.new_key()
        self.server.documents[path] = {
            "@context": self.context,
            "id": ap_id,
            "type": kind,
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{ap_id}/inbox",
            "outbox": f"{ap_id}/outbox",
            "followers": f"{ap_id}/followers",
            "endpoints": {"sharedInbox": f"{self.server.url}/inbox"},
            "publicKey": {"id": f"{ap_id}#main-key", "owner": ap_id, "publicKeyPem": signing.public_pem(key)},
            "published": "2023-03-03T03:03:03Z",
            **fields,
        }
        resource = f"/.well-known/webfinger?resource=acct:{name}@{self.server.hostname}"
        self.server.documents[resource] = {
            "subject": f"acct:{name}@{self.server.hostname}",
            "links": [{"rel": "self", "type": "application/activity+json", "href": ap_id}],
        }
        return ap_id

    def person(self, name: str) -> str:
        """Somebody with an account."""
        raise NotImplementedError

    def new_id(self, room: str) -> str:
        """An id that nothing else has."""
        return f"{self.server.url}{room}{next(self._numbers)}"

    def serve(self, document: Json) -> Json:
        """Let others fetch an object at its id."""
        self.server.documents[document["id"].removeprefix(self.server.url)] = {"@context": self.context, **document}
        return document

    def send(self, activity: Json, inbox: str) -> int:
        """Sign an activity as its actor and deliver it; the status."""
        status, said = self.try_to_send(activity, inbox)
        assert status in (200, 202), f"{activity['type']} of {self.name}: {status} {said}"
        return status

    def try_to_send(self, activity: Json, inbox: str) -> tuple[int, str]:
        """The same, whatever comes back."""
        host, _, path = inbox.removeprefix("http://").partition("/")
        body = json.dumps({"@context": self.context, **activity}).encode()
        key = self._keys[activity["actor"]]
        return self.server.post(inbox, body, signing.signed(self.style, f"{activity['actor']}#main-key", key, host, f"/{path}", body))

    # What a person does in a community of the other instance. Each answers the activity.

    def follow(self, actor: str, whom: str) -> Json:
        raise NotImplementedError

    def write(self, actor: str, home: Target, title: str, text: str) -> Json:
        raise NotImplementedError

    def reply(self, actor: str, home: Target, parent: Target, text: str) -> Json:
        raise NotImplementedError

    def update(self, create: Json, text: str) -> Json:
        raise NotImplementedError

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        raise NotImplementedError

    def undo(self, activity: Json) -> Json:
        raise NotImplementedError

    def delete(self, create: Json) -> Json:
        raise NotImplementedError

    def report(self, actor: str, home: Target, about: Target, reason: str) -> Json:
        raise NotImplementedError


def now() -> str:
    """The time to the second, as most of them write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise() -> str:
    """The time to the microsecond, as Lemmy writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
