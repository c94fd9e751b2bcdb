"""A node stays within its budget: old things from elsewhere leave in the order of the table, and everything of its own stays."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.control import disk as control
from lemmy_lite.domain import disk, disk_keeping, post, recount
from lemmy_lite.domain.disk import STEPS, STROKES, Tools
from lemmy_lite.model.clock import DAY
from lemmy_lite.storage import upkeep
from lemmy_lite.storage.errors import StorageError, Trouble
from lemmy_lite.storage.room import Room, log_pages
from lemmy_lite.storage.tables import delivery, received_activity, regret, sent_activity
from tests.domain.elsewhere import Elsewhere, elsewhere
from tests.domain.house import House, told

KILOBYTE = 1000
MEGABYTE = 10**6
# Not plain paragraphs alone, of which no HTML is stored.
LONG = " *and* ".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(60))
"""4 kB that no database makes smaller."""


@pytest.fixture(autouse=True)
def small_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes of these stories are smaller than what lies aside."""
    monkeypatch.setattr("lemmy_lite.storage.room.RESERVE", 10 * KILOBYTE)


def limited(house: House, folder: Path, budget: int | None, *, floor: int = 0, **more: Any) -> Tools:
    """The house's tools with a budget; on Postgres the folder is empty."""
    path = folder / "lemmy.db" if house.database.dialect.is_sqlite else None
    room = Room(folder, database=path, budget=budget, floor=floor, **more)
    house.context = replace(house.context, room=room)
    return Tools(house.context, house.database)


async def fill(afar: Elsewhere, threads: int, days: float) -> None:
    """Threads of 8 kB each and more."""

    def enter(tx: Any, first: int) -> None:
        for number in range(first, min(first + 50, threads)):
            afar.enter(tx, days, f"Tale {number}", 3, 3, LONG, 10_000 + afar.written + number)

    for first in range(0, threads, 50):
        await afar.house.database.write(enter, first)
    afar.written += threads


def test_the_table_is_in_order() -> None:
    assert [step.name for step in STEPS] == ["pictures", "received", "sent", "votes", "texts", "posts"]
    for step in STEPS:
        ages = [days for days in step.ages if days is not None]
        assert len(step.ages) == STROKES
        assert ages == sorted(ages, reverse=True), step.name
    named = [(step.name, days) for step, days, _ in disk.strokes(10**18)]
    assert named[0] == ("pictures", 30)
    assert len(named) == 29


def test_old_things_leave_until_there_is_room_and_own_things_stay(database_url: str, tmp_path: Path) -> None:
    async def story(house: House) -> None:
        ada, afar = await house.person("ada"), await elsewhere(house)
        birds = await house.community(ada)
        own = [await house.post(ada, birds.id, f"Own {number}", body=LONG) for number in range(20)]
        answered = await afar.thread(700, body=LONG)
        await house.comment(ada, answered.id, "I was there")
        await fill(afar, 150, days=500)
        await fill(afar, 150, days=120)
        tools = limited(house, tmp_path, 100 * 10**6)
        room = house.context.room
        assert room is not None
        await house.database.maintain(upkeep.vacuum_all)
        await house.database.maintain(upkeep.fold_log)
        room.measured = (await house.database.maintain(upkeep.size)).rows
        used = room.look(now=True).used
        assert await disk_keeping.keep(tools) == 0, "there is room"
        tools = limited(house, tmp_path, int(used * 0.97))
        room = house.context.room
        assert room is not None
        foreseen = await disk_keeping.foresee(tools, used)
        assert {"votes", "texts", "posts"} <= {each.step for each in foreseen}
        assert await disk_keeping.keep(tools) > 0
        look = room.look(now=True)
        assert look.used <= look.high
        assert look.shut is None
        assert room.let_go["votes"] > 0
        assert room.let_go["texts"] > 0
        assert await disk_keeping.keep(tools) == 0, "what is done is done"
        left = await house.database.read(lambda tx: tx.column("SELECT id FROM post WHERE body IS NOT NULL AND local ORDER BY id"))
        assert left == [each.id for each in own]
        assert (await house.database.read(post.existing, answered.id)).body == LONG
        kept = await house.database.read(lambda tx: tx.value("SELECT COUNT(*) FROM comment WHERE post_id = :id", id=answered.id))
        assert kept == 4
        whole = await house.database.read(lambda tx: tx.column("SELECT id FROM post WHERE body IS NOT NULL AND NOT local"))
        assert min(each for each in whole if each != answered.id) > answered.id + 150, "the oldest left first"
        assert await recount.repair(house.database) == []

    told(database_url, story)


