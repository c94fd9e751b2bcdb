"""The site as a surface: its table of pages and forms, and the page that tells of an error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from lemmy_lite.http.auth import authenticate
from lemmy_lite.http.errors import Failure, Refused, failure_of
from lemmy_lite.http.multipart import is_multipart
from lemmy_lite.http.negotiation import Kind
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.request import BODY_LIMIT, Request
from lemmy_lite.http.response import Response, html_response, redirect
from lemmy_lite.http.surface import Handler, Route, Surface
from lemmy_lite.http.web import (
    comment,
    community,
    forms,
    front,
    inbox,
    local_user,
    person,
    pictures,
    post,
    post_form,
    private_message,
    search,
    thread,
)
from lemmy_lite.http.web.forms import Form, Sent
from lemmy_lite.http.web.moderation_routes import MODERATION_FOR_MEMBERS, MODERATION_FORMS, MODERATION_PAGES, MODERATION_WITH_FILES
from lemmy_lite.http.web.page import Page
from lemmy_lite.http.web.policy import PAGE_HEADERS
from lemmy_lite.http.web.static import CACHE_CONTROL
from lemmy_lite.http.web.visit import Site, Visit
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.clock import moment
from lemmy_lite.model.errors import LemmyError

Showing = Callable[[Visit], Awaitable[Response]]
Taking = Callable[[Visit, Form], Awaitable[Response]]


class Failed(Protocol):
    """What tells of an error."""

    def __call__(self, request: Request, failure: Failure, words: Sequence[str] = ()) -> Awaitable[Response]: ...


PAGES: tuple[tuple[str, Showing], ...] = (
    ("/", front.front),
    ("/c/{name}", community.community),
    ("/c/{name}/settings", community.change),
    ("/communities", community.directory),
    ("/create_community", community.new),
    ("/post/{post_id}", thread.post),
    ("/post/{post_id}/edit", post_form.change),
    ("/post/{post_id}/reply", comment.reply_to_post_form),
    ("/create_post", post_form.new),
    ("/comment/{comment_id}", thread.comment),
    ("/comment/{comment_id}/edit", comment.change),
    ("/comment/{comment_id}/reply", comment.reply_form),
    ("/u/{name}", person.person),
    ("/search", search.search),
    ("/inbox", inbox.inbox),
    ("/create_private_message/{recipient_id}", private_message.conversation),
    ("/private_message/{message_id}", private_message.one),
    ("/private_message/{message_id}/edit", private_message.change),
    ("/login", local_user.login_form),
    ("/signup", local_user.signup_form),
    ("/settings", local_user.settings_form),
    *MODERATION_PAGES,
)

FORMS: tuple[tuple[str, Taking], ...] = (
    ("/", post.wish_for_all),
    ("/c/{name}", community.wish),
    ("/c/{name}/settings", community.edit),
    ("/create_community", community.create),
    ("/post/{post_id}", post.wish),
    ("/post/{post_id}/edit", post_form.edit),
    ("/post/{post_id}/reply", comment.reply_to_post),
    ("/create_post", post_form.create),
    ("/comment/{comment_id}", comment.wish),
    ("/comment/{comment_id}/edit", comment.edit),
    ("/comment/{comment_id}/reply", comment.reply),
    ("/u/{name}", person.wish),
    ("/inbox/all", inbox.read_all),
    ("/inbox/reply/{number}", inbox.read_reply),
    ("/inbox/mention/{number}", inbox.read_mention),
    ("/inbox/message/{number}", inbox.read_message),
    ("/create_private_message/{recipient_id}", private_message.send),
    ("/private_message/{message_id}", private_message.wish),
    ("/private_message/{message_id}/edit", private_message.edit),
    ("/login", local_user.login),
    ("/logout", local_user.logout),
    ("/signup", local_user.signup),
    ("/settings", local_user.save_settings),
    *MODERATION_FORMS,
)

WITH_FILES: Mapping[Taking, int] = {post_form.create: 1, post_form.edit: 1, local_user.save_settings: 2, **MODERATION_WITH_FILES}
"""Forms that may bring pictures along, and how many."""

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
    """The surface of the site. `with_documents`: an ActivityPub surface answers at some of the same addresses."""
    routes = [
        Route("GET", path, _shown(site, handler), kind=Kind.HTML if with_documents and path in DOCUMENTS else None)
        for path, handler in PAGES
    ]
    upload = site.context.config.http.upload_limit
    routes += [
        Route("POST", path, _taken(site, handler), body_limit=WITH_FILES.get(handler, 0) * upload + BODY_LIMIT) for path, handler in FORMS
    ]
    routes += [
        Route("GET", "/static/{digest}/{name}", _static(site)),
        Route("GET", "/post/{post_id}/{comment_id}", _shown(site, thread.post)),
    ]
    return Surface("web", routes, _failed(site), prefix="/", finish=_finish)


def _shown(site: Site, handler: Showing) -> Handler:
    async def show(request: Request) -> Response:
        visit = await _visit(site, request)
        if visit.viewer is None and handler in _FOR_MEMBERS:
            return redirect(href("/login", prev=visit.address))
        return await handler(visit)

    return show


_FOR_MEMBERS = frozenset(
    {
        community.change,
        community.new,
        post_form.change,
        post_form.new,
        comment.change,
        comment.reply_form,
        comment.reply_to_post_form,
        local_user.settings_form,
        inbox.inbox,
        private_message.conversation,
        private_message.one,
        private_message.change,
        *MODERATION_FOR_MEMBERS,
    }
)
"""Pages that strangers are sent to log in for."""


def _taken(site: Site, handler: Taking) -> Handler:
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
            return await handler(visit, form)
        except (LemmyError, Refused) as error:
            if site.cookies.is_foreign(request):
                raise
            return await _failed(site)(request, failure_of(error, request.id), forms.words(form))

    return take


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
            "title": _TITLES.get(status, "Something went wrong" if status >= 500 else "That did not work"),
            "sentence": failure.sentence if failure.code != "unknown" else failure.message or failure.sentence,
            "code": failure.code,
            "words": words,
        }
        try:
            visit = await _visit(site, request)
            response = visit.page(await visit.frame(), "error.html", status=status, **data)
        except Exception:  # the trouble may be the database itself, and a page must still come
            now = moment(site.context.clock.now())
            bare = Page(site=None, me=None, csrf="", path=request.path, now=now)
            response = html_response(site.templates.render("error.html", bare, status=status, **data), status)
        response.headers.extend(failure.headers.items())
        return response

    return failed


def _finish(request: Request, response: Response) -> None:
    for name, value in PAGE_HEADERS:
        response.set_default(name, value)
    response.set_default("cache-control", "no-store" if response.status >= 400 else "private, no-cache")
    response.vary("cookie")
