"""The child process that decodes pictures: `lemmy-lite image-worker MEMORY PARENT`, jobs on standard input, answers on standard output.

Whatever a picture does to it, the server goes on: the child may use so much memory and processor time, dies first when the machine runs
out, cannot outlive its parent, and writes no file larger than a picture can be. It loads Pillow and nothing of the server.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

COMMAND: Final = "image-worker"

CPU_SECONDS: Final = 30
"""Processor time of one job. A 40-megapixel picture takes 3 s on a desktop, some 15 s on a Raspberry Pi 4."""

FILE_BYTES: Final = 256 * 2**20

_PR_SET_PDEATHSIG: Final = 1


def main(arguments: list[str]) -> None:
    """Work until standard input ends."""
    memory, parent = (int(each) for each in arguments)
    _die_with(parent)
    _bound(memory)
    from lemmy_lite.media import decoding
    from lemmy_lite.media.job import read_job

    while line := sys.stdin.buffer.readline():
        _allow(CPU_SECONDS)
        answer = decoding.convert(read_job(line))
        sys.stdout.buffer.write(answer.line())
        sys.stdout.buffer.flush()


def _die_with(parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1 != parent:
        sys.exit(1)  # it died before we could ask to be told
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends us


def _bound(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _allow(seconds: int) -> None:
    """So much processor time from now on, for one job; the kernel ends who takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, hard))
