"""Feeds as readers get them: Lemmy's addresses, three formats, private keys."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from lemmy_lite import app, config
from lemmy_lite.app import Instance
from lemmy_lite.crypto import keys
from lemmy_lite.domain import comment, community, feed, local_user, post
from lemmy_lite.http import routing
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.community import CommunityForm, CommunityVisibility
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from tests.http.asgi import Answer, ask

SETUP = {"admin_username": "chief", "admin_password": "correct horse", "site_name": "Hearth & Home"}
MEDIA = "{http://search.yahoo.com/mrss/}"
DC = "{http://purl.org/dc/elements/1.1/}"
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "]]><script>alert(1)</script> \x0b\x00& <b> \ud7ff"


class Place(NamedTuple):
    instance: Instance
    built: Any
    anna: Person
    jwt: str
    home: int
    first: int
    said: int

    async def get(self, target: str, **headers: str) -> Answer:
        return await ask(self.built, "GET", target, headers=list(headers.items()))

    async def viewer(self) -> Viewer:
        found = await self.instance.database.read(local_user.session, self.instance.context, self.jwt)
        assert found is not None
        return found


def with_place(folder: Path, story: Callable[[Place], Awaitable[None]], **more: Any) -> None:
    async def running() -> None:
        settings = config.read({"data_dir": str(folder), "setup": SETUP, "hostname": "site.test", **more}, environment={})
        async with app.opened(settings) as instance:
            pair = await asyncio.to_thread(keys.generate_key_pair)

            def build(tx: Transaction) -> tuple[Person, str, int, int, int]:
                context = instance.context
                anna, account = local_user.create(tx, context, "anna", "x", pair, accepted_application=True)
                bert, _ = local_user.create(tx, context, "bert", "x", pair, accepted_application=True)
                home = community.create(tx, context, anna, CommunityForm(name="hearth", title="The Hearth"), pair).id
                body = "Read **this** [here](/c/hearth)"
                first = post.create(tx, context, anna, PostForm(name="A post", body=body, url="https://a.test/x", community_id=home)).id
                post.create(tx, context, bert, PostForm(name="Words & <wonders>", body="Hello @anna@site.test", community_id=home))
                said = comment.create(tx, context, bert, CommentForm(post_id=first, content="I *agree*, @anna@site.test")).id
                inner = community.create(
                    tx, context, anna, CommunityForm(name="inner", title="Inner", visibility=CommunityVisibility.LOCAL_ONLY), pair
                ).id
                post.create(tx, context, anna, PostForm(name="Ours alone", community_id=inner))
                jwt = local_user.start_session(tx, context, account, local_user.Visitor())
                return anna, jwt, home, first, said

            made = await instance.database.write(build)
            await story(Place(instance, routing.build(await app.surfaces(instance)), *made))

    asyncio.run(running())


def rss(answer: Answer) -> ET.Element:
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"].startswith("application/rss+xml")
    channel = ET.fromstring(answer.body).find("channel")
    assert channel is not None
    return channel


def titles(channel: ET.Element) -> list[str | None]:
    return [item.findtext("title") for item in channel.findall("item")]


def test_a_front_page_is_a_feed_as_lemmy_has_it(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        answer = await place.get("/feeds/all.xml?sort=Old")
        channel = rss(answer)
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert channel.findtext("title") == "Hearth & Home - All"
        assert sorted(map(str, titles(channel))) == ["A post", "Words & <wonders>"]
        item = next(item for item in channel.findall("item") if item.findtext("title") == "A post")
        page = f"https://site.test/post/{place.first}"
        assert [item.findtext(tag) for tag in ("link", "guid", "comments")] == [page] * 3
        assert item.findtext(f"{DC}creator") == "https://site.test/u/anna"
        assert item.findtext("category") == "The Hearth"
        enclosure = item.find("enclosure")
        assert enclosure is not None
        assert (enclosure.get("url"), enclosure.get("length")) == ("https://a.test/x", "0")
        html = item.findtext("description") or ""
        assert 'submitted by <a href="https://site.test/u/anna">anna</a> to <a href="https://site.test/c/hearth">' in html
        assert "<strong>this</strong>" in html
        assert 'href="https://site.test/c/hearth"' in html.partition("<strong>")[2]

    with_place(tmp_path, story)


@pytest.mark.parametrize("path", ["/feeds/local", "/feeds/c/hearth", "/feeds/u/anna", "/feeds/search"])
@pytest.mark.parametrize("suffix", ["xml", "rss", "atom", "json"])
def test_every_list_speaks_every_format(tmp_path: Path, path: str, suffix: str) -> None:
    async def story(place: Place) -> None:
        answer = await place.get(f"{path}.{suffix}?q=post")
        assert answer.status == 200
        if suffix == "json":
            document = json.loads(answer.body)
            assert "A post" in [item["title"] for item in document["items"]]
            assert document["feed_url"] == f"https://site.test{path}.{suffix}?q=post"
        elif suffix == "atom":
            root = ET.fromstring(answer.body)
            assert "A post" in [entry.findtext(f"{ATOM}title") for entry in root.findall(f"{ATOM}entry")]
            assert root.findtext(f"{ATOM}id")
            assert root.findtext(f"{ATOM}updated")
        else:
            assert "A post" in titles(rss(answer))

    with_place(tmp_path, story)


def test_a_thread_and_lists_of_comments_have_feeds(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        for target in (
            f"/feeds/post/{place.first}.xml",
            "/feeds/c/hearth.xml?dataType=Comment",
            "/feeds/u/bert.xml?dataType=Comment",
            "/feeds/all.xml?dataType=Comment&sort=New",
        ):
            channel = rss(await place.get(target))
            assert titles(channel) == ["bert on A post"]
            assert "<em>agree</em>" in (channel.findtext("item/description") or "")

    with_place(tmp_path, story)


def test_a_reader_that_has_the_newest_feed_gets_no_second_copy(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        first = await place.get("/feeds/c/hearth.xml")
        again = await place.get("/feeds/c/hearth.xml", **{"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body) == (304, b"")

    with_place(tmp_path, story)


def test_what_is_for_members_is_in_no_public_feed(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        for target in ("/feeds/all.xml", "/feeds/local.json", "/feeds/u/anna.atom", "/feeds/search.xml?q=alone"):
            assert b"Ours alone" not in (await place.get(target)).body
        assert (await place.get("/feeds/c/inner.xml")).status == 404
        assert "Ours alone" in titles(rss(await place.get(f"/feeds/c/inner.xml?key={place.jwt}")))

    with_place(tmp_path, story)


def test_the_inbox_lists_replies_and_mentions_for_a_session_as_in_lemmy(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        answer = await place.get(f"/feeds/inbox/{place.jwt}.xml")
        assert titles(rss(answer)) == ["Reply from bert"]
        assert answer.headers["cache-control"].startswith("private")
        assert (await place.get("/feeds/inbox/nonsense.xml")).status == 401

    with_place(tmp_path, story)


def test_what_one_subscribes_to_is_read_with_a_key_that_opens_nothing_else_and_can_be_renewed(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        database, context = place.instance.database, place.instance.context
        viewer = await place.viewer()
        assert await database.read(feed.key, context, viewer) is None
        key = await database.write(feed.renew_key, context, viewer)
        assert await database.read(feed.key, context, viewer) == key
        assert "A post" in titles(rss(await place.get(f"/feeds/front/{key}.xml")))
        site = json.loads((await place.get("/api/v3/site", Authorization=f"Bearer {key}")).body)
        assert "my_user" not in site
        newer = await database.write(feed.renew_key, context, viewer)
        assert newer != key
        assert (await place.get(f"/feeds/front/{key}.xml")).status == 401
        assert (await place.get(f"/feeds/front/{newer}.json")).status == 200
        await database.write(feed.revoke_key, viewer)
        assert (await place.get(f"/feeds/front/{newer}.json")).status == 401

    with_place(tmp_path, story)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/feeds/all.xml?sort=Loudest", 400),
        ("/feeds/all.xml?limit=51", 400),
        ("/feeds/all.xml?limit=-1", 400),
        ("/feeds/all.xml?page=0", 400),
        ("/feeds/c/hearth", 404),
        ("/feeds/c/.xml", 404),
        ("/feeds/c/nobody.xml", 404),
        ("/feeds/u/nobody.xml", 404),
        ("/feeds/post/x.xml", 404),
        ("/feeds/modlog/x.xml", 404),
        ("/feeds/modlog/99999.xml", 404),
        ("/feeds/modlog.xml?actionType=Gossip", 400),
        ("/feeds/saved/nonsense.xml", 401),
        ("/feeds/post/99999.xml", 404),
        ("/feeds/nothing.xml", 404),
        ("/feeds/front/1-0.xml", 401),
        ("/feeds/front/-.xml", 401),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, target: str, status: int) -> None:
    async def story(place: Place) -> None:
        assert (await place.get(target)).status == status

    with_place(tmp_path, story)


def test_hostile_names_end_no_element(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        def write(tx: Transaction) -> None:
            tx.run("UPDATE post SET name = :name", name=HOSTILE.replace("\x00", ""))
            tx.run("UPDATE community SET title = :name", name=HOSTILE.replace("\x00", ""))

        await place.instance.database.write(write)
        for suffix in ("xml", "atom"):
            answer = await place.get(f"/feeds/all.{suffix}")
            root = ET.fromstring(answer.body)
            assert b"<script" not in answer.body
            assert not list(root.iter("script"))
        found = json.loads((await place.get("/feeds/all.json")).body)["items"][0]
        assert "<script" not in found["content_html"]

    with_place(tmp_path, story)


def test_a_private_instance_opens_its_feeds_to_keys_only(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        def close(tx: Transaction) -> None:
            tx.run("UPDATE local_site SET private_instance = TRUE, federation_enabled = FALSE")

        await place.instance.database.write(close)
        for target in (
            "/feeds/all.xml",
            "/feeds/c/hearth.xml",
            "/feeds/u/anna.xml",
            f"/feeds/post/{place.first}.xml",
            "/feeds/search.xml?q=post",
            "/feeds/modlog.xml",
        ):
            assert (await place.get(target)).status == 400
            joined = "&" if "?" in target else "?"
            assert (await place.get(f"{target}{joined}key={place.jwt}")).status == 200
        assert (await place.get("/sitemap.xml")).status == 400
        assert (await place.get("/robots.txt")).body == b"User-agent: *\nDisallow: /\n"

    with_place(tmp_path, story)


def test_the_sitemap_names_what_strangers_may_read(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        answer = await place.get("/sitemap.xml")
        assert answer.headers["content-type"] == "application/xml"
        assert answer.headers["cache-control"] == "max-age=3600"
        space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
        places = [url.findtext(f"{space}loc") for url in ET.fromstring(answer.body)]
        assert places == [f"https://site.test/post/{place.first + 1}", f"https://site.test/post/{place.first}"]

    with_place(tmp_path, story)


def test_machines_find_their_way_in(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        robots = (await place.get("/robots.txt")).body.decode()
        assert "Disallow: /settings" in robots
        assert "Sitemap: https://site.test/sitemap.xml" in robots
        manifest = json.loads((await place.get("/manifest.webmanifest")).body)
        assert manifest["name"] == "Hearth & Home"
        assert (await place.get(manifest["icons"][0]["src"])).status == 200
        search = ET.fromstring((await place.get("/opensearch.xml")).body)
        space = "{http://a9.com/-/spec/opensearch/1.1/}"
        assert search.findtext(f"{space}ShortName") == "Hearth & Home"
        assert search.findall(f"{space}Url")[0].get("template") == "https://site.test/search?q={searchTerms}"

    with_place(tmp_path, story)
