"""A full house on the first day: what was said before anybody here followed, believed at its own home only."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import community as communities
from lemmy_lite.http.api_v3.adapter import Tools, api_v3
from lemmy_lite.http.api_v3.routes import HANDLERS
from lemmy_lite.http.ratelimit import Bucket, Limit, RateLimiter
from lemmy_lite.http.routing import build
from lemmy_lite.http.surface import Surface
from lemmy_lite.model.clock import DAY, HOUR, SECOND
from lemmy_lite.model.community import Community
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community_moderator, post, received_activity
from lemmy_lite.storage.tables.backfill import Backfill, Phase
from tests.federation.lab import Place, eventually, hang_up, lab, listening, opened
from tests.federation.listed import Listing, created, outbox, serve, serve_pages
from tests.federation.peer import Json, Peer, among_peers
from tests.http.asgi import ask

FreePort = Callable[[], int]
Story = Callable[[Place, Peer, Peer], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story, url: str | None = None, **options: Any) -> None:
    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two", url=url, **options) as (place, (one, two)):
            await story(place, one, two)

    asyncio.run(run())


async def _resolved(place: Place, home: str) -> Community:
    found = await place.federation.resolve(home)
    assert isinstance(found, Community)
    return found


async def _followed(place: Place, home: str) -> Community:
    found = await _resolved(place, home)
    await place.write(communities.follow, await place.person("ann"), found.id, True)
    return found


async def _filled(place: Place, found: Community) -> Backfill:
    async def ask() -> Backfill:
        return next(each for each in await place.federation.backfills() if each.community_id == found.id)

    return await eventually(ask, gives=lambda row: row.phase is Phase.DONE)


async def _post(place: Place, document: Json) -> Post | None:
    return await place.read(post.by_ap_id, document["id"])


async def _comments(place: Place, *documents: Json) -> list[bool]:
    return [await place.read(comment.by_ap_id, each["id"]) is not None for each in documents]


def _dated(number: int) -> str:
    """Times that go back as numbers go up."""
    return f"2024-06-{28 - number:02}T06:06:06.000000Z"


def test_a_follow_brings_older_posts_and_their_comments_and_no_invented_votes(
    tmp_path: Path, free_port: FreePort, database_url: str
) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        own = {name: f"{one.url}/c/gardens/{room}" for name, room in (("attributedTo", "moderators"), ("featured", "featured"))}
        home, zoe, lea = one.actor("Group", "c", "gardens", **own), one.person("zoe"), two.person("lea")
        listing = Listing(one, home)
        for number in range(25):
            page = one.page(zoe, home, published=_dated(number))
            answer = two.note(lea, page["id"], home)
            listing.post(page, one.note(zoe, answer["id"], home), answer)
        newest, oldest = listing.posts[0], listing.posts[-1]
        outbox(one, home, *(created(one, home, each) for each in listing.posts[:3]))
        serve(one, f"{home}/moderators", zoe)
        serve(one, f"{home}/featured", oldest)
        serve(one, f"{home}/followers", totalItems=1234)

        found = await _resolved(place, home)
        await eventually(_post, place, listing.posts[2])
        pinned = await eventually(_post, place, oldest)
        assert await _post(place, listing.posts[5]) is None
        assert len(await place.read(community_moderator.order, found.id)) == 1

        await place.write(communities.follow, await place.person("ann"), found.id, True)
        progress = await _filled(place, found)
        assert (progress.posts, progress.comments, progress.trouble) == (25, 50, None)
        assert progress.requests > 50
        for each in listing.posts:
            row = await _post(place, each)
            assert row is not None
            assert await place.votes(row.id) == (1, 1, 0)
            assert (await place.read(post.counters, row.id)).comments == 2
        assert pinned is not None
        assert (await place.read(post.existing, pinned.id)).featured_community
        row = await _post(place, newest)
        assert row is not None
        assert not row.featured_community
        assert await place.read(lambda tx: tx.column("SELECT subscribers FROM community_aggregates")) == [1234]

    tell(tmp_path, free_port, story, database_url)


def test_what_is_listed_is_believed_at_its_own_id_only(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe, lea = one.group("gardens"), one.person("zoe"), two.person("lea")
        elsewhere = one.group("kitchens")
        true = two.page(lea, home, name="True")
        never = {**true, "id": f"{two.url}/post/999", "name": "Never said"}
        misplaced = one.page(zoe, elsewhere)
        listing = Listing(one, home)
        listing.post(true, {**two.note(lea, true["id"], home), "id": f"{two.url}/comment/999"})
        known_elsewhere = one.page(zoe, elsewhere)
        await place.federation.resolve(known_elsewhere["id"])
        listing.post(never)
        listing.post(misplaced)
        listing.post(known_elsewhere, one.note(zoe, known_elsewhere["id"], elsewhere))
        outbox(one, home, created(one, home, {**true, "name": "Twisted"}), created(one, home, never), {"type": "Like", "actor": zoe})
        found = await _followed(place, home)
        progress = await _filled(place, found)
        assert (progress.posts, progress.comments) == (1, 0)
        row = await _post(place, true)
        assert row is not None
        assert row.name == "True"
        assert await _post(place, never) is None
        assert await _post(place, misplaced) is None

    tell(tmp_path, free_port, story)


def test_an_outbox_is_read_page_by_page_where_nothing_else_lists_posts(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe, lea = one.group("gardens"), one.person("zoe"), two.person("lea")
        pages = [one.page(zoe, home, published=_dated(number)) for number in range(4)]
        foreign = two.page(lea, home)
        serve_pages(one, f"{home}/outbox", [created(one, home, pages[0]), pages[1]], [pages[2]["id"], foreign["id"]], [pages[3]])
        found = await _followed(place, home)
        progress = await _filled(place, found)
        assert progress.posts == 5
        assert all([await _post(place, each) for each in [*pages, foreign]])

    tell(tmp_path, free_port, story)


def test_a_conversation_is_filled_from_its_context(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe, lea = one.group("gardens"), one.person("zoe"), two.person("lea")
        page = one.page(zoe, home)
        page["context"] = f"{page['id']}/context"
        top = two.note(lea, page["id"], home)
        below = one.note(zoe, top["id"], home)
        said_by_others = two.note(lea, page["id"], home)
        serve_pages(one, page["context"], [page["id"], top["id"]], [below, {**said_by_others, "content": "<p>Twisted</p>"}])
        outbox(one, home, created(one, home, page))
        await _filled(place, await _followed(place, home))
        assert await _comments(place, top, below, said_by_others) == [True] * 3
        row = await place.read(comment.by_ap_id, said_by_others["id"])
        assert row is not None
        assert "Twisted" not in row.content

    tell(tmp_path, free_port, story)


def test_a_conversation_is_filled_from_replies_to_replies(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe, lea = one.group("gardens"), one.person("zoe"), two.person("lea")
        page = one.page(zoe, home)
        top, other = two.note(lea, page["id"], home), two.note(lea, page["id"], home)
        below = one.note(zoe, top["id"], home)
        deepest = two.note(lea, below["id"], home)

        def replies(peer: Peer, to: Json, first: list[Any], then: list[Any]) -> None:
            """As Mastodon writes them: the first page inside, the next one by its address."""
            url = f"{to['id']}/replies"
            inside = {"type": "CollectionPage", "partOf": url, "next": f"{url}?page=true", "items": first}
            to["replies"] = {"id": url, "type": "Collection", "first": inside}
            path = f"{url.removeprefix(peer.url)}?page=true"
            peer.documents[path] = {"id": f"{url}?page=true", "type": "CollectionPage", "partOf": url, "items": then}

        replies(one, page, [], [top["id"], other["id"]])
        replies(two, top, [below["id"]], [])
        replies(one, below, [deepest["id"]], [])
        outbox(one, home, created(one, home, page))
        await _filled(place, await _followed(place, home))
        assert await _comments(place, top, other, below, deepest) == [True] * 4

    tell(tmp_path, free_port, story)


def test_a_conversation_cannot_vouch_for_what_others_say(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe, lea = one.group("gardens"), one.person("zoe"), two.person("lea")
        page = one.page(zoe, home)
        answer = two.note(lea, page["id"], home)
        forged = {**one.note(zoe, page["id"], home), "id": f"{one.url}/comment/888", "content": "<p>Forged</p>"}
        # Somebody of two writes out, inside their own document, what somebody of one is to have said.
        answer["replies"] = {"id": f"{two.url}/replies", "type": "Collection", "items": [forged]}
        page["replies"] = {"id": f"{one.url}/replies", "type": "Collection", "items": [answer["id"]]}
        outbox(one, home, created(one, home, page))
        await _filled(place, await _followed(place, home))
        assert await _comments(place, answer, forged) == [True, False]

    tell(tmp_path, free_port, story)


@pytest.mark.parametrize(
    "listing",
    [
        5,
        [],
        {"posts": None},
        {"posts": [{"post": {"id": 1}}]},
        {"posts": [{"post": {"id": "x", "ap_id": 7}}], "next_page": {}},
        {"posts": [{"post": {"id": 1, "ap_id": ap_id}} for ap_id in ("", "x", "http://one.test/\0", "javascript:x", "//", "http://[")]},
        {"posts": [{"post": {"id": -1, "ap_id": "http://127.0.0.1:1/post/1", "published": 7}, "counts": {}}], "next_page": "P"},
    ],
)
def test_a_listing_of_nonsense_brings_nothing_and_ends(tmp_path: Path, free_port: FreePort, listing: Any, database_url: str) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        outbox(one, home, created(one, home, one.page(zoe, home)), None, 7, "\0", {"type": [], "id": {}}, {"type": "Announce"})
        for path in ("post/list", "comment/list", "post"):
            one.documents[f"/api/v3/{path}"] = lambda _: listing
        found = await _followed(place, home)
        progress = await _filled(place, found)
        assert progress.posts <= 1
        assert await place.read(lambda tx: tx.value("SELECT COUNT(*) FROM post")) == 1

    tell(tmp_path, free_port, story, database_url)


def test_a_listing_without_end_is_left_when_the_account_is_spent(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = one.group("gardens")
        numbers = itertools.count(1)

        def endless(_: dict[str, str]) -> Json:
            made = [{"post": {"id": number, "ap_id": f"{one.url}/post/none/{number}"}} for number in (next(numbers), next(numbers))]
            return {"posts": made, "next_page": f"P{next(numbers)}"}

        one.documents["/api/v3/post/list"] = endless
        progress = await _filled(place, await _followed(place, home))
        assert progress.trouble is not None
        assert len(one.fetched) <= 110

    tell(tmp_path, free_port, story, backfill_requests=100)


def test_without_a_follower_only_the_newest_posts_come(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        listing = Listing(one, home)
        for number in range(3):
            listing.post(one.page(zoe, home, published=_dated(number)))
        outbox(one, home, created(one, home, listing.posts[0]))
        await _resolved(place, home)
        await eventually(_post, place, listing.posts[0])
        await eventually(place.federation.backfills, gives=lambda rows: rows[0].phase is Phase.OLDER)
        await asyncio.sleep(0.2)
        assert listing.asked == []
        assert await _post(place, listing.posts[1]) is None

    tell(tmp_path, free_port, story)


def test_a_walk_goes_on_after_a_restart_where_it_was(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        listing = Listing(one, home)
        for number in range(25):
            listing.post(one.page(zoe, home, published=_dated(number)))
        last = listing.posts[-1]["id"].removeprefix(one.url)
        shown, one.documents[last] = one.documents[last], 429
        second_page = one.documents["/api/v3/post/list"]
        assert callable(second_page)
        one.documents["/api/v3/post/list"] = lambda query: 429 if "page_cursor" in query else second_page(query)
        found = await _followed(place, home)
        rows = await eventually(place.federation.backfills, gives=lambda rows: bool(rows[0].cursor and rows[0].trouble))
        assert (rows[0].posts, rows[0].cursor) == (20, "P20")
        listing.asked.clear()
        one.fetched.clear()
        one.documents["/api/v3/post/list"], one.documents[last] = second_page, shown
        await place.restart()
        progress = await _filled(place, found)
        assert (progress.posts, progress.trouble, progress.failures) == (25, None, 0)
        assert [each["page_cursor"] for each in listing.asked if "community_name" in each] == ["P20"]
        assert not {each["id"].removeprefix(one.url) for each in listing.posts[:20]} & set(one.fetched)

    tell(tmp_path, free_port, story, database_url)


def test_filling_ends_where_its_requests_end(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        listing = Listing(one, home)
        for number in range(20):
            listing.post(one.page(zoe, home, published=_dated(number)))
        found = await _followed(place, home)
        one.fetched.clear()
        progress = await _filled(place, found)
        assert progress.trouble is not None
        assert sum(path.startswith("/post/") for path in one.fetched) <= 12
        assert await _post(place, listing.posts[0]) is not None
        assert await _post(place, listing.posts[-1]) is None

    tell(tmp_path, free_port, story, backfill_requests=12)


def test_no_more_posts_come_than_the_option_says(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        listing = Listing(one, home)
        for number in range(9):
            page = one.page(zoe, home, published=_dated(number))
            listing.post(page, *(one.note(zoe, page["id"], home) for _ in range(4)))
        progress = await _filled(place, await _followed(place, home))
        assert (progress.posts, progress.comments) == (3, 6)
        assert [await _post(place, each) is not None for each in listing.posts[:4]] == [True, True, True, False]

    tell(tmp_path, free_port, story, backfill_posts=3, backfill_comments_per_post=2)


def test_a_thread_that_somebody_opens_gets_its_missing_comments(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, lea = one.group("gardens"), two.person("lea")
        page = two.page(lea, home)
        listing = Listing(one, home)
        answers = [two.note(lea, page["id"], home) for _ in range(45)]
        listing.post(page, *answers)
        row = await place.federation.resolve(page["id"])
        assert isinstance(row, Post)
        for _ in range(5):
            place.federation.thread_opened(row.id, by_account=True)
        await eventually(place.read, comment.by_ap_id, answers[-1]["id"])
        assert await _comments(place, *answers) == [True] * 45
        assert [each.get("q") or each.get("page") for each in listing.asked] == [page["id"], "1", "2", "3"]

    tell(tmp_path, free_port, story, database_url)


def test_opening_a_thread_that_is_complete_costs_one_question(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        listing = Listing(one, home)
        page = one.page(zoe, home)
        listing.post(page, *(one.note(zoe, page["id"], home) for _ in range(30)))
        await _filled(place, await _followed(place, home))
        row = await _post(place, page)
        assert row is not None
        listing.asked.clear()
        one.fetched.clear()
        place.federation.thread_opened(row.id, by_account=False)
        await eventually(_asked, listing, gives=bool)
        await asyncio.sleep(0.2)
        assert one.fetched == ["/api/v3/post"]

    tell(tmp_path, free_port, story)


async def _asked(listing: Listing) -> list[dict[str, str]]:
    return listing.asked


def test_opening_what_is_at_home_here_or_gone_asks_nobody(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann = await place.person("ann")
        written = await place.post(ann, await place.community(ann))
        place.federation.thread_opened(written.id, by_account=True)
        place.federation.thread_opened(type(written.id)(12345), by_account=False)
        await asyncio.sleep(0.2)
        assert one.fetched == two.fetched == []

    tell(tmp_path, free_port, story)


def test_after_an_absence_what_was_missed_is_fetched_and_nothing_older(tmp_path: Path, free_port: FreePort, database_url: str) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        listing = Listing(one, home)
        old = one.page(zoe, home)
        outbox(one, home, created(one, home, old))
        listing.post(old)
        found = await _followed(place, home)
        await _filled(place, found)

        def absent(tx: Transaction) -> None:
            received_activity.insert(tx, "https://one.test/last")
            tx.run("UPDATE received_activity SET published = published - :by", by=3 * HOUR)

        await place.write(absent)
        missed = one.page(zoe, home, published=_ago(place, 1))
        older = one.page(zoe, home)
        forgotten = one.note(zoe, old["id"], home)
        answer = one.note(zoe, old["id"], home, published=_ago(place, 2))
        listing.posts[:] = []
        for page, *notes in ([missed], [old, forgotten, answer], [older]):
            listing.post(page, *notes)
        await place.restart()
        await eventually(place.read, comment.by_ap_id, answer["id"])
        await eventually(place.federation.backfills, gives=lambda rows: rows[0].since is None)
        assert await _post(place, missed) is not None
        assert await _post(place, older) is None
        assert await _comments(place, forgotten, answer) == [False, True]

        listing.asked.clear()
        await place.write(lambda tx: tx.run("UPDATE received_activity SET published = :now", now=tx.now))
        await place.restart()
        await asyncio.sleep(0.3)
        assert listing.asked == []

    tell(tmp_path, free_port, story, database_url)


def _ago(place: Place, hours: int) -> str:
    return datetime.fromtimestamp((place.context.clock.now() - hours * HOUR) / SECOND, UTC).isoformat()


def test_an_instance_that_speaks_again_after_days_is_asked_what_was_missed(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = one.group("gardens"), one.person("zoe")
        listing = Listing(one, home)
        found = await _followed(place, home)
        await _filled(place, found)
        first, missed, second = (one.page(zoe, home, published=_ago(place, -hours)) for hours in (0, 24, 60))
        listing.post(missed)
        for page, later in ((first, 0), (second, 60 * HOUR)):
            place.context.clock.now = _shifted(place, later)
            listing.asked.clear()
            answer = await one.send(place, one.activity("Announce", home, one.activity("Create", zoe, page, home)))
            assert answer.status < 300
            await place.federation.applied()
            assert await _post(place, page) is not None
        await eventually(_post, place, missed)

    tell(tmp_path, free_port, story, signature_window_past=DAY // SECOND)


def _shifted(place: Place, by: int) -> Callable[[], int]:
    now = place.context.clock.now
    return lambda: now() + by


def test_communities_of_our_own_kind_are_filled_too(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=None, beta=None) as (alpha, beta):
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            home = await alpha.community(ann)
            written = [await alpha.post(ann, home, f"Post {number}") for number in range(3)]
            said = [await alpha.comment(ann, each) for each in written]
            await beta.follow(bob, f"!tea@{alpha.host}")
            for each in written:
                await eventually(beta.read, post.by_ap_id, each.ap_id)
            for answer in said:
                await eventually(beta.read, comment.by_ap_id, answer.ap_id)

    asyncio.run(run())


def test_ours_fill_from_ours_beyond_what_an_outbox_shows(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        hosts = {name: free_port() for name in ("alpha", "beta")}
        async with AsyncExitStack() as stack:
            alpha, beta = [await stack.enter_async_context(opened(tmp_path, name, hosts)) for name in hosts]
            for place in (alpha, beta):
                await stack.enter_async_context(listening(place, hosts[place.name], _api(place)))
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            home = await alpha.community(ann)
            written = [await alpha.post(ann, home, f"Post {number}") for number in range(55)]
            said = [await alpha.comment(ann, each) for each in written]
            found = await _resolved(beta, home.actor_id)
            await eventually(beta.read, post.by_ap_id, written[-1].ap_id)

            # Before anybody follows, whoever opens a thread has it filled.
            row = await beta.read(post.by_ap_id, written[-1].ap_id)
            assert row is not None
            answer = await ask(build([_api(beta)]), "GET", f"/api/v3/post?id={row.id}")
            assert answer.json()["post_view"]["counts"]["comments"] == 0
            await eventually(beta.read, comment.by_ap_id, said[-1].ap_id)

            await beta.write(communities.follow, bob, found.id, True)
            progress = await _filled(beta, found)
            assert (progress.posts, progress.trouble) == (55, None)
            assert [each.ap_id for each in written if await beta.read(post.by_ap_id, each.ap_id) is None] == []
            assert [each.ap_id for each in said if await beta.read(comment.by_ap_id, each.ap_id) is None] == []
            await hang_up(alpha, beta)

    asyncio.run(run())


def _api(place: Place) -> Surface:
    limiter = RateLimiter(dict.fromkeys(Bucket, Limit(10_000, 60)))
    return api_v3(Tools(place.context, place.database, limiter, place.federation), HANDLERS)


def test_a_thread_of_sixty_levels_comes_with_its_deepest_comment(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, people = one.group("gardens"), [peer.person(f"p{number}") for peer in (one, two) for number in range(10)]
        parent = one.page(people[0], home)
        notes: list[Json] = []
        for level in range(60):
            author = people[level % len(people)]
            parent = (one if author.startswith(one.url) else two).note(author, parent["id"], home)
            notes.append(parent)
        await place.federation.resolve(parent["id"])
        deepest = await place.read(comment.by_ap_id, parent["id"])
        assert deepest is not None
        assert len(deepest.path.split(".")) == 61
        assert len(one.fetched) + len(two.fetched) <= 100
        assert await _comments(place, *notes) == [True] * 60

    tell(tmp_path, free_port, story)
