"""Every address at which other servers ask or tell us something, one line each."""

from collections.abc import Callable, Sequence
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode

import msgspec

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import Request as SignedBytes
from lemmy_lite.federation import documents, host_meta, nodeinfo, threads, webfinger
from lemmy_lite.federation.document import Document
from lemmy_lite.federation.service import Federation
from lemmy_lite.http.errors import Failure
from lemmy_lite.http.negotiation import Kind
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, json_response, redirect
from lemmy_lite.http.surface import Handler, Route, Surface
from lemmy_lite.storage.database import Database

# Arguments are parts of the path, or with a question mark fields of the query. Documents that have no page beside them are served
# whatever is accepted.
_DOCUMENTS: Sequence[tuple[str, Callable[..., Document], tuple[str, ...], Kind | None]] = (
    ("/site_outbox", documents.site_outbox, (), None),
    ("/u/{name}", documents.person, ("name",), Kind.ACTIVITY),
    ("/u/{name}/outbox", documents.person_outbox, ("name",), None),
    ("/u/{name}/followers", documents.person_followers, ("name",), None),
    ("/c/{name}", documents.community, ("name",), Kind.ACTIVITY),
    ("/c/{name}/outbox", documents.community_outbox, ("name",), None),
    ("/c/{name}/followers", documents.community_followers, ("name",), None),
    ("/c/{name}/moderators", documents.community_moderators, ("name",), None),
    ("/c/{name}/featured", documents.community_featured, ("name",), None),
    ("/post/{post_id}", documents.post, ("post_id",), Kind.ACTIVITY),
    ("/post/{post_id}/context", threads.context, ("post_id", "?after"), None),
    ("/post/{post_id}/replies", threads.replies_to_post, ("post_id", "?after"), None),
    ("/comment/{comment_id}", documents.comment, ("comment_id",), Kind.ACTIVITY),
    ("/comment/{comment_id}/replies", threads.replies_to_comment, ("comment_id", "?after"), None),
    ("/activities/{kind}/{uuid}", documents.activity, ("kind", "uuid"), None),
)
# What who asks needs in order to find us and to check who we are, so it is told to everybody: a peer that asks for the key behind our
# signature would otherwise have to sign a request whose key we would ask for in turn, without end.
_OPEN: Sequence[tuple[str, Callable[..., Document], tuple[str, ...], Kind | None]] = (
    ("/", documents.site, (), Kind.ACTIVITY),
    ("/.well-known/webfinger", webfinger.answer, ("?resource", "?*rel"), None),
    ("/.well-known/host-meta", host_meta.xml, (), None),
    ("/.well-known/host-meta.json", host_meta.json, (), None),
)
_INBOXES = ("/inbox", "/u/{name}/inbox", "/c/{name}/inbox")
_NODEINFO_ALIASES = ("/version", "/nodeinfo/2.0.json", "/nodeinfo/2.1.json")

_LONGEST_QUERY = 8192


def activitypub(context: Context, database: Database, federation: Federation) -> Surface:
    """The surface."""
    serving = _Serving(context, database, federation)
    return Surface(
        "activitypub",
        (
            *(Route("GET", path, serving.guarded(make, names), kind=kind) for path, make, names, kind in _DOCUMENTS),
            *(Route("GET", path, serving.open(make, names), kind=kind) for path, make, names, kind in _OPEN),
            *(Route("POST", path, serving.inbox, wrong_method=404) for path in _INBOXES),
            Route("GET", "/.well-known/nodeinfo", serving.well_known_nodeinfo),
            *(Route("GET", path, serving.nodeinfo(version)) for version, path in nodeinfo.PATHS.items()),
            *(Route("GET", path, _to_nodeinfo) for path in _NODEINFO_ALIASES),
            Route("GET", webfinger.INTERACTION_PATH, _to_search),
        ),
        _failed,
    )


class _Serving:
    def __init__(self, context: Context, database: Database, federation: Federation) -> None:
        self._context = context
        self._database = database
        self._federation = federation

    def open(self, make: Callable[..., Document], names: tuple[str, ...]) -> Handler:
        """Serves a document to everybody."""

        async def answer(request: Request) -> Response:
            return _response(await self._made(make, names, request))

        return answer

    def guarded(self, make: Callable[..., Document], names: tuple[str, ...]) -> Handler:
        """Serves a document to everybody, or where the site asks for it, only to those who have signed."""

        async def answer(request: Request) -> Response:
            if not await self._federation.asks_for_signatures():
                return _response(await self._made(make, names, request))
            refusal = await self._federation.judge_fetch(self._signed(request, b""))
            document = refusal or await self._made(make, names, request)
            # Nobody in between may keep it for others, who might not be allowed.
            return _response(msgspec.structs.replace(document, cache_control="private, no-store"))

        return answer

    async def inbox(self, request: Request) -> Response:
        """Takes an activity."""
        answer = await self._federation.receive(self._signed(request, await request.body()))
        after = {} if answer.retry_after is None else {"retry-after": str(answer.retry_after)}
        if answer.error is None:
            return Response(answer.status)
        return json_response({"error": answer.error}, answer.status, headers=after)

    async def well_known_nodeinfo(self, _: Request) -> Response:
        """Tells where NodeInfo lies."""
        return _response(nodeinfo.well_known(self._context))

    def nodeinfo(self, version: Literal["2.1", "2.0"]) -> Handler:
        """Serves NodeInfo; it is there although federation is off, as at Lemmy."""

        async def answer(_: Request) -> Response:
            return _response(await self._database.read(nodeinfo.document, version))

        return answer

    async def _made(self, make: Callable[..., Document], names: tuple[str, ...], request: Request) -> Document:
        fields = _fields(request) if any(name.startswith("?") for name in names) else {}
        return await documents.read(self._database, make, self._context, *(_argument(name, request, fields) for name in names))

    def _signed(self, request: Request, body: bytes) -> SignedBytes:
        config = self._context.config
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]
        return SignedBytes(
            method=request.method, scheme=config.protocol, host=config.hostname, target=request.target, headers=headers, body=body
        )


def _fields(request: Request) -> dict[str, list[str]]:
    return parse_qs(request.query[:_LONGEST_QUERY].decode("latin-1"))


def _argument(name: str, request: Request, fields: dict[str, list[str]]) -> Any:
    """A part of the path, `?field` of the query (empty when it is not there), or all values of `?*field`."""
    if name.startswith("?*"):
        return fields.get(name[2:], [])
    return fields.get(name[1:], [""])[0] if name.startswith("?") else request.parameters[name]


async def _to_nodeinfo(_: Request) -> Response:
    return Response(307, headers=[("location", nodeinfo.PATHS["2.1"])])


async def _to_search(request: Request) -> Response:
    """What somebody of another site wants to follow or answer from here is looked up by the search."""
    return redirect(f"/search?{urlencode({'q': _argument('?uri', request, _fields(request))})}")


def _response(document: Document) -> Response:
    headers = [("cache-control", document.cache_control)] if document.cache_control else []
    if document.location:
        headers.append(("location", document.location))
    if document.tag:
        headers.append(("etag", f'W/"{document.tag}"'))
    if document.retry_after is not None:
        headers.append(("retry-after", str(document.retry_after)))
    if document.for_scripts:
        headers.append(("access-control-allow-origin", "*"))
    return Response(document.status, document.body, document.content_type, headers)


async def _failed(_: Request, failure: Failure) -> Response:
    return json_response({"error": failure.code}, failure.status, headers=failure.headers)
