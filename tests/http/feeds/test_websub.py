"""A hub that is told of new posts, as a server on loopback hears it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import feedparser
import pytest

from lemmy_lite.app import Instance
from lemmy_lite.context import Context
from lemmy_lite.domain import moderation, post
from lemmy_lite.http.feeds.websub import Hub, topics_of
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.ids import CommunityId, PostId
from lemmy_lite.model.post import PostForm
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person
from tests.http.feeds.test_feeds import Place, with_place
from tests.net.servers import Handler, Received, answering, serving

HUB = "https://hub.test/publish"
FEEDS = {"feeds": {"websub_hub": HUB}}


def opened(instance: Instance, address: str) -> Context:
    """The same context with a hub on loopback, which a laboratory may ask."""
    net = Client(NetOptions(user_agent="test", allow_private_addresses=True))
    config = replace(instance.config, feeds=replace(instance.config.feeds, websub_hub=address))
    return replace(instance.context, net=net, config=config)


def test_feeds_name_the_hub_and_themselves_in_links_and_in_the_header(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        for suffix in ("xml", "atom"):
            address = f"/feeds/c/hearth.{suffix}"
            answer = await place.get(address)
            links = {link["rel"]: link["href"] for link in feedparser.parse(answer.body)["feed"]["links"]}
            assert (links["hub"], links["self"]) == (HUB, f"https://site.test{address}")
            assert answer.headers["link"] == f'<{HUB}>; rel="hub", <https://site.test{address}>; rel="self"'
        found = json.loads((await place.get("/feeds/all.json")).body)
        assert found["hubs"] == [{"type": "WebSub", "url": HUB}]

    with_place(tmp_path, story, **FEEDS)


@pytest.mark.parametrize(
    "target", ["/feeds/all.xml?sort=Old", "/feeds/post/1.xml", "/feeds/search.xml?q=post", "/feeds/c/hearth.xml?key={jwt}"]
)
def test_a_feed_of_which_the_hub_is_not_told_names_none(tmp_path: Path, target: str) -> None:
    async def story(place: Place) -> None:
        answer = await place.get(target.format(jwt=place.jwt))
        assert answer.status == 200
        assert "link" not in answer.headers
        assert HUB.encode() not in answer.body

    with_place(tmp_path, story, **FEEDS)


def test_a_post_of_the_blog_in_front_is_in_its_feed_too(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        answer = await place.get("/feeds/blog.xml")
        assert answer.headers["link"] == f'<{HUB}>; rel="hub", <https://site.test/feeds/blog.xml>; rel="self"'
        topics = await place.instance.database.read(topics_of, place.instance.context, [PostId(place.first)])
        assert "https://site.test/feeds/blog.json" in topics

    with_place(tmp_path, story, site={"front": "Hearth"}, **FEEDS)


def test_without_the_option_no_feed_names_a_hub(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        answer = await place.get("/feeds/all.atom")
        assert b'rel="hub"' not in answer.body
        assert "link" not in answer.headers

    with_place(tmp_path, story)


def with_hub(folder: Path, handler: Handler, story: Callable[[Place, list[Received]], Awaitable[None]]) -> None:
    async def running(place: Place) -> None:
        async with serving(handler, host="127.0.0.1") as server:
            context = opened(place.instance, f"http://127.0.0.1:{server.port}/hub")
            hub = Hub(context, place.instance.database, gathering=0.05, resting=0.01)
            place.instance.database.after(hub.after)
            hub.start()
            try:
                await story(place, server.requests)
            finally:
                await hub.close()
                await context.net.close()

    with_place(folder, running, **FEEDS)


async def written(place: Place, home: int, name: str = "News") -> None:
    def write(tx: Transaction) -> None:
        form = PostForm(name=name, community_id=CommunityId(home))
        post.create(tx, place.instance.context, person.existing(tx, place.anna.id), form)

    await place.instance.database.write(write)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


def test_posts_that_come_together_are_told_together_with_every_feed_they_are_in(tmp_path: Path) -> None:
    async def story(place: Place, heard: list[Received]) -> None:
        for number in range(5):
            await written(place, place.home, f"News {number}")
        await until(lambda: bool(heard))
        said = parse_qs(heard[0].body.decode())
        assert said["hub.mode"] == ["publish"]
        places = ("/feeds/all", "/feeds/local", "/feeds/c/hearth", "/feeds/u/anna")
        assert said["hub.url"] == [f"https://site.test{each}.{suffix}" for each in places for suffix in ("xml", "rss", "atom", "json")]
        for address in said["hub.url"]:
            answer = await place.get(address.removeprefix("https://site.test"))
            assert b"News 4" in answer.body, "what the hub fetches holds the news"
        assert len(heard) < 5

    with_hub(tmp_path, answering(204), story)


def test_a_hub_that_fails_is_asked_again_and_then_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(place: Place, heard: list[Received]) -> None:
        await written(place, place.home)
        await until(lambda: "was not told" in caplog.text)
        assert len(heard) == 3
        assert "status 500" in caplog.text

    with_hub(tmp_path, answering(500), story)


def test_of_what_strangers_may_not_read_the_hub_hears_nothing(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        context, database = place.instance.context, place.instance.database

        def told(tx: Transaction) -> list[str]:
            return topics_of(tx, context, [PostId(place.first)])

        assert await database.read(told)

        def hide(tx: Transaction) -> None:
            tx.run("UPDATE community SET hidden = TRUE WHERE id = :id", id=place.home)

        await database.write(hide)
        assert not any("/all." in topic for topic in await database.read(told))

        def remove(tx: Transaction) -> None:
            moderation.remove_post(tx, person.existing(tx, place.anna.id), PostId(place.first), True)

        await database.write(remove)
        assert await database.read(told) == []

        def inner(tx: Transaction) -> list[str]:
            numbers = tx.column("SELECT id FROM post WHERE name = 'Ours alone'")
            home = community.existing(tx, CommunityId(place.home + 1))
            assert home.visibility is CommunityVisibility.LOCAL_ONLY
            return topics_of(tx, context, [PostId(number) for number in numbers])

        assert await database.read(inner) == []

        def close(tx: Transaction) -> list[str]:
            tx.run("UPDATE post SET removed = FALSE")
            tx.run("UPDATE local_site SET private_instance = TRUE, federation_enabled = FALSE")
            return topics_of(tx, context, [PostId(place.first)])

        assert await database.write(close) == []

    with_place(tmp_path, story, **FEEDS)


def test_a_hub_at_a_private_address_is_never_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(place: Place) -> None:
        async with serving(answering(204, b""), host="127.0.0.1") as server:
            feeds = replace(place.instance.config.feeds, websub_hub=f"https://127.0.0.1:{server.port}/")
            config = replace(place.instance.config, feeds=feeds)
            hub = Hub(replace(place.instance.context, config=config), place.instance.database, gathering=0.01, resting=0.01)
            place.instance.database.after(hub.after)
            hub.start()
            await written(place, place.home)
            await until(lambda: "was not told" in caplog.text)
            await hub.close()
            assert server.connections == 0

    with_place(tmp_path, story)
