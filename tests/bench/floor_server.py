"""The ceiling of the stack: the same socket, server, router and middleware as the program, with an answer that costs nothing to make.

    python -m tests.bench.floor_server BYTES [PUBLIC_KEY]

`/constant` answers so many bytes of JSON, `/empty` 204. `POST /inbox` judges the signature under the key in a file and does nothing else:
no JSON, no database. Listens on a free loopback port and says its number on the first line.
"""

import asyncio
import sys
from pathlib import Path

from lemmy_lite.crypto import signatures
from lemmy_lite.crypto.signatures import SignatureError
from lemmy_lite.http import routing, server
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response
from lemmy_lite.http.server import Gate
from lemmy_lite.http.surface import Route, Surface, silent
from lemmy_lite.model.clock import Clock
from tests.bench.data.seed import HOSTNAME


def _surface(number: int, public_key: str) -> Surface:
    body = b'"' + b"x" * (number - 2) + b'"'

    async def constant(_: Request) -> Response:
        return Response(200, body, "application/json")

    async def empty(_: Request) -> Response:
        return Response(204)

    clock = Clock()

    async def inbox(request: Request) -> Response:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]
        asked = signatures.Request(
            method="POST", scheme="http", host=HOSTNAME, target=request.target, headers=headers, body=await request.body()
        )
        try:
            signatures.verify(signatures.examine(asked, clock.now()), public_key)
        except SignatureError:
            return Response(401)
        return Response(200)

    routes = (Route("GET", "/constant", constant), Route("GET", "/empty", empty), Route("POST", "/inbox", inbox))
    return Surface("floor", routes, silent, prefix="/")


async def _serve(number: int, public_key: str) -> None:
    stop = asyncio.Event()
    listener = server.listen("127.0.0.1", 0)
    gate = Gate(routing.build([_surface(number, public_key)]))
    with server.stopped_by_signals(stop):
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        await server.serve(gate, listener, stop)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2]).read_text() if len(sys.argv) > 2 else ""))
