"""Makes one file of the launcher and a folder: launcher, contents of all files as one zstd frame, index, footer.

`python packaging/pack.py LAUNCHER FOLDER VERSION OUT`. What the bytes mean stands in launcher/launcher.h. The same folder gives the
same bytes: entries are sorted, owners and times are not kept; every file gets SOURCE_DATE_EPOCH when it is unpacked.
"""

import hashlib
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO, NamedTuple

FOOTER = struct.Struct("<16s6Q64s")
MAGIC = b"lemmy-lite pack1"

# 19 of 22 levels; the window of 8 MB is what a Pi must have free while it unpacks.
COMPRESS = ("zstd", "-q", "-19", "--long=23", "--single-thread", "--check", "-c")


class Index(NamedTuple):
    """The lines of launcher.h, and the files in the order in which their contents follow one another."""

    text: bytes
    files: list[Path]
    size: int


def index(folder: Path) -> Index:
    """Everything below the folder, parents first. Raises ValueError for a name that the index cannot hold."""
    lines: list[str] = []
    files: list[Path] = []
    total = 0
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts):
        name = path.relative_to(folder).as_posix()
        if any(mark in name for mark in "\t\n"):
            raise ValueError(f"{name!r} cannot be packed")
        if path.is_symlink():
            lines.append(f"l\t0\t0\t{name}\t{path.readlink()}\n")
        elif path.is_dir():
            lines.append(f"d\t0\t0\t{name}\t\n")
        else:
            status = path.stat()
            lines.append(f"f\t{'700' if status.st_mode & 0o100 else '600'}\t{status.st_size}\t{name}\t\n")
            files.append(path)
            total += status.st_size
    return Index("".join(lines).encode(), files, total)


def compressed(files: list[Path]) -> tuple[bytes, str]:
    """One frame of all contents, and the SHA-256 of those contents."""
    digest = hashlib.sha256()
    with subprocess.Popen(COMPRESS, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as packer:
        assert packer.stdin is not None
        assert packer.stdout is not None

        def feed(into: BinaryIO) -> None:
            with into:
                for file in files:
                    content = file.read_bytes()
                    digest.update(content)
                    into.write(content)

        # zstd writes while it reads, so its output must be taken meanwhile.
        feeder = threading.Thread(target=feed, args=(packer.stdin,))
        feeder.start()
        frame = packer.stdout.read()
        feeder.join()
    if packer.returncode != 0:
        raise SystemExit("zstd failed.")
    return frame, digest.hexdigest()


def pack(launcher: Path, folder: Path, version: str, out: Path) -> None:
    """Writes `out`, executable, in one step."""
    listed = index(folder)
    frame, digest = compressed(listed.files)
    time = int(os.environ["SOURCE_DATE_EPOCH"])
    name = f"lemmy-lite-{version}-{hashlib.sha256(listed.text + digest.encode() + str(time).encode()).hexdigest()[:16]}"
    front = launcher.read_bytes()
    at = len(front)
    footer = FOOTER.pack(MAGIC, at, len(frame), at + len(frame), len(listed.text), listed.size, time, name.encode())
    part = out.with_name(out.name + ".tmp")
    part.write_bytes(front + frame + listed.text + footer)
    part.chmod(0o755)
    part.replace(out)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
