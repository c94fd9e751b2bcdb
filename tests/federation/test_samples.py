"""Every document of other software among the samples, by name, with what becomes of it here."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.domain import site
from lemmy_lite.federation import store
from lemmy_lite.federation.errors import Needs, Refused
from lemmy_lite.federation.protocol.reading import read
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community
from lemmy_lite.model.language import LANGUAGE_OF_CODE
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from tests.evidence import evidence_of
from tests.federation.lab import key_pair
from tests.storage.databases import migrated

SAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "activitypub"

# What it becomes, or the code with which it is refused. Where a post has a link, its host follows.
BECOMES = {
    "discourse/objects/group.json": "Community",
    "discourse/objects/page.json": "not_public",  # it names no addressees at all, and Lemmy asks for the public too
    "discourse/objects/person.json": "Person",
    "friendica/objects/note_1.json": "Comment",
    "friendica/objects/note_2.json": "Comment",
    "friendica/objects/page_1.json": "Post www.nasaspaceflight.com",
    "friendica/objects/page_2.json": "Post pirati.ca",
    "friendica/objects/person_1.json": "Person",
    "friendica/objects/person_2.json": "Person",
    "gnusocial/objects/group.json": "Community",
    "gnusocial/objects/note.json": "Comment",
    "gnusocial/objects/page.json": "Post",
    "gnusocial/objects/person.json": "Person",
    "lemmy/objects/chat_message.json": "unknown_type",  # private messages are sent, never fetched: `test_messaging`
    "lemmy/objects/group.json": "Community",
    "lemmy/objects/instance.json": "unknown_type",  # nobody acts as a site towards us
    "lemmy/objects/note.json": "Comment",
    "lemmy/objects/page.json": "Post enterprise.lemmy.ml",
    "lemmy/objects/person.json": "Person",
    "lemmy/objects/tombstone.json": "gone",
    "lotide/objects/group.json": "Community",
    "lotide/objects/note.json": "Comment",
    "lotide/objects/page.json": "Post www.youtube.com",
    "lotide/objects/person.json": "Person",
    "lotide/objects/tombstone.json": "gone",
    "mastodon/objects/note_1.json": "Comment",
    "mastodon/objects/note_2.json": "Comment",
    "mastodon/objects/page.json": "Post",
    "mastodon/objects/person.json": "Person",
    "peertube/objects/group.json": "Community",
    "peertube/objects/note.json": "Comment",
    "peertube/objects/person.json": "Person",
    "peertube/objects/video.json": "Post tilvids.com",
    "pleroma/objects/chat_message.json": "unknown_type",
    "pleroma/objects/note.json": "Comment",
    "pleroma/objects/person.json": "Person",
}

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples of other software are not on this machine")


def samples() -> list[str]:
    return sorted(str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*.json") if path.parent.name == "objects")


def test_every_sample_is_named_in_the_table() -> None:
    assert samples() == sorted(BECOMES)


def stand_in(ap_id: str, kind: str, **fields: Any) -> dict[str, Any]:
    """The plainest document that can stand at an id."""
    host = ap_id.split("/")[2]
    actor = {
        "preferredUsername": ap_id.rstrip("/").rsplit("/", 1)[-1],
        "inbox": f"{ap_id}/inbox",
        "publicKey": {"id": f"{ap_id}#main-key", "owner": ap_id, "publicKeyPem": key_pair(0).public_key},
    }
    page = {"attributedTo": f"https://{host}/u/somebody", "name": "A post"}
    return {"id": ap_id, "type": kind, **(page if kind == "Page" else actor), **fields}


def needed(ap_id: str, document: dict[str, Any]) -> dict[str, Any]:
    """What is fetched for a document: the parent that it answers, its communities, people."""
    channels = [each["id"] for each in document["attributedTo"] if each["type"] == "Group"] if document["type"] == "Video" else []
    if ap_id == document.get("inReplyTo"):
        home = document.get("audience") or f"https://{ap_id.split('/')[2]}/c/something"
        return stand_in(ap_id, "Page", to=["as:Public", home])
    is_group = ap_id in channels or "/c/" in ap_id or "/communities/" in ap_id or ap_id.endswith("/actor/21")
    return stand_in(ap_id, "Group" if is_group else "Person")


async def outcome(database: Database, context: Context, document: dict[str, Any]) -> str:
    """What `store.receive` makes of a document when everything it asks for can be had."""
    waiting = [document]
    found: Any = None
    for _ in range(20):
        if not waiting:
            break
        try:
            found = await database.write(store.receive, evidence_of(waiting[-1]), context, waiting[-1])
            waiting.pop()
        except Needs as need:
            waiting.append(needed(need.ap_id, document))
        except Refused as refusal:
            return refusal.code
    assert not waiting
    assert isinstance(found, Person | Community | Post | Comment)
    link = found.url if isinstance(found, Post) else None
    return type(found).__name__ + (f" {link.split('/')[2]}" if link else "")


def test_each_sample_becomes_what_the_table_says(tmp_path: Path) -> None:
    async def run() -> None:
        settings = config.read({"hostname": "home.example"}, environment={})
        clock = Clock()
        context = Context(
            config=settings, clock=clock, net=Client(NetOptions(user_agent="test")), jwt_secret="secret", history=History(clock.now)
        )
        for name, expected in BECOMES.items():
            url = f"sqlite://{tmp_path}/{name.replace('/', '-')}.db"
            async with migrated(url, clock=clock) as database:
                await database.write(site.found, context, key_pair(10), "home")
                assert await outcome(database, context, read((SAMPLES / name).read_bytes())) == expected, name

    asyncio.run(run())


def test_what_is_read_from_samples_of_other_making_is_clean(tmp_path: Path) -> None:
    """Titles without the call of the community, descriptions of pictures, the language that Mastodon tells beside the text."""

    async def run() -> None:
        settings = config.read({"hostname": "home.example"}, environment={})
        clock = Clock()
        context = Context(
            config=settings, clock=clock, net=Client(NetOptions(user_agent="test")), jwt_secret="secret", history=History(clock.now)
        )
        async with migrated(f"sqlite://{tmp_path}/all.db", clock=clock) as database:
            await database.write(site.found, context, key_pair(10), "home")
            wanted = ("mastodon/objects/page.json", "mastodon/objects/note_2.json", "peertube/objects/video.json")
            for name in wanted:
                document = read((SAMPLES / name).read_bytes())
                assert await outcome(database, context, document) == BECOMES[name]

            def texts(tx: Transaction) -> list[Any]:
                return [tx.all("SELECT name, language_id FROM post ORDER BY id"), tx.column("SELECT content FROM comment")]

            posts, comments = await database.read(texts)
            titles = dict(map(tuple, posts))
            assert titles["Variable never resetting at refresh"] == LANGUAGE_OF_CODE["it"].id
            assert any(title.startswith("Mesa, Wayland") for title in titles)
            assert "![The KDE dragons Katie and Konqi stand" in comments[0]

    asyncio.run(run())
