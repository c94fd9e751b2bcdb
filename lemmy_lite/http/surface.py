"""What a surface is: a table of routes with its own way of telling errors. The API, the web site, ActivityPub, feeds, health.

`routing.build` puts them behind one router.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from litestar.types import Method

from lemmy_lite.http.errors import Failure
from lemmy_lite.http.negotiation import Kind
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of a surface's table. `path` names its parts as `/c/{name}`; a part never contains a slash.

    GET answers HEAD too. `kind` is needed where a page and a document share a path. `body_limit` in bytes, else that of `build`.
    `wrong_method` is the status for another method on this path: 405, or 404 where Lemmy answers so.
    """

    method: Method
    path: str
    handler: Handler
    kind: Kind | None = None
    body_limit: int | None = None
    wrong_method: int = 405


def _leave(request: Request, response: Response) -> None:
    """Adds nothing to an answer."""


@dataclass(frozen=True, slots=True)
class Surface:
    """A table of routes and what they have in common.

    `failed` words an error. `finish` adds headers to every answer, errors included. `preflight` answers OPTIONS. An unknown path belongs
    to the surface whose `prefix` is the longest that fits.
    """

    name: str
    routes: Sequence[Route]
    failed: Callable[[Request, Failure], Awaitable[Response]]
    prefix: str | None = None
    finish: Callable[[Request, Response], None] = _leave
    preflight: Handler | None = None


async def silent(request: Request, failure: Failure) -> Response:
    """An error without a body, for surfaces that have no words."""
    return Response(failure.status)
