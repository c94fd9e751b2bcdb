"""Tables of routes become one application."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from lemmy_lite.http import middleware, routing
from lemmy_lite.http.errors import Failure
from lemmy_lite.http.negotiation import Kind
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, html_response, json_response, redirect
from lemmy_lite.http.routing import build
from lemmy_lite.http.surface import Handler, Route, Surface
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.errors import Conflict, StorageError, Trouble, TryAgain
from tests.http.asgi import asked

ACTIVITY = [("Accept", "application/activity+json")]


def says(text: str) -> Handler:
    async def handler(request: Request) -> Response:
        return html_response(f"{text} {dict(request.parameters)}")

    return handler


def raises(error: Exception) -> Handler:
    async def handler(request: Request) -> Response:
        raise error

    return handler


async def words(request: Request, failure: Failure) -> Response:
    return html_response(failure.sentence, failure.status)


def surface(*routes: Route, name: str = "web", prefix: str = "/") -> Surface:
    return Surface(name, routes, words, prefix=prefix)


def test_parts_of_the_path_reach_the_handler() -> None:
    app = build([surface(Route("GET", "/c/{name}", says("community")), Route("GET", "/c/{name}/{page}", says("page")))])
    assert asked(app, "GET", "/c/main@example.org").body == b"community {'name': 'main@example.org'}"
    assert asked(app, "GET", "/c/main/about").body == b"page {'name': 'main', 'page': 'about'}"
    assert asked(app, "GET", "/c/главная").body == "community {'name': 'главная'}".encode()


def test_the_accept_header_chooses_between_page_and_document() -> None:
    web = surface(Route("GET", "/c/{name}", says("page"), Kind.HTML))
    activity = surface(Route("GET", "/c/{name}", says("document"), Kind.ACTIVITY), name="activitypub", prefix="/ap")
    app = build([web, activity])
    assert asked(app, "GET", "/c/main", headers=ACTIVITY).body.startswith(b"document")
    page = asked(app, "GET", "/c/main", headers=[("Accept", "text/html")])
    assert page.body.startswith(b"page")
    assert page.headers["vary"] == "accept"


def test_two_routes_for_one_request_do_not_start() -> None:
    route = Route("GET", "/c/{name}", says("page"), Kind.HTML)
    with pytest.raises(ValueError, match="registered twice"):
        build([surface(route), surface(route, name="other")])
    with pytest.raises(ValueError, match="registered twice"):
        build([surface(Route("GET", "/x", says("a")), Route("GET", "/x", says("b"), Kind.HTML))])
    with pytest.raises(ValueError, match="other names"):
        build([surface(Route("GET", "/c/{name}", says("a")), Route("POST", "/c/{community}", says("b")))])


def test_a_head_request_has_the_headers_of_the_page_and_no_body() -> None:
    app = build([surface(Route("GET", "/", says("front")))])
    got, head = asked(app, "GET", "/"), asked(app, "HEAD", "/")
    assert head.status == 200
    assert head.body == b""
    assert head.headers == got.headers
    assert head.headers["content-length"] == str(len(got.body))


@pytest.mark.parametrize("path", ["/x", "/x/{y}"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS", "TRACE"])
def test_a_wrong_method_is_405_and_names_the_right_ones(method: str, path: str) -> None:
    answer = asked(build([surface(Route("GET", path, says("x")))]), method, path.format(y=1))
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/x", "/x/{y}"])
def test_a_method_nobody_knows_is_405(path: str) -> None:
    assert asked(build([surface(Route("GET", path, says("x")))]), "BREW", path.format(y=1)).status == 405


@pytest.mark.parametrize("path", ["/x/y", "/x/{y}"])
def test_an_address_is_the_same_with_a_slash_at_its_end(path: str) -> None:
    app = build([surface(Route("GET", path, says("x")))])
    assert (asked(app, "GET", "/x/y").body, asked(app, "GET", "/x/y").status) == (asked(app, "GET", "/x/y/").body, 200)


@pytest.mark.parametrize("path", ["/c/new", "/c/new/", "/c//new"])
def test_a_fixed_path_goes_before_one_with_a_part_to_fill_in_however_it_is_written(path: str) -> None:
    app = build([surface(Route("GET", "/c/{name}", says("named")), Route("GET", "/c/new", says("fixed")))])
    assert asked(app, "GET", path).body == b"fixed {}"


def test_litestar_knows_the_paths_with_a_part_to_fill_in_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each path costs 17 kB there, also in an instance that nobody asks."""
    known: list[HTTPRouteHandler] = []

    def noted(handlers: list[HTTPRouteHandler], **options: Any) -> Litestar:
        known.extend(handlers)
        return Litestar(handlers, **options)

    monkeypatch.setattr(routing, "Litestar", noted)
    fixed = [Route("GET", f"/fixed/{number}", says("x")) for number in range(50)]
    build([surface(*fixed, Route("GET", "/c/{name}", says("named")))])
    assert [path for handler in known for path in handler.paths] == ["/c/{name:str}"]


