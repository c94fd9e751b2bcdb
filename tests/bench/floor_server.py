"""The ceiling of the stack: the same socket, server, router and middleware as the program, with an answer that costs nothing to make.

    python -m tests.bench.floor_server BYTES

`/constant` answers so many bytes of JSON, `/empty` 204. Listens on a free loopback port and says its number on the first line.
"""

import asyncio
import sys

from lemmy_lite.http import routing, server
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response
from lemmy_lite.http.server import Gate
from lemmy_lite.http.surface import Route, Surface, silent


def _surface(number: int) -> Surface:
    body = b'"' + b"x" * (number - 2) + b'"'

    async def constant(_: Request) -> Response:
        return Response(200, body, "application/json")

    async def empty(_: Request) -> Response:
        return Response(204)

    return Surface("floor", (Route("GET", "/constant", constant), Route("GET", "/empty", empty)), silent, prefix="/")


async def _serve(number: int) -> None:
    stop = asyncio.Event()
    listener = server.listen("127.0.0.1", 0)
    gate = Gate(routing.build([_surface(number)]))
    with server.stopped_by_signals(stop):
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve(gate, listener, stop)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
