"""Who may report what, who sees the reports, and how they are closed."""

from collections.abc import Awaitable, Callable

import pytest

from lemmy_lite.domain import comment, moderation, post, private_message, report
from lemmy_lite.domain import community as communities
from lemmy_lite.domain.report import Waiting
from lemmy_lite.model.comment import Comment, CommentForm
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommentReported, Event, PostReported
from lemmy_lite.model.ids import CommentReportId, PostReportId, PrivateMessageReportId
from lemmy_lite.model.paging import Page
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community_ban, site
from tests.domain.house import House, told

ALL = Page(limit=50)


class Court:
    """Two communities of two founders, in the first a post and a comment by an author; somebody else is annoyed."""

    house: House
    ada: Person
    bob: Person
    author: Person
    reader: Person
    birds: Community
    bees: Community
    post: Post
    comment: Comment

    def __init__(self, house: House) -> None:
        self.house = house
        self.events: list[Event] = []
        house.database.after(self.events.append)

    async def report_post(self, who: Person, post: Post | None = None, reason: str = "Spam") -> PostReportId:
        return await self.house.database.write(report.report_post, self.house.context, who, (post or self.post).id, reason)

    async def report_comment(self, who: Person, reason: str = "Rude") -> CommentReportId:
        return await self.house.database.write(report.report_comment, self.house.context, who, self.comment.id, reason)

    async def report_message(self, who: Person) -> PrivateMessageReportId:
        def write(tx: Transaction) -> PrivateMessageReportId:
            sent = private_message.create(tx, self.house.context, self.author, self.reader.id, "Buy!")
            return report.report_private_message(tx, self.house.context, who, sent.id, "Spam")

        return await self.house.database.write(write)

    async def posts(self, who: Person, *, unresolved_only: bool = False, home: Community | None = None) -> list[PostReportId]:
        found = await self.house.database.read(
            report.of_posts, who, ALL, unresolved_only=unresolved_only, community_id=home.id if home else None
        )
        return [view.post_report.id for view in found]

    async def waiting(self, who: Person, home: Community | None = None) -> Waiting:
        return await self.house.database.read(report.waiting, who, home.id if home else None)


def story(url: str, tell: Callable[[Court], Awaitable[None]]) -> None:
    async def body(house: House) -> None:
        court = Court(house)
        court.ada, court.bob, court.author, court.reader = [await house.person(name) for name in ("ada", "bob", "author", "reader")]
        court.birds, court.bees = await house.community(court.ada, "birds"), await house.community(court.bob, "bees")
        court.post = await house.post(court.author, court.birds.id, "Cheap!", body="Buy", url="https://shop.example/")
        court.comment = await house.comment(court.author, court.post.id, "Really cheap")
        await tell(court)

    told(url, body)


def test_a_report_keeps_what_the_post_said_whatever_becomes_of_it(database_url: str) -> None:
    async def tell(court: Court) -> None:
        made = await court.report_post(court.reader, reason="  Spam  ")
        await court.house.database.write(
            post.edit, court.house.context, court.author, court.post.id, PostForm(name="Nice day", body="", url="")
        )
        view = await court.house.database.read(report.post_report, court.ada.id, made)
        kept = view.post_report
        assert (kept.original_post_name, kept.original_post_url, kept.original_post_body) == ("Cheap!", "https://shop.example/", "Buy")
        assert (kept.reason, kept.resolved, view.resolver, view.post.name) == ("Spam", False, None, "Nice day")
        assert (view.creator.id, view.post_creator.id, view.community.id) == (court.reader.id, court.author.id, court.birds.id)
        assert PostReported(actor_id=court.reader.id, post_id=court.post.id, reason="Spam") in court.events

    story(database_url, tell)


def test_a_report_keeps_what_the_comment_said_whatever_becomes_of_it(database_url: str) -> None:
    async def tell(court: Court) -> None:
        made = await court.report_comment(court.reader)
        await court.house.database.write(comment.edit, court.house.context, court.author, court.comment.id, CommentForm(content="Nice day"))
        await court.house.database.write(comment.delete, court.author, court.comment.id, True)
        view = await court.house.database.read(report.comment_report, court.ada.id, made)
        assert (view.comment_report.original_comment_text, view.comment.content) == ("Really cheap", "Nice day")
        assert (view.creator.id, view.comment_creator.id) == (court.reader.id, court.author.id)
        assert CommentReported(actor_id=court.reader.id, comment_id=court.comment.id, reason="Rude") in court.events

    story(database_url, tell)