@pytest.mark.parametrize("path", ["/x", "/x/{y}"])
def test_an_answer_that_cannot_be_sent_becomes_an_error_in_the_surfaces_words(path: str) -> None:
    async def splits(request: Request) -> Response:
        response = html_response("x")
        response.headers.append(("x-name", "a\r\nset-cookie: jwt=b"))
        return response

    answer = asked(build([surface(Route("GET", path, splits))]), "GET", path.format(y=1))
    assert (answer.status, "set-cookie" in answer.headers) == (500, False)
    assert b"went wrong" in answer.body


@pytest.mark.parametrize("path", ["/x", "/x/{y}"])
def test_an_answer_that_breaks_off_is_followed_by_no_second_one(path: str) -> None:
    async def breaks(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            raise OSError("the disk is gone")

        return Response(200, pieces(), "text/plain")

    with pytest.raises(Exception, match=r"the disk is gone|after response started") as raised:
        asked(build([surface(Route("GET", path, breaks))]), "GET", path.format(y=1))
    assert "the disk is gone" in (str(raised.value), str(raised.value.__cause__))


def test_a_path_without_a_route_is_worded_by_the_surface_that_owns_it() -> None:
    async def silent(request: Request, failure: Failure) -> Response:
        return Response(failure.status)

    app = build([surface(Route("GET", "/c/{name}/about", says("x"))), Surface("api", (), silent, prefix="/api/")])
    assert asked(app, "GET", "/nope").body == b"There is nothing at this address."
    assert asked(app, "GET", "/c/main/about/more").status == 404
    api = asked(app, "GET", "/api/v3/nope")
    assert (api.status, api.body) == (404, b"")


def test_without_a_surface_for_all_paths_an_unknown_one_is_still_404() -> None:
    assert asked(build([]), "GET", "/").status == 404


@pytest.mark.parametrize("path", ["/c/../../etc/passwd", "/c/a\x00b", "/" + "a/" * 900, "/c/%s%s%n", "//", "/c//", "/c/\ufffd"])
def test_strange_paths_are_answered_calmly(path: str) -> None:
    assert asked(build([surface(Route("GET", "/c/{name}", says("community")))]), "GET", path).status in (200, 404)


@pytest.mark.parametrize("path", ["/", "/x", "/x/{y}"])
def test_a_host_header_from_nowhere_is_400(path: str) -> None:
    app = build([surface(Route("GET", path, says("front")))])
    assert asked(app, "GET", path.format(y=1), headers=[("Host", "a b\\")]).status == 400


@pytest.mark.parametrize("path", ["/x", "/x/{y}"])
@pytest.mark.parametrize("host", ["[::1]:8536", "a_b.test", "xn--bcher-kva.test:80", ""])
def test_a_strange_host_that_may_be_one_is_answered(path: str, host: str) -> None:
    assert asked(build([surface(Route("GET", path, says("x")))]), "GET", path.format(y=1), headers=[("Host", host)]).status == 200


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (LemmyError("incorrect_login"), 401, None),
        (LemmyError("not_an_admin"), 400, None),
        (LemmyError("couldnt_find_community", missing=True), 404, None),
        (StorageError(Trouble.BUSY, "locked"), 503, "2"),
        (StorageError(Trouble.FULL, "disk"), 507, "60"),
        (StorageError(Trouble.BROKEN, "corrupt"), 503, "60"),
        (TryAgain("40001"), 503, "2"),
        (Conflict("unique"), 400, None),
    ],
)
def test_errors_have_their_status_and_a_hint_when_to_come_back(error: Exception, status: int, retry: str | None) -> None:
    answer = asked(build([surface(Route("GET", "/", raises(error)))]), "GET", "/")
    assert answer.status == status
    assert answer.headers.get("retry-after") == retry


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), RecursionError("secret"), MemoryError("secret"), KeyError("secret")])
def test_a_fault_of_ours_shows_nothing_but_a_name_to_find_it_in_the_log(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    answer = asked(build([surface(Route("GET", "/", raises(error)))]), "GET", "/")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    assert caplog.records[0].exc_info
    assert caplog.messages[0].split("]")[0].strip("[").encode() in answer.body


def test_an_error_page_that_breaks_is_replaced_by_a_sentence() -> None:
    async def broken(request: Request, failure: Failure) -> Response:
        raise KeyError("template")

    answer = asked(build([Surface("web", (Route("GET", "/", raises(LemmyError("locked"))),), broken)]), "GET", "/")
    assert answer.status == 500
    assert answer.headers["content-type"].startswith("text/plain")


async def echo(request: Request) -> Response:
    return Response(200, await request.body())


def test_a_body_up_to_the_limit_is_read_and_a_larger_one_is_413() -> None:
    app = build([surface(Route("POST", "/", echo))], body_limit=10)
    assert asked(app, "POST", "/", body=[b"12345", b"67890"]).body == b"1234567890"
    for body, headers in (([b"12345", b"678901"], []), ([b""], [("Content-Length", "11")]), ([b""], [("Content-Length", "9" * 5000)])):
        answer = asked(app, "POST", "/", body=body, headers=headers)
        assert answer.status == 413
        assert answer.headers["connection"] == "close"


def test_a_route_may_take_more_than_others() -> None:
    app = build([surface(Route("POST", "/upload", echo, body_limit=20), Route("POST", "/", echo))], body_limit=10)
    assert asked(app, "POST", "/upload", body=b"x" * 20).status == 200
    assert asked(app, "POST", "/", body=b"x" * 20).status == 413


def test_a_form_is_read_field_by_field() -> None:
    async def fields(request: Request) -> Response:
        return json_response(await request.form())

    app = build([surface(Route("POST", "/", fields))])
    kind = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
    answer = asked(app, "POST", "/", headers=[kind], body=b"title=a+b%26c&language=1&language=2&empty=")
    assert answer.json() == {"title": ["a b&c"], "language": ["1", "2"], "empty": [""]}
    for body in (b"a=%ff", b"\xff=1", b"&".join(b"a=1" for _ in range(1001))):
        assert asked(app, "POST", "/", headers=[kind], body=body).status == 400
    assert asked(app, "POST", "/", headers=[("Content-Type", "text/plain")], body=b"a=1").status == 400


def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_answered() -> None:
    async def run() -> list[object]:
        sent: list[object] = []
        messages: list[dict[str, object]] = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> dict[str, object]:
            return messages.pop(0)

        async def send(message: object) -> None:
            sent.append(message)

        scope: dict[str, object] = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "headers": [],
            "client": None,
        }
        await build([surface(Route("POST", "/", echo))])(scope, receive, send)  # type: ignore[arg-type]  # a scope by hand
        return sent

    assert asyncio.run(run()) == []


