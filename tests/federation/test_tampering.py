"""The tamper table: each kind of message with each field replaced by another origin's value is refused, no row changes and nothing is
fetched but the sender's key; the untampered message passes."""

import asyncio
import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import community as communities
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables import community, community_moderator, post
from tests.federation.messages import KINDS, Scene, announced_lock, pin
from tests.federation.peer import Json, among_peers
from tests.storage.databases import on

FreePort = Callable[[], int]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """No address, which means SQLite, and that of a Postgres database which has the schema already."""
    if request.param == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgres_server")
    made = server.copy_of("a schema for the tamper table", lambda url: on(url, _nothing))
    yield made
    server.drop(made)


async def _nothing(_: Database) -> None:
    """The schema is all that is wanted."""


MESSAGES = ("Private message", "Direct note", "Update of a message")
GOVERNING = ("Lock", "Add", "Remove", "Removal", "Block", "Undo", "Update of a community", "Flag")

# Where each field is in each kind of message. `keyId` and `signature host` stand outside of the message.
PLACES: dict[str, dict[str, tuple[str, ...]]] = {
    "actor": dict.fromkeys(KINDS, ("actor",)),
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
        "Update of a community": ("object", "id"),
        "Undo": ("object", "object"),
        "Announce of a Lock": ("object", "object"),
    }
    | dict.fromkeys(("Lock", "Add", "Remove", "Removal", "Block", "Block by the home", "Flag", "Flag by a site"), ("object",))
    | dict.fromkeys(("Delete of a person", "Move"), ("object",))
    | dict.fromkeys(("Delete of a message", "Follow of a person"), ("object",))
    | dict.fromkeys((*MESSAGES, "Update of a person"), ("object", "id")),
    "attributedTo": {
        "Create of a post": ("object", "attributedTo"),
        "Create of a comment": ("object", "attributedTo"),
        "Update": ("object", "attributedTo"),
        "Announce": ("object", "object", "attributedTo"),
        "Update of a community": ("object", "attributedTo"),
    }
    | dict.fromkeys(MESSAGES, ("object", "attributedTo")),
    "to of the object": dict.fromkeys(MESSAGES, ("object", "to")),
    "audience": {
        "Create of a post": ("audience",),
        "Create of a comment": ("audience",),
        "Update": ("audience",),
        "Like": ("audience",),
        "Delete": ("audience",),
        "Announce": ("object", "audience"),
        "Announce of a Lock": ("object", "audience"),
    }
    | dict.fromkeys((*GOVERNING, "Flag by a site"), ("audience",)),
    "audience of the object": {
        "Create of a post": ("object", "audience"),
        "Create of a comment": ("object", "audience"),
        "Update": ("object", "audience"),
        "Announce": ("object", "object", "audience"),
    },
    "inner actor": dict.fromkeys(("Accept", "Announce", "Announce of a Lock", "Undo"), ("object", "actor")),
    "inner id": dict.fromkeys(("Accept", "Announce", "Announce of a Lock", "Undo"), ("object", "id")),
    "inner audience": {"Undo": ("object", "audience")},
    "target": dict.fromkeys(("Add", "Remove", "Block", "Block by the home", "Move"), ("target",)) | {"Undo": ("object", "target")},
    "key in the object": {"Update of a community": ("object", "publicKey", "publicKeyPem")},
    "inbox in the object": dict.fromkeys(("Update of a community", "Update of a person"), ("object", "inbox")),
    "to": dict.fromkeys(KINDS, ("to",)) | dict.fromkeys(("Announce", "Announce of a Lock"), ("object", "to")),
}
OUTSIDE = ("keyId", "signature host")


def foreign_value(scene: Scene, field: str, kind: str) -> Any:
    """What another host could want to pass for."""
    match field:
        case "actor" | "inner actor" | "attributedTo":
            return scene.lea
        case "activity id" | "inner id":
            return scene.two.new_id("x")
        case "audience" | "inner audience" | "audience of the object":
            return scene.foreign_group
        case "target":
            collection = {"Add": "/featured", "Remove": "/moderators"}.get(kind, "")
            if kind == "Move":
                return scene.lea
            return f"{scene.two.url}/" if kind == "Block by the home" else scene.foreign_group + collection
        case "key in the object":
            return scene.two.documents["/u/lea"]["publicKey"]["publicKeyPem"]  # type: ignore[index]  # it is a document
        case "inbox in the object":
            return f"{scene.lea}/inbox"
        case "to" | "to of the object":
            return [scene.lea]
        case _:
            return (
                scene.foreign_group if kind in ("Follow", "Accept", "Update of a community", "Follow of a person") else scene.foreign_page
            )