def test_everybody_reports_a_thing_once(database_url: str) -> None:
    async def tell(court: Court) -> None:
        await court.report_post(court.reader)
        await court.report_comment(court.reader)
        for again in (court.report_post, court.report_comment):
            with pytest.raises(LemmyError, match="couldnt_create_report"):
                await again(court.reader)
        await court.report_post(court.bob)
        assert await court.waiting(court.ada) == Waiting(posts=2, comments=1)

    story(database_url, tell)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "report_reason_required"), ("  ", "report_reason_required"), ("x" * 1001, "report_too_long"), ("gosh", "slurs")],
)
def test_a_reason_is_needed_and_has_bounds(database_url: str, reason: str, code: str) -> None:
    async def tell(court: Court) -> None:
        await court.house.database.write(lambda tx: site.update_local(tx, slur_filter_regex="(gosh)"))
        with pytest.raises(LemmyError, match=code):
            await court.report_post(court.reader, reason=reason)
        with pytest.raises(LemmyError, match=code):
            await court.report_comment(court.reader, reason=reason)
        assert await court.waiting(court.ada) == Waiting(posts=0, comments=0)

    story(database_url, tell)


def test_what_is_gone_and_where_one_is_banned_cannot_be_reported(database_url: str) -> None:
    async def tell(court: Court) -> None:
        await court.house.database.write(moderation.remove_comment, court.ada, court.comment.id, True)
        with pytest.raises(LemmyError, match="deleted"):
            await court.report_comment(court.reader)
        await court.house.database.write(community_ban.put, court.birds.id, court.reader.id, None)
        with pytest.raises(LemmyError, match="banned_from_community"):
            await court.report_post(court.reader)
        await court.house.database.write(post.delete, court.author, court.post.id, True)
        with pytest.raises(LemmyError, match="couldnt_find_post"):
            await court.report_post(court.bob)

    story(database_url, tell)


def test_reports_are_for_those_who_moderate_there_and_for_admins(database_url: str) -> None:
    async def tell(court: Court) -> None:
        other = await court.house.post(court.author, court.bees.id)
        in_birds, in_bees = await court.report_post(court.reader), await court.report_post(court.reader, other)
        assert await court.posts(court.ada) == [in_birds]
        assert await court.posts(court.bob) == [in_bees]
        assert await court.posts(court.house.admin) == [in_bees, in_birds]
        assert await court.posts(court.house.admin, home=court.birds) == [in_birds]
        assert await court.posts(court.ada, home=court.bees) == []
        for stranger in (court.reader, court.author):
            with pytest.raises(LemmyError, match="not_a_mod_or_admin"):
                await court.posts(stranger)
            with pytest.raises(LemmyError, match="not_a_mod_or_admin"):
                await court.waiting(stranger)
        for stranger in (court.reader, court.bob):
            with pytest.raises(LemmyError, match="not_a_mod_or_admin"):
                await court.house.database.write(report.resolve_post_report, stranger, in_birds, True)

    story(database_url, tell)


def test_open_reports_come_oldest_first_and_all_of_them_newest_first(database_url: str) -> None:
    async def tell(court: Court) -> None:
        others = [await court.house.post(court.author, court.birds.id, f"Post {number}") for number in range(3)]
        first, second, third = [await court.report_post(court.reader, each) for each in others]
        await court.house.database.write(report.resolve_post_report, court.ada, second, True)
        assert await court.posts(court.ada) == [third, second, first]
        assert await court.posts(court.ada, unresolved_only=True) == [first, third]
        of_one = await court.house.database.read(report.of_posts, court.ada, ALL, post_id=others[2].id)
        assert [view.post_report.id for view in of_one] == [third]
        page = await court.house.database.read(report.of_posts, court.ada, Page(limit=1, number=2))
        assert [view.post_report.id for view in page] == [second]

    story(database_url, tell)


