"""Where the executable unpacks itself, and what happens when it cannot."""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite import __version__
from tests.executable.program import Program

pytestmark = [
    pytest.mark.executable,
    pytest.mark.skipif("LEMMY_LITE_TEST_ROOT" in os.environ, reason="in a Debian root only the walk is tried"),
]

Make = Callable[..., Program]
NOT_STARTED = 75


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty folder to unpack into."""
    return tmp_path / "cache"


def started(executable: Path, cache: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A start that only says the version."""
    variables = {"LEMMY_LITE_CACHE": str(cache), **environment}
    return subprocess.run([executable, "-V"], env=variables, capture_output=True, text=True, timeout=60, check=False)


def versions(cache: Path) -> list[Path]:
    """The folders of unpacked versions; asserts that nothing else but locks lies there."""
    found = sorted(each for each in cache.iterdir() if each.is_dir())
    assert all(each.name.startswith("lemmy-lite-") for each in found)
    return found


def made(folder: Path) -> dict[str, tuple[int, int]]:
    """Which files these are, so that a file made anew is another."""
    return {str(each.relative_to(folder)): (each.lstat().st_ino, each.lstat().st_ctime_ns) for each in folder.rglob("*")}


def test_it_unpacks_at_the_first_start_and_never_again(executable: Path, cache: Path) -> None:
    first = started(executable, cache)
    assert (first.returncode, first.stderr) == (0, "")
    (folder,) = versions(cache)
    assert f"-{__version__}-" in folder.name
    unpacked = made(folder)
    assert len(unpacked) > 100
    assert started(executable, cache).returncode == 0
    assert made(folder) == unpacked


def test_nobody_else_may_look_into_what_it_unpacks(executable: Path, cache: Path) -> None:
    started(executable, cache)
    assert cache.stat().st_mode & 0o077 == 0
    assert all(each.stat().st_mode & 0o077 == 0 for each in versions(cache)[0].rglob("*") if not each.is_symlink())


