"""The tools that read the code find nothing: ruff's rules and format, mypy's strict types."""

import subprocess
import sys
from pathlib import Path

import pytest


def run(checkout: Path, *command: str) -> str:
    """What a tool of the environment prints where it finds something; empty where it does not."""
    result = subprocess.run([sys.executable, "-m", *command], cwd=checkout, check=False, capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def silent(said: str) -> None:
    """Fails where a tool said something, and shows it once."""
    print(said)
    if said:
        pytest.fail("see what it printed", pytrace=False)


def test_ruff_finds_nothing_to_say(checkout: Path) -> None:
    silent(run(checkout, "ruff", "check", "."))


def test_every_file_is_formatted(checkout: Path) -> None:
    silent(run(checkout, "ruff", "format", "--check", "."))


def test_the_types_are_strict_and_right(checkout: Path) -> None:
    silent(run(checkout, "mypy"))


def test_each_tool_finds_a_fault(checkout: Path, tmp_path: Path) -> None:
    faulty = tmp_path / "faulty.py"
    faulty.write_text("import os\ndef f(x): return x\n")
    assert "F401" in run(checkout, "ruff", "check", str(faulty))
    assert "faulty.py" in run(checkout, "ruff", "format", "--check", str(faulty))
    assert "no-untyped-def" in run(checkout, "mypy", "--cache-dir", str(tmp_path), "--config-file", "pyproject.toml", str(faulty))
