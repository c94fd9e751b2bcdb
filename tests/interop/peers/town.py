"""One running instance and, beside it, a server of each make that a test asks for; each conversation has a community of its own."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests import instances
from tests.instances import Client, Instance
from tests.interop.network import arrives, eventually
from tests.interop.peers.friendica import Friendica
from tests.interop.peers.mastodon import Mastodon, Pleroma
from tests.interop.peers.peertube import PeerTube
from tests.interop.peers.server import Json, Server
from tests.interop.peers.software import Software, Target
from tests.interop.peers.threadiverse import Lemmy, Mbin, PieFed

MAKES: dict[str, type[Software]] = {each.name: each for each in (Lemmy, PieFed, Mbin, Mastodon, Pleroma, Friendica, PeerTube)}
HOME = "127.0.2.30"


class Conversation(NamedTuple):
    """A community of Ann's on our instance, and Zoe, who has an account at a server of another make."""

    alpha: Instance
    ann: Client
    ann_id: str
    home: dict[str, Any]
    peer: Software
    zoe: str
    stranger: Client
    """Somebody who sees what has come, and makes nobody fetch."""

    @property
    def community(self) -> Target:
        """The community as the peer knows it."""
        return Target(self.home["actor_id"], f"{self.home['name']}@{self.alpha.hostname}")

    def post(self, title: str = "How long to steep?") -> Target:
        """A post by Ann."""
        view = self.ann.post("/post", name=title, body="In *minutes*.", community_id=self.home["id"])["post_view"]
        return Target(view["post"]["ap_id"], self.ann_id)

    def tell(self, activity: Json, inbox: str | None = None) -> Json:
        """The peer delivers an activity; to the inbox of the whole instance unless another is named."""
        self.peer.send(activity, inbox or f"http://{self.alpha.hostname}/inbox")
        return activity

    def sees(self, ap_id: str, gives: Callable[[Any], object] = bool) -> Any:
        """What is shown at an id once it is as wished."""
        return arrives(self.stranger, ap_id, gives)

    def hears(self, kind: str, about: Callable[[Json], object] = bool) -> Json:
        """The first activity of a kind that the peer got and believed."""
        return self.peer.server.hears(lambda activity: activity["type"] == kind and about(activity)).activity

    def follow(self) -> Json:
        """Zoe follows the community, as her server does it: by its name, its document, its inbox."""
        server = self.peer.server
        found = server.fetch(f"http://{self.alpha.hostname}/.well-known/webfinger?resource=acct:{self.community.by}")
        ids = [link["href"] for link in found["links"] if link["rel"] == "self" and link["type"] == "application/activity+json"]
        assert ids == [self.community.id]
        group = server.fetch(self.community.id)
        assert (group["type"], group["preferredUsername"]) == ("Group", self.home["name"])
        asked = self.tell(self.peer.follow(self.zoe, group["id"]), group["inbox"])
        accept = self.hears("Accept", lambda told: told["object"]["id"] == asked["id"])
        assert (accept["actor"], accept["object"]["actor"], accept["object"]["object"]) == (group["id"], self.zoe, group["id"])
        eventually(self.followers, lambda count: count == 2)
        return asked

    def followers(self) -> int:
        """How many follow the community."""
        return int(self.stranger.get("/community", id=self.home["id"])["community_view"]["counts"]["subscribers"])


class Town:
    """The instance, and who lives beside it."""

    def __init__(self, alpha: Instance, servers: dict[str, Callable[[], Server]]) -> None:
        self.alpha = alpha
        self._servers = servers
        self._peers: dict[str, Software] = {}
        self._numbers = itertools.count(1)
        self._stranger = alpha.client()

    def peer(self, make: str) -> Software:
        """The server of a make, started when first asked for."""
        if make not in self._peers:
            self._peers[make] = MAKES[make](self._servers[make]())
        return self._peers[make]

    def conversation(self, make: str) -> Conversation:
        """A new community with people who have not met."""
        number, peer = next(self._numbers), self.peer(make)
        ann = self.alpha.registered(f"ann_{number}")
        home = ann.post("/community", name=f"tea_{number}", title="Tea", description="All about *tea*")["community_view"]["community"]
        ann_id = f"http://{self.alpha.hostname}/u/ann_{number}"
        return Conversation(self.alpha, ann, ann_id, home, peer, peer.person(f"zoe_{number}"), self._stranger)

    def close(self) -> None:
        """Every server ends; none has met a signature that it could not believe."""
        for peer in self._peers.values():
            peer.server.close()
        assert {make: peer.server.refused for make, peer in self._peers.items() if peer.server.refused} == {}


@contextlib.contextmanager
def town(folder: Path, free_port: Callable[[], int]) -> Iterator[Town]:
    """A running instance in a network with every make."""
    ports = {make: free_port() for make in MAKES}
    addresses = {make: f"127.0.2.{number}" for number, make in enumerate(MAKES, 31)}
    environment = {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": ",".join([f"alpha.test={HOME}", *(f"{make}.test={address}" for make, address in addresses.items())]),
        "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.2.0/24",
        "LEMMY_TEST_FAST_FEDERATION": "1",
    }
    port = free_port()
    with instances.running(folder, port, address=HOME, hostname=f"alpha.test:{port}", environment=environment) as alpha:

        def starter(make: str) -> Callable[[], Server]:
            return lambda: Server(f"{make}.test:{ports[make]}", addresses[make], ports[make], alpha, secure=make == "mastodon")

        found = Town(alpha, {make: starter(make) for make in MAKES})
        yield found
        found.close()
