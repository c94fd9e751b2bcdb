"""A community on alpha that somebody of beta follows: where most stories begin."""

import itertools
from typing import Any, NamedTuple

from tests.instances import Client, Instance
from tests.interop.network import eventually

_numbers = itertools.count(1)


class Exchange(NamedTuple):
    """`home` is the community as alpha has it, `mirror` as beta does. Ann founded it, Bob of beta follows it."""

    alpha: Instance
    beta: Instance
    ann: Client
    bob: Client
    home: dict[str, Any]
    mirror: dict[str, Any]
    on_alpha: Client
    on_beta: Client
    """Strangers, who see what has come and make nobody fetch."""

    def post(self, **fields: Any) -> dict[str, Any]:
        """A post by Ann, as PostView."""
        view: dict[str, Any] = self.ann.post("/post", **{"name": "How long to steep?", "community_id": self.home["id"]} | fields)[
            "post_view"
        ]
        return view

    def follow(self, wanted: bool) -> None:
        """Bob follows or leaves, and alpha knows."""
        before = self.followers()
        self.bob.post("/community/follow", community_id=self.mirror["id"], follow=wanted)
        if wanted:
            eventually(self.state, lambda state: state == "Subscribed")
        else:
            eventually(self.followers, lambda count: count == before - 1)

    def state(self) -> str:
        """How Bob stands to the community."""
        view = self.bob.get("/community", id=self.mirror["id"])["community_view"]
        return str(view["subscribed"])

    def followers(self) -> int:
        """How many follow, by what alpha shows."""
        view = self.on_alpha.get("/community", id=self.home["id"])["community_view"]
        return int(view["counts"]["subscribers"])


def begin(alpha: Instance, beta: Instance, *, follow: bool = True) -> Exchange:
    """A new community and its follower; the names are new each time."""
    number = next(_numbers)
    ann, bob = alpha.registered(f"ann_{number}"), beta.registered(f"bob_{number}")
    home = ann.post("/community", name=f"tea_{number}", title="Tea", description="All about *tea*")["community_view"]["community"]
    mirror = bob.get("/resolve_object", q=f"!{home['name']}@{alpha.hostname}")["community"]["community"]
    exchange = Exchange(alpha, beta, ann, bob, home, mirror, alpha.client(), beta.client())
    if follow:
        exchange.follow(True)
    return exchange


def comment(client: Client, post_id: int, text: str, parent_id: int | None = None) -> dict[str, Any]:
    """A new comment, as CommentView."""
    fields = {"post_id": post_id, "content": text} | ({} if parent_id is None else {"parent_id": parent_id})
    view: dict[str, Any] = client.post("/comment", **fields)["comment_view"]
    return view


def author_of(client: Client) -> dict[str, Any]:
    """The person behind a client."""
    person: dict[str, Any] = client.get("/site")["my_user"]["local_user_view"]["person"]
    return person