def test_a_resolved_report_names_its_resolver_and_can_be_opened_again(database_url: str) -> None:
    async def tell(court: Court) -> None:
        made, said = await court.report_post(court.reader), await court.report_comment(court.reader)
        await court.house.database.write(report.resolve_post_report, court.ada, made, True)
        await court.house.database.write(report.resolve_comment_report, court.house.admin, said, True)
        of_post = await court.house.database.read(report.post_report, court.ada.id, made)
        of_comment = await court.house.database.read(report.comment_report, court.ada.id, said)
        assert of_post.resolver
        assert of_comment.resolver
        assert (of_post.post_report.resolved, of_post.resolver.name, of_comment.resolver.name) == (True, "ada", "admin")
        assert await court.waiting(court.ada) == Waiting(posts=0, comments=0)
        await court.house.database.write(report.resolve_post_report, court.ada, made, False)
        await court.house.database.write(report.resolve_comment_report, court.ada, said, False)
        assert await court.waiting(court.ada) == Waiting(posts=1, comments=1)

    story(database_url, tell)


def test_removing_a_thing_closes_its_open_reports(database_url: str) -> None:
    async def tell(court: Court) -> None:
        made = await court.report_post(court.reader)
        said = await court.report_comment(court.reader)
        earlier = await court.report_post(court.bob)
        await court.house.database.write(report.resolve_post_report, court.house.admin, earlier, True)
        await court.house.database.write(moderation.remove_post, court.ada, court.post.id, True)
        await court.house.database.write(moderation.remove_comment, court.ada, court.comment.id, True)
        assert await court.waiting(court.ada) == Waiting(posts=0, comments=0)
        resolvers = [await court.house.database.read(report.post_report, court.ada.id, number) for number in (made, earlier)]
        assert [view.resolver and view.resolver.name for view in resolvers] == ["ada", "admin"]
        of_comments = await court.house.database.read(report.of_comments, court.ada, ALL, comment_id=court.comment.id)
        assert [view.comment_report.id for view in of_comments] == [said]
        assert [view.comment.content for view in of_comments] == ["Really cheap"]

    story(database_url, tell)


def test_private_messages_are_reported_by_their_recipient_to_the_admins_alone(database_url: str) -> None:
    async def tell(court: Court) -> None:
        for other in (court.author, court.house.admin):
            with pytest.raises(LemmyError, match="couldnt_create_report"):
                await court.report_message(other)
        made = await court.report_message(court.reader)
        assert await court.waiting(court.house.admin) == Waiting(posts=0, comments=0, private_messages=1)
        assert (await court.waiting(court.house.admin, court.birds)).private_messages is None
        assert (await court.waiting(court.ada)).private_messages is None
        with pytest.raises(LemmyError, match="not_an_admin"):
            await court.house.database.read(report.of_private_messages, court.ada, ALL)
        with pytest.raises(LemmyError, match="not_an_admin"):
            await court.house.database.write(report.resolve_private_message_report, court.ada, made, True)
        [view] = await court.house.database.read(report.of_private_messages, court.house.admin, ALL, unresolved_only=True)
        assert (view.private_message_report.original_pm_text, view.creator.id) == ("Buy!", court.reader.id)
        assert view.private_message_creator.id == court.author.id
        await court.house.database.write(report.resolve_private_message_report, court.house.admin, made, True)
        assert await court.house.database.read(report.of_private_messages, court.house.admin, ALL, unresolved_only=True) == []
        assert len(await court.house.database.read(report.of_private_messages, court.house.admin, ALL)) == 1

    story(database_url, tell)


def test_a_report_that_does_not_exist_cannot_be_resolved(database_url: str) -> None:
    async def tell(court: Court) -> None:
        missing = 2_000_000_000
        with pytest.raises(LemmyError, match="couldnt_find_post_report"):
            await court.house.database.write(report.resolve_post_report, court.ada, PostReportId(missing), True)
        with pytest.raises(LemmyError, match="couldnt_find_comment_report"):
            await court.house.database.write(report.resolve_comment_report, court.ada, CommentReportId(missing), True)
        with pytest.raises(LemmyError, match="couldnt_find_private_message_report"):
            await court.house.database.write(
                report.resolve_private_message_report, court.house.admin, PrivateMessageReportId(missing), True
            )

    story(database_url, tell)


def test_a_closed_community_takes_no_reports_but_its_reports_can_be_resolved(database_url: str) -> None:
    async def tell(court: Court) -> None:
        made = await court.report_post(court.reader)
        await court.house.database.write(communities.delete, court.ada, court.birds.id, True)
        with pytest.raises(LemmyError, match="deleted"):
            await court.report_post(court.bob)
        await court.house.database.write(report.resolve_post_report, court.ada, made, True)
        assert await court.posts(court.ada, unresolved_only=True) == []

    story(database_url, tell)
