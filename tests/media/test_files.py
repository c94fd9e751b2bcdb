"""Folders and files that only we may read."""

from pathlib import Path

import pytest

from lemmy_lite.media import files


def test_a_folder_and_those_made_above_it_are_for_their_owner_alone(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "images" / "uploads" / "ab")
    for path in ("images", "images/uploads", "images/uploads/ab"):
        assert (tmp_path / path).stat().st_mode & 0o777 == 0o700, path
    files.make_folder(tmp_path / "images" / "uploads" / "ab")


def test_a_link_in_the_place_of_a_new_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("of root")
    (tmp_path / "new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        files.open_to_write(tmp_path / "new")
    assert (tmp_path / "elsewhere").read_text() == "of root"
