"""The top of the repository is a short list."""

import subprocess
from pathlib import Path

import pytest

from tests.house import top_level
from tests.house.conftest import none


def test_the_top_of_the_repository_is_exactly_the_list(checkout: Path) -> None:
    try:
        paths = top_level.tracked(checkout)
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("not a git checkout")
    none(top_level.violations(paths))


def test_a_stray_file_and_a_missing_one_are_found() -> None:
    paths = [f"{name}/x" for name in top_level.EXPECTED - {"assets"}]
    assert top_level.violations([*paths, "notes.txt", ".gitignore"]) == ["unexpected: notes.txt", "missing: assets"]
