"""Which locked version has a newer release: asks the package index by pip, as whoever keeps this up to date would, once a week or so.

Ends with status 0 where every version that an instance runs on is the newest, 1 where one is not, 2 where the index does not answer.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker

TOP = Path(__file__).resolve().parent.parent
CARRIED, WORKSHOP = "requirements.lock", "requirements-test.lock"
ASKED_FIRST = "litestar"
"""Asked for by itself: to a list of what is outdated, pip says nothing where the index is out of reach."""
SILENT = "The package index does not answer, so nothing can be said about newer versions. Is this machine online?"

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "15")
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^ ;\\]+)(?: ; ([^\\\n]+))?", re.MULTILINE)


class Newer(NamedTuple):
    """A package whose locked version is not the newest; `carried` is whether an instance runs on it."""

    name: str
    locked: str
    newest: str
    carried: bool


def locked(path: Path) -> dict[str, str]:
    """The versions of a lock file by name; where it has several, that for this Python."""
    pinned = _PINNED.findall(path.read_text("utf-8"))
    here = {_plain(name): version for name, version, marker in pinned if not marker or Marker(marker).evaluate()}
    return {_plain(name): version for name, version, _ in pinned} | here


def compared(known: Iterable[Mapping[str, str]], carried: Mapping[str, str], whole: Mapping[str, str]) -> list[Newer]:
    """What pip knows of newer releases beside the lock files, those that an instance runs on first."""
    found = []
    for each in known:
        name = _plain(each["name"])
        if name in whole and whole[name] != each["latest_version"]:
            found.append(Newer(name, whole[name], each["latest_version"], name in carried))
    return sorted(found, key=lambda newer: (not newer.carried, newer.name))


def main() -> int:
    """Ask, and show a table."""
    # Lists what is installed, which is what the lock file says: scripts/outdated sees to it.
    if subprocess.run([*_PIP, "index", "versions", ASKED_FIRST], capture_output=True, check=False).returncode:
        print(SILENT, file=sys.stderr)
        return 2
    asked = subprocess.run([*_PIP, "list", "--outdated", "--format", "json"], capture_output=True, text=True, check=False)
    if asked.returncode:
        print(asked.stderr.strip() or SILENT, file=sys.stderr)
        return 2
    carried, whole = locked(TOP / CARRIED), locked(TOP / WORKSHOP)
    found = compared(json.loads(asked.stdout), carried, whole)
    for newer in found:
        use = "an instance runs on it" if newer.carried else "tests and build only"
        print(f"{newer.name:<24} {newer.locked:<14} → {newer.newest:<14} {use}")
    behind = sum(newer.carried for newer in found)
    print(f"{behind} of {len(carried)} versions that an instance runs on, and {len(found) - behind} of the rest, have newer releases.")
    if found:
        print("`scripts/lock --upgrade` takes them; run the tests before you commit that.")
    return 1 if behind else 0


def _plain(name: str) -> str:
    """The name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
