"""`lemmy-lite backup` and `restore` as a person runs them, beside a running server."""

from collections.abc import Callable
from pathlib import Path

from tests import instances


def test_a_destination_that_is_something_else_is_refused_in_one_line(tmp_path: Path, free_port: Callable[[], int]) -> None:
    instance = instances.Instance(tmp_path / "a", free_port())
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
    for arguments in (("backup", str(tmp_path / "photos")), ("restore", str(tmp_path / "photos")), ("restore", str(tmp_path / "nowhere"))):
        refused = instance.run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith("lemmy-lite: ")
        assert len(refused.stderr.splitlines()) == 1
    assert instance.run("backup").returncode == 2
