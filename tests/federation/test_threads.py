"""Threads as collections: what belongs to a post, and who answers what."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.federation import threads
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.routing import build
from lemmy_lite.model.community import CommunityForm, CommunityVisibility
from lemmy_lite.storage.tables import comment as rows
from tests.federation.lab import Place
from tests.federation.peer import Peer, among_peers
from tests.http.asgi import Answer, ask

FreePort = Callable[[], int]
Get = Callable[[str], Awaitable[Answer]]
Story = Callable[[Place, Peer, Get], Awaitable[None]]


@pytest.fixture
def tell(tmp_path: Path, free_port: FreePort, request: pytest.FixtureRequest) -> Callable[[Story], None]:
    """Runs a story with an instance, a peer, and a way to ask the instance; on Postgres where a test says so."""
    url: str | None = request.getfixturevalue("postgres_url") if getattr(request, "param", "") == "postgres" else None

    def tell(story: Story) -> None:
        async def run() -> None:
            async with among_peers(tmp_path, free_port, "one", url=url) as (place, (one,)):
                app = build([activitypub(place.context, place.database, place.federation)])
                await story(place, one, lambda address: ask(app, "GET", address.removeprefix(place.url)))

        asyncio.run(run())

    return tell


def named(items: list[Any]) -> list[str]:
    """The ids of items, which are documents or ids."""
    return [each if isinstance(each, str) else each["id"] for each in items]


@pytest.mark.parametrize("tell", ["sqlite", "postgres"], indirect=True)
def test_a_post_and_its_comments_name_the_collection_that_holds_them_all(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, one: Peer, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        written = await place.post(ann, home)
        first = await place.comment(ann, written)
        below = await place.comment(ann, written, "Deeper", first)
        remote: Any = await place.federation.resolve(one.note(one.person("zoe"), first.ap_id, home.actor_id)["id"])
        thread = (await get(written.ap_id)).json()["context"]
        assert (await get(below.ap_id)).json()["context"] == thread == f"{written.ap_id}/context"
        collection = (await get(thread)).json()
        assert (collection["type"], collection["id"], collection["attributedTo"]) == ("OrderedCollection", thread, home.actor_id)
        assert collection["totalItems"] == 4
        assert named(collection["orderedItems"]) == [written.ap_id, first.ap_id, below.ap_id, remote.ap_id]
        whole = [each for each in collection["orderedItems"] if isinstance(each, dict)]
        assert [each["type"] for each in whole] == ["Page", "Note", "Note"], "what is not ours is named only"
        assert "first" not in collection

    tell(story)


@pytest.mark.parametrize("tell", ["sqlite", "postgres"], indirect=True)
def test_replies_are_those_to_exactly_this(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, _: Peer, get: Get) -> None:
        ann = await place.person("ann")
        written = await place.post(ann, await place.community(ann))
        other = await place.post(ann, await place.community(ann, "coffee"))
        first, second = await place.comment(ann, written, "One"), await place.comment(ann, written, "Two")
        below = await place.comment(ann, written, "Below", first)
        deepest = await place.comment(ann, written, "Deepest", below)
        for parent, expected in ((written, [first, second]), (first, [below]), (below, [deepest]), (deepest, []), (other, [])):
            address = (await get(parent.ap_id)).json()["replies"]
            collection = (await get(address)).json()
            assert collection["id"] == address
            assert (named(collection["orderedItems"]), collection["totalItems"]) == ([each.ap_id for each in expected], len(expected))

    tell(story)


def test_a_long_thread_is_read_page_by_page_and_nothing_is_missed_or_doubled(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, _: Peer, get: Get) -> None:
        ann = await place.person("ann")
        written = await place.post(ann, await place.community(ann))
        said = [await place.comment(ann, written, f"{number}") for number in range(threads.MOST_ITEMS * 2 + 5)]
        for address, expected in (
            (f"{written.ap_id}/context", [written.ap_id, *(each.ap_id for each in said)]),
            (f"{written.ap_id}/replies", [each.ap_id for each in said]),
        ):
            collection = (await get(address)).json()
            assert (collection["totalItems"], "orderedItems" in collection) == (len(expected), False)
            read, following, pages = [], collection["first"], 0
            while following:
                page = (await get(following)).json()
                assert (page["type"], page["id"], page["partOf"]) == ("OrderedCollectionPage", following, address)
                read += named(page["orderedItems"])
                following, pages = page.get("next"), pages + 1
            assert (read, pages) == (expected, 3)

    tell(story)


def test_a_page_of_long_comments_ends_earlier(tell: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(place: Place, _: Peer, get: Get) -> None:
        monkeypatch.setattr(threads, "MOST_BYTES", 2000)
        ann = await place.person("ann")
        written = await place.post(ann, await place.community(ann))
        said = [await place.comment(ann, written, f"{number} {'tea ' * 300}") for number in range(3)]
        first = (await get((await get(f"{written.ap_id}/replies")).json()["first"])).json()
        assert named(first["orderedItems"]) == [said[0].ap_id]
        last = (await get((await get(first["next"])).json()["next"])).json()
        assert (named(last["orderedItems"]), "next" in last) == ([said[2].ap_id], False)

    tell(story)


@pytest.mark.parametrize("tell", ["sqlite", "postgres"], indirect=True)
def test_what_does_not_stand_is_not_listed(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, _: Peer, get: Get) -> None:
        ann = await place.person("ann")
        written = await place.post(ann, await place.community(ann))
        deleted, removed, stands = [await place.comment(ann, written, text) for text in ("deleted", "removed", "stands")]
        await place.write(comments.delete, ann, deleted.id, True)
        await place.write(rows.update, removed.id, removed=True)
        collection = (await get(f"{written.ap_id}/context")).json()
        assert (named(collection["orderedItems"]), collection["totalItems"]) == ([written.ap_id, stands.ap_id], 2)
        assert (await get(f"{deleted.ap_id}/replies")).status == 410
        await place.write(posts.delete, ann, written.id, True)
        assert (await get(f"{written.ap_id}/context")).status == 410

    tell(story)


def test_the_threads_of_others_and_those_of_a_local_community_are_not_here(tell: Callable[[Story], None]) -> None:
    async def story(place: Place, one: Peer, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        written = await place.post(ann, home)
        said = await place.comment(ann, written)
        places = [f"{written.ap_id}/context", f"{written.ap_id}/replies", f"{said.ap_id}/replies"]
        assert [(await get(each)).status for each in places] == [200] * 3
        await place.write(communities.edit, place.context, ann, home.id, CommunityForm(visibility=CommunityVisibility.LOCAL_ONLY))
        assert [(await get(each)).status for each in places] == [404] * 3
        foreign: Any = await place.federation.resolve(one.page(one.person("zoe"), one.group("gardens"))["id"])
        answer = await place.comment(ann, foreign)
        assert (await get(f"/post/{foreign.id}/context")).status == 404
        assert "context" not in (await get(answer.ap_id)).json(), "its home decides what belongs to it"
        for address in ("/post/x/context", "/post/1/replies?after=x", "/comment/99999/replies", "/post//context"):
            assert (await get(address)).status == 404

    tell(story)
