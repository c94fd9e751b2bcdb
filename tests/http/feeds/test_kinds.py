"""Feeds besides those of posts: the log of moderation and what one has saved; and what a feed reader makes of all of them."""

import html
import json
import re
from pathlib import Path
from typing import Any

import feedparser
import pytest

from lemmy_lite.domain import feed, moderation, post
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.ids import PostId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person
from tests.http.feeds.test_feeds import HOSTILE, Place, rss, titles, with_place

PUBLIC = ("/feeds/all", "/feeds/local", "/feeds/c/hearth", "/feeds/u/anna", "/feeds/search", "/feeds/modlog", "/feeds/post/1")
BEFORE_XML_1_0 = HOSTILE.replace("\x00", "")
"""Postgres and SQLite's texts hold no zero."""


async def moderated(place: Place, reason: str = "Spam & <worse>") -> None:
    """A post that was removed and brought back, and one that was locked."""

    def deeds(tx: Transaction) -> None:
        anna = person.existing(tx, place.anna.id)
        number = PostId(place.first)
        tx.run("UPDATE local_site SET hide_modlog_mod_names = FALSE")
        moderation.remove_post(tx, anna, number, True, reason)
        moderation.remove_post(tx, anna, number, False)
        moderation.lock_post(tx, anna, number, True)

    await place.instance.database.write(deeds)


