"""A server in a process of its own, as tests of signals and sockets need it: `python -m tests.http.server_process PORT [SECONDS]`.

Answers `/` at once, `/slow` after two seconds, `/stuck` never, and a POST to `/echo` with its body. SECONDS is what a body may take.
"""

import asyncio
import gc
import sys

from lemmy_lite.http import server
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response
from lemmy_lite.http.routing import build
from lemmy_lite.http.surface import Route, Surface, silent


async def at_once(request: Request) -> Response:
    return Response(200, b"here", "text/plain")


async def slowly(request: Request) -> Response:
    await asyncio.sleep(2)
    return Response(200, b"done", "text/plain")


async def never(request: Request) -> Response:
    await asyncio.sleep(3600)
    return Response()


async def echo(request: Request) -> Response:
    return Response(200, await request.body(), "text/plain")


ROUTES = (Route("GET", "/", at_once), Route("GET", "/slow", slowly), Route("GET", "/stuck", never), Route("POST", "/echo", echo))


async def main(port: int, body_seconds: float) -> None:
    listener = server.listen("127.0.0.1", port)
    gate = server.Gate(build([Surface("test", ROUTES, silent, prefix="/")]), body_seconds=body_seconds)
    stop = asyncio.Event()

    async def ready() -> None:
        sys.stdout.write(f"ready {listener.getsockname()[1]}\n")
        sys.stdout.flush()

    with server.stopped_by_signals(stop):
        await server.serve(gate, listener, stop, on_ready=ready, header_seconds=body_seconds)


if __name__ == "__main__":
    gc.disable()  # what holds a connection must let go by itself
    try:
        asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 30))
    except server.PortInUse as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    server.leave(0)
