"""What other instances have just taken is known after a kill, nothing else ever is, and no state of the file is in anybody's way."""

import random
import stat
from pathlib import Path

import pytest

from lemmy_lite.storage import told_file
from lemmy_lite.storage.told_file import MOST, WORD, ToldFile

INBOX = "https://far.test/inbox"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lemmy.db-told"


def activity(number: int) -> str:
    return f"https://home.test/activities/like/{number}"


def known(file: ToldFile, numbers: range) -> list[int]:
    return [number for number in numbers if file.has(activity(number), INBOX)]


def add(file: ToldFile, numbers: range) -> None:
    for number in numbers:
        file.add(activity(number), INBOX)


def test_what_was_taken_is_known_to_the_next_process_without_the_first_having_stopped(path: Path) -> None:
    first = ToldFile(path)
    add(first, range(5))
    assert known(first, range(9)) == known(ToldFile(path), range(9)) == [0, 1, 2, 3, 4]
    assert not ToldFile(path).has(activity(1), "https://other.test/inbox")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first.close()


def test_a_file_is_made_with_the_first_message_only(path: Path) -> None:
    assert not ToldFile(path).has(activity(1), INBOX)
    assert not path.exists()


def test_the_ring_keeps_the_newest_wherever_a_process_took_it_up(path: Path) -> None:
    told = 0
    for more in (1, MOST - 2, 1, 1, 10, MOST - 11, MOST // 2, 3 * MOST + 5):
        file = ToldFile(path)
        add(file, range(told, told + more))
        file.close()
        told += more
        newest = range(max(0, told - (MOST - 1)), told)
        assert known(ToldFile(path), range(told)) == known(file, range(told)) == list(newest), told
        assert path.stat().st_size <= MOST * WORD


@pytest.mark.parametrize("damage", ["garbage", "torn", "zeros", "empty", "longer", "swapped"])
def test_a_damaged_file_says_nothing_false_and_is_written_on(path: Path, damage: str) -> None:
    file = ToldFile(path)
    add(file, range(100))
    file.close()
    data = path.read_bytes()
    path.write_bytes(
        {
            "garbage": random.Random(3).randbytes(len(data)),
            "torn": data[: 50 * WORD + 3],
            "zeros": bytes(len(data)),
            "empty": b"",
            "longer": data + bytes(3 * MOST * WORD),
            "swapped": data[40 * WORD : 60 * WORD] + data[: 40 * WORD] + data[60 * WORD :],
        }[damage]
    )
    again = ToldFile(path)
    assert known(again, range(100, 300)) == []
    add(again, range(100, 110))
    assert known(ToldFile(path), range(100, 300)) == list(range(100, 110))
    again.close()


def test_where_the_file_cannot_be_used_memory_knows(path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    aim = tmp_path / "precious"
    aim.write_bytes(b"precious")
    folder = tmp_path / "folder"
    folder.mkdir()
    path.symlink_to(aim)
    for unusable in (path, folder, tmp_path / "nowhere" / "lemmy.db-told"):
        file = ToldFile(unusable)
        add(file, range(3))
        assert known(file, range(9)) == [0, 1, 2]
        file.close()
    assert aim.read_bytes() == b"precious", "a link is not followed"
    assert [record.message.partition(" can")[0] for record in caplog.records] == [
        f"after a crash some messages will be told twice, as {unusable}" for unusable in (path, folder, tmp_path / "nowhere" / path.name)
    ]


def test_it_lies_beside_the_database_that_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    (tmp_path / "lemmy.db").symlink_to(tmp_path / "card" / "lemmy.db")
    assert told_file.beside(tmp_path / "lemmy.db") == tmp_path / "card" / "lemmy.db-told"


def test_what_a_backup_or_a_copied_database_brings_comes_behind_what_is_there(tmp_path: Path, path: Path) -> None:
    brought = ToldFile(tmp_path / "brought")
    add(brought, range(1000))
    there = ToldFile(path)
    add(there, range(900, 900 + MOST - 201))
    told_file.bring(tmp_path / "brought", tmp_path / "lemmy.db")
    # All that was brought is there, and of the others the newest for which there is room.
    assert known(ToldFile(path), range(6000)) == [*range(1000), *range(1700, 900 + MOST - 201)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told_file.bring(tmp_path / "brought", tmp_path / "other.db")
    assert known(ToldFile(tmp_path / "other.db-told"), range(6000)) == list(range(1000))
    brought.close()
    there.close()


def test_nothing_and_nonsense_bring_nothing(tmp_path: Path, path: Path) -> None:
    (tmp_path / "nonsense").write_bytes(random.Random(5).randbytes(3 * MOST))
    told_file.bring(tmp_path / "nowhere", tmp_path / "lemmy.db")
    assert not path.exists()
    told_file.bring(tmp_path / "nonsense", tmp_path / "lemmy.db")
    assert known(ToldFile(path), range(3000)) == []
