"""Operations that are one write: whose they are is found out within it, and is never believed a moment longer than it is true."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.app import Instance, opened
from lemmy_lite.domain import local_user
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.http.api_v3.adapter import BadTable, Tools, api_v3
from lemmy_lite.http.api_v3.deed import Deed
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.ratelimit import Bucket, Limit, RateLimiter
from lemmy_lite.http.routing import build
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import person
from tests.http.asgi import Answer, ask

ADMIN = {"admin_username": "admin", "admin_password": "correct horse", "site_name": "Site"}
NOBODY = (401, {"error": "incorrect_login"})
Asking = Callable[..., Awaitable[Answer]]


def tell(folder: Path, story: Callable[[Instance, Asking], Awaitable[None]], postgres: str | None = None) -> None:
    """A story of a new instance with one post, and of what its API answers to `asking(path, token, body)`."""

    async def run() -> None:
        database = {"database": {"uri": postgres}} if postgres else {}
        async with opened(config.read({"data_dir": str(folder), "setup": ADMIN, "hostname": "example.org", **database})) as instance:
            limits = RateLimiter(dict.fromkeys(Bucket, Limit(1000, 60)))
            app = build([api_v3(Tools(instance.context, instance.database, limits, instance.federation), HANDLERS)])

            async def asking(path: str, token: str | None, body: bytes, media: str = "application/json") -> Answer:
                headers = [("Content-Type", media), *([("Authorization", f"Bearer {token}")] if token else [])]
                return await ask(app, "POST", f"/api/v3{path}", headers=headers, body=body)

            token = await _log_in(instance)
            made = await asking("/community", token, b'{"name": "birds", "title": "Birds"}')
            body = b'{"name": "A wren", "community_id": %d}' % made.json()["community_view"]["community"]["id"]
            assert (await asking("/post", token, body)).json()["post_view"]["post"]["id"] == 1
            await story(instance, asking)

    asyncio.run(run())


async def _log_in(instance: Instance) -> str:
    entry = await local_user.login(instance.database, instance.context, "admin", ADMIN["admin_password"], None, Visitor())
    assert entry.jwt is not None
    return entry.jwt


def _said(answer: Answer) -> tuple[int, Mapping[str, Any]]:
    return answer.status, answer.json()


def _vote(score: int) -> bytes:
    return b'{"post_id": 1, "score": %d}' % score


def test_a_vote_is_one_unit_of_work_and_reads_nothing_beside_it(tmp_path: Path) -> None:
    async def story(instance: Instance, asking: Asking) -> None:
        token, database = await _log_in(instance), instance.database
        for score in (-1, 0):
            assert (await asking("/post/like", token, _vote(score))).status == 200
        commits, asked = database.commits, list[str]()
        database.trace = asked.append
        answer = await asking("/post/like", token, _vote(-1))
        assert (answer.json()["post_view"]["my_vote"], database.commits) == (-1, commits + 1)
        assert not [sql for sql in asked if "login_token" in sql or "local_user" in sql.partition("WHERE")[0].partition("JOIN")[0]]
        assert len(asked) == 5, asked

    tell(tmp_path, story)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_session_ends_with_its_logout_and_its_ban_and_comes_back_when_the_ban_is_over(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    async def story(instance: Instance, asking: Asking) -> None:
        first, second, database = await _log_in(instance), await _log_in(instance), instance.database

        async def vote(token: str) -> int:
            return (await asking("/post/like", token, _vote(-1))).status

        assert [await vote(first), await vote(second)] == [200, 200]
        viewer = await database.read(local_user.session, instance.context, first)
        assert viewer is not None
        await database.write(local_user.logout, viewer)
        assert [await vote(first), await vote(second)] == [401, 200]
        now = database.clock.now()
        for end, status in ((None, 401), (now + 3_600_000_000, 401), (now, 200)):

            def ban(tx: Transaction, end: int | None = end) -> None:
                person.update(tx, viewer.id, banned=True, ban_expires=end)

            await database.write(ban)
            assert await vote(second) == status, end
        await database.write(lambda tx: person.update(tx, viewer.id, deleted=True))
        assert await vote(second) == 401
        await database.write(lambda tx: person.update(tx, viewer.id, deleted=False))
        assert await vote(second) == 200
        if kind == "sqlite":  # by another program
            with sqlite3.connect(tmp_path / "lemmy.db") as connection:
                connection.execute("DELETE FROM login_token")
            connection.close()
            assert await vote(second) == 401

    tell(tmp_path, story, request.getfixturevalue("postgres_url") if kind == "postgres" else None)


def test_who_is_nobody_is_told_so_before_anything_about_the_request(tmp_path: Path) -> None:
    async def story(instance: Instance, asking: Asking) -> None:
        token, ended = await _log_in(instance), await _log_in(instance)
        viewer = await instance.database.read(local_user.session, instance.context, ended)
        assert viewer is not None
        await instance.database.write(local_user.logout, viewer)
        commits = instance.database.commits
        for bad in (None, "nonsense", token[:-2] + "xx", ended):
            for body in (_vote(1), b"{", b'{"post_id": "x"}'):
                for path in ("/post/like", "/comment/like", "/post/mark_as_read", "/post/hide"):
                    if bad != ended or body != _vote(1):
                        assert _said(await asking(path, bad, body)) == NOBODY
        assert instance.database.commits == commits, "the writer never heard of it"
        assert (await asking("/post/like", token, b"{")).status == 400
        assert (await asking("/post/like", token, _vote(1), "text/plain")).json()["message"] == "Content type error"
        assert _said(await asking("/post/like", ended, _vote(1), "text/plain")) == NOBODY
        assert _said(await asking("/post/like", token, b'{"post_id": 404, "score": 1}')) == (400, {"error": "couldnt_find_post"})

    tell(tmp_path, story)


def test_a_deed_must_fit_its_operation(tmp_path: Path) -> None:
    async def story(instance: Instance, asking: Asking) -> None:
        tools = Tools(instance.context, instance.database, RateLimiter(), instance.federation)
        like = HANDLERS["likePost"]
        for name in ("likeComment", "getPosts", "createPost"):
            with pytest.raises(BadTable):
                api_v3(tools, {name: like})
        assert isinstance(like, Deed)

    tell(tmp_path, story)
