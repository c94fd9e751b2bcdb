"""What is carried of Python: all that it does, without what it says of itself."""

import ast
import importlib.util
from pathlib import Path
from typing import Any

import pytest

MODULE = '''"""Of the module."""
from __future__ import annotations

class Loud(Exception):
    """Of the class."""

class Quiet:
    def empty(self):
        """Nothing but this."""

def double(number: Unknown):
    """Of the function."""
    assert number > 0, "a guard"
    return 2 * number

def text():
    "Of the function."
    return "Of the function."

async def later():
    """Of it."""
    return 3
'''


@pytest.fixture(scope="module")
def slimmed(checkout: Path) -> Any:
    spec = importlib.util.spec_from_file_location("slimmed", checkout / "packaging" / "slimmed.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_modules_and_functions_say_nothing_of_themselves_and_do_the_same(slimmed: Any, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(MODULE)
    names: dict[str, Any] = {"__name__": "module"}
    exec(slimmed.compiled(str(tmp_path / "module.py"), "module.py"), names)  # noqa: S102
    assert names.get("__doc__") is None
    assert [names[name].__doc__ for name in ("double", "text", "later")] == [None] * 3
    assert names["Loud"].__doc__ == "-"
    assert names["Quiet"]().empty() is None
    assert (names["double"](4), names["text"]()) == (8, "Of the function.")
    with pytest.raises(AssertionError, match="a guard"):
        names["double"](0)


def test_our_commands_keep_what_their_help_shows(slimmed: Any, checkout: Path) -> None:
    command = checkout / "lemmy_lite" / "cli" / "doctor.py"
    other = checkout / "lemmy_lite" / "memory.py"
    files = {"lemmy_lite.cli.doctor": str(command), "lemmy_lite.memory": str(other), "space": "-"}
    entries = [(name, file, "PYMODULE") for name, file in files.items()]
    known = {"lemmy_lite.cli.doctor": compile("1", "known", "exec"), "space": None}
    made = slimmed.slimmed(entries, known)
    assert made["lemmy_lite.cli.doctor"] is known["lemmy_lite.cli.doctor"]
    assert made["space"] is None
    assert ast.get_docstring(ast.parse(other.read_text())) not in made["lemmy_lite.memory"].co_consts


def test_code_that_has_its_name_is_not_copied(slimmed: Any, tmp_path: Path) -> None:
    """In a copy each function has its own names of variables."""
    (tmp_path / "module.py").write_text("def one(a, b):\n    return a\n\ndef two(a, b):\n    return b\n")
    code = slimmed.compiled(str(tmp_path / "module.py"), slimmed.named("room.module", str(tmp_path / "module.py")))
    assert slimmed.renamed(code, "room/module.py") is code
    assert slimmed.renamed(code, "other.py").co_consts[0].co_filename == "other.py"
