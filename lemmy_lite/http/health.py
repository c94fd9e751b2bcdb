"""Health: `/healthz` says that the process answers, `/readyz` that it can do its work. For systemd, proxies and monitoring.

Both tell nothing but names of parts and whether they work. `/healthz/address` tells who asks by which address it is seen here, so that
`lemmy-lite doctor` can see what a proxy makes of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, json_response
from lemmy_lite.http.surface import Route, Surface, silent

PATIENCE = 2.0
"""Seconds a part has to answer."""

Probe = Callable[[], Awaitable[Any]]


def health(probes: Mapping[str, Probe]) -> Surface:
    """The surface. A probe is fine if it returns within PATIENCE, whatever it returns; raising or stalling makes it 503."""

    async def alive(_: Request) -> Response:
        return json_response({"status": "ok"}, headers={"cache-control": "no-store"})

    async def ready(_: Request) -> Response:
        found = await asyncio.gather(*(_works(probe) for probe in probes.values()))
        parts = {name: "ok" if works else "failing" for name, works in zip(probes, found, strict=True)}
        fine = all(found)
        body = {"status": "ok" if fine else "failing", "parts": parts}
        return json_response(body, 200 if fine else 503, headers={"cache-control": "no-store"})

    async def address(request: Request) -> Response:
        found = None if request.over_onion else str(request.address)
        return json_response({"address": found}, headers={"cache-control": "no-store"})

    routes = (Route("GET", "/healthz", alive), Route("GET", "/readyz", ready), Route("GET", "/healthz/address", address))
    return Surface("health", routes, silent)


async def _works(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await probe()
    except Exception:  # whatever is wrong with a part, it is not ready
        return False
    return True
