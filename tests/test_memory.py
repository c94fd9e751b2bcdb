"""Memory that is freed leaves the process, and the collector spares what the start has made."""

import gc
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from lemmy_lite import memory

# A large block teaches glibc to keep what is smaller; then 100 MB are filled and freed below one small block that stays.
FILL_AND_FREE = """
from lemmy_lite import memory
{before}
bytearray(30_000_000)
blocks = [bytearray(1_000_000) for _ in range(100)]
pin = [bytearray(2_000) for _ in range(10)]
del blocks
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmRSS")))
"""


def left_after(before: str, checkout: Path) -> int:
    """Kilobytes of a process that has freed what it filled."""
    done = subprocess.run(
        [sys.executable, "-c", FILL_AND_FREE.format(before=before)], cwd=checkout, capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc holds on to what was freed, and only it has mallopt")
def test_large_blocks_go_back_to_the_system_whatever_was_freed_before(checkout: Path) -> None:
    assert left_after("", checkout) - left_after("memory.bound_heap()", checkout) > 50_000


def test_what_the_start_has_made_is_never_walked_again() -> None:
    kept: list[list[int]] = [[] for _ in range(1000)]
    try:
        memory.spare_start()
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
    assert len(kept) == 1000
