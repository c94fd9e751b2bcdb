"""Who may send, change and read which private message."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lemmy_lite.domain import notification, private_message
from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import Event, PrivateMessageCreated, PrivateMessageDeleted, PrivateMessageEdited
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.private_message import PrivateMessage, PrivateMessageView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, person, site
from tests.domain.house import House, told
from tests.storage import rows as bare
from tests.storage.rows import NOON


class Letters:
    """A house with two correspondents, and what happened in it."""

    def __init__(self, house: House, ada: Person, bob: Person) -> None:
        self.house, self.ada, self.bob = house, ada, bob
        self.events: list[Event] = []
        house.database.after(self.events.append)

    async def send(self, sender: Person, recipient: Person, content: str = "Hello", origin: RemoteOrigin | None = None) -> PrivateMessage:
        return await self.house.database.write(private_message.create, self.house.context, sender, recipient.id, content, origin=origin)

    async def edit(self, actor: Person, message: PrivateMessage, content: str, origin: RemoteOrigin | None = None) -> PrivateMessage:
        return await self.house.database.write(private_message.edit, self.house.context, actor, message.id, content, origin=origin)

    async def listed(self, whose: Person, unread_only: bool = False, other: Person | None = None, page: Page | None = None) -> list[str]:
        found = await self.house.database.read(
            private_message.listing, whose, page or Page(), unread_only=unread_only, other=other.id if other else None
        )
        return [view.private_message.content for view in found]

    async def elsewhere(self, name: str = "eve") -> Person:
        return await self.house.database.write(lambda tx: person.existing(tx, bare.person(tx, name, "there.test")))


def story(url: str, tell: Callable[[Letters], Awaitable[None]]) -> None:
    async def body(house: House) -> None:
        await tell(Letters(house, await house.person("ada"), await house.person("bob")))

    told(url, body)


def test_a_message_reaches_its_recipient_unread_and_both_can_see_it(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        sent = await letters.send(letters.ada, letters.bob, "Hello *Bob*")
        assert (sent.content, sent.read, sent.deleted, sent.local) == ("Hello *Bob*", False, False, True)
        assert sent.ap_id == f"https://here.test/private_message/{sent.id}"
        assert await letters.listed(letters.ada) == await letters.listed(letters.bob) == ["Hello *Bob*"]
        assert await letters.listed(letters.bob, unread_only=True) == ["Hello *Bob*"]
        assert await letters.listed(letters.ada, unread_only=True) == []
        assert await letters.house.database.read(notification.unread, letters.bob.id) == (0, 0, 1)
        assert PrivateMessageCreated(actor_id=letters.ada.id, private_message_id=sent.id) in letters.events

    story(database_url, tell)


def test_nobody_but_the_two_finds_a_message(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        sent = await letters.send(letters.ada, letters.bob)
        views: list[PrivateMessageView] = [
            await letters.house.database.read(private_message.view, each, sent.id) for each in (letters.ada, letters.bob)
        ]
        assert {(view.creator.name, view.recipient.name) for view in views} == {("ada", "bob")}
        assert await letters.listed(letters.house.admin) == []
        with pytest.raises(LemmyError, match="couldnt_find_private_message"):
            await letters.house.database.read(private_message.view, letters.house.admin, sent.id)

    story(database_url, tell)


def test_messages_are_listed_newest_first_in_pages_and_by_conversation(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        carl = await letters.house.person("carl")
        for sender, recipient, content in (
            (letters.ada, letters.bob, "one"),
            (letters.bob, letters.ada, "two"),
            (carl, letters.ada, "three"),
            (letters.ada, carl, "four"),
        ):
            await letters.send(sender, recipient, content)
            await asyncio.sleep(0)
        assert await letters.listed(letters.ada) == ["four", "three", "two", "one"]
        assert await letters.listed(letters.ada, page=Page(limit=1, number=3)) == ["two"]
        assert await letters.listed(letters.ada, other=letters.bob) == ["two", "one"]
        assert await letters.listed(letters.ada, other=carl) == ["four", "three"]
        assert await letters.listed(letters.ada, other=carl, unread_only=True) == ["three"]

    story(database_url, tell)


def test_who_was_blocked_by_the_recipient_can_neither_write_nor_change_what_was_written(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        sent = await letters.send(letters.ada, letters.bob, "before")
        await letters.house.database.write(block.put, "person", letters.bob.id, letters.ada.id)
        with pytest.raises(LemmyError, match="person_is_blocked"):
            await letters.send(letters.ada, letters.bob, "after")
        with pytest.raises(LemmyError, match="person_is_blocked"):
            await letters.edit(letters.ada, sent, "after")
        await letters.send(letters.bob, letters.ada, "the blocker may write")
        assert await letters.listed(letters.bob) == ["the blocker may write"]
        assert await letters.house.database.read(notification.unread, letters.bob.id) == (0, 0, 0)

    story(database_url, tell)


def test_messages_from_a_blocked_instance_are_neither_listed_nor_counted(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        eve = await letters.elsewhere()
        await letters.send(eve, letters.bob, "from afar", RemoteOrigin(ap_id="https://there.test/private_message/1", published=NOON))
        assert await letters.listed(letters.bob) == ["from afar"]
        await letters.house.database.write(block.put, "instance", letters.bob.id, eve.instance_id)
        assert await letters.listed(letters.bob) == []
        assert await letters.house.database.read(notification.unread, letters.bob.id) == (0, 0, 0)

    story(database_url, tell)


def test_only_the_sender_changes_or_takes_back_a_message(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        sent = await letters.send(letters.ada, letters.bob)
        for other in (letters.bob, letters.house.admin):
            with pytest.raises(LemmyError, match="edit_private_message_not_allowed"):
                await letters.edit(other, sent, "forged")
            with pytest.raises(LemmyError, match="edit_private_message_not_allowed"):
                await letters.house.database.write(private_message.delete, other, sent.id, True)
        edited = await letters.edit(letters.ada, sent, "better")
        assert (edited.content, edited.updated is not None) == ("better", True)
        deleted = await letters.house.database.write(private_message.delete, letters.ada, sent.id, True)
        assert (deleted.deleted, deleted.content) == (True, "better")
        assert await letters.listed(letters.bob) == await letters.listed(letters.ada) == []
        await letters.house.database.write(private_message.delete, letters.ada, sent.id, True)
        await letters.house.database.write(private_message.delete, letters.ada, sent.id, False)
        assert await letters.listed(letters.bob) == ["better"]
        assert [event for event in letters.events if not isinstance(event, PrivateMessageCreated)] == [
            PrivateMessageEdited(actor_id=letters.ada.id, private_message_id=sent.id),
            PrivateMessageDeleted(actor_id=letters.ada.id, private_message_id=sent.id, deleted=True),
            PrivateMessageDeleted(actor_id=letters.ada.id, private_message_id=sent.id, deleted=False),
        ]

    story(database_url, tell)


def test_only_the_recipient_marks_a_message_as_read(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        sent = await letters.send(letters.ada, letters.bob)
        with pytest.raises(LemmyError, match="couldnt_update_private_message"):
            await letters.house.database.write(private_message.mark_as_read, letters.ada, sent.id, True)
        assert (await letters.house.database.write(private_message.mark_as_read, letters.bob, sent.id, True)).read
        assert await letters.listed(letters.bob, unread_only=True) == []
        assert not (await letters.house.database.write(private_message.mark_as_read, letters.bob, sent.id, False)).read
        assert await letters.listed(letters.bob, unread_only=True) == ["Hello"]

    story(database_url, tell)


def test_slurs_are_blotted_out_and_overlong_texts_refused(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        await letters.house.database.write(lambda tx: site.update_local(tx, slur_filter_regex="(gosh)"))
        assert (await letters.send(letters.ada, letters.bob, "Oh gosh!")).content == "Oh *removed*!"
        await letters.send(letters.ada, letters.bob, "x" * 10_000)
        with pytest.raises(LemmyError, match="invalid_body_field"):
            await letters.send(letters.ada, letters.bob, "x" * 10_001)

    story(database_url, tell)


def test_a_message_to_nobody_is_refused_and_so_is_one_by_somebody_banned(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        await letters.house.database.write(lambda tx: person.update(tx, letters.ada.id, banned=True))
        banned = await letters.house.database.read(person.existing, letters.ada.id)
        with pytest.raises(LemmyError, match="site_ban"):
            await letters.send(banned, letters.bob)

        def to_nobody(tx: Transaction) -> None:
            private_message.create(tx, letters.house.context, letters.bob, type(letters.bob.id)(2_000_000_000), "Hello?")

        with pytest.raises(LemmyError, match="couldnt_create_private_message"):
            await letters.house.database.write(to_nobody)
        assert await letters.listed(letters.bob) == []

    story(database_url, tell)


def test_a_received_message_keeps_its_id_and_times_comes_once_and_is_not_changed_by_an_older_edit(database_url: str) -> None:
    async def tell(letters: Letters) -> None:
        eve = await letters.elsewhere()
        origin = RemoteOrigin(ap_id="https://there.test/private_message/7", published=NOON, updated=NOON + 2 * HOUR)
        received = await letters.send(eve, letters.bob, "from afar", origin)
        assert (received.ap_id, received.local) == (origin.ap_id, False)
        assert (await letters.send(eve, letters.bob, "again", origin)).id == received.id
        older = RemoteOrigin(ap_id=origin.ap_id, published=NOON, updated=NOON + HOUR)
        assert (await letters.edit(eve, received, "older", older)).content == "from afar"
        newer = RemoteOrigin(ap_id=origin.ap_id, published=NOON, updated=NOON + 3 * HOUR)
        assert (await letters.edit(eve, received, "newer", newer)).content == "newer"
        assert await letters.listed(letters.bob) == ["newer"]

    story(database_url, tell)
