"""Loopback ports for servers of tests."""

import contextlib
import itertools
import os
import socket
from collections.abc import Callable


def ports() -> Callable[[], int]:
    """Gives a function whose every call gives another loopback port on which nothing listens.

    They lie below those that the kernel gives to connections on their way out (32768 and up), and each of the run's parallel parts has
    two thousand of its own, so that nobody else takes one between its choice and its use.
    """
    part = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12_000 + 2_000 * (part % 10)
    numbers = itertools.cycle(range(first, first + 2_000))

    def take() -> int:
        for number in itertools.islice(numbers, 2_000):
            with socket.socket() as tried, contextlib.suppress(OSError):
                tried.bind(("127.0.0.1", number))
                return number
        raise RuntimeError(f"none of the ports {first} to {first + 1_999} is free")

    return take
