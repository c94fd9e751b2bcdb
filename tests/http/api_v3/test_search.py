"""Search through the API: from what verbs write to what a client reads."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from lemmy_lite import config
from lemmy_lite.app import Instance, opened
from lemmy_lite.domain import local_user
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.http.api_v3.adapter import Tools, api_v3
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.ratelimit import Bucket, Limit, RateLimiter
from lemmy_lite.http.routing import build
from tests.http.asgi import Answer, ask

ADMIN = {"admin_username": "admin", "admin_password": "correct horse", "site_name": "Site"}

Asking = Callable[..., Awaitable[Answer]]


def run(folder: Path, test: Callable[[Asking], Awaitable[None]]) -> None:
    """Run a test with a function that asks the API of a new instance as its admin, or, with `anonymous`, as nobody."""

    async def running() -> None:
        read = config.read({"data_dir": str(folder), "setup": ADMIN, "hostname": "example.org"})
        async with opened(read) as instance:
            limiter = RateLimiter(dict.fromkeys(Bucket, Limit(1000, 60)))
            app = build([api_v3(Tools(instance.context, instance.database, limiter, instance.federation), HANDLERS)])
            token = await _log_in(instance)

            async def asking(method: str, path: str, anonymous: bool = False, **body: Any) -> Answer:
                headers = [("Content-Type", "application/json")] + ([] if anonymous else [("Authorization", f"Bearer {token}")])
                return await ask(app, method, f"/api/v3{path}", headers=headers, body=msgspec.json.encode(body) if body else b"")

            await test(asking)

    asyncio.run(running())


async def _log_in(instance: Instance) -> str:
    entry = await local_user.login(instance.database, instance.context, "admin", ADMIN["admin_password"], None, Visitor())
    assert entry.jwt is not None
    return entry.jwt


def test_what_is_written_is_found_and_what_is_deleted_is_not(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        home = (await asking("POST", "/community", name="beekeeping", title="Bees")).json()["community_view"]["community"]["id"]
        written = (await asking("POST", "/post", name="Wild bees", community_id=home, url="https://bees.example/?utm_source=x")).json()
        number = written["post_view"]["post"]["id"]
        answer = (await asking("POST", "/comment", content="Übersommern", post_id=number)).json()["comment_view"]["comment"]["id"]

        async def found(query: str, **options: Any) -> list[int]:
            page = await asking("GET", f"/search?{query}", **options)
            assert page.status == 200, page.body
            return [len(page.json()[kind]) for kind in ("posts", "comments", "communities", "users")]

        assert await found("q=bee") == await found("q=bee", anonymous=True) == [1, 0, 1, 0]
        assert await found("q=ubersom&type_=Comments") == await found(f"q=ubersom&community_id={home}") == [0, 1, 0, 0]
        assert await found("q=wild&community_name=Beekeeping") == await found("q=wild&post_title_only=true") == [1, 0, 0, 0]
        assert await found("q=dmi&type_=Users&listing_type=Local&sort=TopAll") == [0, 0, 0, 1]
        assert await found("q=https%3A%2F%2Fbees.example%2F&type_=Url") == [1, 0, 0, 0]
        assert (await asking("GET", "/search?q=x&type_=Comments")).json() == {
            "type_": "Comments",
            "comments": [],
            "posts": [],
            "communities": [],
            "users": [],
        }
        await asking("POST", "/comment/delete", comment_id=answer, deleted=True)
        await asking("PUT", "/post", post_id=number, name="Tame wasps")
        assert await found("q=ubersom&type_=Comments") == [0, 0, 0, 0]
        assert (await found("q=wild"), await found("q=tame")) == ([0, 0, 0, 0], [1, 0, 0, 0])
        await asking("POST", "/post/remove", post_id=number, removed=True)
        assert await found("q=tame") == [0, 0, 0, 0]

    run(tmp_path, test)


def test_bad_searches_are_refused_with_a_code(tmp_path: Path) -> None:
    async def test(asking: Asking) -> None:
        refusals = {
            "": (400, "unknown"),
            "?q=x&limit=51": (400, "unknown"),
            "?q=x&page=0": (400, "unknown"),
            "?q=x&sort=Best": (400, "unknown"),
            "?q=%00": (400, "unknown"),
            "?q=x&community_name=nowhere": (404, "unknown"),
        }
        answers = {query: await asking("GET", f"/search{query}", anonymous=True) for query in refusals}
        assert {query: (answer.status, answer.json()["error"]) for query, answer in answers.items()} == refusals
        assert (await asking("GET", "/search?q=" + "%22%2A%F0%9F%90%9D" * 5_000)).status == 200

    run(tmp_path, test)
