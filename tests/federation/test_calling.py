"""Who is called by name hears of it, here and elsewhere, known or not."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lemmy_lite.domain import community as communities
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, person, post
from tests.federation.lab import Place, eventually, lab
from tests.federation.peer import Json, Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, Peer, Peer], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    """Run a story with our instance and two servers of other make."""

    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two") as (place, (one, two)):
            await story(place, one, two)

    asyncio.run(run())


def webfinger(peer: Peer, ap_id: str) -> None:
    """The peer answers for all names with this one actor."""
    peer.documents["/.well-known/webfinger"] = {"links": [{"rel": "self", "type": "application/activity+json", "href": ap_id}]}


async def everything(peer: Peer) -> list[Json]:
    return peer.received


async def notes_of(place: Place, whose: Person) -> tuple[int, int]:
    """Replies and mentions that a person was told of."""

    def count(tx: Transaction) -> tuple[int, int]:
        numbers = [
            tx.value(f"SELECT COUNT(*) FROM {kind} WHERE recipient_id = :id", id=whose.id) for kind in ("comment_reply", "person_mention")
        ]
        return numbers[0], numbers[1]

    return await place.read(count)


def test_a_stranger_called_in_a_comment_is_met_first_and_gets_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        webfinger(one, zoe)
        text = f"What does @zoe@{one.host} think? And @nobody@{two.host}?"
        written = await place.post(ann, await place.community(ann))
        await place.federation.meet(text)
        await place.federation.meet(None)
        await place.comment(ann, written, text)
        (create,) = await eventually(everything, one)
        note = create["object"]
        assert {"type": "Mention", "href": zoe, "name": f"@zoe@{one.host}"} in note["tag"]
        assert zoe in note["cc"]
        assert zoe in create["cc"]
        assert two.received == []

    tell(tmp_path, free_port, story)


def test_who_is_called_in_a_post_gets_it_too(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        await place.federation.resolve(zoe)
        await place.post(ann, await place.community(ann), body=f"Asking for @zoe@{one.host}.")
        (create,) = await eventually(everything, one)
        page = create["object"]
        assert (create["type"], page["type"], page["cc"]) == ("Create", "Page", [zoe])
        assert [tag["type"] for tag in page["tag"]] == ["Hashtag", "Mention"]
        assert zoe in create["cc"]

    tell(tmp_path, free_port, story)


def test_a_call_travels_between_two_instances_and_is_told_once(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=None, beta=None) as (alpha, beta):
            ann, bob, eve = await alpha.person("ann"), await beta.person("bob"), await beta.person("eve")
            home = await alpha.community(ann)
            await beta.follow(eve, f"!tea@{alpha.host}")
            written = await alpha.post(ann, home)
            text = f"@bob@{beta.host} knows this, [@bob@{beta.host}]({bob.actor_id})"
            await alpha.federation.meet(text)
            called = await alpha.comment(ann, written, text)
            await eventually(beta.read, comment.by_ap_id, called.ap_id)
            await eventually(notes_of, beta, bob, gives=lambda notes: notes == (0, 1))
            assert await notes_of(beta, eve) == (0, 0)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("content", "tagged"),
    [
        ('<p><span class="h-card"><a href="{ann}" class="u-url mention">@<span>ann</span></a></span> look</p>', True),
        ("<p>@ann look</p>", True),
        ('<p><a href="{ann}">@Ann of the teapot</a> look</p>', False),
        ("<p>@ann@{host} look</p>", False),
    ],
)
def test_a_local_person_is_told_of_a_call_by_name_tag_or_link(content: str, tagged: bool, tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, bob, zoe = await place.person("ann"), await place.person("bob"), one.person("zoe")
        home = await place.community(bob)
        written = await place.post(bob, home)
        text = content.format(ann=ann.actor_id, host=place.host)
        tags = [{"type": "Mention", "href": bob.actor_id}, *([{"type": "Mention", "href": ann.actor_id}] if tagged else [])]
        note = one.note(zoe, written.ap_id, home.actor_id, content=text, tag=tags)
        assert (await one.send(place, one.activity("Create", zoe, note, home.actor_id))).status == 200
        await place.federation.applied()
        assert await notes_of(place, ann) == (0, 1)
        assert await notes_of(place, bob) == (1, 0)  # as the author who is answered, and not a second time for the tag

    tell(tmp_path, free_port, story)


def test_a_post_of_mastodon_that_calls_a_community_is_announced_as_a_whole_and_by_itself(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home = await place.community(await place.person("ann"))
        zoe, lea = one.person("zoe"), two.person("lea")
        await two.send(place, two.activity("Follow", lea, home.actor_id, to=[home.actor_id]))
        await place.federation.applied()
        note: Json = {
            "id": f"{one.url}/users/zoe/statuses/1",
            "type": "Note",
            "inReplyTo": None,
            "published": "2024-06-06T06:06:06Z",
            "attributedTo": zoe,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [f"{zoe}/followers"],
            "sensitive": True,
            "content": f'<p><span class="h-card"><a href="{home.actor_id}" class="u-url mention">@<span>tea</span></a></span></p><p>Hi</p>',
            "contentMap": {"en": "…"},
            "attachment": [
                {"type": "Document", "mediaType": "image/png", "url": f"{one.url}/1.png", "name": "A cup"},
                {"type": "Document", "mediaType": "image/png", "url": f"{one.url}/2.png", "name": "A pot"},
            ],
            "tag": [{"type": "Mention", "href": home.actor_id, "name": f"@tea@{place.host}"}],
        }
        create = {"id": f"{note['id']}/activity", "type": "Create", "actor": zoe, "to": note["to"], "cc": note["cc"], "object": note}
        assert (await one.send(place, create)).status == 200
        await place.federation.applied()
        found = await place.read(post.by_ap_id, note["id"])
        assert isinstance(found, Post)
        assert (found.name, found.url, found.alt_text, found.nsfw) == ("Hi", f"{one.url}/1.png", "A cup", True)
        assert f"![A pot]({one.url}/2.png)" in (found.body or "")
        told = await eventually(everything, two, gives=lambda received: len(received) == 3)
        assert [each["object"] for each in told[1:]] == [create, note]

    tell(tmp_path, free_port, story)


def film(peer: Peer, author: str, channel: str) -> Json:
    """A film as PeerTube describes it."""
    return {
        "id": f"{peer.url}/videos/watch/1",
        "type": "Video",
        "name": "Steeping",
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [f"{author}/followers"],
        "attributedTo": [{"type": "Person", "id": author}, {"type": "Group", "id": channel}],
        "mediaType": "text/markdown",
        "content": "Four *minutes*",
        "commentsEnabled": False,
        "language": {"identifier": "de", "name": "Deutsch"},
        "url": [
            {"type": "Link", "mediaType": "application/x-mpegURL", "href": f"{peer.url}/1.m3u8"},
            {"type": "Link", "mediaType": "text/html", "href": f"{peer.url}/w/1"},
        ],
        "published": "2024-06-06T06:06:06Z",
    }


def article(peer: Peer, author: str, channel: str) -> Json:
    """An article as WordPress describes it: the blog that announces it is named nowhere."""
    return {
        "id": f"{peer.url}/?p=1",
        "type": "Article",
        "name": "Steeping",
        "attributedTo": author,
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [f"{author}/followers"],
        "content": "<p>Four <em>minutes</em></p>",
        "url": f"{peer.url}/w/1",
        "attachment": [],
        "published": "2024-06-06T06:06:06Z",
    }


@pytest.mark.parametrize(("make", "locked"), [(film, True), (article, False)])
def test_a_channel_or_blog_that_is_followed_announces_bare_objects(
    make: Callable[[Peer, str, str], Json], locked: bool, tmp_path: Path, free_port: FreePort
) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe, channel = await place.person("ann"), one.person("zoe"), one.group("steeping")
        known = await place.federation.resolve(channel)
        assert isinstance(known, Community)
        await place.write(communities.follow, ann, known.id, True)
        await place.write(communities.accept_follow, ann.id, known.id)
        document = make(one, zoe, channel)
        one.documents[document["id"].removeprefix(one.url).partition("?")[0]] = document
        assert (await one.send(place, one.activity("Announce", channel, document["id"]))).status == 200
        await place.federation.applied()
        found = await place.read(post.by_ap_id, document["id"])
        assert isinstance(found, Post)
        assert (found.name, found.url, found.body, found.locked) == ("Steeping", f"{one.url}/w/1", "Four *minutes*", locked)
        assert found.community_id == known.id
        author = await place.read(person.by_actor_id, zoe)
        assert author is not None
        assert found.creator_id == author.id

    tell(tmp_path, free_port, story)


def test_a_poll_keeps_its_answers_in_the_text(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        home, zoe = await place.community(await place.person("ann")), one.person("zoe")
        answers = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 1}} for name in ("Green", "Black")]
        poll = one.page(zoe, home.actor_id, type="Question", content="<p>Which?</p>", oneOf=answers)
        await one.send(place, one.activity("Create", zoe, poll, home.actor_id))
        await place.federation.applied()
        found = await place.read(post.by_ap_id, poll["id"])
        assert isinstance(found, Post)
        assert found.body == "Which?\n\n- Green\n- Black"

    tell(tmp_path, free_port, story)
