"""From the wire to a handler and back, with made-up handlers behind real operations and real sessions in a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.app import Instance, opened
from lemmy_lite.domain import local_user
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.http.api_v3.adapter import Answering, BadTable, Tools, api_v3
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.http.api_v3.wire.post import CreatePost, GetPost
from lemmy_lite.http.ratelimit import Bucket, Limit, RateLimiter
from lemmy_lite.http.response import Response
from lemmy_lite.http.routing import build
from lemmy_lite.model.errors import LemmyError
from tests.http.asgi import Answer, ask

ADMIN = {"admin_username": "admin", "admin_password": "correct horse", "site_name": "Site"}
JSON = ("Content-Type", "application/json")
POST = b'{"name": "Title", "community_id": 2, "unknown_field": [1]}'


async def get_site(call: Call) -> SuccessResponse:
    return SuccessResponse(success=call.viewer is not None)


async def get_post(call: Call, form: GetPost) -> Response:
    return Response(200, repr((form.id, form.comment_id)).encode(), "text/plain")


async def create_post(call: UserCall, form: CreatePost) -> SuccessResponse:
    if form.name == "locked":
        raise LemmyError("locked")
    return SuccessResponse(success=call.viewer.person.name == "admin" and form.community_id == 2)


async def get_captcha(call: Call) -> Response:
    return Response(200, b"{}", "application/json", [("cache-control", "no-store")])


async def list_logins(call: UserCall) -> list[SuccessResponse]:
    return [SuccessResponse(success=True)]


HANDLERS: Mapping[str, Answering] = {
    "getSite": get_site,
    "getPost": get_post,
    "createPost": create_post,
    "getCaptcha": get_captcha,
    "listLogins": list_logins,
}

Asking = Callable[..., Awaitable[Answer]]


@asynccontextmanager
async def api(folder: Path, limits: Mapping[Bucket, Limit] | None = None, **options: Any) -> AsyncIterator[tuple[Instance, Asking]]:
    """A new instance, and a function that asks its API."""
    read = config.read({"data_dir": str(folder), "setup": ADMIN, "hostname": "example.org", **options})
    async with opened(read) as instance:
        plenty = dict.fromkeys(Bucket, Limit(1000, 60))
        app = build([api_v3(_tools(instance, RateLimiter({**plenty, **(limits or {})})), HANDLERS)])

        async def asking(method: str, path: str, *headers: tuple[str, str], **rest: Any) -> Answer:
            return await ask(app, method, f"/api/v3{path}", headers=headers, **rest)

        yield instance, asking


def _tools(instance: Instance, limiter: RateLimiter) -> Tools:
    return Tools(instance.context, instance.database, limiter, instance.federation)


async def log_in(instance: Instance) -> str:
    entry = await local_user.login(instance.database, instance.context, "admin", ADMIN["admin_password"], None, Visitor())
    assert entry.jwt is not None
    return entry.jwt


def run(folder: Path, test: Callable[[Instance, Asking], Awaitable[None]], **options: Any) -> None:
    async def running() -> None:
        async with api(folder, **options) as (instance, asking):
            await test(instance, asking)

    asyncio.run(running())


def test_a_session_is_known_until_it_is_revoked_and_not_a_request_longer(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        token = await log_in(instance)
        bearer = ("Authorization", f"Bearer {token}")
        assert (await asking("GET", "/site", bearer)).json() == {"success": True}
        assert (await asking("POST", "/post", bearer, JSON, body=POST)).json() == {"success": True}
        assert (await asking("GET", "/user/list_logins", bearer)).json() == [{"success": True}]
        viewer = await instance.database.read(local_user.session, instance.context, token)
        assert viewer is not None
        await instance.database.write(local_user.logout, viewer)
        assert (await asking("GET", "/site", bearer)).json() == {"success": False}
        refused = await asking("POST", "/post", bearer, JSON, body=POST)
        assert (refused.status, refused.json()) == (401, {"error": "incorrect_login"})

    run(tmp_path, test)


def test_the_cookie_of_a_foreign_page_does_not_log_in(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        cookie = ("Cookie", f"jwt={await log_in(instance)}")
        assert (await asking("GET", "/site", cookie)).json() == {"success": True}
        assert (await asking("POST", "/post", cookie, JSON, ("Origin", "https://example.org"), body=POST)).status == 200
        assert (await asking("POST", "/post", cookie, JSON, ("Origin", "https://evil.example"), body=POST)).status == 401

    run(tmp_path, test)


def test_a_bad_token_counts_as_nobody(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        token = await log_in(instance)
        for bad in ("nonsense", token[:-2] + "xx", token + "x", "." * 900, "e30.e30.e30", "\xff\xfe"):
            answer = await asking("GET", "/site", ("Authorization", f"Bearer {bad}"))
            assert (answer.status, answer.json()) == (200, {"success": False})
            assert answer.headers["cache-control"] == "private"

    run(tmp_path, test)


def test_answers_to_nobody_in_particular_may_be_kept_a_minute(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        assert (await asking("GET", "/site")).headers["cache-control"] == "public, max-age=60"
        assert (await asking("GET", "/user/get_captcha")).headers["cache-control"] == "no-store"
        assert (await asking("GET", "/user/list_logins")).headers["cache-control"] == "no-store"
        assert "authorization" in (await asking("GET", "/site")).headers["vary"]

    run(tmp_path, test)


def test_requests_are_read_as_lemmy_reads_them(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        assert (await asking("GET", "/post?id=5&comment_id=&unknown=1")).status == 400
        assert (await asking("GET", "/post?id=5&unknown=1")).body == b"(5, None)"
        bearer = ("Authorization", f"Bearer {await log_in(instance)}")
        for body in (
            b"",
            b"{",
            b"[]",
            b'{"name": 5}',
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"\xff",
            b'{"name":"a\\u0000","community_id":2}',
        ):
            answer = await asking("POST", "/post", bearer, JSON, body=body)
            assert answer.status == 400
            assert answer.json()["error"] == "unknown"
            assert answer.json()["message"]

    run(tmp_path, test)


def test_only_json_is_taken_so_that_no_foreign_form_can_speak(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        bearer = ("Authorization", f"Bearer {await log_in(instance)}")
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            answer = await asking("POST", "/post", bearer, ("Content-Type", media), body=POST)
            assert (answer.status, answer.json()) == (400, {"error": "unknown", "message": "Content type error"})
        assert (await asking("POST", "/post", bearer, ("Content-Type", "Application/JSON; charset=utf-8"), body=POST)).status == 200

    run(tmp_path, test)


def test_a_body_of_more_than_two_mebibytes_is_413_in_the_words_of_the_api(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        bearer = ("Authorization", f"Bearer {await log_in(instance)}")
        answer = await asking("POST", "/post", bearer, JSON, body=[b" " * 2**20] * 2 + [b" "])
        assert answer.status == 413
        assert answer.json()["error"] == "unknown"
        assert "2097152" in answer.json()["message"]

    run(tmp_path, test)


def test_a_refusal_of_a_verb_is_its_code_alone(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        bearer = ("Authorization", f"Bearer {await log_in(instance)}")
        answer = await asking("POST", "/post", bearer, JSON, body=b'{"name": "locked", "community_id": 2}')
        assert (answer.status, answer.body) == (400, b'{"error":"locked"}')

    run(tmp_path, test)


def test_unknown_paths_and_methods_are_answered_as_by_lemmy(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        for method, path, status in (
            ("GET", "/nope", 404),
            ("GET", "", 404),
            ("DELETE", "/post", 404),
            ("POST", "/site", 404),
            ("POST", "/user/get_captcha", 405),
        ):
            answer = await asking(method, path)
            assert (answer.status, answer.body) == (status, b"")
        assert (await asking("HEAD", "/site")).status == 200

    run(tmp_path, test)


def test_too_many_requests_are_refused_before_anything_else_and_per_client(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        for _ in range(2):
            assert (await asking("GET", "/site", peer="198.51.100.1")).status == 200
        answer = await asking("GET", "/site", peer="198.51.100.1")
        assert (answer.status, answer.json()) == (400, {"error": "rate_limit_error"})
        assert int(answer.headers["retry-after"]) in range(1, 31)
        assert (await asking("GET", "/user/get_captcha", peer="198.51.100.1")).status == 200
        assert (await asking("GET", "/site", peer="198.51.100.2")).status == 200

    run(tmp_path, test, limits={Bucket.MESSAGE: Limit(2, 60)})


def test_any_page_may_call_the_api_by_default(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        origin = ("Origin", "https://app.example")
        for answer in (
            await asking("GET", "/site", origin),
            await asking("GET", "/nope", origin),
            await asking("GET", "/post?id=x", origin),
        ):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers
        asks = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type,x-mine"))
        for path in ("/post", "/not/there/yet"):
            preflight = await asking("OPTIONS", path, origin, *asks)
            assert preflight.status == 204
            assert preflight.headers["access-control-allow-headers"] == "authorization,content-type,x-mine"
            assert "PUT" in preflight.headers["access-control-allow-methods"]
            assert preflight.headers["access-control-max-age"] == "3600"

    run(tmp_path, test)


def test_a_configured_origin_shuts_the_others_out(tmp_path: Path) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        for origin, allowed in (("https://app.example", True), ("https://example.org", True), ("https://evil.example", False)):
            answer = await asking("GET", "/site", ("Origin", origin))
            assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
            assert "origin" in answer.headers["vary"]

    run(tmp_path, test, cors_origin="https://app.example")


async def anonymous(call: Call, form: CreatePost) -> SuccessResponse:
    return SuccessResponse(success=True)


async def wrong_form(call: UserCall, form: GetPost) -> SuccessResponse:
    return SuccessResponse(success=True)


def not_async(call: UserCall, form: CreatePost) -> SuccessResponse:
    return SuccessResponse(success=True)


@pytest.mark.parametrize(
    ("name", "handler"),
    [
        ("createPost", anonymous),
        ("createPost", wrong_form),
        ("createPost", get_site),
        ("createPost", not_async),
        ("getSite", create_post),
        ("getSite", list_logins),
        ("getSiteAgain", get_site),
    ],
)
def test_a_handler_that_does_not_fit_the_table_does_not_start(tmp_path: Path, name: str, handler: Answering) -> None:
    async def test(instance: Instance, asking: Asking) -> None:
        with pytest.raises(BadTable):
            api_v3(_tools(instance, RateLimiter()), {name: handler})

    run(tmp_path, test)
