"""The site as a surface: its table of pages and forms, and the page that tells of an error."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any, Protocol

from lemmy_lite.domain import settings
from lemmy_lite.http import room
from lemmy_lite.http.auth import authenticate
from lemmy_lite.http.errors import Failure, Refused, failure_of
from lemmy_lite.http.multipart import is_multipart
from lemmy_lite.http.negotiation import Kind, spoken
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.request import BODY_LIMIT, Request
from lemmy_lite.http.response import Response, html_response, redirect
from lemmy_lite.http.surface import Handler, Route, Surface
from lemmy_lite.http.web import asked, forms, mail, pictures, thread
from lemmy_lite.http.web.forms import Form, Sent
from lemmy_lite.http.web.page import Page
from lemmy_lite.http.web.policy import PAGE_HEADERS
from lemmy_lite.http.web.routes import DOORS, FOR_MEMBERS, FORMS, GUARDED, PAGES, WITH_FILES, Showing, Taking
from lemmy_lite.http.web.static import CACHE_CONTROL
from lemmy_lite.http.web.visit import Site, Visit
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.clock import moment
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.text.translations import phrase


class Failed(Protocol):
    """What tells of an error."""

    def __call__(self, request: Request, failure: Failure, words: Sequence[str] = ()) -> Awaitable[Response]: ...


DOCUMENTS = ("/", "/c/{name}", "/u/{name}", "/post/{post_id}", "/comment/{comment_id}")
"""Pages whose address is an ActivityPub document too: the Accept header decides (DESIGN §6)."""

_TITLES = {
    400: "That did not work",
    401: "Please log in",
    403: "Refused",
    404: "Not found",
    413: "Too large",
    429: "A little slower, please",
    503: "Not now",
}
_STATUS = {
    **dict.fromkeys((f"couldnt_find_{noun}" for noun in ("comment", "community", "object", "person", "post")), 404),
    **dict.fromkeys(
        (f"not_{office}" for office in ("a_mod_or_admin", "a_moderator", "an_admin", "top_mod", "higher_mod", "higher_admin")), 403
    ),
    "rate_limit_error": 429,
}
"""What the API answers with 400 because apps expect it, and crawlers and caches know by a status of its own."""


def web(site: Site, *, with_documents: bool = True) -> Surface:
    """The surface of the site. `with_documents`: an ActivityPub surface answers at some of the same addresses.

    Raises asked.Unasked for a form or a guarded page of which nobody has said what it asks the table of permissions.
    """
    asked.check([path for path, _ in (*FORMS, *GUARDED)])
    routes = [
        Route("GET", path, _shown(site, path, handler), kind=Kind.HTML if with_documents and path in DOCUMENTS else None)
        for path, handler in PAGES
    ]
    upload = site.context.config.http.upload_limit
    routes += [
        Route(
            "POST",
            path,
            _taken(site, path, handler, adds=path in room.ADDING_FORMS),
            body_limit=WITH_FILES.get(handler, 0) * upload + BODY_LIMIT,
        )
        for path, handler in FORMS
    ]
    routes += [
        Route("GET", "/static/{digest}/{name}", _static(site)),
        Route("GET", "/post/{post_id}/{comment_id}", _shown(site, "/post/{post_id}/{comment_id}", thread.post)),
        # Besides the forms, as mail programs have no form token.
        Route("POST", "/unsubscribe/{token}", _shown(site, "/unsubscribe/{token}", mail.leave)),
    ]
    return Surface("web", routes, _failed(site), prefix="/", finish=partial(_finish, site))


def _shown(site: Site, path: str, handler: Showing) -> Handler:
    async def show(request: Request) -> Response:
        visit = await _visit(site, request)
        if visit.viewer is None and handler in FOR_MEMBERS:
            return redirect(href("/login", prev=visit.address))
        await _require_open(visit, path)
        return await handler(visit)

    return show


def _taken(site: Site, path: str, handler: Taking, *, adds: bool) -> Handler:
    async def take(request: Request) -> Response:
        visit = await _visit(site, request)
        form: Form = Sent()
        try:
            site.limiter.take(Bucket.MESSAGE, request.address)
            if handler in WITH_FILES and is_multipart(request):
                form = await pictures.sent(visit, partial(site.cookies.check, request, visit.viewer))
            else:
                form = await forms.sent(request)
                site.cookies.check(request, visit.viewer, form.get("csrf", ""))
            await _require_open(visit, path)
            if adds:
                room.require(site.context)
            return await handler(visit, form)
        except (LemmyError, Refused, StorageError) as error:
            if site.cookies.is_foreign(request):
                raise
            return await _failed(site)(request, failure_of(error, request.id), forms.words(form))

    return take


async def _require_open(visit: Visit, path: str) -> None:
    """Refuse strangers on a private site, but for its doors: here, since a handler that looked a name up first would tell who is there.

    Raises instance_is_private.
    """
    if visit.viewer is None and path not in DOORS:
        await visit.site.database.read(settings.require_open_to, None)


async def _visit(site: Site, request: Request) -> Visit:
    return Visit(site, request, await authenticate(site.database, site.context, site.cookies.token(request)))


def _static(site: Site) -> Handler:
    async def static(request: Request) -> Response:
        file = site.statics.find(request.path)
        if file is None:
            raise Refused(404)
        return Response(200, file.content, file.content_type, [("cache-control", CACHE_CONTROL)])

    return static


def _failed(site: Site) -> Failed:
    async def failed(request: Request, failure: Failure, words: Sequence[str] = ()) -> Response:
        """A page with a sentence, and with what was written in a form that could not be taken; a bare one where even the site's name
        cannot be read."""
        if failure.status == 401 and request.method == "GET":
            return redirect(href("/login", prev=request.path))
        status = _STATUS.get(failure.code, failure.status)
        data: dict[str, Any] = {
            "title": _TITLES.get(status, phrase("Something went wrong") if status >= 500 else "That did not work"),
            "sentence": failure.sentence if failure.code != "unknown" else failure.message or failure.sentence,
            "code": failure.code,
            "words": words,
        }
        try:
            visit = await _visit(site, request)
            response = visit.page(await visit.frame(), "error.html", status=status, **data)
        except Exception:  # the trouble may be the database itself, and a page must still come
            now = moment(site.context.clock.now())
            bare = Page(site=None, me=None, csrf="", path=request.path, now=now, language=spoken(request.header("accept-language") or ""))
            response = html_response(site.templates.render("error.html", bare, status=status, **data), status)
        response.headers.extend(failure.headers.items())
        return response

    return failed


def _finish(site: Site, request: Request, response: Response) -> None:
    site.onion.announce(request, response)
    for name, value in PAGE_HEADERS:
        response.set_default(name, value)
    # What a stranger without any cookie reads is the same for all of them; every copy is asked about before it is shown again.
    open_ = response.status == 200 and request.header("cookie") is None and not response.has("set-cookie")
    response.set_default("cache-control", "no-store" if response.status >= 400 else "public, no-cache" if open_ else "private, no-cache")
    response.vary("cookie")
    if (response.content_type or "").startswith("text/html"):
        response.vary("accept-language")
