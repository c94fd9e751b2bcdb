"""Pictures going out: uploads, and those of other servers through the proxy. Nobody is asked who they are.

Every answer is a picture or a film, whatever somebody meant it to be: its type comes from its bytes, browsers are told not to guess, and
a sandbox forbids it everything if it is opened as a page (security.md, rule 13).
"""

import logging
from urllib.parse import parse_qs

from lemmy_lite.context import Context
from lemmy_lite.domain import image, image_proxy, remote_picture
from lemmy_lite.http.api_v3.wire.answer import LemmyErrorType
from lemmy_lite.http.api_v3.wire.image import ImageProxyParams, PictrsGetParams
from lemmy_lite.http.api_v3.wire.query import decode_query
from lemmy_lite.http.errors import Failure, Refused
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, json_response, redirect
from lemmy_lite.http.surface import Route, Surface
from lemmy_lite.media import formats
from lemmy_lite.media.images import Shown
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.database import Database

log = logging.getLogger(__name__)

SANDBOX = "default-src 'none'; sandbox"

FOR_EVER = "public, max-age=31536000, immutable"
"""An upload's address never shows anything else."""

FOR_A_WEEK = "public, max-age=604800"
"""What another server shows at an address may change."""


TILE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 72" preserveAspectRatio="xMidYMid slice">'
    b'<rect width="96" height="72" fill="#88998f" fill-opacity=".15"/>'
    b'<g fill="#88998f" fill-opacity=".5"><path d="M30 50l11-14 8 9 6-7 11 12z"/><circle cx="58" cy="27" r="5"/></g></svg>'
)
"""What a page shows where a picture is gone: browsers show a picture whatever its status, and a broken one is ugly."""


def images(context: Context, database: Database) -> Surface:
    """The surface of the routes that take no login."""

    async def picture(request: Request) -> Response:
        form = decode_query(PictrsGetParams, request.query)
        try:
            shown = await image.show(database, context, request.parameters["filename"], form.format, _box(form.thumbnail))
        except ImageRefused as refused:
            return _refused(refused)
        except LemmyError:
            return Response(404)
        except OSError as trouble:
            raise _cannot_now(trouble) from trouble
        return Response(404) if shown is None else _sent(shown, FOR_EVER)

    async def proxied(request: Request) -> Response:
        form = decode_query(ImageProxyParams, request.query)
        signature = parse_qs(request.query.decode("latin-1")).get("signature", [None])[0]
        if not await database.read(image_proxy.is_known, context, form.url, signature):
            return Response(404)
        if image_proxy.bypasses(context, form.url):
            return redirect(form.url, 307)
        try:
            return _sent(await _through(context, form), FOR_A_WEEK)
        except ImageRefused as refused:
            return _refused(refused)
        except LemmyError:
            # Its server does not answer, or lies where we must not reach: no word about which.
            return Response(404)
        except OSError as trouble:
            raise _cannot_now(trouble) from trouble

    async def healthy(_: Request) -> Response:
        return Response(200 if context.images is not None else 503, headers=[("cache-control", "no-store")])

    routes = (
        Route("GET", "/pictrs/image/{filename}", picture),
        Route("GET", "/pictrs/healthz", healthy),
        Route("GET", image_proxy.PATH, proxied),
    )
    return Surface("images", routes, _failed, prefix="/pictrs/", finish=_finish)


async def _through(context: Context, form: ImageProxyParams) -> Shown:
    """A picture of another server, from the cache or fetched now. Raises ImageRefused, LemmyError."""
    store = image.store(context)
    path = await remote_picture.kept(context, store, form.url)
    found = formats.sniff_file(path)
    if found is None:
        store.forget(form.url)
        raise ImageRefused(Reason.NOT_AN_IMAGE, "There is no picture at this address.")
    box = _box(form.thumbnail)
    wanted = formats.asked(form.format, form.url) if form.format is not None else found
    if box is None and wanted == found:
        return Shown(path, found.media_type, path.name)
    return await store.variant(form.url, path, found, wanted, box)


def _box(asked: int | None) -> int | None:
    """The longest side that was asked for; what is none means the picture as it is."""
    return asked if asked is not None and asked > 0 else None


def _sent(shown: Shown, kept: str) -> Response:
    headers = [("etag", f'"{shown.tag}"'), ("cache-control", kept)]
    return Response(200, shown.path, shown.media_type, headers, compress=False)


def _refused(refused: ImageRefused) -> Response:
    """What cannot be made now is 503, with a moment to wait; what will never be a picture is not here."""
    if refused.reason in (Reason.BUSY, Reason.NO_ROOM, Reason.DISK_FULL):
        raise Refused(503, refused.sentence, headers={"retry-after": "5"})
    return Response(404)


def _cannot_now(trouble: OSError) -> Refused:
    """The disk took nothing, or the file left the cache in this moment."""
    log.warning("a picture cannot be shown now: %s", trouble)
    return Refused(503, "The picture cannot be shown now.", headers={"retry-after": "5"})


def _finish(request: Request, response: Response) -> None:
    """Headers of every answer. Other sites may show our pictures, as Lemmy's clients on the web do."""
    if response.status == 404 and not response.body and request.header("sec-fetch-dest") == "image":
        response.body, response.content_type = TILE, "image/svg+xml"
    response.set_default("content-security-policy", SANDBOX)
    response.set_default("access-control-allow-origin", "*")
    response.set_default("cross-origin-resource-policy", "cross-origin")
    response.set_default("cache-control", "no-store" if response.status >= 400 else "public, max-age=60")


async def _failed(request: Request, failure: Failure) -> Response:
    if not failure.routed or failure.status == 404:
        return Response(failure.status)
    return json_response(LemmyErrorType(error=failure.code, message=failure.message), failure.status)
