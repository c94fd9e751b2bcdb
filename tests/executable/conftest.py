"""The executable, built once a session if there is none or the sources are newer, and programs that run it."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.executable.program import Program, killed_in_the_end

SOURCES = ("lemmy_lite", "assets", "packaging", "scripts/build", "requirements.lock", "requirements-test.lock")


@pytest.fixture(scope="session")
def executable(checkout: Path, objdump: str) -> Path:
    """dist/lemmy-lite."""
    built = checkout / "dist" / "lemmy-lite"
    if not built.exists() or built.stat().st_mtime < _newest(checkout):
        done = subprocess.run([checkout / "scripts/build"], capture_output=True, text=True, check=False, timeout=540)
        assert done.returncode == 0, f"scripts/build failed:\n{done.stdout}{done.stderr}"
    return built


@pytest.fixture
def program(executable: Path, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[..., Program]]:
    """Makes programs that have not been started; the arguments are keys of the configuration."""
    with ExitStack() as stack:

        def make(**keys: Any) -> Program:
            port = free_port()
            return stack.enter_context(killed_in_the_end(Program(executable, tmp_path / str(port), port, **keys)))

        yield make


def _newest(checkout: Path) -> float:
    """When what the executable is made of was last changed."""
    files = [each for name in SOURCES for each in (checkout / name, *(checkout / name).rglob("*"))]
    return max(each.stat().st_mtime for each in files if each.is_file() and each.suffix != ".pyc")
