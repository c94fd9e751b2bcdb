"""A client whose whole world is 127.0.2.0/24, as the tests' knobs make it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Client, Response
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.options import NetOptions
from lemmy_lite.net.resolver import Resolver

LIMITS = Limits(requests=20, depth=5, wire_bytes=10**6, decoded_bytes=10**6, seconds=20)

OPTIONS = NetOptions(
    user_agent="lemmy_lite/test",
    allow_nets=(ip_network("127.0.2.0/24"),),
    resolve={
        "a.test": (ip_address("127.0.2.1"),),
        "b.test": (ip_address("127.0.2.2"),),
        "private.test": (ip_address("127.0.3.1"),),
        "half.test": (ip_address("127.0.2.1"), ip_address("127.0.3.1")),
        "nowhere.test": (ip_address("127.0.2.99"),),
    },
    connect_seconds=3,
    read_seconds=3,
)
"""Servers the client may call listen on 127.0.2.*, canaries that it must not touch on 127.0.3.1."""


def budget(**changes: Any) -> Budget:
    """An ample budget, but for the changes."""
    return Budget(Limits(**({name: getattr(LIMITS, name) for name in LIMITS.__struct_fields__} | changes)))


@contextlib.asynccontextmanager
async def client(resolver: Resolver | None = None, **changes: Any) -> AsyncIterator[Client]:
    """A client with the options above, but for the changes."""
    made = Client(replace(OPTIONS, **changes), resolver)
    try:
        yield made
    finally:
        await made.close()


async def get(asker: Client, url: str, account: Budget | None = None, **changes: Any) -> Response:
    """A fetch with everything at its ordinary value, but for the changes."""
    chosen: dict[str, Any] = {"accept": "*/*", "max_bytes": 10_000, "same_origin_redirects": False} | changes
    return await asker.get(url, account or budget(), **chosen)


async def failure(asking: Coroutine[Any, Any, Response]) -> Kind:
    """The kind of the error that the request must end with, whose sentence must be one."""
    with pytest.raises(NetError) as caught:
        await asking
    assert caught.value.sentence.endswith(".")
    return caught.value.kind


def run(test: Coroutine[Any, Any, None]) -> None:
    """Runs a test on an event loop of its own, for a minute at most."""
    asyncio.run(asyncio.wait_for(test, 60))
