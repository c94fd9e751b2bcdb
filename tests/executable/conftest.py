"""The executable, built once a session if there is none or the sources are newer, and programs that run it.

`LEMMY_LITE_TEST_EXECUTABLE=dist/lemmy-lite-arm64 LEMMY_LITE_TEST_ROOT=build/roots/arm64` (as root) drives that file instead, in that
Debian root, whatever machine it is for: what a release is tried with. See packaging/README.md.
"""

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.executable.program import Program, Root, killed_in_the_end

SOURCES = ("lemmy_lite", "assets", "packaging", "scripts/build", "requirements.lock", "requirements-test.lock")
BUILD_SECONDS = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The second file that needs the executable comes last: begun beside the first, it would hold up a part of the run for the build."""
    items.sort(key=lambda item: item.path.name == "test_unpacking.py")


@pytest.fixture(scope="session")
def executable(checkout: Path, request: pytest.FixtureRequest) -> Path:
    """dist/lemmy-lite, or the file that is named to be tried."""
    if named := os.environ.get("LEMMY_LITE_TEST_EXECUTABLE"):
        return Path(named).resolve()
    for program in ("objdump", "compiler", "zstd"):
        request.getfixturevalue(program)
    built = checkout / "dist" / "lemmy-lite"
    (checkout / "build").mkdir(exist_ok=True)
    # One of the run's parallel parts builds, the others wait for it.
    with (checkout / "build" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists() or built.stat().st_mtime < _newest(checkout):
            done = subprocess.run([checkout / "scripts/build"], capture_output=True, text=True, check=False, timeout=BUILD_SECONDS)
            assert done.returncode == 0, f"scripts/build failed:\n{done.stdout}{done.stderr}"
    return built


@pytest.fixture
def root(executable: Path) -> Iterator[Root | None]:
    """The Debian root to run it in, if one is named; the executable lies at its top for the time of the test."""
    if named := os.environ.get("LEMMY_LITE_TEST_ROOT"):
        pythons = [path for place in ("bin", "usr/bin", "usr/local/bin") for path in (Path(named) / place).glob("python*")]
        assert not pythons, "such a root is to show that no Python is needed"
        with TemporaryDirectory(prefix="lemmy-lite-test-", dir=Path(named).resolve() / "tmp") as folder:
            yield Root(Path(named).resolve(), Path(folder), executable)
    else:
        yield None


@pytest.fixture
def program(executable: Path, root: Root | None, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[..., Program]]:
    """Makes programs that have not been started; the arguments are keys of the configuration."""
    with ExitStack() as stack:

        def make(**keys: Any) -> Program:
            port = free_port()
            folder = (root.folder if root is not None else tmp_path) / str(port)
            return stack.enter_context(killed_in_the_end(Program(executable, folder, port, root, **keys)))

        yield make


def _newest(checkout: Path) -> float:
    """When what the executable is made of was last changed."""
    files = [each for name in SOURCES for each in (checkout / name, *(checkout / name).rglob("*"))]
    unseen = (".pyc", ".md")
    return max(each.stat().st_mtime for each in files if each.is_file() and each.suffix not in unseen)