def test_a_long_text_is_compressed_for_those_who_take_it() -> None:
    app = build([surface(Route("GET", "/", says("word " * 1000)))])
    plain = asked(app, "GET", "/")
    small = asked(app, "GET", "/", headers=[("Accept-Encoding", "br, gzip")])
    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert len(small.body) < len(plain.body) / 5
    for unwilling in ("", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0"):
        assert "content-encoding" not in asked(app, "GET", "/", headers=[("Accept-Encoding", unwilling)]).headers


def test_a_short_or_finished_body_is_not_compressed() -> None:
    async def picture(request: Request) -> Response:
        return Response(200, b"\0" * 5000, "image/png")

    async def secret(request: Request) -> Response:
        return Response(200, b"\0" * 5000, "text/html", compress=False)

    app = build([surface(Route("GET", "/p", picture), Route("GET", "/s", secret), Route("GET", "/", says("short")))])
    for path in ("/p", "/s", "/"):
        assert "content-encoding" not in asked(app, "GET", path, headers=[("Accept-Encoding", "gzip")]).headers


def test_who_holds_the_page_is_told_that_it_is_unchanged() -> None:
    async def page(request: Request) -> Response:
        return html_response("text", headers={"etag": 'W/"7"', "cache-control": "private"})

    app = build([surface(Route("GET", "/", page))])
    for held in ('W/"7"', '"7"', '"6", W/"7"', "*"):
        answer = asked(app, "GET", "/", headers=[("If-None-Match", held)])
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == 'W/"7"'
        assert "content-length" not in answer.headers
    assert asked(app, "GET", "/", headers=[("If-None-Match", '"70"')]).status == 200


def test_a_file_is_sent_and_a_file_that_has_gone_is_404(tmp_path: Path) -> None:
    path = tmp_path / "picture.webp"
    path.write_bytes(b"RIFF" * 50_000)

    async def picture(request: Request) -> Response:
        return Response(200, path, "image/webp")

    app = build([surface(Route("GET", "/", picture))])
    answer = asked(app, "GET", "/")
    assert (answer.body, answer.headers["content-length"]) == (b"RIFF" * 50_000, "200000")
    path.unlink()
    assert asked(app, "GET", "/").status == 404


def test_a_body_may_come_in_pieces() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async def answering(request: Request) -> Response:
        return Response(200, pieces(), "text/plain")

    assert asked(build([surface(Route("GET", "/", answering))]), "GET", "/").body == b"one two"


def test_a_header_cannot_break_the_response_in_two(caplog: pytest.LogCaptureFixture) -> None:
    async def answering(request: Request) -> Response:
        return Response(200, headers=[("x-name", "a\r\nset-cookie: jwt=evil")])

    answer = asked(build([surface(Route("GET", "/", answering))]), "GET", "/")
    assert answer.status == 500
    assert "set-cookie" not in answer.headers


def test_a_redirect_carries_any_name() -> None:
    response = redirect("/c/главная\r\nx: y?a=b c&d=%20")
    location = dict(response.headers)["location"]
    assert location.isascii()
    assert not any(character in location for character in "\r\n ")
    assert location.endswith("?a=b%20c&d=%20")


def test_cookies_are_read_and_the_first_of_a_name_counts() -> None:
    async def cookies(request: Request) -> Response:
        return json_response(dict(request.cookies))

    app = build([surface(Route("GET", "/", cookies))])
    sent = [("Cookie", 'jwt=a.b.c; theme="dark"; jwt=evil; broken; =x; a[1]=2; long=' + "x" * 5000)]
    found = asked(app, "GET", "/", headers=sent).json()
    assert found["jwt"] == "a.b.c"
    assert found["theme"] == "dark"


def test_the_log_has_one_line_a_request_without_query_and_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "lemmy_lite.http")
    app = build([surface(Route("GET", "/feeds/front/{jwt}", says("feed")), Route("GET", "/c/{name}", says("community")))])
    asked(app, "GET", "/feeds/front/eyJhbGciOi.SECRET.xml?auth=SECRET")
    asked(app, "GET", "/nowhere/" + "SECRET" * 20)
    asked(app, "GET", "/c/a\nb?password=SECRET", headers=[("Authorization", "Bearer SECRET")])
    assert len(caplog.records) == 3
    assert "SECRET" not in caplog.text
    assert "GET /feeds/front/… 200" in caplog.messages[0]
    assert "GET /nowhere/… 404" in caplog.messages[1]
    assert "GET /c/a?b 200" in caplog.messages[2]
    fields = caplog.records[2].__dict__["fields"]
    assert {"request", "method", "path", "status", "ms", "bytes"} == set(fields)


def test_of_all_characters_a_header_holds_latin_1_without_line_breaks_and_other_controls() -> None:
    def taken(number: int) -> bool:
        try:
            return middleware._safe(f"a{chr(number)}b") == f"a{chr(number)}b".encode("latin-1")
        except ValueError:
            return False

    assert [number for number in range(300) if not taken(number)] == [*range(9), *range(10, 32), *range(256, 300)]
