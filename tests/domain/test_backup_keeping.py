"""Backups by the clock: which stay, which go, and what keeps the next from being made."""

import hashlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite.domain.backup import keeping, restoring
from lemmy_lite.domain.backup.manifest import BackupError
from lemmy_lite.domain.backup.pruning import Keep, kept, prune
from lemmy_lite.domain.backup.restoring import drill, restore
from lemmy_lite.domain.backup.store import Folder
from lemmy_lite.domain.backup.taking import take
from lemmy_lite.model.clock import DAY, HOUR, Clock
from lemmy_lite.storage.connections import session
from tests.domain.backups import NOON, PICTURES, At, instance, lived, quietly, upload, uploads


def test_old_backups_go_by_the_rule_and_pictures_that_nobody_needs_with_them(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    gone = hashlib.sha256(PICTURES[0]).hexdigest()
    names = []
    for day in range(4):
        if day == 2:
            uploads(old).remove(gone)
            with session(old.database_uri) as found:
                found.run("DELETE FROM local_image WHERE file = :file", {"file": gone})
        names.append(take(old, At(NOON + day * DAY), tmp_path / "backups", None, quietly).name)
    store = Folder(tmp_path / "backups", None, make=False)
    pruned = prune(store, Keep(daily=2, weekly=1, monthly=1))
    assert pruned.names == names[:2]
    assert pruned.freed > 0
    assert list(restoring.listed(store).whole) == names[2:]
    assert f"images/{gone[:2]}/{gone}" not in store.names()
    assert drill(old, tmp_path / "backups", None, quietly).images.keys() == {hashlib.sha256(data).hexdigest() for data in PICTURES[1:]}
    assert prune(store, Keep(daily=2, weekly=1, monthly=1)).names == []


def test_a_backup_that_cannot_be_read_stands_in_no_others_way(tmp_path: Path) -> None:
    """A byte of an old manifest on a stick flips: the others are there, and what belongs to it is not thrown away."""
    old, place = lived(tmp_path / "old"), tmp_path / "backups"
    gone = hashlib.sha256(PICTURES[0]).hexdigest()
    first = take(old, At(NOON), place, None, quietly).name
    uploads(old).remove(gone)
    with session(old.database_uri) as found:
        found.run("DELETE FROM local_image WHERE file = :file", {"file": gone})
    second, third = (take(old, At(NOON + day * DAY), place, None, quietly).name for day in (1, 2))
    store = Folder(place, None, make=False)
    (place / first / "manifest.json").write_bytes(b"{\xff}")
    assert drill(old, place, None, quietly) == restoring.listed(store).whole[third]
    pruned = prune(store, Keep(daily=1, weekly=0, monthly=0))
    assert (pruned.names, pruned.unreadable) == ([second], [first])
    assert f"images/{gone[:2]}/{gone}" in store.names()
    restore(instance(tmp_path / "newest"), Clock(), place, None, quietly)
    fourth = take(old, At(NOON + 3 * DAY), place, None, quietly).name
    (place / fourth / "manifest.json").write_bytes(b"")
    with pytest.raises(BackupError, match=rf"the backup {fourth} cannot be read: .* name it: --name {third}"):
        restore(instance(tmp_path / "new"), Clock(), place, None, quietly)
    assert restore(instance(tmp_path / "new"), Clock(), place, None, quietly, name=third) == restoring.listed(store).whole[third]
    with pytest.raises(BackupError, match=f"the backup {first} cannot be read"):
        restore(instance(tmp_path / "other"), Clock(), place, None, quietly, name=first)


def test_old_backups_are_dropped_when_the_one_under_way_is_finished_and_not_with_its_pictures(tmp_path: Path) -> None:
    old = lived(tmp_path / "old")
    place = tmp_path / "backups"
    take(old, At(NOON), place, None, quietly)
    take(old, At(NOON + HOUR), place, None, quietly)
    upload(old, b"a new picture")
    dropping = threading.Thread(target=lambda: keeping.drop_old(old, place, None, Keep(daily=1, weekly=0, monthly=0), quietly))

    def meanwhile(step: str, _: int, __: int) -> None:
        if step == "checking":
            dropping.start()
            dropping.join(0.5)

    made = keeping.take_noted(old, At(NOON + DAY), place, None, meanwhile)
    dropping.join()
    assert drill(old, place, None, quietly) == made.manifest
    assert list(restoring.listed(Folder(place, None, make=False)).whole) == [made.name]


@given(
    st.lists(st.integers(0, 400 * 24), max_size=60, unique=True),
    st.tuples(st.integers(1, 10), st.integers(0, 6), st.integers(0, 14)),
)
def test_the_rule_keeps_the_newest_of_each_period_and_never_nothing(hours: list[int], rule: tuple[int, int, int]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = {str(hour): start + timedelta(hours=hour) for hour in hours}
    stay = kept(made, Keep(*rule))
    assert stay <= made.keys()
    if made:
        assert max(made, key=lambda name: made[name]) in stay
    days = sorted({when.date() for when in made.values()}, reverse=True)[: rule[0]]
    for day in days:
        newest: Callable[[str], datetime] = made.__getitem__
        assert max((name for name in made if made[name].date() == day), key=newest) in stay
    assert len(stay) <= max(1, sum(rule))


def test_by_the_clock_a_backup_is_made_when_it_is_due_and_the_drill_once_a_week(tmp_path: Path) -> None:
    lived(tmp_path / "old")
    old = instance(tmp_path / "old", backup={"to": str(tmp_path / "backups"), "every": "1 day"})
    clock = At(NOON)
    assert keeping.scheduled(old, clock, quietly) == 1
    assert keeping.scheduled(old, clock, quietly) == 0
    first = keeping.record(old)
    assert (first.good, first.trouble, first.drilled, first.drill_trouble) == (NOON, None, NOON, None)
    clock.moment += DAY
    assert keeping.scheduled(old, clock, quietly) == 1
    assert keeping.record(old).drilled == NOON
    clock.moment += 7 * DAY
    victim = next(path for path in (tmp_path / "backups" / "images").rglob("*") if path.is_file())
    victim.write_bytes(b"rot")
    keeping.scheduled(old, clock, quietly)
    assert "damaged" in (keeping.record(old).drill_trouble or "")
    clock.moment -= 5 * DAY
    keeping.scheduled(old, clock, quietly)
    assert keeping.record(old).drilled == clock.moment, "the clock was ahead"


def test_a_backup_that_fails_is_tried_again_within_the_hour_and_the_last_good_one_is_remembered(tmp_path: Path) -> None:
    lived(tmp_path / "old")
    old = instance(tmp_path / "old", backup={"to": str(tmp_path / "backups"), "every": "1 day"})
    clock = At(NOON)
    (tmp_path / "backups").write_bytes(b"a file is in the way")
    with pytest.raises((BackupError, OSError)):
        keeping.scheduled(old, clock, quietly)
    assert keeping.record(old).good == 0
    assert keeping.record(old).trouble
    (tmp_path / "backups").unlink()
    assert keeping.scheduled(old, clock, quietly) == 0
    clock.moment += HOUR
    assert keeping.scheduled(old, clock, quietly) == 1
    assert keeping.record(old).good == clock.moment


def test_where_backups_were_made_and_none_are_left_the_next_does_not_begin_anew_beside_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived(tmp_path / "old")
    disk = tmp_path / "disk"
    old = instance(tmp_path / "old", backup={"to": str(disk), "every": "1 day"})
    clock = At(NOON)
    assert keeping.scheduled(old, clock, quietly) == 1
    for _ in range(2):  # whoever makes one elsewhere by hand, and takes it from there, may do so again
        keeping.take_noted(old, clock, tmp_path / "by-hand", None, quietly)
        (tmp_path / "by-hand").rename(tmp_path / f"taken-{clock.moment}")
        clock.moment += DAY
    last = keeping.record(old).good
    for away in (lambda: disk.rename(tmp_path / "unplugged"), disk.mkdir):  # and its mount point
        away()
        with pytest.raises(BackupError, match=f"the backups that were made in {disk} are not there: mount its disk, or"):
            keeping.scheduled(old, clock, quietly)
        assert "mount its disk" in (keeping.record(old).trouble or "")
        assert keeping.record(old).good == last
        clock.moment += HOUR
    assert not list(disk.iterdir())
    really = keeping.disk_of
    monkeypatch.setattr(keeping, "disk_of", lambda path: -1 if path == disk else really(path))
    assert keeping.scheduled(old, clock, quietly) == 1, "another disk is there"
    monkeypatch.undo()
    assert keeping.scheduled(old, At(clock.moment + DAY), quietly) == 1
    elsewhere = instance(tmp_path / "old", backup={"to": str(tmp_path / "another")})
    assert keeping.scheduled(elsewhere, At(clock.moment + 3 * DAY), quietly) == 1