def test_the_log_of_moderation_is_a_feed_in_the_words_of_its_page(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await moderated(place)
        channel = rss(await place.get("/feeds/modlog.xml"))
        assert channel.findtext("title") == "Hearth & Home - Moderation log"
        assert sorted(map(str, titles(channel))) == [
            "anna locked the post A post in hearth",
            "anna removed the post A post in hearth",
            "anna restored the post A post in hearth",
        ]
        removal = next(item for item in channel.findall("item") if "removed" in (item.findtext("title") or ""))
        said = removal.findtext("description") or ""
        assert "<q>Spam &amp; &lt;worse&gt;</q>" in said
        assert f'<a href="https://site.test/post/{place.first}">A post</a>' in said
        page, _, anchor = (removal.findtext("guid") or "").partition("#")
        assert page.startswith("https://site.test/modlog?")
        shown = (await place.get(page.removeprefix("https://site.test"))).body.decode()
        assert f'id="{anchor}"' in shown, "the link of an entry leads to its line on the page"
        assert len({item.findtext("guid") for item in channel.findall("item")}) == 3
        only = rss(await place.get("/feeds/modlog.xml?actionType=ModLockPost"))
        assert titles(only) == ["anna locked the post A post in hearth"]

    with_place(tmp_path, story)


def test_each_community_has_its_log_and_that_of_members_is_for_members(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await moderated(place)
        base = "/feeds/modlog"
        assert len(titles(rss(await place.get(f"{base}/{place.home}.xml")))) == 3
        inner = await place.instance.database.read(_inner)
        assert (await place.get(f"{base}/{inner}.xml")).status == 404
        assert rss(await place.get(f"{base}/{inner}.xml?key={place.jwt}")).findtext("title") == "Hearth & Home - Moderation log of inner"

    with_place(tmp_path, story)


def _inner(tx: Transaction) -> int:
    found = community.by_name(tx, "inner", "site.test")
    assert found is not None
    assert found.visibility is CommunityVisibility.LOCAL_ONLY
    return found.id


def test_a_moderator_whose_name_is_hidden_on_the_site_is_hidden_in_the_feed(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await moderated(place)

        def hide(tx: Transaction) -> None:
            tx.run("UPDATE local_site SET hide_modlog_mod_names = TRUE")

        await place.instance.database.write(hide)
        answer = await place.get(f"/feeds/modlog/{place.home}.json")
        items = json.loads(answer.body)["items"]
        assert {item["authors"][0]["name"] for item in items} == {"A moderator"}
        assert b"/u/anna" not in answer.body

    with_place(tmp_path, story)


def test_what_one_has_saved_is_read_with_the_private_key_alone(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        database, context = place.instance.database, place.instance.context
        viewer = await place.viewer()
        key = await database.write(feed.renew_key, context, viewer)
        assert titles(rss(await place.get(f"/feeds/saved/{key}.xml"))) == []
        await database.write(post.save, place.anna, PostId(place.first), True)
        answer = await place.get(f"/feeds/saved/{key}.xml")
        assert titles(rss(answer)) == ["A post"]
        assert answer.headers["cache-control"].startswith("private")
        shown = await place.get("/settings/data", Cookie=f"__Host-session={place.jwt}")
        assert f"/feeds/saved/{key}.xml" in shown.body.decode()

    with_place(tmp_path, story)


@pytest.mark.parametrize(("suffix", "kind"), [("xml", "rss20"), ("rss", "rss20"), ("atom", "atom10"), ("json", "json11")])
def test_a_feed_reader_reads_every_feed_whatever_people_called_their_things(tmp_path: Path, suffix: str, kind: str) -> None:
    async def story(place: Place) -> None:
        await moderated(place, BEFORE_XML_1_0)

        def rename(tx: Transaction) -> None:
            tx.run("UPDATE post SET name = :name", name=BEFORE_XML_1_0)
            tx.run("UPDATE community SET title = :name", name=BEFORE_XML_1_0)
            tx.run("UPDATE person SET display_name = :name", name=BEFORE_XML_1_0)
            tx.run("UPDATE site SET name = :name, description = :name", name=BEFORE_XML_1_0)

        await place.instance.database.write(rename)
        for target in PUBLIC:
            answer = await place.get(f"{target}.{suffix}?q=post")
            assert answer.status == 200, (target, answer.body)
            read = json_feed(answer.body) if suffix == "json" else feedparser.parse(answer.body)
            assert not read["bozo"], (target, read.get("bozo_exception"))
            assert (read["version"], bool(read["entries"])) == (kind, True), target
            for entry in read["entries"]:
                assert "]]>" in entry["title"]
                assert entry["link"].startswith("https://site.test/")
                assert entry["published_parsed"] if suffix != "json" else entry["date_published"]
                assert "<script" not in entry["summary"]

    with_place(tmp_path, story)


def json_feed(body: bytes) -> dict[str, Any]:
    """A JSON Feed by the rules of its specification, in the shape in which feedparser (which knows XML only) shows the others."""
    document = json.loads(body)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    entries = [{**item, "link": item["url"], "summary": item["content_html"]} for item in document["items"]]
    return {"bozo": not document["title"] or any(not item["id"] for item in entries), "version": "json11", "entries": entries}


@pytest.mark.parametrize(
    "path", ["/", "/?dataType=Comment&sort=New", "/c/hearth", "/u/anna?view=Comments", "/post/1", "/search?q=post", "/modlog", "/modlog/2"]
)
def test_every_page_that_is_a_list_names_its_feed_in_three_formats_and_each_is_there(tmp_path: Path, path: str) -> None:
    async def story(place: Place) -> None:
        page = (await place.get(path)).body.decode()
        head = page.partition("</head>")[0]
        feeds = [html.unescape(address) for address in re.findall(r'<link rel="alternate" [^>]*href="(/feeds/[^"]*)"', head)]
        assert [address.partition("?")[0].rpartition(".")[2] for address in feeds] == ["xml", "atom", "json"]
        for address in feeds:
            assert (await place.get(address)).status == 200, address

    with_place(tmp_path, story)


def _named_in(page: bytes) -> list[str]:
    """The feeds that the head of a page names."""
    head = page.decode().partition("</head>")[0]
    return [html.unescape(address) for address in re.findall(r'<link rel="alternate" [^>]*href="(/feeds/[^"]*)"', head)]


PRIVATE = [
    ("/inbox", "inbox"),
    ("/?listingType=Subscribed", "front"),
    ("/?listingType=ModeratorView", "moderated"),
    ("/u/anna?view=Saved", "saved"),
]


def test_a_page_that_only_its_reader_sees_names_the_feed_once_there_are_private_addresses(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        database, context = place.instance.database, place.instance.context
        viewer, cookie = await place.viewer(), {"Cookie": f"__Host-session={place.jwt}"}
        for path, _ in PRIVATE:
            assert _named_in((await place.get(path, **cookie)).body) == [], "no key, and no feed of something else instead"
        key = await database.write(feed.renew_key, context, viewer)
        for path, part in PRIVATE:
            feeds = _named_in((await place.get(path, **cookie)).body)
            assert [address.partition("?")[0] for address in feeds] == [
                f"/feeds/{part}/{key}.{suffix}" for suffix in ("xml", "atom", "json")
            ]
            for address in feeds:
                assert (await place.get(address)).status == 200, address
        assert "A post" in titles(rss(await place.get(f"/feeds/moderated/{key}.xml")))
        german = (await place.get("/u/anna?view=Comments", **{"Accept-Language": "de"})).body
        assert all(address.endswith("?dataType=Comment") for address in _named_in(german))

    with_place(tmp_path, story)


def test_every_feed_in_every_format_is_sent_once_to_a_reader_that_asks_for_news(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await moderated(place)
        key = await place.instance.database.write(feed.renew_key, place.instance.context, await place.viewer())
        private = tuple(f"/feeds/{part}/{key}" for _, part in PRIVATE)
        for target in PUBLIC + private:
            for suffix in ("xml", "atom", "json"):
                first = await place.get(f"{target}.{suffix}?q=post")
                assert first.status == 200
                for known in (first.headers["etag"], f'"old", {first.headers["etag"]}', "*"):
                    again = await place.get(f"{target}.{suffix}?q=post", **{"If-None-Match": known})
                    assert (again.status, again.body) == (304, b""), target
                assert (await place.get(f"{target}.{suffix}?q=post", **{"If-None-Match": '"old"'})).status == 200

    with_place(tmp_path, story)
