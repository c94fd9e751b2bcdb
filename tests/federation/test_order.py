"""Votes go past what their host has in rows, but not past what they have to come after."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lemmy_lite.federation.inbox.order import Order
from lemmy_lite.storage.tables import inbox_activity
from tests.federation.lab import Place
from tests.federation.peer import Peer, among_peers
from tests.federation.test_inbox import announced, existing_post, followed, settled

FreePort = Callable[[], int]
Json = dict[str, Any]


def tell(folder: Path, free_port: FreePort, story: Callable[[Place, Peer], Awaitable[None]]) -> None:
    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two") as (place, (one, _)):
            await story(place, one)

    asyncio.run(run())


def votes_wait(place: Place) -> None:
    """Votes come so fast that they wait in the log, and were merged a moment ago."""
    place.database.pending.is_gathering, place.database.pending._merged = True, place.context.clock.now()


def _activity(kind: str, actor: str, obj: object) -> Json:
    return {"id": f"https://one.test/{kind}/{actor}", "type": kind, "actor": actor, "object": obj}


def _announced(inner: Json) -> Json:
    return {"id": f"{inner['id']}/announce", "type": "Announce", "actor": "group", "object": inner}


def test_a_vote_waits_for_votes_of_the_same_person_on_the_same_thing_alone() -> None:
    order = Order()
    waiting = _announced(_activity("Like", "zoe", "post"))
    assert order.lets_pass("one", waiting)
    assert order.keep("one", "1", waiting)
    assert not order.keep("one", "1", waiting), "it is kept already"
    for vote in (_activity("Dislike", "zoe", "post"), _announced(_activity("Undo", "zoe", _activity("Like", "zoe", "post")))):
        assert not order.lets_pass("one", vote)
        assert order.lets_pass("two", vote), "another host has its own order"
    assert order.lets_pass("one", _activity("Like", "zoe", "other"))
    assert order.lets_pass("one", _activity("Like", "eve", "post"))
    order.settled("one", "1")
    assert order.lets_pass("one", _activity("Dislike", "zoe", "post"))


def test_a_vote_waits_for_its_post_and_for_whatever_decides_who_may_vote() -> None:
    order = Order()
    like = _announced(_activity("Like", "zoe", "post"))
    passes = {
        "Create": (_activity("Create", "eve", {"id": "other", "type": "Page"}), True),
        "its Create": (_activity("Create", "eve", {"id": "post", "type": "Page"}), False),
        "Delete": (_activity("Delete", "eve", "post"), True),
        "Update": (_activity("Update", "eve", {"id": "post", "type": "Page"}), True),
        "farewell": (_activity("Delete", "zoe", "zoe"), False),
        "Block": (_activity("Block", "eve", "zoe"), False),
        "Undo of Block": (_activity("Undo", "eve", _activity("Block", "eve", "zoe")), False),
        "Follow": (_activity("Follow", "zoe", "group"), False),
        "bare": ({"id": "1", "type": "Announce", "actor": "group", "object": "https://one.test/1"}, False),
    }
    for name, (before, expected) in passes.items():
        order.keep("one", "before", before)
        assert order.lets_pass("one", like) is expected, name
        order.settled("one", "before")
    assert (order._kept, order._keys) == ({}, {}), "nothing is left of what is settled"
    order.found("one")
    assert not order.lets_pass("one", like), "rows of an earlier run may hold anything"
    order.rested("one")
    assert order.lets_pass("one", like)


def test_votes_go_past_a_comment_that_waits_for_a_slow_host_and_need_no_row(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer) -> None:
        home = await followed(place, one)
        page = one.page(one.person("eve"), home.actor_id)
        await settled(place, one, announced(one, home.actor_id, one.activity("Create", one.person("eve"), page)))
        written = await existing_post(place, page["id"])
        votes_wait(place)
        lanes, rows = place.federation._lanes, Counter[str]()
        go_on = asyncio.Event()
        perform = lanes._store.perform

        async def slowly(*args: Any) -> Any:
            await go_on.wait()
            return await perform(*args)

        lanes._store.perform = slowly  # type: ignore[method-assign]
        place.database.trace = lambda sql: rows.update(["row"] if "INSERT INTO inbox_activity" in sql else [])
        stranger = one.activity("Like", one.person("stranger"), page["id"])
        assert (await one.send(place, announced(one, home.actor_id, stranger))).status == 200
        assert rows["row"] == await place.read(inbox_activity.waiting) == 1
        known = one.person("eve")
        for kind in ("Dislike", "Like", "Dislike"):
            assert (await one.send(place, announced(one, home.actor_id, one.activity(kind, known, page["id"])))).status == 200
        assert rows["row"] == 1, "votes of people who are known need no row"
        assert await place.votes(written.id) == (-1, 0, 1)
        # But the stranger's own next word stays behind the first.
        changed = one.activity("Dislike", one.person("stranger"), page["id"])
        assert (await one.send(place, announced(one, home.actor_id, changed))).status == 200
        assert rows["row"] == 2
        go_on.set()
        await place.federation.applied()
        assert await place.votes(written.id) == (-2, 0, 2)
        assert (lanes._order._kept, await place.read(inbox_activity.waiting)) == ({}, 0)

    tell(tmp_path, free_port, story)


def test_a_vote_asks_the_database_for_each_thing_once(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer) -> None:
        home = await followed(place, one)
        page = one.page(one.person("eve"), home.actor_id)
        await settled(place, one, announced(one, home.actor_id, one.activity("Create", one.person("eve"), page)))
        votes_wait(place)
        vote = [announced(one, home.actor_id, one.activity(kind, one.person("eve"), page["id"])) for kind in ("Dislike", "Like")]
        await settled(place, one, vote[0])
        asked: list[str] = []
        place.database.trace = asked.append
        await settled(place, one, vote[1])
        tables = Counter(word for sql in asked for before, word in zip(sql.split(), sql.split()[1:], strict=False) if before == "FROM")
        tables.pop("actor", None)  # a key is looked up before
        # Once for both: is the announcement new, is the vote new.
        assert tables == {"received_activity": 1, "inbox_activity": 1}, "the vote before has asked for the rest, and delivery is not woken"
        # Either may be known already, under each name that it can have: nothing counts twice, and nothing of it is remembered too early.
        told = one.activity("Dislike", one.person("eve"), page["id"])
        await settled(place, one, announced(one, home.actor_id, told))
        assert await place.votes((await existing_post(place, page["id"])).id) == (-1, 0, 1)
        await settled(place, one, vote[1])
        again = announced(one, home.actor_id, vote[1]["object"])
        await settled(place, one, again)
        await settled(place, one, announced(one, home.actor_id, told))
        assert await place.votes((await existing_post(place, page["id"])).id) == (-1, 0, 1)

    tell(tmp_path, free_port, story)
