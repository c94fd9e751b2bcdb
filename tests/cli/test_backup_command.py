"""`lemmy-lite backup` and `restore` as a person runs them, beside a running server."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from lemmy_lite.cli.main import main
from tests import instances
from tests.domain.backups import PICTURES, lived


def test_backups_are_listed_by_their_names_and_one_in_a_file_by_its_moment(tmp_path: Path) -> None:
    (tmp_path / "lemmy.hjson").write_text(json.dumps({"hostname": "site.test", "data_dir": str(lived(tmp_path / "data").data_dir)}))

    def typed(*words: str) -> str:
        done = CliRunner().invoke(main, ["--config", str(tmp_path / "lemmy.hjson"), "backup", *words])
        assert done.exit_code == 0, done.output
        return done.output

    for place, shown in (("backups", r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ"), ("backup.tar", r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")):
        typed(str(tmp_path / place))
        listed = typed(str(tmp_path / place), "--list")
        assert re.fullmatch(rf"{shown} +\d+\.\d MB +{len(PICTURES)} pictures  \S+\n", listed), listed


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
