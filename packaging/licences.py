"""What is inside the executable: name, version and licence of everything, then the licences' own words, as the text `--licences` shows.

Found from the files that are packed: a file of a wheel belongs to its distribution, whose metadata and bills of materials (PEP 770,
for the Rust and C libraries in it) say the rest; a library of the system belongs to a Debian package; else it came with this Python.
"""

import json
import os
import re
import shutil
import sqlite3
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

LICENCE_FILE = re.compile(r"(?i)^(licen[cs]e|copying|notice|copyright|authors)")

# Classifiers and older metadata say it in words of their own.
IN_SHORT = {
    "Apache 2.0": "Apache-2.0",
    "Apache 2": "Apache-2.0",
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}


class Part(NamedTuple):
    """One line of the list, and the files in which its licence can be read."""

    name: str
    version: str
    licence: str
    texts: tuple[Path, ...] = ()


def written(sources: Iterable[str], version: str) -> str:
    """The text. `sources` are the files that are packed, by their places on this machine; `version` is our own."""
    own_tree = Path(__file__).resolve().parent.parent
    parts = {Part("lemmy_lite", version, "AGPL-3.0-or-later", (own_tree / "LICENSE",)), *_of_the_interpreter(), *_of_the_launcher()}
    places = {Path(os.path.realpath(source)) for source in sources}
    parts |= _of_wheels(places)
    parts |= _of_debian(place for place in places if not place.is_relative_to(own_tree))
    return "\n".join(_lines(sorted(parts, key=lambda part: (part.name.lower(), part.version))))


def _lines(parts: list[Part]) -> Iterable[str]:
    yield "What is inside this executable: name, version, licence. The licences themselves follow the list."
    yield ""
    named = sorted({part[:3] for part in parts}, key=lambda each: (each[0].lower(), each[1]))
    widths = [max(len(each[column]) for each in named) for column in (0, 1)]
    for name, version, licence in named:
        yield f"{name:{widths[0]}}  {version:{widths[1]}}  {licence}"
    shown: dict[str, list[str]] = {}
    for part in parts:
        for text in part.texts:
            shown.setdefault(text.read_text("utf-8", "replace").strip(), []).append(part.name)
    for words, names in shown.items():
        yield f"\n{'=' * 100}\n{', '.join(dict.fromkeys(names))}\n{'=' * 100}\n{words}"
    yield ""


def _of_wheels(places: set[Path]) -> set[Part]:
    owners = {
        _place(distribution, file): distribution
        for distribution in metadata.distributions()
        for file in distribution.files or ()
        if file.suffix != ".pyc"
    }
    carried = {owners[place].name: owners[place] for place in places if place in owners}
    # The start of every such program is PyInstaller's own, whose licence makes an exception for what it starts.
    carried.setdefault("pyinstaller", metadata.distribution("pyinstaller"))
    return {part for distribution in carried.values() for part in _of_wheel(distribution)}


def _place(distribution: metadata.Distribution, file: metadata.PackagePath) -> Path:
    return Path(os.path.realpath(str(distribution.locate_file(file))))


def _of_wheel(distribution: metadata.Distribution) -> Iterable[Part]:
    said = distribution.metadata
    words = [*(said.get_all("License-Expression") or ()), *(said.get_all("License") or ())]
    classifiers = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier") or () if each.startswith("License")]
    # Some put the whole licence there: its first line is its name.
    lines = words[0].strip().splitlines()[:1] if words and words[0].strip() else classifiers
    licence = " OR ".join(IN_SHORT.get(each, each) for each in lines)
    files = [_place(distribution, file) for file in distribution.files or () if ".dist-info" in str(file)]
    yield Part(distribution.name, distribution.version, licence, tuple(file for file in files if LICENCE_FILE.match(file.name)))
    for file in files:
        if file.parent.name == "sboms" and file.suffix == ".json":
            yield from _of_bill(json.loads(file.read_text("utf-8")), distribution)


def _of_bill(bill: dict[str, Any], distribution: metadata.Distribution) -> Iterable[Part]:
    for each in bill.get("components", ()):
        named = [
            entry.get("expression") or entry["license"].get("id") or entry["license"].get("name") for entry in each.get("licenses", ())
        ]
        if each["name"].lower() != distribution.name.lower():
            yield Part(
                f"{each['name']} (in {distribution.name})", each.get("version", ""), " AND ".join(named) or "see " + distribution.name
            )


def _of_the_interpreter() -> Iterable[Part]:
    library = Path(sysconfig.get_paths()["stdlib"])
    texts = tuple(text for text in (library / "LICENSE.txt",) if text.exists())
    yield Part("Python", sys.version.split()[0], "PSF-2.0", texts)
    yield Part("OpenSSL", ssl.OPENSSL_VERSION.split()[1], "Apache-2.0")
    yield Part("SQLite", sqlite3.sqlite_version, "public domain")


def _of_the_launcher() -> Iterable[Part]:
    yield Part("glibc (in the launcher)", os.confstr("CS_GNU_LIBC_VERSION").split()[1], "LGPL-2.1-or-later")  # type: ignore[union-attr]
    yield Part("zstd (in the launcher)", os.environ.get("ZSTD_VERSION", ""), "BSD-3-Clause")


def _of_debian(places: Iterable[Path]) -> set[Part]:
    if shutil.which("dpkg-query") is None:
        return set()
    found: set[Part] = set()
    for place in places:
        # The package may know its file by the name from before /usr was merged.
        for name in (str(place), str(place).removeprefix("/usr")):
            owner = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False).stdout.partition(": ")[0]
            if owner:
                shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", owner], capture_output=True, text=True, check=True).stdout
                words = Path("/usr/share/doc") / owner.partition(":")[0] / "copyright"
                texts = (words,) if words.exists() else ()
                found.add(Part(f"{owner.partition(':')[0]} (Debian)", shown, "see below", texts))
                break
    return found
