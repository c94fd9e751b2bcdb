"""Commands on a data folder in which no server has been yet: a line that says what to do, and nothing is made."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lemmy_lite.cli.main import main


def run(folder: Path, *arguments: str) -> Result:
    """A command with a configuration of its own."""
    config = folder / "lemmy.hjson"
    config.write_text(json.dumps({"hostname": "site.test", "data_dir": str(folder / "data")}))
    return CliRunner().invoke(main, ["--config", str(config), *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ("backup", "{}/backups"),
        ("export-static", "{}/site"),
        ("storage", "copy", "sqlite:///{}/copy.db"),
        ("admin", "list"),
        ("stats",),
        ("instance", "list"),
    ],
    ids=" ".join,
)
def test_a_command_says_that_there_is_nothing_yet(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    refused = run(tmp_path, *(each.format(tmp_path) for each in arguments))
    assert refused.exit_code == 1, refused.output
    assert refused.output == f"lemmy-lite: there is no {tmp_path}/data/lemmy.db yet: the first start, `lemmy-lite serve`, makes it\n"
    assert [path.name for path in tmp_path.iterdir()] == ["lemmy.hjson"]


def test_migrate_makes_the_tables_and_leaves_the_site_to_the_first_start_which_shows_its_password(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").exit_code == 0
    refused = run(tmp_path, "admin", "list")
    assert refused.exit_code == 1
    assert "there is no site yet" in refused.output
