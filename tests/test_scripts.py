"""scripts/ on a bare machine, played with stand-ins for Python; and the lock files they install from."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

# Plays Python: notes how it was called, answers what the scripts ask, and copies itself into the environment it is told to make.
INTERPRETER = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
    *version_info*) echo "3.{minor} {new_enough}" ;;
    *ensurepip*) exit {without_venv} ;;
    "-m venv --clear .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *pip*) exit "${{PIP_EXIT:-0}}" ;;
esac
"""

Run = Callable[..., subprocess.CompletedProcess[str]]
Calls = Callable[[], list[str]]


def interpreter(path: Path, minor: int = 11, *, venv: bool = True) -> None:
    path.write_text(INTERPRETER.format(minor=minor, new_enough=int(minor >= 11), without_venv=int(not venv)))
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that is the whole PATH: the basic tools, no Python yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "dirname", "cmp", "cp", "mkdir", "rm", "cat"):
        (folder / tool).symlink_to(shutil.which(tool) or "")
    return folder


@pytest.fixture
def copy(tmp_path: Path, checkout: Path) -> Path:
    """A checkout with the scripts and a lock file, nothing set up."""
    shutil.copytree(checkout / "scripts", tmp_path / "copy" / "scripts")
    (tmp_path / "copy" / "requirements.lock").write_text("one==1\n")
    return tmp_path / "copy"


