"""Memory that is freed leaves the process, and the collector spares what the start has made."""

import asyncio
import gc
import importlib
import platform
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import memory
from lemmy_lite.config.same_origin import same_origin
from lemmy_lite.crypto.tokens import read_jwt
from lemmy_lite.http import address, kept
from lemmy_lite.http.negotiation import spoken
from lemmy_lite.net.origin import parse_url

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


def _asked(header: str, value: str) -> None:
    scope: Any = {"method": "GET", "headers": [(header.encode(), value.encode())], "raw_path": b"/", "query_string": b""}
    kept._key(scope)


@pytest.mark.parametrize(
    "reads",
    [
        lambda text: read_jwt("secret", text, "site.test"),
        spoken,
        lambda text: _asked("accept", text),
        lambda text: _asked("accept-encoding", text),
        lambda text: _asked("accept-language", text),
        lambda text: same_origin(f"https://a.test/ {text}", "https://site.test"),
        lambda text: parse_url(f"https://a.test/{text[:8000]}"),
        lambda text: address.client_address("127.0.0.1", text, None, (ip_network("127.0.0.0/8"),)),
    ],
    ids=["JWT", "Accept-Language", "Accept", "Accept-Encoding", "language", "link", "address", "forwarded"],
)
def test_no_cache_holds_what_a_stranger_makes_long(reads: Callable[[str], object]) -> None:
    """Caches of functions are bounded by how many answers they keep; the questions have to be bounded too."""
    reads("warm")
    tracemalloc.start()
    try:
        for number in range(60):
            reads(f"{number:060d}" * 1000)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 600_000, f"{held} bytes are held of 60 texts of 60 kB"


def test_memory_is_given_back_after_the_start_and_each_while_of_work_and_not_by_who_is_idle() -> None:
    done: list[str] = []
    spent = iter([0.0, 0.1, 0.2, 5.0, 5.0, 5.1, 9.0, 9.0])

    async def forget() -> None:
        done.append("forgotten")

    async def running() -> None:
        await memory.keep_small(forget, settled=0.0, every=0.0, worked=lambda: next(spent), give=lambda: done.append("given"))

    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(running())
    assert done == ["forgotten", *["given"] * 3]


# What a server runs first, and then what is there. Names of modules that were run: those that wait for their first use are not.
IMPORTED = """
import sys
from lemmy_lite import memory
memory.postpone()
import lemmy_lite.cli.main
print(*(name for name, module in sys.modules.items() if type(module).__name__ != "_Postponed"))
"""

NOT_BEFORE_IT_IS_USED = {
    *("aiohttp", "aiosmtplib", "attr._make", "babel", "bcrypt", "bs4", "captcha", "cryptography", "nh3", "PIL", "psycopg", "yaml.nodes"),
    *("email.headerregistry", "pdb", "tarfile", "xml.etree.ElementTree"),
    *("lemmy_lite.app.exporting", "lemmy_lite.cli.admin", "lemmy_lite.control.doctor", "lemmy_lite.storage.lemmy.taking"),
}


def test_an_idle_server_has_imported_nothing_that_only_some_requests_and_commands_need(checkout: Path) -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], cwd=checkout, capture_output=True, text=True, check=True, timeout=60)
    imported = set(done.stdout.split())
    assert not NOT_BEFORE_IT_IS_USED & imported
    assert len(imported) < 1300  # 1450 before anything was postponed: 10 MB


def test_a_postponed_module_is_run_once_by_the_first_who_asks_for_something_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late_one.py").write_text("import late_two\nvalue = 7\nlate_two.runs.append(1)\n")
    (tmp_path / "late_two.py").write_text("runs = []\n")
    monkeypatch.syspath_prepend(tmp_path)
    memory.postpone(["late_one", "no_such_module"])
    try:
        late: Any = importlib.import_module("late_one")
        assert "late_two" not in sys.modules
        assert late.__name__ == "late_one"
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: late.value, range(8))) == [7] * 8
        assert sys.modules["late_two"].runs == [1]
        with pytest.raises(AttributeError, match="late_one"):
            _ = late.nothing
    finally:
        for name in ("late_one", "late_two"):
            sys.modules.pop(name, None)
