"""A wall clock that can be set while an instance runs: clock.c, preloaded. Nothing else of the machine is touched."""

import mmap
import struct
import subprocess
from pathlib import Path

from tests.faults.case import Trial

SOURCE = Path(__file__).with_name("clock.c")
HOUR = 3600
YEAR = 365 * 24 * HOUR


class WallClock:
    """The clock of all processes that are started with `environment`."""

    def __init__(self, trial: Trial) -> None:
        self._file = trial.folder / "clock"
        self._file.write_bytes(bytes(mmap.PAGESIZE))
        library = trial.folder / "clock.so"
        command = [trial.program("cc"), "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        self.environment = {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(self._file)}

    def set(self, seconds: int) -> None:
        """From now on it is off by so many seconds."""
        with self._file.open("r+b") as file, mmap.mmap(file.fileno(), mmap.PAGESIZE) as page:
            page[:8] = struct.pack("=q", seconds)
