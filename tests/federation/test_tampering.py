"""The tamper table: each kind of message with each field replaced by another origin's value is refused, no row changes and nothing is
fetched but the sender's key; the untampered message passes."""

import asyncio
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import community as communities
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from tests.federation.lab import Place
from tests.federation.peer import Json, Peer, among_peers

FreePort = Callable[[], int]


class Scene:
    """A local community and one elsewhere that is followed; `zoe` lives where that is, `lea` and everything foreign on another host."""

    def __init__(self, place: Place, one: Peer, two: Peer) -> None:
        self.place, self.one, self.two = place, one, two
        self.zoe, self.lea = one.person("zoe"), two.person("lea")
        self.gardens, self.foreign_group = one.group("gardens"), two.group("elsewhere")
        self.foreign_page = two.page(self.lea, self.foreign_group)["id"]
        self.home: Community
        self.ann: Person
        self.page: Json
        self.written: str

    async def set(self) -> None:
        """What is there before the message comes."""
        place = self.place
        self.ann = await place.person("ann")
        self.home = await place.community(self.ann)
        self.written = (await place.post(self.ann, self.home)).ap_id
        followed, asked = await place.federation.resolve(self.gardens), await place.federation.resolve(self.one.group("pending"))
        assert isinstance(followed, Community)
        assert isinstance(asked, Community)

        def follow(tx: Transaction) -> None:
            communities.follow(tx, self.ann, followed.id, True)
            communities.accept_follow(tx, self.ann.id, followed.id)
            communities.follow(tx, self.ann, asked.id, True)

        await place.write(follow)
        self.page = self.one.page(self.zoe, self.home.actor_id)
        await self.deliver(self.one.activity("Create", self.zoe, self.page, self.home.actor_id))
        self.one.fetched.clear()
        self.two.fetched.clear()

    async def deliver(self, activity: Json, **signing: Any) -> int:
        """Send, and wait for the effect."""
        answer = await self.place.federation.receive(self.one.request(self.place, activity, **signing))
        await self.place.federation.applied()
        return answer.status

    async def state(self) -> list[Any]:
        """All rows that a message may change."""
        tables = ("post", "comment", "post_vote", "comment_vote", "community_follower", "post_aggregates", "person", "community", "actor",
                  "tombstone", "sent_activity")  # fmt: skip

        def rows(tx: Transaction) -> list[Any]:
            return [tx.all(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]

        return await self.place.read(rows)


def follow(scene: Scene) -> Json:
    return scene.one.activity("Follow", scene.zoe, scene.home.actor_id, to=[scene.home.actor_id])


def accept(scene: Scene) -> Json:
    pending = f"{scene.one.url}/c/pending"
    asked = {"id": f"{scene.place.url}/activities/follow/1", "type": "Follow", "actor": scene.ann.actor_id, "object": pending}
    return scene.one.activity("Accept", pending, asked, to=[scene.ann.actor_id])


def create_page(scene: Scene) -> Json:
    return scene.one.activity("Create", scene.zoe, scene.one.page(scene.zoe, scene.home.actor_id), scene.home.actor_id)


def create_note(scene: Scene) -> Json:
    note = scene.one.note(scene.zoe, scene.written, scene.home.actor_id)
    return scene.one.activity("Create", scene.zoe, note, scene.home.actor_id)


def update_page(scene: Scene) -> Json:
    page = scene.page | {"name": "Another title", "updated": "2024-08-08T08:08:08Z"}
    return scene.one.activity("Update", scene.zoe, page, scene.home.actor_id)


def like(scene: Scene) -> Json:
    return scene.one.activity("Like", scene.zoe, scene.written, scene.home.actor_id)


def delete(scene: Scene) -> Json:
    return scene.one.activity("Delete", scene.zoe, scene.page["id"], scene.home.actor_id)


def announce(scene: Scene) -> Json:
    inner = scene.one.activity("Create", scene.zoe, scene.one.page(scene.zoe, scene.gardens), scene.gardens)
    return scene.one.activity("Announce", scene.gardens, inner)


KINDS = {
    "Follow": follow,
    "Accept": accept,
    "Create of a post": create_page,
    "Create of a comment": create_note,
    "Update": update_page,
    "Like": like,
    "Delete": delete,
    "Announce": announce,
}

# Where each field is in each kind of message. `keyId` and `signature host` stand outside of the message.
PLACES: dict[str, dict[str, tuple[str, ...]]] = {
    "actor": dict.fromkeys(KINDS, ("actor",)) | {},
    "activity id": dict.fromkeys(KINDS, ("id",)),
    "object id": {
        "Follow": ("object",),
        "Accept": ("object", "object"),
        "Create of a post": ("object", "id"),
        "Create of a comment": ("object", "id"),
        "Update": ("object", "id"),
        "Like": ("object",),
        "Delete": ("object",),
        "Announce": ("object", "object", "id"),
    },
    "attributedTo": {
        "Create of a post": ("object", "attributedTo"),
        "Create of a comment": ("object", "attributedTo"),
        "Update": ("object", "attributedTo"),
        "Announce": ("object", "object", "attributedTo"),
    },
    "audience": {
        "Create of a post": ("audience",),
        "Create of a comment": ("audience",),
        "Update": ("audience",),
        "Like": ("audience",),
        "Delete": ("audience",),
        "Announce": ("object", "audience"),
    },
    "audience of the object": {
        "Create of a post": ("object", "audience"),
        "Create of a comment": ("object", "audience"),
        "Update": ("object", "audience"),
        "Announce": ("object", "object", "audience"),
    },
    "inner actor": {"Accept": ("object", "actor"), "Announce": ("object", "actor")},
    "inner id": {"Accept": ("object", "id"), "Announce": ("object", "id")},
    "to": dict.fromkeys(KINDS, ("to",)) | {"Announce": ("object", "to")},
}
OUTSIDE = ("keyId", "signature host")


def foreign_value(scene: Scene, field: str, kind: str) -> Any:
    """What another host could want to pass for."""
    match field:
        case "actor" | "inner actor" | "attributedTo":
            return scene.lea
        case "activity id" | "inner id":
            return scene.two.new_id("x")
        case "audience" | "audience of the object":
            return scene.foreign_group
        case "to":
            return [scene.lea]
        case _:
            return scene.foreign_group if kind in ("Follow", "Accept") else scene.foreign_page


def replaced(activity: Json, place: tuple[str, ...], value: Any) -> Json:
    """A copy with one field replaced."""
    found = inner = copy.deepcopy(activity)
    for name in place[:-1]:
        inner = inner[name]
    assert place[-1] in inner
    inner[place[-1]] = value
    if place[-1] == "to":
        inner.pop("cc", None)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_of_another_origin_is_refused_and_the_true_message_passes(kind: str, tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two") as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            control = KINDS[kind](scene)
            signer = control["actor"]
            before = await scene.state()
            for field in (*(field for field, kinds in PLACES.items() if kind in kinds), *OUTSIDE):
                fresh = control | {"id": one.new_id("tampered")}
                if field == "keyId":
                    await scene.deliver(fresh, key_id=f"{scene.lea}#main-key")
                elif field == "signature host":
                    await scene.deliver(fresh, host=two.host)
                else:
                    value = foreign_value(scene, field, kind)
                    await scene.deliver(replaced(fresh, PLACES[field][kind], value), signer=signer)
                assert await scene.state() == before, field
                assert two.fetched == [], field
                assert set(one.fetched) <= {signer.removeprefix(one.url)}, field

            assert await scene.deliver(control) == 200
            assert await scene.state() != before, "the untampered message has its effect"

    asyncio.run(run())