def test_four_at_once_unpack_once(executable: Path, cache: Path) -> None:
    variables = {"LEMMY_LITE_CACHE": str(cache)}
    together = [subprocess.Popen([executable, "-V"], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    ends = [(*each.communicate(timeout=120), each.returncode) for each in together]
    assert [(error, status) for _, error, status in ends] == [(b"", 0)] * 4
    assert len(versions(cache)) == 1


@pytest.mark.parametrize("damage", ["missing", "shorter", "written", "emptied"])
def test_a_damaged_folder_is_made_anew(executable: Path, cache: Path, damage: str) -> None:
    started(executable, cache)
    (folder,) = versions(cache)
    victim = folder / "_internal" / "base_library.zip"
    whole = victim.read_bytes()
    match damage:
        case "missing":
            victim.unlink()
        case "shorter":
            os.truncate(victim, 100)
        case "written":
            victim.write_bytes(bytes(len(whole)))
        case _:
            subprocess.run(["rm", "-r", folder / "_internal"], check=True)
    assert started(executable, cache).returncode == 0
    assert versions(cache) == [folder]
    assert victim.read_bytes() == whole


def test_a_start_that_was_killed_while_unpacking_leaves_nothing_to_the_next(executable: Path, cache: Path) -> None:
    starting = subprocess.Popen([executable, "-V"], env={"LEMMY_LITE_CACHE": str(cache)}, stdout=subprocess.DEVNULL)
    while starting.poll() is None and not any(cache.glob(".lemmy-lite-part-*/*")):
        time.sleep(0.001)
    starting.kill()
    starting.wait()
    left = cache / ".lemmy-lite-part-1"  # in case it was quicker than the signal
    (left / "deep").mkdir(parents=True)
    (left / "deep" / "file").write_text("half")
    for version in versions(cache) if not any(cache.glob(".lemmy-lite-part-*/_internal")) else ():
        version.rename(cache / f"{left.name}2")
    assert started(executable, cache).returncode == 0
    assert not any(cache.glob(".lemmy-lite-part-*"))
    assert len(versions(cache)) == 1


def test_one_version_before_is_kept_and_those_in_use(executable: Path, cache: Path) -> None:
    cache.mkdir(mode=0o700)
    names = [f"lemmy-lite-0.0.{number}-0123456789abcdef" for number in range(4)]
    for age, name in enumerate(reversed(names)):
        (cache / name / "_internal").mkdir(parents=True)
        lock = cache / f"{name}.lock"
        lock.touch(0o600)
        os.utime(lock, (1_000_000 - age, 1_000_000 - age))
    stranger = cache / "lemmy-lite-notes"
    stranger.mkdir()
    with (cache / f"{names[0]}.lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert started(executable, cache).returncode == 0
        kept = {each.name for each in versions(cache)}
    assert kept >= {names[0], names[3], stranger.name}
    assert not kept & {names[1], names[2]}


def test_a_folder_that_others_may_write_is_refused(executable: Path, cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    refused = started(executable, cache)
    assert refused.returncode == NOT_STARTED
    assert refused.stderr.startswith("lemmy-lite: ")
    assert refused.stderr.count("\n") == 1
    assert not any(cache.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(executable: Path, cache: Path) -> None:
    cache.mkdir(mode=0o700)
    os.chown(cache, 12345, 12345)
    refused = started(executable, cache)
    assert refused.returncode == NOT_STARTED
    assert "somebody else owns it" in refused.stderr
    assert not any(cache.iterdir())


def _may_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_mount(), reason="no right to mount a small disk, as in most containers")
def test_a_full_disk_is_one_line(executable: Path, cache: Path) -> None:
    cache.mkdir(mode=0o700)
    script = 'mount -t tmpfs -o size=5m,mode=700 none "$LEMMY_LITE_CACHE" && exec "$0" -V'
    command = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, str(executable)]
    refused = subprocess.run(command, env={"LEMMY_LITE_CACHE": str(cache)}, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == NOT_STARTED
    assert refused.stderr.startswith("lemmy-lite: There is no folder to unpack the program into")
    assert "5 MB are free" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_home_that_cannot_be_written_is_passed_over(executable: Path, tmp_path: Path) -> None:
    own = tmp_path / "lemmy-lite"
    own.hardlink_to(executable) if executable.stat().st_dev == tmp_path.stat().st_dev else own.write_bytes(executable.read_bytes())
    own.chmod(0o755)
    done = subprocess.run([own, "-V"], env={"HOME": "/proc"}, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(versions(tmp_path / ".lemmy_lite-cache")) == 1


@pytest.mark.parametrize(("variable", "below"), [("CACHE_DIRECTORY", ""), ("XDG_CACHE_HOME", "lemmy_lite"), ("HOME", ".cache/lemmy_lite")])
def test_it_unpacks_where_services_and_desktops_keep_such_things(executable: Path, tmp_path: Path, variable: str, below: str) -> None:
    place = tmp_path / "place"
    place.mkdir(mode=0o700)
    done = subprocess.run([executable, "-V"], env={variable: str(place)}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert len(versions(place / below)) == 1


@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_file_that_arrived_damaged_says_so_and_unpacks_nothing(executable: Path, tmp_path: Path, cache: Path, harm: str) -> None:
    content = bytearray(executable.read_bytes())
    content[len(content) // 2] ^= 1
    received = tmp_path / "lemmy-lite"
    received.write_bytes(content[: len(content) // 2] if harm == "cut" else content)
    received.chmod(0o755)
    refused = started(received, cache)
    assert refused.returncode == NOT_STARTED
    assert "download it again" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not cache.exists() or not versions(cache)


def test_it_becomes_the_program_in_the_same_process(program: Make, cache: Path) -> None:
    running = program()
    running.start({"LEMMY_LITE_CACHE": str(cache)})
    assert running.process is not None
    (folder,) = versions(cache)
    assert Path(f"/proc/{running.process.pid}/exe").readlink() == folder / "lemmy-lite"
    unpacked = made(folder)
    assert running.stop(signal.SIGKILL) == -signal.SIGKILL
    assert versions(cache) == [folder]
    assert made(folder) == unpacked