def test_a_file_becomes_shorter_and_nothing_happens_between_the_marks(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        afar = await elsewhere(house)
        await fill(afar, 300, days=500)
        await house.database.maintain(upkeep.fold_log)
        whole = (tmp_path / "lemmy.db").stat().st_size
        tools = limited(house, tmp_path, int(whole * 0.6))
        assert await disk_keeping.keep(tools) > 0
        room = house.context.room
        assert room is not None
        look, size = room.look(now=True), (tmp_path / "lemmy.db").stat().st_size
        assert size < whole * 0.6
        assert look.low * 0.8 <= look.used <= look.high
        await fill(afar, 3, days=1)
        commits = house.database.commits
        assert await disk_keeping.keep(tools) == 0
        assert house.database.commits == commits

    told(f"sqlite://{tmp_path}/lemmy.db", story)


def test_what_is_shut_for_its_long_log_opens_by_itself_once_nobody_reads_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("storage.room", "domain.disk_keeping"):
        monkeypatch.setattr(f"lemmy_lite.{module}.LONGEST_LOG", 100 * KILOBYTE)

    async def story(house: House) -> None:
        tools = limited(house, tmp_path, None)
        room = house.context.room
        assert room is not None
        with closing(sqlite3.connect(f"file:{tmp_path}/lemmy.db?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT COUNT(*) FROM person").fetchone()
            await fill(await elsewhere(house), 30, days=1)
            assert await disk_keeping.keep(tools) == 0
            assert "has been reading it for long" in (room.look(now=True).shut or "")
            reader.execute("ROLLBACK")
        commits = house.database.commits
        assert await disk_keeping.keep(tools) == 0
        assert (room.look(now=True).shut, room.look().log) == (None, 0)
        assert house.database.commits == commits, "nobody had to write something for that"

    told(f"sqlite://{tmp_path}/lemmy.db", story)


def test_a_dry_run_tells_what_would_leave_and_changes_nothing(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        afar = await elsewhere(house)
        await fill(afar, 60, days=500)
        await house.database.maintain(upkeep.fold_log)
        limited(house, tmp_path, 100 * 10**6)
        commits = house.database.commits
        shown = await control.lines(house.context, house.database, control.Asking())
        assert any(line.startswith("  comments ") for line in shown)
        assert any("Nothing has to leave" in line for line in shown)
        shown = await control.lines(house.context, house.database, control.Asking(budget=MEGABYTE))
        told_of = [line.split()[:6] for line in shown if "older than" in line]
        assert told_of[0][:5] == ["votes", "older", "than", "365", "days"]
        assert ["texts", "older", "than", "365", "days", "60"] in told_of
        assert await control.lines(house.context, house.database, control.Asking(spend=True)) == [
            f"Nothing has to leave: {shown_size(shown)} are used, and it begins above 92.0 MB."
        ]
        assert house.database.commits == commits

    told(f"sqlite://{tmp_path}/lemmy.db", story)


def shown_size(lines: list[str]) -> str:
    """What all takes together."""
    return next(line for line in lines if line.startswith("together")).removeprefix("together").strip()


def test_where_nothing_more_can_leave_it_is_said_once_and_intake_is_shut(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        birds = await house.community(ada)
        for number in range(60):
            await house.post(ada, birds.id, f"Own {number}", body=LONG)
        await house.database.maintain(upkeep.fold_log)
        tools = limited(house, tmp_path, (tmp_path / "lemmy.db").stat().st_size // 2)
        for _ in range(3):
            assert await disk_keeping.keep(tools) == 0
        assert sum("nothing more can leave" in line for line in caplog.messages) == 1
        room = house.context.room
        assert room is not None
        assert room.shut() is not None
        with pytest.raises(StorageError) as refused:
            room.require()
        assert refused.value.trouble is Trouble.FULL
        assert room.turned_away == 1
        assert await house.database.read(lambda tx: tx.value("SELECT COUNT(*) FROM post WHERE body IS NOT NULL")) == 60

    told(f"sqlite://{tmp_path}/lemmy.db", story)


def test_what_a_slow_peer_waits_for_is_kept_and_ids_as_long_as_a_copy_is_believed(database_url: str, tmp_path: Path) -> None:
    async def story(house: House) -> None:
        def enter(tx: Any) -> None:
            for number in range(10):
                sent_activity.insert(tx, ap_id=f"https://here.test/a/{number}", actor_ap_id="x", object_ap_id=None, data=b"{}" * 50)
                received_activity.insert(tx, f"https://there.test/a/{number}")
            tx.run("UPDATE sent_activity SET published = published - :days", days=5 * DAY)
            tx.run("UPDATE received_activity SET published = published - :days", days=2 * DAY)
            for number, domain in enumerate(("slow.test", "asleep.test", "well.test"), start=50):
                tx.run("INSERT INTO instance (id, domain, published) VALUES (:id, :domain, 1)", id=number, domain=domain)
                delivery.begin(tx, number, number - 46)
            delivery.fail(tx, 50, 3, tx.now + DAY, asleep=False)
            delivery.fail(tx, 51, 30, tx.now + DAY, asleep=True)

        await house.database.write(enter)
        tools = limited(house, tmp_path, 100 * 10**6)
        steps = {step.name: step for step in STEPS}
        now = house.context.clock.now()

        async def never() -> bool:
            return False

        assert (await steps["sent"].look(tools, now - 3 * DAY)).things == 4
        assert await steps["sent"].let_go(tools, now - 3 * DAY, never) == 4
        left = await house.database.read(lambda tx: tx.column("SELECT id FROM sent_activity ORDER BY id"))
        assert left == list(range(5, 11)), "the slow one has been told the first four"
        assert await steps["received"].let_go(tools, now - 3 * DAY, never) == 0
        assert await steps["received"].let_go(tools, now, never) == 10
        assert await house.database.read(lambda tx: regret.received(tx, now)) == (0, 0)

    told(database_url, story)


def test_a_floor_shuts_and_opens_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room, free = Room(tmp_path, database=None, budget=None, floor=64 * 10**6, clock=iter(range(1000)).__next__), [10**9]

    def statvfs(_: Path) -> Any:
        import os

        return os.statvfs_result((4096, 4096, 10**6, free[0] // 4096, free[0] // 4096, 0, 0, 0, 0, 255))

    monkeypatch.setattr("lemmy_lite.storage.room.os.statvfs", statvfs)
    assert room.shut() is None
    assert room.keep_reserve()
    assert room.reserve.stat().st_size == 10 * KILOBYTE
    free[0] = 30_003_200
    assert room.shut() == "only 30 MB are free on the disk"
    assert room.look().budget < room.look().used + 30 * 10**6
    free[0] = 5 * KILOBYTE
    with room.erasing():
        assert not room.reserve.exists()
    assert not room.keep_reserve(), "it is put aside when there is room again"
    free[0] = 10**9
    assert room.shut() is None
    assert room.keep_reserve()


def test_the_log_is_folded_back_after_a_small_share_of_the_budget() -> None:
    assert log_pages(200 * 10**6, 64 * 10**9) == 762
    assert log_pages(None, 64 * 10**6) == 256
    assert log_pages(None, 10**12) * 4096 == 48 * 2**20


def test_pictures_that_were_not_shown_for_long_leave_first(tmp_path: Path) -> None:
    import os

    from lemmy_lite.media.budget import Budget

    budget = Budget(tmp_path / "cache", 10**9)
    for number in range(4):
        source = tmp_path / f"{number}"
        source.write_bytes(b"x" * 100)
        path = budget.put(f"{number}{number}key", source)
        os.utime(path, (number * 1000, number * 1000))
    assert budget.idle_since(2000) == (2, 200)
    assert budget.let_go(2000, 1) == 1
    assert budget.get("00key") is None
    assert budget.get("11key") is not None
    assert budget.let_go(10**12, 10) == 3
    assert budget.used == 0