def fields_of(activity: Json) -> list[str]:
    """Which of the fields in which a message could lie it has, beside those that every message has."""
    written = activity["object"]["object"] if activity["type"] == "Announce" else activity["object"]
    inner = activity["object"] if activity["type"] in ("Announce", "Undo") else activity
    found = ["actor", "activity id", "object id", "to"]
    found += [field for field in ("audience", "target") if field in activity or field in inner]
    return found + (["attributedTo"] if isinstance(written, dict) and "attributedTo" in written else [])


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
def test_a_field_of_another_origin_is_refused_and_the_true_message_passes(
    kind: str, url: str | None, tmp_path: Path, free_port: FreePort
) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", url=url) as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            control = KINDS[kind](scene)
            signer = control["actor"]
            assert [field for field in fields_of(control) if kind not in PLACES[field]] == [], "the table leaves none out"
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


def test_who_does_not_moderate_a_community_here_changes_nothing_in_it(url: str | None, tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", url=url) as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            await scene.deliver(one.activity("Like", scene.xia, scene.written, scene.home.actor_id))
            before = await scene.state()
            for kind in (kind for kind in GOVERNING if kind != "Flag"):
                activity = KINDS[kind](scene) | {"actor": scene.xia}
                if kind == "Undo":
                    activity["object"]["actor"] = scene.xia
                await scene.deliver(activity)
                assert await scene.state() == before, kind
                assert two.fetched == [], kind

    asyncio.run(run())


def test_a_community_vouches_for_people_of_its_own_host_alone_and_in_what_is_its_own(
    url: str | None, tmp_path: Path, free_port: FreePort
) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", url=url) as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            before = await scene.state()
            foreign = two.activity("Lock", scene.lea, scene.flower["id"], scene.gardens)
            await scene.deliver(one.activity("Announce", scene.gardens, foreign))
            ours = one.activity("Lock", scene.xia, scene.written, scene.gardens)
            await scene.deliver(one.activity("Announce", scene.gardens, ours))
            crown = one.activity("Add", scene.xia, scene.xia, scene.home.actor_id, target=f"{scene.home.actor_id}/moderators")
            await scene.deliver(one.activity("Announce", scene.gardens, crown))
            await scene.deliver(one.activity("Lock", scene.xia, scene.flower["id"], scene.gardens))
            assert await scene.state() == before
            assert two.fetched == []

            await scene.deliver(announced_lock(scene))
            assert await scene.state() != before, "what happens in it, by its own people, counts"

    asyncio.run(run())


def test_what_a_community_does_after_the_last_follower_here_has_left_is_not_taken(
    url: str | None, tmp_path: Path, free_port: FreePort
) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", url=url) as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            gardens = await place.federation.resolve(scene.gardens)
            await place.write(communities.follow, scene.ann, gardens.id, False)  # type: ignore[arg-type]  # it is a community
            before = await scene.state()
            await scene.deliver(announced_lock(scene))
            gone = one.activity("Delete", scene.xia, scene.gardens, scene.gardens, summary="")
            await scene.deliver(one.activity("Announce", scene.gardens, gone))
            assert await scene.state() == before

    asyncio.run(run())


def test_a_community_elsewhere_goes_only_if_it_says_so_itself(url: str | None, tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", url=url) as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            zoe, gardens = await place.federation.resolve(scene.zoe), await place.federation.resolve(scene.gardens)
            await place.write(community_moderator.insert, gardens.id, zoe.id)  # type: ignore[arg-type]  # a community and a person
            before = await scene.state()
            for about in ({}, {"summary": "quiet"}):
                await scene.deliver(one.activity("Delete", scene.zoe, scene.gardens, scene.gardens, **about))
            assert await scene.state() == before
            gone = one.activity("Delete", scene.zoe, scene.gardens, scene.gardens, summary="quiet")
            await scene.deliver(one.activity("Announce", scene.gardens, gone))
            assert (await place.read(community.existing, gardens.id)).removed  # type: ignore[arg-type]  # it is a community

    asyncio.run(run())


def test_an_undo_of_add_removes_and_an_undo_of_remove_adds(url: str | None, tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", url=url) as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            for activity, pinned in (("Add", True), ("Remove", False)):
                told = pin(scene) | {"type": activity}
                await scene.deliver(told)
                assert await _is_pinned(scene) is pinned
                await scene.deliver(one.activity("Undo", scene.zoe, told, scene.home.actor_id))
                assert await _is_pinned(scene) is not pinned

    asyncio.run(run())


async def _is_pinned(scene: Scene) -> bool:
    found = await scene.place.read(post.by_ap_id, scene.written)
    assert found is not None
    return found.featured_community
