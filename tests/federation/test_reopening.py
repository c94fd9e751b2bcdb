"""A post whose text left the disk comes back when somebody opens it, and says plainly when it cannot be had."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import disk_thread
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.post import Thread
from lemmy_lite.federation.inbox import lanes
from lemmy_lite.http import reopened
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.room import Room
from lemmy_lite.storage.tables import comment, post
from tests.federation.lab import Place, eventually
from tests.federation.peer import Peer, among_peers
from tests.federation.test_inbox import FreePort, announced, followed, settled

Story = Callable[[Place, Peer, Community], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    """Run a story with our instance and a peer whose community somebody here follows."""

    async def run() -> None:
        async with among_peers(folder, free_port, "one") as (place, (one,)):
            await story(place, one, await followed(place, one))

    asyncio.run(run())


async def dropped(place: Place, one: Peer, home: Community, *, altogether: bool = False) -> tuple[PostId, dict[str, Any]]:
    """A thread of the peer of which nothing is here any more but its title, or not even that."""
    zoe = one.person("zoe")
    page = one.page(zoe, home.actor_id, name="Compost", content="<p>Turn it often</p>")
    note = one.note(zoe, page["id"], home.actor_id)
    page["replies"] = {"id": f"{page['id']}/replies", "type": "Collection", "items": [note["id"]]}
    for inner in (one.activity("Create", zoe, page, home.actor_id), one.activity("Create", zoe, note, home.actor_id)):
        await settled(place, one, announced(one, home.actor_id, inner))
    found = await place.read(post.by_ap_id, page["id"])
    assert found is not None
    verb = disk_thread.leave if altogether else disk_thread.shrink
    await place.write(lambda tx: (verb(tx, found.id, tx.now), verb(tx, found.id, tx.now)))
    assert await place.read(comment.by_ap_id, note["id"]) is None
    one.fetched.clear()
    return found.id, page


async def opened(place: Place, number: PostId, *, by_account: bool = True) -> Thread:
    """What somebody sees who opens it."""

    async def read() -> Thread:
        return await place.read(posts.thread, place.context, None, number)

    found = await reopened.opened(place.federation, number, read, lambda thread: thread, by_account=by_account)
    place.federation.thread_opened(number, by_account=by_account)
    return found


def test_text_and_comments_come_back(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, home: Community) -> None:
        number, page = await dropped(place, one, home)
        found = await opened(place, number)
        assert (found.missing, found.post_view.post.body, found.post_view.post.name) == (None, "Turn it often", "Compost")
        await eventually(
            place.read, lambda tx: tx.value("SELECT COUNT(*) FROM comment WHERE post_id = :id", id=number), gives=lambda n: n == 1
        )
        assert one.fetched.count(page["id"].removeprefix(one.url)) <= 2
        assert (await place.read(post.counters, number)).comments == 1

    tell(tmp_path, free_port, story)


def test_a_home_that_does_not_answer_is_named_and_asked_again_later(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, home: Community) -> None:
        number, page = await dropped(place, one, home)
        path = page["id"].removeprefix(one.url)
        one.documents[path] = 503
        found = await opened(place, number)
        assert found.missing is not None
        assert "could not be fetched again: Its home does not answer." in found.missing
        assert reopened.explained(found).post.body == f"*{found.missing}*"
        one.documents[path] = 410
        await asyncio.sleep(1.1)
        found = await opened(place, number)
        assert "Its home has it no more." in (found.missing or "")
        one.documents[path] = page
        await asyncio.sleep(1.1)
        assert (await opened(place, number)).post_view.post.body == "Turn it often"

    tell(tmp_path, free_port, story)


def test_an_old_link_leads_to_what_left_altogether(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, home: Community) -> None:
        number, page = await dropped(place, one, home, altogether=True)
        assert await place.read(post.get, number) is None
        assert (await opened(place, number)).post_view.post.ap_id == page["id"]
        with pytest.raises(LemmyError, match="couldnt_find_post"):
            await opened(place, PostId(4711))
        again, page = await dropped(place, one, home)
        found = await place.federation.resolve(page["id"])
        assert isinstance(found, Post)
        assert (found.id, found.body) == (again, "Turn it often")

    tell(tmp_path, free_port, story)


class Scripted(Room):
    """There is room or not, as a story says: one word for each look, and the last one from then on."""

    def __init__(self, folder: Path, *words: bool) -> None:
        super().__init__(folder, database=None, budget=None, floor=0)
        self.words = list(words)

    def shut(self) -> str | None:
        """The next word."""
        has_room = self.words.pop(0) if len(self.words) > 1 else self.words[0]
        return None if has_room else "only 3 MB are free on the disk"


def test_a_full_disk_takes_nothing_in_and_loses_nothing_that_it_acknowledged(
    tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MOST_AT_ONCE", 0)

    async def story(place: Place, one: Peer, home: Community) -> None:
        number, _ = await dropped(place, one, home)
        room = Scripted(tmp_path, False)
        object.__setattr__(place.context, "room", room)  # the context is frozen, and the place was made with it
        zoe = one.person("zed")
        first, second = (one.activity("Create", zoe, one.page(zoe, home.actor_id), home.actor_id) for _ in range(2))
        answer = await one.send(place, announced(one, home.actor_id, first))
        assert (answer.status, answer.error, answer.retry_after) == (503, "disk_full", 300)
        one.fetched.clear()
        assert (await opened(place, number)).missing is not None
        assert one.fetched == [], "nothing is fetched that there is no room for"
        room.words = [True, *[False] * 12, True]
        assert (await one.send(place, announced(one, home.actor_id, second))).status == 200
        await place.federation.applied()
        assert room.words == [True], "it waited, longer than for any other trouble"
        ids = await place.read(lambda tx: tx.column("SELECT ap_id FROM post"))
        assert second["object"]["id"] in ids
        assert first["object"]["id"] not in ids
        assert await place.read(lambda tx: tx.value("SELECT COUNT(*) FROM inbox_activity")) == 0

    tell(tmp_path, free_port, story)
