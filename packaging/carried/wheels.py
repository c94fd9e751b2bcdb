"""Prints the part of requirements-test.lock that an executable for the Python of sources.txt is made of.

That is what an instance runs on, and PyInstaller.

`python packaging/carried/wheels.py MACHINE`. Markers are decided here, as pip decides them for the Python that it runs on.
"""

import re
import sys
from pathlib import Path

from packaging.markers import Marker

BUILDERS = ("pyinstaller", "pyinstaller-hooks-contrib", "altgraph", "packaging", "setuptools")
TOP = Path(__file__).resolve().parents[2]


def entries(lock: Path) -> list[tuple[str, str, list[str]]]:
    """Name, marker and lines (requirement and hashes, without the marker) of each requirement."""
    found: list[tuple[str, str, list[str]]] = []
    for line in lock.read_text().splitlines():
        if start := re.match(r"(([A-Za-z0-9_.-]+)==[^ ;]+) *;? *([^\\]*)(\\?)$", line):
            found.append((start[2].lower(), start[3].strip(), [f"{start[1]} {start[4]}"]))
        elif found and line.startswith(" "):
            found[-1][2].append(line)
    return found


def python_version() -> str:
    """Of the Python that sources.txt names, as 3.11.2."""
    named = re.search(r"/python[\d.]+_([\d.]+)\.orig\.", Path(__file__).with_name("sources.txt").read_text())
    assert named is not None
    return named[1]


if __name__ == "__main__":
    runtime = {name for name, _, _ in entries(TOP / "requirements.lock")}
    machine = {"python_full_version": python_version(), "platform_machine": sys.argv[1]}
    for name, marker, lines in entries(TOP / "requirements-test.lock"):
        if (name in runtime or name in BUILDERS) and (not marker or Marker(marker).evaluate(machine)):
            print("\n".join(lines))
