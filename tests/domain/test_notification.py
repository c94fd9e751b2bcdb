"""Whom a comment tells of itself, and how the notes are listed and marked."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from lemmy_lite.domain import comment, moderation, notification, private_message
from lemmy_lite.model.clock import DAY, HOUR, micros
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentReplyId, LocalUserId, PersonMentionId
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import block, local_user, person
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.views import local_user as local_user_views
from tests.domain.house import House, told


class Talk:
    """A post by ada, which bob and carl discuss."""

    house: House
    ada: Person
    bob: Person
    carl: Person
    post: Post

    def __init__(self, house: House) -> None:
        self.house = house

    async def viewer(self, who: Person) -> Viewer:
        """A person with an account as it is now."""

        def read(tx: Transaction) -> Viewer:
            account = local_user.of_person(tx, who.id)
            found = local_user_views.view(tx, account.id if account else LocalUserId(0))
            assert found is not None
            return Viewer(
                person=found.person,
                local_user=found.local_user,
                vote_display=found.local_user_vote_display_mode,
                languages=(),
                session="session",
            )

        return await self.house.database.read(read)

    async def say(self, who: Person, text: str, below: Comment | None = None) -> Comment:
        return await self.house.comment(who, self.post.id, text, below.id if below else None)

    async def replies(
        self, who: Person, sort: CommentSortType = CommentSortType.NEW, page: Page | None = None, *, unread_only: bool = False
    ) -> list[str]:
        found = await self.house.database.read(
            notification.replies, await self.viewer(who), page or Page(), sort=sort, unread_only=unread_only
        )
        return [view.comment.content for view in found]

    async def mentions(self, who: Person, sort: CommentSortType = CommentSortType.HOT, *, unread_only: bool = False) -> list[str]:
        found = await self.house.database.read(
            notification.person_mentions, await self.viewer(who), Page(), sort=sort, unread_only=unread_only
        )
        return [view.comment.content for view in found]

    async def unread(self, who: Person) -> tuple[int, int, int]:
        return await self.house.database.read(notification.unread, who.id)

    async def set_age(self, written: Comment, hours: int, upvotes: int = 1, downvotes: int = 0) -> None:
        """Make a comment older than it is, with votes."""

        def write(tx: Transaction) -> None:
            then = micros(written.published) - hours * HOUR
            comments.update(tx, written.id, published=then)
            tx.run("UPDATE comment_aggregates SET published = :then WHERE comment_id = :id", then=then, id=written.id)
            comments.set_votes(tx, written.id, upvotes, downvotes)

        await self.house.database.write(write)


def story(url: str, tell: Callable[[Talk], Awaitable[None]]) -> None:
    async def body(house: House) -> None:
        talk = Talk(house)
        talk.ada, talk.bob, talk.carl = [await house.person(name) for name in ("ada", "bob", "carl")]
        talk.post = await house.post(talk.ada, (await house.community(talk.ada)).id)
        await tell(talk)

    told(url, body)


def test_the_author_of_what_is_answered_is_told_and_nobody_of_their_own_words(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        said = await talk.say(talk.bob, "Hello")
        await talk.say(talk.carl, "Hello Bob", said)
        await talk.say(talk.bob, "to myself", said)
        await talk.say(talk.ada, "my own post")
        assert await talk.replies(talk.ada) == ["Hello"]
        assert await talk.replies(talk.bob) == ["Hello Bob"]
        assert await talk.replies(talk.carl) == []
        assert [await talk.unread(each) for each in (talk.ada, talk.bob, talk.carl)] == [(1, 0, 0), (1, 0, 0), (0, 0, 0)]

    story(database_url, tell)


def test_who_is_named_is_told_once_even_when_answered_too(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        said = await talk.say(talk.bob, "Look @carl@here.test and @carl@here.test, not @dora@here.test, @carl@elsewhere.test or @carl")
        await talk.say(talk.carl, "Thanks @bob@here.test", said)
        assert (await talk.mentions(talk.carl), await talk.replies(talk.carl)) == ([said.content], [])
        assert (await talk.mentions(talk.bob), await talk.replies(talk.bob)) == ([], ["Thanks @bob@here.test"])

    story(database_url, tell)


def test_an_edit_tells_those_whom_it_names_anew(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        said = await talk.say(talk.bob, "Hello @ada@here.test")
        await talk.house.database.write(
            comment.edit, talk.house.context, talk.bob, said.id, CommentForm(content="Hello @ada@here.test and @carl@here.test")
        )
        assert (len(await talk.mentions(talk.carl)), len(await talk.mentions(talk.ada)), len(await talk.replies(talk.ada))) == (1, 0, 1)

    story(database_url, tell)


def test_people_whom_the_reader_has_blocked_vanish_from_lists_and_counts(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        said = await talk.say(talk.bob, "before")
        await talk.say(talk.carl, "@ada@here.test", said)
        await talk.house.database.write(block.put, "person", talk.ada.id, talk.bob.id)
        await talk.house.database.write(block.put, "person", talk.ada.id, talk.carl.id)
        await talk.say(talk.bob, "after")
        assert (await talk.replies(talk.ada), await talk.mentions(talk.ada), await talk.unread(talk.ada)) == ([], [], (0, 0, 0))
        await talk.house.database.write(block.delete, "person", talk.ada.id, talk.bob.id)
        assert await talk.replies(talk.ada) == ["before"]

    story(database_url, tell)


def test_bots_are_shown_and_counted_only_to_those_who_want_them(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        await talk.say(talk.bob, "I am a bot")
        await talk.say(talk.bob, "Beep, @carl@here.test")
        await talk.house.database.write(lambda tx: person.update(tx, talk.bob.id, bot_account=True))
        assert (len(await talk.replies(talk.ada)), await talk.unread(talk.ada), await talk.unread(talk.carl)) == (2, (2, 0, 0), (0, 1, 0))
        for reader in (talk.ada, talk.carl):
            account = (await talk.viewer(reader)).local_user.id
            await talk.house.database.write(partial(local_user.update, local_user_id=account, show_bot_accounts=False))
        assert (await talk.replies(talk.ada), await talk.mentions(talk.carl)) == ([], [])
        assert (await talk.unread(talk.ada), await talk.unread(talk.carl)) == ((0, 0, 0), (0, 0, 0))

    story(database_url, tell)


def test_what_was_deleted_or_removed_stays_whole_in_the_list_but_is_not_counted(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        deleted, removed = await talk.say(talk.bob, "deleted"), await talk.say(talk.bob, "removed")
        await talk.house.database.write(comment.delete, talk.bob, deleted.id, True)
        await talk.house.database.write(moderation.remove_comment, talk.ada, removed.id, True)
        assert await talk.replies(talk.ada) == ["removed", "deleted"]
        assert await talk.unread(talk.ada) == (0, 0, 0)

    story(database_url, tell)


def test_lists_are_ordered_by_every_sort_and_cut_into_pages(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        for name, hours, upvotes, downvotes in (
            ("old and loved", 24 * 8, 50, 0),
            ("contested", 30, 9, 8),
            ("new", 1, 1, 0),
            ("hot", 2, 9, 0),
        ):
            await talk.set_age(await talk.say(talk.bob, name), hours, upvotes, downvotes)
        by = {sort: await talk.replies(talk.ada, sort) for sort in CommentSortType}
        assert by[CommentSortType.HOT] == ["hot", "new", "contested", "old and loved"]
        assert by[CommentSortType.TOP] == ["old and loved", "hot", "new", "contested"]
        assert by[CommentSortType.CONTROVERSIAL][0] == "contested"
        assert by[CommentSortType.NEW] == ["hot", "new", "contested", "old and loved"]  # by the notes' own time
        assert by[CommentSortType.OLD] == by[CommentSortType.NEW][::-1]
        for sort, whole in by.items():
            assert sorted(whole) == ["contested", "hot", "new", "old and loved"]
            pages = [await talk.replies(talk.ada, sort, Page(limit=3, number=number)) for number in (1, 2, 3)]
            assert pages == [whole[:3], whole[3:], []], sort

    story(database_url, tell)


def test_mentions_go_by_the_time_of_the_comment(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        first, second = await talk.say(talk.bob, "@carl@here.test first"), await talk.say(talk.bob, "@carl@here.test second")
        await talk.set_age(second, DAY // HOUR)
        assert await talk.mentions(talk.carl, CommentSortType.NEW) == [first.content, second.content]
        assert await talk.mentions(talk.carl, CommentSortType.OLD) == [second.content, first.content]

    story(database_url, tell)


def test_only_the_recipient_marks_a_note(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        await talk.say(talk.bob, "Hello @carl@here.test")
        reply = (await talk.house.database.read(notification.replies, await talk.viewer(talk.ada), Page()))[0].comment_reply
        mention = (await talk.house.database.read(notification.person_mentions, await talk.viewer(talk.carl), Page()))[0].person_mention
        other = await talk.viewer(talk.bob)
        with pytest.raises(LemmyError, match="couldnt_update_comment"):
            await talk.house.database.write(notification.mark_reply, other, reply.id, True)
        with pytest.raises(LemmyError, match="couldnt_update_comment"):
            await talk.house.database.write(notification.mark_mention, other, mention.id, True)
        with pytest.raises(LemmyError, match="couldnt_find_comment_reply"):
            await talk.house.database.write(notification.mark_reply, other, CommentReplyId(2_000_000_000), True)
        with pytest.raises(LemmyError, match="couldnt_find_person_mention"):
            await talk.house.database.write(notification.mark_mention, other, PersonMentionId(2_000_000_000), True)
        read = await talk.house.database.write(notification.mark_reply, await talk.viewer(talk.ada), reply.id, True)
        named = await talk.house.database.write(notification.mark_mention, await talk.viewer(talk.carl), mention.id, True)
        assert (read.comment_reply.read, read.recipient.id, named.person_mention.read) == (True, talk.ada.id, True)
        assert await talk.replies(talk.ada, unread_only=True) == await talk.mentions(talk.carl, unread_only=True) == []
        await talk.house.database.write(notification.mark_reply, await talk.viewer(talk.ada), reply.id, False)
        assert await talk.replies(talk.ada, unread_only=True) == ["Hello @carl@here.test"]

    story(database_url, tell)


def test_the_whole_inbox_of_one_person_is_marked_at_once(database_url: str) -> None:
    async def tell(talk: Talk) -> None:
        said = await talk.say(talk.carl, "Hello")
        await talk.say(talk.bob, "Hello Carl, @ada@here.test", said)
        for recipient in (talk.ada, talk.carl):
            await talk.house.database.write(private_message.create, talk.house.context, talk.bob, recipient.id, "Hi")
        assert (await talk.unread(talk.ada), await talk.unread(talk.carl)) == ((1, 1, 1), (1, 0, 1))
        await talk.house.database.write(notification.mark_all_as_read, talk.ada)
        assert (await talk.unread(talk.ada), await talk.unread(talk.carl)) == ((0, 0, 0), (1, 0, 1))

    story(database_url, tell)
