"""Folders and files that only we may read."""

from pathlib import Path

from lemmy_lite.media import files


def test_a_folder_and_those_made_above_it_are_for_their_owner_alone(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "images" / "uploads" / "ab")
    for path in ("images", "images/uploads", "images/uploads/ab"):
        assert (tmp_path / path).stat().st_mode & 0o777 == 0o700, path
    files.make_folder(tmp_path / "images" / "uploads" / "ab")