@pytest.fixture
def run(machine: Path, copy: Path, tmp_path: Path) -> Run:
    """Runs scripts/run with nothing in its environment but PATH, from a folder that is not the checkout."""

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        environ = {"PATH": str(machine), "CALLS": str(tmp_path / "calls"), **environ}
        return subprocess.run(
            [str(copy / "scripts/run"), *arguments], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.fixture
def calls(tmp_path: Path) -> Calls:
    """How Python was called since the last time one asked."""

    def calls() -> list[str]:
        log = tmp_path / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    return calls


def installations(calls: list[str]) -> list[str]:
    return [call for call in calls if "pip install" in call]


def test_the_first_run_makes_the_environment_and_starts_with_the_given_arguments(machine: Path, run: Run, calls: Calls) -> None:
    interpreter(machine / "python3")
    assert run("--config", "my file.hjson").returncode == 0
    made = calls()
    assert "-m venv --clear .venv" in made
    assert len(installations(made)) == 1
    assert made[-1] == "-P -m lemmy_lite --config my file.hjson"


def test_what_is_installed_is_not_installed_again_until_the_lock_changes(machine: Path, run: Run, copy: Path, calls: Calls) -> None:
    interpreter(machine / "python3")
    run()
    calls()
    run()
    assert installations(calls()) == []
    (copy / "requirements.lock").write_text("one==2\n")
    run()
    assert len(installations(calls())) == 1


def test_set_up_only_stops_before_the_start(machine: Path, run: Run, calls: Calls) -> None:
    interpreter(machine / "python3")
    assert run("--setup-only").returncode == 0
    assert run("--setup-only").returncode == 0
    assert not any("lemmy_lite" in call for call in calls())


def test_an_installation_that_failed_is_taken_up_again(machine: Path, run: Run, calls: Calls) -> None:
    interpreter(machine / "python3")
    failed = run(PIP_EXIT="1")
    assert failed.returncode == 1
    assert "Run the same command again" in failed.stderr
    assert not any("lemmy_lite" in call for call in calls())
    assert run().returncode == 0
    assert len(installations(calls())) == 1


def test_an_environment_whose_python_is_gone_is_made_anew(machine: Path, run: Run, copy: Path, calls: Calls) -> None:
    interpreter(machine / "python3")
    run()
    (copy / ".venv/bin/python").unlink()
    calls()
    assert run().returncode == 0
    assert len(installations(calls())) == 1


def test_an_old_python_is_passed_over_for_a_newer_one(machine: Path, run: Run, calls: Calls) -> None:
    interpreter(machine / "python3", minor=9)
    interpreter(machine / "python3.13", minor=13, venv=False)
    interpreter(machine / "python3.12", minor=12)
    assert run().returncode == 0
    assert "lemmy_lite" in calls()[-1]


@pytest.mark.parametrize(
    ("minor", "venv", "sentence"),
    [
        (9, True, "lemmy_lite needs Python 3.11 or newer, but python3 is 3.9."),
        (12, False, "python3 (3.12) cannot make an environment: its venv module is missing."),
        (None, False, "lemmy_lite needs Python 3.11 or newer, and none was found."),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(machine: Path, run: Run, minor: int | None, venv: bool, sentence: str) -> None:
    if minor is not None:
        interpreter(machine / "python3", minor, venv=venv)
    result = run()
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == sentence


def test_a_build_without_binutils_says_so_before_anything_is_installed(machine: Path, copy: Path, tmp_path: Path, calls: Calls) -> None:
    interpreter(machine / "python3")
    result = subprocess.run(
        [str(copy / "scripts/build")],
        env={"PATH": str(machine), "CALLS": str(tmp_path / "calls")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 1
    assert "sudo apt install binutils" in result.stderr
    assert calls() == []


def test_the_test_lock_holds_the_very_versions_of_the_runtime_lock(checkout: Path) -> None:
    pinned = re.compile(r"^(\S+==[^ ;]+)", re.MULTILINE)
    runtime, whole = (set(pinned.findall((checkout / name).read_text())) for name in ("requirements.lock", "requirements-test.lock"))
    assert len(runtime) > 40
    assert runtime <= whole


def test_lock_files_name_no_host(checkout: Path) -> None:
    for name in ("requirements.lock", "requirements-test.lock", "tests/clients/package-lock.json"):
        assert "://" not in (checkout / name).read_text()


# Plays Python for scripts/lock: what it installs as uv is the stand-in below.
LOCKING = """#!/bin/sh
case "$*" in
    *version_info*) echo "3.11 1" ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"pip install --quiet uv") cp "$UV" "${0%python}uv" ;;
esac
"""

# Plays uv, with an index that answers $WHEELS for the one package: what is asked decides which of them will do.
UV = """#!/bin/sh
case "$*" in
    "pip compile"*)
        while [ "$1" != --output-file ]; do shift; done
        echo "thing==1.0" >"$2" ;;
    "pip install"*)
        case "$*" in *"--dry-run"*) ;; *) echo "it would be installed" >&2; exit 2 ;; esac
        case "$*" in *"--only-binary :all:"*) ;; *) exit 0 ;; esac  # the source would do
        case "$*" in *"--python-platform aarch64-unknown-linux-gnu"*) here=aarch64 ;; *) here=x86_64 ;; esac
        case "$*" in *"-r requirements.lock") ;; *) exit 0 ;; esac
        for wheel in $WHEELS; do
            case $wheel in *-any.whl | *_$here.whl) exit 0 ;; esac
        done
        echo "thing==1.0 has no wheels with a matching platform tag" >&2
        exit 1 ;;
esac
"""


@pytest.mark.parametrize(
    ("wheels", "refused"),
    [
        ("thing-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", True),
        ("thing-1.0-cp311-cp311-win_amd64.whl thing-1.0-cp311-cp311-macosx_11_0_arm64.whl", True),
        ("", True),
        ("thing-1.0-cp311-cp311-manylinux_2_17_x86_64.whl thing-1.0-cp311-cp311-manylinux_2_17_aarch64.whl", False),
        ("thing-1.0-py3-none-any.whl", False),
    ],
    ids=["only for PCs", "only for others' systems", "only as source", "for arm64 too", "pure Python"],
)
def test_a_package_that_a_raspberry_pi_would_have_to_compile_is_refused(
    wheels: str, refused: bool, machine: Path, copy: Path, tmp_path: Path
) -> None:
    (machine / "mktemp").symlink_to(shutil.which("mktemp") or "")
    for path, text in ((machine / "python3", LOCKING), (tmp_path / "uv", UV)):
        path.write_text(text)
        path.chmod(0o755)
    environ = {"PATH": str(machine), "UV": str(tmp_path / "uv"), "WHEELS": wheels, "TMPDIR": str(tmp_path)}
    done = subprocess.run([str(copy / "scripts/lock")], env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == refused, done.stderr
    assert ("Something in requirements.lock has no wheel for arm64" in done.stderr) is refused
    assert (copy / "requirements.lock").read_text() == "# Written by scripts/lock from pyproject.toml.\nthing==1.0\n"
    assert not list(tmp_path.glob("tmp.*")), "what it worked in is gone"
