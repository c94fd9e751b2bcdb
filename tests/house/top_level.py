"""What stands at the top of the repository, and nothing else."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

EXPECTED = {
    ".ci",
    "LICENSE",
    "README.md",
    "assets",
    "lemmy.hjson.example",
    "lemmy_lite",
    "packaging",
    "pyproject.toml",
    "requirements-test.lock",
    "requirements.lock",
    "scripts",
    "tests",
}
# Dot files of editors and of git come and go.
ALLOWED = {".gitignore", ".gitattributes", ".editorconfig"}


def tracked(checkout: Path) -> list[str]:
    """The paths that git knows in a checkout; raises CalledProcessError where there is none."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, check=True, capture_output=True, text=True)
    return listing.stdout.split("\0")[:-1]


def violations(paths: Iterable[str]) -> list[str]:
    """Names at the top that are not expected, and expected ones that are missing."""
    names = {path.split("/")[0] for path in paths}
    unexpected = [f"unexpected: {name}" for name in sorted(names - EXPECTED - ALLOWED)]
    return unexpected + [f"missing: {name}" for name in sorted(EXPECTED - names)]
