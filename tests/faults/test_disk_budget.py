"""A node with a budget that is fed ten times as much stays under it, keeps serving, and keeps all that is its own."""

import faulthandler
import logging
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from lemmy_lite.domain import disk_keeping, post_listing, recount, vote
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.disk import Tools
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.post import Post
from lemmy_lite.storage import upkeep
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.room import Room, log_pages
from lemmy_lite.storage.tables import post as post_rows
from tests.domain.elsewhere import Elsewhere, elsewhere
from tests.domain.house import House, told
from tests.faults.feeding import Feeder

log = logging.getLogger(__name__)
MEGABYTE = 10**6
TOLD_EVERY = 60.0
FULL = os.environ.get("LEMMY_LITE_FULL") == "1"


class Size(NamedTuple):
    """A budget and what is fed, in bytes that it would take; posts in a unit of work."""

    budget: int
    fed: int
    posts: int


SHORT = {
    "sqlite": Size(32 * MEGABYTE, 48 * MEGABYTE, 20),  # the least that the configuration allows: below, the log alone passes it
    "postgresql": Size(10 * MEGABYTE, 16 * MEGABYTE, 10),  # its log is its own, and measuring it is slow
}
WHOLE = Size(200 * MEGABYTE, 2000 * MEGABYTE, 100)
UNIT_BYTES = 11_000
"""What a post with its comments and votes takes, about."""


class Own(NamedTuple):
    """What must be there in the end: posts with their texts, and a thread of elsewhere in which somebody here spoke."""

    written: list[Post]
    joined: Post


async def furnish(house: House, afar: Elsewhere) -> Own:
    """Local posts with comments and votes, and one old thread elsewhere that somebody here took part in."""
    ada = await house.person("ada")
    birds = await house.community(ada)
    written = [await house.post(ada, birds.id, f"Own {number}", body=f"Wrens, day {number}. " * 20) for number in range(30)]
    for each in written[:10]:
        await house.comment(ada, each.id, "One more thing")
        for somebody in afar.people:
            await house.database.write(vote.cast, somebody, each, 1)
    joined = await afar.thread(900, "Joined", comments=5)
    await house.comment(ada, joined.id, "I was there")
    return Own(written, joined)


def own_things(tx: Transaction) -> list[tuple[object, ...]]:
    """Everything local, as rows."""
    return [
        *tx.all("SELECT id, name, body, html FROM post WHERE local ORDER BY id"),
        *tx.all("SELECT id, content, html FROM comment WHERE local ORDER BY id"),
        *tx.all("SELECT post_id, person_id, score FROM post_vote WHERE post_id IN (SELECT id FROM post WHERE local) ORDER BY 1, 2"),
        *tx.all("SELECT id, path FROM comment WHERE post_id IN (SELECT post_id FROM comment WHERE local) ORDER BY id"),
        *tx.all("SELECT id, kind FROM modlog ORDER BY id"),
    ]


async def serve(house: House, own: Own) -> None:
    """The front page and a thread are read as ever."""
    query = PostQuery(listing=ListingType.ALL, sort=SortType.ACTIVE, limit=20)
    page = await house.database.read(post_listing.page, house.context.history, None, query)
    assert len(page.posts) == 20
    found = await house.database.read(posts.thread, house.context, None, own.written[3].id)
    assert found.post_view.post.body == own.written[3].body


def run(url: str, folder: Path, size: Size) -> None:
    """Feed a node and look at it all the while."""

    async def story(house: House) -> None:
        afar = await elsewhere(house)
        own = await furnish(house, afar)
        before = await house.database.read(own_things)
        path = folder / "lemmy.db" if house.database.dialect.is_sqlite else None
        room = Room(folder, database=path, budget=size.budget, floor=0)
        pages = log_pages(size.budget, size.budget)
        if path is not None:
            # As the server opens it with such a budget; and nobody pulls the plug here, which saves a minute of waiting for the disk.
            for pragma in (f"wal_autocheckpoint = {pages}", "synchronous = OFF"):
                await house.database.maintain(lambda session, pragma=pragma: session.fetch(f"PRAGMA {pragma}", {}))
        tools = Tools(replace(house.context, room=room), house.database)
        feeder = Feeder(afar, units=size.fed // (size.posts * UNIT_BYTES), posts=size.posts)
        fed = most = left = unit = turned_away = 0
        begun = told_at = time.monotonic()
        while fed < size.fed:
            if room.look(now=True).shut is not None:
                turned_away += 1  # the inbox would answer 503 now, and what others have to say comes later
            else:
                held = await rows(house)
                await feeder.feed(min(unit, feeder.units - 1))
                fed, unit = fed + max(0, (await rows(house)) - held), unit + 1
                most = max(most, room.look(now=True).used)
            left += await disk_keeping.keep(tools)
            if unit % 20 == 0:
                await serve(house, own)
            if time.monotonic() - told_at > TOLD_EVERY:
                told_at = time.monotonic()
                log.warning("fed %d MB, holds %d MB, at most %.1f MB", fed // MEGABYTE, room.look().used // MEGABYTE, most / MEGABYTE)
        seconds = time.monotonic() - begun
        log.warning("fed %d MB in %d s, held at most %.1f MB, shut %d times", fed // MEGABYTE, seconds, most / MEGABYTE, turned_away)
        log.warning("%d things left: %s", left, room.let_go)
        assert most <= size.budget
        assert room.let_go["votes"] > 0
        assert room.let_go["texts"] > 0
        assert await house.database.read(own_things) == before
        assert (await house.database.read(post_rows.existing, own.joined.id)).body == own.joined.body
        assert await recount.repair(house.database) == []
        if house.database.dialect.is_sqlite:
            assert await house.database.maintain(lambda session: session.fetch("PRAGMA integrity_check", {})) == [("ok",)]

    told(url, story)


async def rows(house: House) -> int:
    """Bytes that the rows take now."""
    if house.database.dialect.is_sqlite:
        return await house.database.read(upkeep.rows_size)
    await house.database.maintain(upkeep.vacuum_all)
    return (await house.database.maintain(upkeep.size)).rows


def test_a_node_stays_under_its_budget_keeps_serving_and_keeps_its_own(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lemmy_lite.storage.room.RESERVE", 10_000)
    run(database_url, tmp_path, SHORT[database_url.partition(":")[0]])


@pytest.mark.skipif(not FULL, reason="takes a quarter of an hour; LEMMY_LITE_FULL=1 runs it")
def test_a_node_of_200_mb_is_fed_2_gb(tmp_path: Path) -> None:
    faulthandler.cancel_dump_traceback_later()  # pytest would end a test after ten minutes
    run(f"sqlite://{tmp_path}/lemmy.db", tmp_path, WHOLE)
