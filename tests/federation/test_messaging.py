"""Private messages travel both ways, in the form each side understands, and reach nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import block
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import private_message as messages
from lemmy_lite.federation import documents
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import instance, person, private_message, tombstone
from tests.federation.lab import Place, eventually, lab
from tests.federation.peer import PUBLIC, Json, Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, Peer, Peer], Awaitable[None]]


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    """Run a story with our instance and two servers of other make."""

    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two") as (place, (one, two)):
            await story(place, one, two)

    asyncio.run(run())


def chat(peer: Peer, author: str, recipient: str, text: str = "Hello", number: int = 1, **fields: Any) -> Json:
    return {
        "id": f"{peer.url}/private_message/{number}",
        "type": "ChatMessage",
        "attributedTo": author,
        "to": [recipient],
        "content": f"<p>{text}</p>",
        "mediaType": "text/html",
        "source": {"content": text, "mediaType": "text/markdown"},
        "published": "2024-06-06T06:06:06.654321Z",
        **fields,
    }


def direct(peer: Peer, author: str, recipient: Person, text: str = "Hello", **fields: Any) -> Json:
    """A direct status as Mastodon sends it."""
    called = f'<a href="{recipient.actor_id}" class="u-url mention">@<span>{recipient.name}</span></a>'
    name = f"@{recipient.name}@{recipient.actor_id.split('/')[2]}"
    return {
        "id": f"{author}/statuses/1",
        "type": "Note",
        "summary": None,
        "inReplyTo": None,
        "published": "2024-06-06T06:06:06Z",
        "attributedTo": author,
        "to": [recipient.actor_id],
        "cc": [],
        "sensitive": False,
        "content": f'<p><span class="h-card">{called}</span> {text}</p>',
        "attachment": [],
        "tag": [{"type": "Mention", "href": recipient.actor_id, "name": name}],
        **fields,
    }


async def sent(place: Place, peer: Peer, kind: str, actor: str, obj: Any, to: str, **fields: Any) -> int:
    """Send an activity to one person and wait for its effect."""
    answer = await peer.send(place, {"id": peer.new_id(kind.lower()), "type": kind, "actor": actor, "to": [to], "object": obj, **fields})
    await place.federation.applied()
    return answer.status


async def found(place: Place, ap_id: str) -> PrivateMessage | None:
    return await place.read(private_message.by_ap_id, ap_id)


async def text_of(place: Place, ap_id: str) -> str | None:
    message = await found(place, ap_id)
    return message.content if message else None


async def logged(place: Place) -> list[Any]:
    """Everything in the log, with its inboxes."""

    def rows(tx: Transaction) -> list[Any]:
        return list(tx.all("SELECT ap_id, inboxes, sensitive, community_id FROM sent_activity ORDER BY id"))

    return await place.read(rows)


async def acquainted(place: Place, peer: Peer, name: str, software: str | None = None, version: str = "1") -> Person:
    """A person of a peer who is known here, and what that peer runs."""
    known = await place.federation.resolve(peer.actor("Person", "u", name, endpoints={"sharedInbox": f"{peer.url}/inbox"}))
    assert isinstance(known, Person)
    if software:
        await place.write(instance.set_software, known.instance_id, software, version)
    return known


def test_a_message_is_sent_edited_deleted_and_restored_at_the_other_instance(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=None, beta=None) as (alpha, beta):
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            there = await alpha.federation.resolve(bob.actor_id)
            assert isinstance(there, Person)
            written = await alpha.write(messages.create, alpha.context, ann, there.id, "Tea at *five*?")
            arrived = await eventually(found, beta, written.ap_id)
            assert arrived is not None
            assert (arrived.content, arrived.published, arrived.recipient_id, arrived.local) == (
                "Tea at *five*?",
                written.published,
                bob.id,
                False,
            )
            await alpha.write(messages.edit, alpha.context, ann, written.id, "At six.")
            await eventually(text_of, beta, written.ap_id, gives=lambda text: text == "At six.")
            await alpha.write(messages.delete, ann, written.id, True)
            await eventually(beta.read, private_message.existing, arrived.id, gives=lambda message: message.deleted)
            await alpha.write(messages.delete, ann, written.id, False)
            await eventually(beta.read, private_message.existing, arrived.id, gives=lambda message: not message.deleted)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("software", "version", "kind"),
    [
        (None, "", "ChatMessage"),
        ("lemmy", "0.19.20", "ChatMessage"),
        ("lemmy", "1.0.0", "Note"),
        ("piefed", "1.2", "ChatMessage"),
        ("mbin", "1.8", "ChatMessage"),
        ("Pleroma", "2.7", "ChatMessage"),
        ("mastodon", "4.5", "Note"),
        ("akkoma", "3.15", "Note"),
        ("gotosocial", "0.20", "Note"),
        ("something new", "1", "Note"),
    ],
)
def test_a_message_has_the_form_that_its_receiver_understands(
    software: str | None, version: str, kind: str, tmp_path: Path, free_port: FreePort
) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), await acquainted(place, one, "zoe", software, version)
        await place.write(messages.create, place.context, ann, zoe.id, "Hello")
        (create,) = await eventually(received_by, one)
        note = create["object"]
        assert (create["type"], create["actor"], create["to"], note["type"]) == ("Create", ann.actor_id, [zoe.actor_id], kind)
        assert (note["to"], "cc" in note, "cc" in create) == ([zoe.actor_id], False, False)
        assert note["source"] == {"content": "Hello", "mediaType": "text/markdown"}
        called = [{"type": "Mention", "href": zoe.actor_id, "name": f"@zoe@{one.host}"}]
        assert note.get("tag") == (called if kind == "Note" else None)

    tell(tmp_path, free_port, story)


async def received_by(peer: Peer) -> list[Json]:
    return peer.received


def test_a_message_goes_to_the_inbox_of_its_receiver_alone_and_is_shown_to_nobody(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), await acquainted(place, one, "zoe")
        await acquainted(place, two, "lea")
        written = await place.write(messages.create, place.context, ann, zoe.id, "Hello")
        await place.write(messages.edit, place.context, ann, written.id, "Hello again")
        await place.write(messages.delete, ann, written.id, True)
        log = await logged(place)
        assert len(log) == 3
        for ap_id, inboxes, sensitive, community_id in log:
            assert (inboxes, bool(sensitive), community_id) == (f'["{zoe.actor_id}/inbox"]', True, None)
            kind, uuid = ap_id.split("/")[-2:]
            assert (await place.read(documents.activity, place.context, kind, uuid)).status == 403
        await eventually(received_by, one, gives=lambda told: len(told) == 3)
        assert two.received == []

    tell(tmp_path, free_port, story)


def test_a_message_between_two_local_people_is_not_logged(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, bob = await place.person("ann"), await place.person("bob")
        await place.write(messages.create, place.context, ann, bob.id, "Hello")
        assert await logged(place) == []

    tell(tmp_path, free_port, story)


def test_a_received_message_is_changed_by_newer_updates_only_whatever_their_order(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        first = chat(one, zoe, ann.actor_id)
        newer = chat(one, zoe, ann.actor_id, "Newer", updated="2024-06-08T00:00:00Z")
        older = chat(one, zoe, ann.actor_id, "Older", updated="2024-06-07T00:00:00Z")
        assert await sent(place, one, "Update", zoe, newer, ann.actor_id) == 200
        assert await sent(place, one, "Create", zoe, first, ann.actor_id) == 200
        assert await sent(place, one, "Update", zoe, older, ann.actor_id) == 200
        assert await text_of(place, first["id"]) == "Newer"
        message = await found(place, first["id"])
        assert message is not None
        assert message.published.isoformat() == "2024-06-06T06:06:06.654321+00:00"

    tell(tmp_path, free_port, story)


def test_a_message_deleted_before_it_came_stays_away_until_its_deletion_is_undone(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        message = chat(one, zoe, ann.actor_id)
        delete = {"id": one.new_id("delete"), "type": "Delete", "actor": zoe, "to": [ann.actor_id], "object": message["id"]}
        await one.send(place, delete)
        await sent(place, one, "Create", zoe, message, ann.actor_id)
        assert await found(place, message["id"]) is None
        assert await place.read(tombstone.holds, message["id"])
        await sent(place, one, "Undo", zoe, delete, ann.actor_id)
        await sent(place, one, "Create", zoe, message, ann.actor_id)
        assert await text_of(place, message["id"]) == "Hello"

    tell(tmp_path, free_port, story)


def test_lemmys_deletion_addressed_to_its_author_and_mastodons_to_the_public_both_count(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        for number, addressed in enumerate((zoe, PUBLIC)):
            message = chat(one, zoe, ann.actor_id, number=number)
            await sent(place, one, "Create", zoe, message, ann.actor_id)
            await sent(place, one, "Delete", zoe, {"id": message["id"], "type": "Tombstone"}, addressed)
            deleted = await found(place, message["id"])
            assert deleted is not None
            assert deleted.deleted

    tell(tmp_path, free_port, story)


def test_a_direct_note_of_mastodon_is_a_message_without_the_call_in_front(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        picture = {"type": "Document", "mediaType": "image/png", "url": f"{one.url}/cup.png", "name": "A cup [of tea]"}
        note = direct(one, zoe, ann, "Have a <b>look</b>", attachment=[picture])
        assert await sent(place, one, "Create", zoe, note, ann.actor_id) == 200
        assert await text_of(place, note["id"]) == f"Have a **look**\n\n![A cup \\[of tea\\]]({one.url}/cup.png)"

    tell(tmp_path, free_port, story)


def test_a_note_to_followers_to_several_or_below_a_post_is_no_message(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, bob, zoe = await place.person("ann"), await place.person("bob"), one.person("zoe")
        post = await place.post(ann, await place.community(ann))
        notes = [
            direct(one, zoe, ann, to=[f"{zoe}/followers"]),
            direct(one, zoe, ann, to=[ann.actor_id, bob.actor_id]),
            direct(one, zoe, ann, cc=[f"{zoe}/followers"]),
            direct(one, zoe, ann, to=[]),
            direct(one, zoe, ann, inReplyTo=post.ap_id),
        ]
        for note in notes:
            await sent(place, one, "Create", zoe, note, (note["to"] or [ann.actor_id])[0])
            assert await found(place, note["id"]) is None, note

    tell(tmp_path, free_port, story)


def test_who_is_blocked_or_banned_neither_writes_nor_changes_what_was_written_before(tmp_path: Path, free_port: FreePort) -> None:
    """GHSA-46g9-847m-qf8r: an old message was a way around the block."""

    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        message = chat(one, zoe, ann.actor_id)
        await sent(place, one, "Create", zoe, message, ann.actor_id)
        known = await place.read(person.by_actor_id, zoe)
        assert known is not None
        insult = chat(one, zoe, ann.actor_id, "Insult", updated="2024-06-08T00:00:00Z")

        await place.write(block.block_person, ann, known.id, True)
        await sent(place, one, "Update", zoe, insult, ann.actor_id)
        await sent(place, one, "Create", zoe, chat(one, zoe, ann.actor_id, number=2), ann.actor_id)
        assert await text_of(place, message["id"]) == "Hello"
        assert await found(place, f"{one.url}/private_message/2") is None

        await place.write(block.block_person, ann, known.id, False)
        await place.write(lambda tx: person.update(tx, known.id, banned=True))
        await sent(place, one, "Update", zoe, insult, ann.actor_id)
        await sent(place, one, "Create", zoe, chat(one, zoe, ann.actor_id, number=3), ann.actor_id)
        assert await text_of(place, message["id"]) == "Hello"
        assert await found(place, f"{one.url}/private_message/3") is None

    tell(tmp_path, free_port, story)


def test_nobody_changes_or_deletes_the_message_of_somebody_else(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, bob, zoe, eve = await place.person("ann"), await place.person("bob"), one.person("zoe"), one.person("eve")
        message = chat(one, zoe, ann.actor_id)
        await sent(place, one, "Create", zoe, message, ann.actor_id)
        stolen = chat(one, eve, ann.actor_id, "Stolen", updated="2024-06-08T00:00:00Z")
        await sent(place, one, "Update", eve, stolen, ann.actor_id)
        redirected = chat(one, zoe, bob.actor_id, "For bob", updated="2024-06-08T00:00:00Z")
        await sent(place, one, "Update", zoe, redirected, bob.actor_id)
        await sent(place, one, "Delete", eve, message["id"], ann.actor_id)
        assert await found(place, message["id"]) is not None
        kept = await found(place, message["id"])
        assert kept is not None
        assert (kept.content, kept.deleted, kept.recipient_id) == ("Hello", False, ann.id)

    tell(tmp_path, free_port, story)


def test_a_message_is_neither_announced_nor_fetched(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, zoe = await place.person("ann"), one.person("zoe")
        message = chat(one, zoe, ann.actor_id)
        one.documents["/private_message/1"] = message
        gardens = await place.federation.resolve(one.group("gardens"))
        assert isinstance(gardens, Community)
        await place.write(communities.follow, ann, gardens.id, True)
        await place.write(communities.accept_follow, ann.id, gardens.id)
        create = one.activity("Create", zoe, message, to=[ann.actor_id])
        await one.send(place, one.activity("Announce", f"{one.url}/c/gardens", create))
        await one.send(place, one.activity("Announce", f"{one.url}/c/gardens", message["id"]))
        assert await sent(place, one, "Create", zoe, message["id"], ann.actor_id) == 200
        assert await found(place, message["id"]) is None
        with pytest.raises(Exception, match="couldnt_find_object"):
            await place.federation.resolve(message["id"])
        assert await found(place, message["id"]) is None

    tell(tmp_path, free_port, story)
