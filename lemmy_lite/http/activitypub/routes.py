"""Every address at which other servers ask or tell us something, one line each."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from lemmy_lite.context import Context
from lemmy_lite.crypto.signatures import Request as SignedBytes
from lemmy_lite.federation import documents, nodeinfo, webfinger
from lemmy_lite.federation.document import Document
from lemmy_lite.federation.service import Federation
from lemmy_lite.http.errors import Failure
from lemmy_lite.http.negotiation import Kind
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, json_response
from lemmy_lite.http.surface import Handler, Route, Surface
from lemmy_lite.storage.database import Database

# Documents that have no page beside them are served whatever is accepted.
_DOCUMENTS: Sequence[tuple[str, Callable[..., Document], tuple[str, ...], Kind | None]] = (
    ("/", documents.site, (), Kind.ACTIVITY),
    ("/site_outbox", documents.site_outbox, (), None),
    ("/u/{name}", documents.person, ("name",), Kind.ACTIVITY),
    ("/u/{name}/outbox", documents.person_outbox, ("name",), None),
    ("/c/{name}", documents.community, ("name",), Kind.ACTIVITY),
    ("/c/{name}/outbox", documents.community_outbox, ("name",), None),
    ("/c/{name}/followers", documents.community_followers, ("name",), None),
    ("/c/{name}/moderators", documents.community_moderators, ("name",), None),
    ("/c/{name}/featured", documents.community_featured, ("name",), None),
    ("/post/{post_id}", documents.post, ("post_id",), Kind.ACTIVITY),
    ("/comment/{comment_id}", documents.comment, ("comment_id",), Kind.ACTIVITY),
    ("/activities/{kind}/{uuid}", documents.activity, ("kind", "uuid"), None),
)
_INBOXES = ("/inbox", "/u/{name}/inbox", "/c/{name}/inbox")
_NODEINFO_ALIASES = ("/version", "/nodeinfo/2.0.json", "/nodeinfo/2.1.json")


def activitypub(context: Context, database: Database, federation: Federation) -> Surface:
    """The surface."""
    serving = _Serving(context, database, federation)
    return Surface(
        "activitypub",
        (
            *(Route("GET", path, serving.document(make, names), kind=kind) for path, make, names, kind in _DOCUMENTS),
            *(Route("POST", path, serving.inbox, wrong_method=404) for path in _INBOXES),
            Route("GET", "/.well-known/webfinger", serving.webfinger),
            Route("GET", "/.well-known/nodeinfo", serving.well_known_nodeinfo),
            Route("GET", nodeinfo.PATH, serving.nodeinfo),
            *(Route("GET", path, _to_nodeinfo) for path in _NODEINFO_ALIASES),
        ),
        _failed,
    )


class _Serving:
    def __init__(self, context: Context, database: Database, federation: Federation) -> None:
        self._context = context
        self._database = database
        self._federation = federation

    def document(self, make: Callable[..., Document], names: tuple[str, ...]) -> Handler:
        async def answer(request: Request) -> Response:
            arguments: list[Any] = [request.parameters[name] for name in names]
            return _response(await documents.read(self._database, make, self._context, *arguments))

        return answer

    async def inbox(self, request: Request) -> Response:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]
        config = self._context.config
        answer = await self._federation.receive(
            SignedBytes(
                method=request.method,
                scheme=config.protocol,
                host=config.hostname,
                target=request.target,
                headers=headers,
                body=await request.body(),
            )
        )
        after = {} if answer.retry_after is None else {"retry-after": str(answer.retry_after)}
        if answer.error is None:
            return Response(answer.status)
        return json_response({"error": answer.error}, answer.status, headers=after)

    async def webfinger(self, request: Request) -> Response:
        asked = parse_qs(request.query.decode("latin-1"), max_num_fields=20).get("resource", [""])[0]
        return _response(await self._database.read(webfinger.answer, self._context, asked))

    async def well_known_nodeinfo(self, _: Request) -> Response:
        return _response(nodeinfo.well_known(self._context))

    async def nodeinfo(self, _: Request) -> Response:
        return _response(await self._database.read(nodeinfo.document))


async def _to_nodeinfo(_: Request) -> Response:
    return Response(307, headers=[("location", nodeinfo.PATH)])


def _response(document: Document) -> Response:
    headers = [("cache-control", document.cache_control)] if document.cache_control else []
    if document.location:
        headers.append(("location", document.location))
    return Response(document.status, document.body, document.content_type, headers)


async def _failed(_: Request, failure: Failure) -> Response:
    return json_response({"error": failure.code}, failure.status, headers=failure.headers)
