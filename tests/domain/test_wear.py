"""What is written to the disk is counted by days, over restarts and children, and a life is told only where it can be known."""

import os
from dataclasses import replace
from pathlib import Path

from lemmy_lite.domain import wear
from lemmy_lite.model.clock import DAY
from lemmy_lite.storage.meter import WRITTEN_DOWN_EVERY, Meter
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import wear as days
from tests.domain.house import House, told

MEGABYTE = 2**20


class Kernel:
    """Files as the kernel shows them, for a process with a child on a device."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.sys = folder / "proc", folder / "sys"
        number = folder.stat().st_dev
        self.device = self.sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
        for place in (self.proc / "self" / "task" / "1", self.proc / "77", self.device):
            place.mkdir(parents=True)
        self.write(0, 0, 0)

    def write(self, own: int, child: int, device: int) -> None:
        """So many bytes were written since each began."""
        (self.proc / "self" / "io").write_text(f"rchar: 1\nwrite_bytes: {own + 100}\ncancelled_write_bytes: 100\n")
        (self.proc / "77" / "io").write_text(f"write_bytes: {child}\n")
        (self.proc / "self" / "task" / "1" / "children").write_text("77 78 ")
        (self.device / "stat").write_text(f"1 2 3 4 5 6 {device // 512} 8 9 10 11\n")


def test_a_meter_counts_children_and_the_device_and_forgets_what_is_noted(tmp_path: Path) -> None:
    kernel, now = Kernel(tmp_path), [0.0]
    meter = Meter(tmp_path, proc=kernel.proc, sys=kernel.sys, clock=lambda: now[0])
    kernel.write(3 * MEGABYTE, MEGABYTE, 10 * MEGABYTE)
    assert meter.look() == (4 * MEGABYTE, 10 * MEGABYTE)
    kernel.write(5 * MEGABYTE, 0, MEGABYTE)  # the child ended, and so did the device's count: the machine slept
    assert meter.look() == (5 * MEGABYTE, 10 * MEGABYTE)
    assert (meter.is_due, meter.total) == (False, 5 * MEGABYTE)
    now[0] = WRITTEN_DOWN_EVERY
    assert meter.is_due
    meter.noted()
    assert (meter.is_due, meter.look()) == (False, (0, 0))
    (kernel.proc / "self" / "io").unlink()
    assert meter.look() == (0, 0), "a system that does not tell counts nothing"


def test_days_add_up_over_restarts_and_a_life_is_told_after_some_of_them(database_url: str, tmp_path: Path) -> None:
    async def story(house: House) -> None:
        kernel = Kernel(tmp_path)
        assert await house.database.read(wear.pace, house.context) is None
        for _ in range(2):
            kernel.write(0, 0, 0)
            context = replace(house.context, meter=Meter(tmp_path, proc=kernel.proc, sys=kernel.sys))
            kernel.write(30 * MEGABYTE, 0, 100 * MEGABYTE)
            await house.database.note(wear.note, context)
        kernel.write(40 * MEGABYTE, 0, 100 * MEGABYTE)
        found = await house.database.read(wear.pace, context)
        assert found is not None
        assert (found.days, found.today, found.device) == (1, 70 * MEGABYTE, 200 * MEGABYTE)
        assert found.years(30) is None, "nobody knows after a day"

        def earlier(tx: Transaction) -> None:
            for back in range(1, 10):
                days.add(tx, tx.now // DAY - back, 1000 * MEGABYTE, 2000 * MEGABYTE)
            days.add(tx, tx.now // DAY - 500, 1, 1)

        await house.database.write(earlier)
        found = await house.database.read(wear.pace, context)
        assert found is not None
        assert found.days == 10
        assert 900 * MEGABYTE < found.program < 1010 * MEGABYTE
        life = found.years(30)
        assert life is not None
        assert 38 < life < 46, "30 TB at some 2 GB a day"
        await house.database.note(wear.note, context)
        assert len(await house.database.read(days.since, 0)) == 10, "a year and some is kept"

    told(database_url, story)
