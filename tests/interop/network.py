"""Instances that find each other: each a process with a name and a loopback address of its own, speaking plain http on a port.

    with network.running(tmp_path, free_port, "alpha", "beta") as (alpha, beta):
        community = alpha.admin.post("/community", name="tea", title="Tea")

Names lead to addresses by the test knobs of DESIGN §8, and federation's waits are shortened.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tests import instances
from tests.instances import Answer, Client, Instance

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds that one deed may take to arrive, on a busy machine."""
KNOWN = ("alpha", "beta", "gamma", "delta")
NETWORK = "127.0.2.0/24"


def address_of(name: str) -> str:
    """The loopback address of a name."""
    return f"127.0.2.{KNOWN.index(name) + 1}"


def environment() -> dict[str, str]:
    """What lets instances of this network find and believe each other."""
    return {
        "LEMMY_LITE_TEST": "1",
        "LEMMY_LITE_TEST_RESOLVE": ",".join(f"{name}.test={address_of(name)}" for name in KNOWN),
        "LEMMY_LITE_TEST_ALLOW_NETS": NETWORK,
        "LEMMY_TEST_FAST_FEDERATION": "1",
    }


def instance(folder: Path, name: str, port: int, **options: Any) -> Instance:
    """An instance called NAME.test:PORT, not started yet; `options` are those of Instance."""
    given = {"address": address_of(name), "hostname": f"{name}.test:{port}", "environment": environment(), **options}
    return Instance(folder / name, port, **given)


@contextlib.contextmanager
def running(
    folder: Path, free_port: Callable[[], int], *names: str, databases: Mapping[str, str] | None = None
) -> Iterator[tuple[Instance, ...]]:
    """Started instances with open registration; `databases` are Postgres URLs by name. Logs are printed where the test fails."""
    with contextlib.ExitStack() as stack:
        ready = []
        for name in names:
            options = {"address": address_of(name), "environment": environment(), "database": (databases or {}).get(name)}
            port = free_port()
            ready.append(stack.enter_context(instances.running(folder / name, port, hostname=f"{name}.test:{port}", **options)))
        yield tuple(ready)


def eventually(ask: Callable[[], T], gives: Callable[[T], object] = bool, *, seconds: float = PATIENCE) -> T:
    """What `ask` answers as soon as it is as wished; fails with the last answer when it never is."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if gives(answer):
            return answer
        assert time.monotonic() < end, f"in vain: {str(answer)[:2000]}"
        time.sleep(0.05)


def found(client: Client, address: str) -> Any:
    """What is known at an address by now, or None; a client that is logged in makes its instance ask others."""
    answer: Answer = client.call("GET", "/resolve_object", {"q": address})
    return next(iter(answer.json.values())) if answer.status == 200 else None


def arrives(client: Client, address: str, gives: Callable[[Any], object] = bool) -> Any:
    """The view of what is at an address once it has come by itself: `client` is a stranger, who makes nobody fetch."""
    assert client.jwt is None, "somebody logged in would fetch it"
    return eventually(lambda: found(client, address), lambda view: view is not None and gives(view))


def vanishes(client: Client, address: str, gone: bool = True) -> None:
    """Waits until what was at an address is no longer shown, or with `gone` false until it is shown again."""
    eventually(lambda: found(client, address), lambda view: (view is None) == gone)
