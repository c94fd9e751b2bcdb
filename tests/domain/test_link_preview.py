"""Previews of links, fetched from real servers on loopback."""

import asyncio
from dataclasses import replace

import pytest

from lemmy_lite.domain import link_preview, post
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import post as posts
from tests.domain.house import House, told
from tests.net.servers import Handler, answering, serving

PAGE = b"""<html><head><meta property="og:title" content="Swifts sleep aloft"><meta property="og:image" content="/swift.png">
<meta name="description" content="Ten months without landing"></head></html>"""
HTML = ("Content-Type", "text/html; charset=utf-8")


def opened(house: House) -> House:
    """The same house in a laboratory, where loopback may be asked."""
    net = Client(NetOptions(user_agent="test", allow_private_addresses=True))
    return House(house.database, replace(house.context, net=net), house.admin)


def with_page(url: str, handler: Handler, story: object) -> None:
    async def run(house: House) -> None:
        lab = opened(house)
        async with serving(handler, host="127.0.0.1") as server:
            await story(lab, f"http://127.0.0.1:{server.port}/page")  # type: ignore[operator]
        await lab.context.net.close()

    told(url, run)


def test_a_new_post_shows_what_its_link_says(database_url: str) -> None:
    async def story(house: House, link: str) -> None:
        home = await house.community(house.admin)
        form = PostForm(name="A link", community_id=home.id, url=link)
        written = await post.publish(house.database, house.context, house.admin, form)
        assert (written.embed_title, written.embed_description) == ("Swifts sleep aloft", "Ten months without landing")
        assert written.thumbnail_url == link.replace("/page", "/swift.png")
        assert written.url_content_type == "text/html"

    with_page(database_url, answering(200, PAGE, HTML), story)


def test_a_post_is_written_even_when_its_link_answers_nonsense(database_url: str) -> None:
    async def story(house: House, link: str) -> None:
        home = await house.community(house.admin)
        form = PostForm(name="A link", community_id=home.id, url=link)
        written = await post.publish(house.database, house.context, house.admin, form)
        assert (written.url, written.embed_title, written.thumbnail_url) == (link, None, None)

    with_page(database_url, answering(500, PAGE, HTML), story)


def test_a_link_to_a_picture_is_its_own_thumbnail_and_an_authors_choice_stays(database_url: str) -> None:
    async def story(house: House, link: str) -> None:
        home = await house.community(house.admin)
        form = PostForm(name="A picture", community_id=home.id, url=link)
        written = await post.publish(house.database, house.context, house.admin, form)
        assert (written.thumbnail_url, written.url_content_type) == (link, "image/png")
        chosen = PostForm(name="Chosen", community_id=home.id, url=link, custom_thumbnail="https://here.test/own.png")
        assert (await post.publish(house.database, house.context, house.admin, chosen)).thumbnail_url == "https://here.test/own.png"

    with_page(database_url, answering(200, b"\x89PNG\r\n\x1a\n", ("Content-Type", "application/octet-stream")), story)


def test_another_link_takes_the_old_preview_away(database_url: str) -> None:
    async def story(house: House, link: str) -> None:
        home = await house.community(house.admin)
        written = await post.publish(house.database, house.context, house.admin, PostForm(name="A link", community_id=home.id, url=link))
        changed = await post.revise(house.database, house.context, house.admin, written.id, PostForm(url=""))
        assert (changed.url, changed.embed_title, changed.thumbnail_url) == (None, None, None)

    with_page(database_url, answering(200, PAGE, HTML), story)


def test_a_received_post_gets_its_preview_aside(database_url: str) -> None:
    async def story(house: House, link: str) -> None:
        home = await house.community(house.admin)
        aside = link_preview.Aside(house.context, house.database)
        house.database.after(aside.after)
        aside.start()

        def receive(tx: Transaction) -> Post:
            form = PostForm(name="From afar", community_id=home.id, url=link)
            return post.create(
                tx, house.context, house.admin, form, origin=RemoteOrigin(ap_id="https://there.test/post/1", published=tx.now)
            )

        received = await house.database.write(receive)
        for _ in range(100):
            found = await house.database.read(posts.existing, received.id)
            if found.embed_title:
                break
            await asyncio.sleep(0.05)
        await aside.close()
        assert found.embed_title == "Swifts sleep aloft"

    with_page(database_url, answering(200, PAGE, HTML), story)


def test_private_addresses_are_not_asked(database_url: str) -> None:
    async def story(house: House) -> None:
        async with serving(answering(200, PAGE, HTML), host="127.0.0.1") as server:
            with pytest.raises(LemmyError, match="invalid_url"):
                await link_preview.fetch(house.context, f"http://127.0.0.1:{server.port}/")
            with pytest.raises(LemmyError, match="invalid_url"):
                await link_preview.fetch(house.context, "magnet:?xt=urn:btih:abc")
            assert server.connections == 0

    told(database_url, story)
