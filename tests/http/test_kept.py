"""Answers kept for strangers: never older than what was written, never somebody's own, never beyond a bound."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from lemmy_lite import app, config
from lemmy_lite.app import Instance
from lemmy_lite.crypto import keys
from lemmy_lite.domain import community, local_user, post, vote
from lemmy_lite.http.kept import MOST_BYTES, SLOT, SOON, Kept, State
from lemmy_lite.http.ratelimit import Bucket, Limit, RateLimiter
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import post as posts
from tests.http.asgi import Answer, ask

SETUP = {"admin_username": "chief", "admin_password": "correct horse", "site_name": "Site"}
LIST = "/api/v3/post/list?type_=All&sort=New"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Behind:
    """An application that counts how often it is asked."""

    def __init__(self, *, headers: list[tuple[bytes, bytes]] | None = None, body: bytes = b"x" * 2000, status: int = 200) -> None:
        self.asked = 0
        self.headers = [(b"cache-control", b"public, max-age=60")] if headers is None else headers
        self.body = body
        self.status = status
        self.hold: asyncio.Event | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        scope["bucket"] = Bucket.MESSAGE
        if self.hold is not None:
            await self.hold.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


class Front(NamedTuple):
    behind: Behind
    kept: Kept
    clock: Clock
    state: list[int]

    async def get(self, target: str = "/list", **headers: str) -> Answer:
        async def gate(scope: Any, receive: Any, send: Any) -> None:
            scope["client_address"] = scope["client"][0]
            scope["client_address"] = __import__("ipaddress").ip_address(scope["client_address"])
            await self.kept(scope, receive, send)

        return await ask(gate, "GET", target, headers=[(name.replace("_", "-"), value) for name, value in headers.items()])


def front(behind: Behind | None = None, *, alone: bool = True, limiter: RateLimiter | None = None) -> Front:
    behind, clock, state = behind or Behind(), Clock(), [0, 0]
    kept = Kept(behind, lambda: State(*state), RateLimiter() if limiter is None else limiter, Traffic(), alone=alone, now=clock)
    return Front(behind, kept, clock, state)


def test_the_second_stranger_is_answered_from_memory_in_the_same_bytes() -> None:
    async def running() -> None:
        here = front()
        first, second = await here.get(), await here.get()
        assert here.behind.asked == 1
        assert first == second
        assert first.headers["etag"]
        again = await here.get(If_None_Match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")

    asyncio.run(running())


def test_what_is_written_counts_at_once_and_votes_within_a_second() -> None:
    async def running() -> None:
        here = front()
        await here.get()
        here.state[0] += 1
        await here.get()
        assert here.behind.asked == 2
        here.state[1] += 1
        await here.get()
        assert here.behind.asked == 2
        here.clock.now += SOON
        await here.get()
        assert here.behind.asked == 3
        here.clock.now += SLOT
        await here.get()
        assert here.behind.asked == 4

    asyncio.run(running())


def test_where_others_write_too_nothing_is_older_than_a_second() -> None:
    async def running() -> None:
        here = front(alone=False)
        await here.get()
        here.clock.now += SOON * 0.9
        await here.get()
        assert here.behind.asked == 1
        here.clock.now += SOON * 0.2
        await here.get()
        assert here.behind.asked == 2

    asyncio.run(running())


def test_who_shows_anything_of_their_own_is_never_answered_from_memory() -> None:
    async def running() -> None:
        here = front()
        await here.get()
        for name in ("Authorization", "Cookie", "Signature", "Signature-Input", "Range"):
            await here.get(**{name: "x"})
        assert here.behind.asked == 6
        await here.get()
        assert here.behind.asked == 6

    asyncio.run(running())


def test_answers_that_are_not_for_everybody_are_not_kept() -> None:
    async def running() -> None:
        refusals = [
            Behind(headers=[]),
            Behind(headers=[(b"cache-control", b"private")]),
            Behind(headers=[(b"cache-control", b"public"), (b"set-cookie", b"a=b")]),
            Behind(headers=[(b"cache-control", b"public"), (b"vary", b"accept, accept-charset")]),
            Behind(status=404),
            Behind(body=b"x" * (2**20 + 1)),
        ]
        for behind in refusals:
            here = front(behind)
            answers = [await here.get(), await here.get()]
            assert behind.asked == 2
            assert [answer.body for answer in answers] == [behind.body] * 2

    asyncio.run(running())


def test_a_page_a_document_and_a_compressed_copy_are_kept_apart() -> None:
    async def running() -> None:
        here = front()
        for headers in ({}, {"Accept": "application/activity+json"}, {"Accept_Encoding": "gzip"}):
            await here.get(**headers)
            await here.get(**headers)
        await here.get("/list?page=2")
        assert here.behind.asked == 4

    asyncio.run(running())


def test_those_who_ask_at_the_same_moment_wait_for_one_answer() -> None:
    async def running() -> None:
        here = front()
        here.behind.hold = asyncio.Event()
        asking = [asyncio.create_task(here.get()) for _ in range(50)]
        await asyncio.sleep(0)
        here.behind.hold.set()
        assert len({answer.body for answer in await asyncio.gather(*asking)}) == 1
        assert here.behind.asked == 1

    asyncio.run(running())


def test_a_write_while_the_answer_is_made_makes_it_old() -> None:
    async def running() -> None:
        here = front()
        here.behind.hold = asyncio.Event()
        asking = asyncio.create_task(here.get())
        await asyncio.sleep(0)
        here.state[0] += 1
        here.behind.hold.set()
        await asking
        await here.get()
        assert here.behind.asked == 2

    asyncio.run(running())


def test_rate_limits_hold_for_answers_from_memory() -> None:
    async def running() -> None:
        here = front(limiter=RateLimiter({Bucket.MESSAGE: Limit(3, 600)}))
        for _ in range(6):
            await here.get()
        assert here.behind.asked == 3  # the first, and those that memory refused: the surface behind words the refusal

    asyncio.run(running())


def test_memory_is_bounded_by_bytes() -> None:
    async def running() -> None:
        here = front(Behind(body=b"x" * 500_000))
        for number in range(40):
            await here.get(f"/list?page={number}")
        assert here.kept._bytes <= MOST_BYTES
        await here.get("/list?page=39")
        assert here.behind.asked == 40
        await here.get("/list?page=0")
        assert here.behind.asked == 41

    asyncio.run(running())


def test_addresses_that_strangers_make_up_count_among_the_bytes() -> None:
    async def running() -> None:
        here = front(Behind(body=b"x"))
        for number in range(400):
            await here.get(f"/list?page={number}&{'x' * 50_000}", accept="*/*;" + "y" * 50_000, accept_language="z" * 50_000)
        assert here.behind.asked == 400
        assert 100 < len(here.kept._entries) < MOST_BYTES / 50_000
        assert here.kept._bytes <= MOST_BYTES

    asyncio.run(running())


def test_what_nobody_can_be_answered_with_any_more_leaves_memory() -> None:
    async def running() -> None:
        here = front(Behind(body=b"x" * 50_000))

        async def after(change: Callable[[], None]) -> int:
            for number in range(20):
                await here.get(f"/list?page={number}")
            assert here.kept._bytes > 20 * 50_000
            change()
            await here.get("/another")
            return len(here.kept._entries)

        def written() -> None:
            here.state[0] += 1

        def voted() -> None:
            here.state[1] += 1
            here.clock.now += SOON

        def waited() -> None:
            here.clock.now += SLOT

        assert [await after(change) for change in (written, voted, waited)] == [1, 1, 1]
        here.clock.now += SLOT
        here.kept._sweep()  # what the loop does after a while, though nobody asks
        assert (len(here.kept._entries), here.kept._bytes) == (0, 0)

    asyncio.run(running())


def on_instance(folder: Path, story: Callable[[Instance, Any, Person, int], Awaitable[None]]) -> None:
    async def running() -> None:
        settings = config.read({"data_dir": str(folder), "hostname": "site.test", "setup": SETUP}, environment={})
        async with app.opened(settings) as instance:
            pair = await asyncio.to_thread(keys.generate_key_pair)

            def build(tx: Transaction) -> tuple[Person, int]:
                anna, _ = local_user.create(tx, instance.context, "anna", "x", pair, accepted_application=True)
                return anna, community.create(tx, instance.context, anna, CommunityForm(name="hearth", title="Hearth"), pair).id

            anna, home = await instance.database.write(build)
            await story(instance, await app.application(instance, Traffic()), anna, home)

    asyncio.run(running())


def test_strangers_see_a_new_post_at_once_and_marks_of_members_disturb_nobody(tmp_path: Path) -> None:
    async def story(instance: Instance, kept: Any, anna: Person, home: int) -> None:
        async def names() -> list[str]:
            async def gate(scope: Any, receive: Any, send: Any) -> None:
                scope["client_address"] = __import__("ipaddress").ip_address("127.0.0.1")
                await kept(scope, receive, send)

            return [each["post"]["name"] for each in json.loads((await ask(gate, "GET", LIST)).body)["posts"]]

        database, context = instance.database, instance.context
        assert await names() == []
        written = await database.write(post.create, context, anna, PostForm(name="One", community_id=home))  # type: ignore[arg-type]
        assert await names() == ["One"]
        before = kept.misses
        await database.note(post.mark_as_read, anna, [written.id], True)
        await database.write(lambda tx: vote.cast(tx, anna, posts.existing(tx, written.id), 0))
        assert await names() == ["One"]
        assert kept.misses == before
        await database.write(post.delete, anna, written.id, True)
        assert await names() == []

    on_instance(tmp_path, story)


def test_each_language_has_one_copy_and_what_speaks_none_has_one_for_all() -> None:
    async def running() -> None:
        here = front(Behind(headers=[(b"cache-control", b"public"), (b"vary", b"cookie, accept-language")]))
        for wish in ("en", "en-GB, en;q=0.5", "tlh", "de-AT, en;q=0.3", "de", "*"):
            await here.get("/", accept_language=wish)
        await here.get("/")
        assert here.behind.asked == 2
        for wish in ("en", "de", "ja"):
            await here.get("/api/v3/site", accept_language=wish)
        assert here.behind.asked == 3

    asyncio.run(running())
