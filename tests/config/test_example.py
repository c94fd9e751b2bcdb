"""The configuration written out: the example file, and what `check-config` shows."""

import operator
import re
from pathlib import Path

from click.testing import CliRunner

from lemmy_lite import config
from lemmy_lite.cli.main import main
from lemmy_lite.config.kinds import written
from lemmy_lite.config.option import Section, declared, every_option
from tests.config.files import HOST, LEMMY_FILE

ROOT = Path(__file__).parent.parent.parent


# The example file


def test_the_example_file_is_the_generated_one():
    assert (ROOT / "lemmy.hjson.example").read_text(encoding="utf-8") == config.example(), (
        "refresh it: python -m lemmy_lite.config > lemmy.hjson.example"
    )


def test_the_example_as_it_stands_is_the_defaults():
    assert config.parse(config.example()) == config.read(HOST)


def test_every_option_stands_in_the_example():
    lines = config.example()
    for name, option in every_option(config.Config):
        key = name.rpartition(".")[2]
        if option.in_file and not option.ignored:
            assert re.search(rf"^ *#?{key}: ", lines, re.MULTILINE), name
        if option.in_file and option.environment:
            assert option.environment in lines


def test_a_default_shown_in_the_example_is_the_default():
    """Takes the # from one line at a time, so that each value is read by itself."""
    lines = config.example().splitlines()
    shown = [number for number, line in enumerate(lines) if re.match(r" +#\w+: (?!\{)", line)]
    checked = 0
    for number in shown:
        key = lines[number].strip().removeprefix("#").partition(":")[0]
        text = "\n".join([*lines[:number], lines[number].replace("#", "", 1), *lines[number + 1 :]])
        name = ".".join([*_sections_around(lines, number), key])
        if "#" in name:  # a switched-off section: its keys cannot stand alone
            continue
        loaded = config.parse(text)
        option = dict(every_option(config.Config))[name]
        value = operator.attrgetter(name)(loaded)
        expected = option.default.absolute() if isinstance(option.default, Path) else option.default
        assert value == (option.kind.read(option.example) if option.example is not None else expected), name
        assert name in loaded.origin.given
        checked += 1
    assert checked >= 40


def _sections_around(lines, number):
    """The sections that a line stands in, the outermost first."""
    found, indent = [], len(lines[number]) - len(lines[number].lstrip())
    for line in reversed(lines[:number]):
        opening = re.match(r"( *)(#?\w+): \{$", line)
        if opening and len(opening[1]) < indent:
            found, indent = [opening[2], *found], len(opening[1])
    return found


def test_a_section_that_is_switched_off_in_the_example_can_be_switched_on():
    text = config.example()
    for name, entry in declared(config.Config):
        if isinstance(entry, Section) and entry.nullable and not entry.present:
            block = re.search(rf"^  #{name}: \{{\n.*?^  #\}}\n", text, re.MULTILINE | re.DOTALL)
            assert block is not None, name
            switched_on = re.sub(r"^( *)#(?! )", r"\1", block[0], flags=re.MULTILINE)
            assert getattr(config.parse(text.replace(block[0], switched_on)), name) is not None


def test_the_pages_of_the_example_are_narrow_enough_to_read():
    assert max(map(len, config.example().splitlines())) <= 140


def test_every_default_is_allowed_by_its_own_bounds():
    for name, option in every_option(config.Config):
        if option.default is not None:
            assert option.kind.read(option.kind.write(option.default)) == option.default, name
        if option.example is not None:
            assert written(option.kind, option.kind.read(option.example))


# check-config


def run_check(tmp_path: Path, content: str, **environment: str):
    file = tmp_path / "lemmy.hjson"
    file.write_text(content, encoding="utf-8")
    return CliRunner(env=environment).invoke(main, ["check-config", "--config", str(file)])


def test_check_config_says_what_it_understood_and_who_said_it(tmp_path):
    result = run_check(tmp_path, LEMMY_FILE, LEMMY_CORS_ORIGIN="https://front.example")
    assert result.exit_code == 0
    assert re.search(r'^hostname +"lemmy.example" +file$', result.stdout, re.MULTILINE)
    assert re.search(r'^cors_origin +"https://front.example" +LEMMY_CORS_ORIGIN$', result.stdout, re.MULTILINE)
    assert re.search(r"^storage.readers +2 +default$", result.stdout, re.MULTILINE)
    assert "Warning: pictrs.url: has no effect" in result.stderr


def test_check_config_shows_no_secret(tmp_path):
    result = run_check(tmp_path, LEMMY_FILE, LEMMY_DATABASE_URL="postgresql://lemmy:hunter2@host/lemmy?sslpassword=hunter3&a=b")
    assert result.exit_code == 0
    for secret in ("hunter2", "hunter3", "lemmylemmy", "p@ss", "p%40ss", "my key"):
        assert secret not in result.output
    assert "postgresql://lemmy:(hidden)@host/lemmy?sslpassword=(hidden)&a=b" in result.stdout


def test_check_config_prints_one_line_per_problem_and_exits_2(tmp_path):
    result = run_check(tmp_path, "{hostname: example.com\nport: abc\nnonsense: 1\n}")
    assert result.exit_code == 2
    assert result.stdout == ""
    starts = [line.partition(":")[0] for line in result.stderr.splitlines()]
    assert starts == ["nonsense", "port"]


def test_check_config_passes_over_its_own_example(tmp_path):
    result = run_check(tmp_path, config.example())
    assert (result.exit_code, result.stderr) == (0, "")
