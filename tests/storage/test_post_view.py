"""A post as one viewer sees it."""

from collections.abc import Callable
from typing import Any

import pytest

from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.community import SubscribedType
from lemmy_lite.model.ids import PersonId, PostId
from lemmy_lite.model.post import PostView
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import post
from tests.storage import rows
from tests.storage.databases import on

THUMBNAIL = "https://here.test/pictrs/image/1.webp"


def seen(url: str, enter: Callable[[Transaction], tuple[PersonId | None, PostId]]) -> PostView:
    """The view of the post that `enter` tells of, for the person it tells of."""
    views: list[PostView] = []

    async def body(database: Database) -> None:
        viewer, number = await database.write(enter)
        views.extend(await database.read(post.by_ids, viewer, [number]))

    on(url, body)
    return views[0]


def test_a_stranger_sees_the_post_and_nothing_of_others(database_url: str) -> None:
    def enter(tx: Transaction) -> tuple[None, PostId]:
        author, home = rows.person(tx, "author"), rows.community(tx)
        number = rows.post(tx, author, home, upvotes=5, downvotes=2, comments=7)
        for table in ("post_saved", "post_read", "post_hidden"):
            rows.link(tx, table, person_id=author, post_id=number)
        return None, number

    view = seen(database_url, enter)
    assert (view.post.name, view.creator.name, view.community.name) == ("Post 1", "author", "town")
    assert (view.counts.score, view.counts.upvotes, view.counts.downvotes, view.counts.comments) == (3, 5, 2, 7)
    assert view.subscribed is SubscribedType.NOT_SUBSCRIBED
    assert not any((view.saved, view.read, view.hidden, view.creator_blocked, view.banned_from_community))
    assert not any((view.creator_is_moderator, view.creator_is_admin, view.creator_banned_from_community))
    assert (view.my_vote, view.image_details, view.unread_comments) == (None, None, 7)


def test_a_viewer_sees_what_they_have_done(database_url: str) -> None:
    def enter(tx: Transaction) -> tuple[PersonId, PostId]:
        ada, author, home = rows.person(tx, "ada"), rows.person(tx, "author"), rows.community(tx)
        number = rows.post(tx, author, home, comments=7)
        rows.link(tx, "post_saved", person_id=ada, post_id=number)
        rows.link(tx, "post_read", person_id=ada, post_id=number, read_comments=4)
        rows.link(tx, "post_hidden", person_id=ada, post_id=number)
        rows.link(tx, "post_vote", person_id=ada, post_id=number, score=-1, local=True)
        rows.link(tx, "person_block", person_id=ada, target_id=author)
        rows.link(tx, "community_follower", person_id=ada, community_id=home)
        rows.link(tx, "community_person_ban", person_id=ada, community_id=home)
        return ada, number

    view = seen(database_url, enter)
    assert view.subscribed is SubscribedType.SUBSCRIBED
    assert all((view.saved, view.read, view.hidden, view.creator_blocked, view.banned_from_community))
    assert not view.creator_banned_from_community
    assert (view.my_vote, view.unread_comments) == (-1, 3)


def test_a_post_that_was_opened_and_marked_unread_is_unread_though_its_comments_were_seen(database_url: str) -> None:
    def enter(tx: Transaction) -> tuple[PersonId, PostId]:
        ada, home = rows.person(tx, "ada"), rows.community(tx)
        number = rows.post(tx, ada, home, comments=7)
        rows.link(tx, "post_read", person_id=ada, post_id=number, read_comments=7, marked=False)
        rows.link(tx, "community_follower", person_id=ada, community_id=home, pending=True)
        return ada, number

    view = seen(database_url, enter)
    assert (view.read, view.unread_comments, view.subscribed) == (False, 0, SubscribedType.PENDING)


def test_the_authors_roles_and_the_picture_are_shown(database_url: str) -> None:
    def enter(tx: Transaction) -> tuple[None, PostId]:
        author, home = rows.user(tx, "author", admin=True).id, rows.community(tx)
        rows.link(tx, "community_moderator", person_id=author, community_id=home)
        rows.link(tx, "community_person_ban", person_id=author, community_id=home, expires=tx.now + HOUR)
        tx.run("INSERT INTO image_details (link, width, height, content_type) VALUES (:link, 640, 480, 'image/webp')", link=THUMBNAIL)
        return None, rows.post(tx, author, home, thumbnail_url=THUMBNAIL)

    view = seen(database_url, enter)
    assert all((view.creator_is_moderator, view.creator_is_admin, view.creator_banned_from_community))
    assert view.image_details is not None
    assert (view.image_details.width, view.image_details.height) == (640, 480)


def test_a_ban_that_has_run_out_is_none(database_url: str) -> None:
    def enter(tx: Transaction) -> tuple[PersonId, PostId]:
        author, home = rows.person(tx, "author"), rows.community(tx)
        rows.link(tx, "community_person_ban", person_id=author, community_id=home, expires=tx.now - HOUR)
        return author, rows.post(tx, author, home)

    view = seen(database_url, enter)
    assert (view.creator_banned_from_community, view.banned_from_community) == (False, False)


def test_posts_come_in_the_order_of_their_ids_in_one_statement(database_url: str) -> None:
    async def body(database: Database) -> None:
        def enter(tx: Transaction) -> list[PostId]:
            author, home = rows.person(tx), rows.community(tx)
            return [rows.post(tx, author, home) for _ in range(5)]

        numbers = await database.write(enter)
        wished = [numbers[3], PostId(99), numbers[0], numbers[4]]
        statements: list[str] = []
        database.trace = statements.append
        assert [view.post.id for view in await database.read(post.by_ids, None, wished)] == [numbers[3], numbers[0], numbers[4]]
        assert len(statements) == 1
        assert await database.read(post.by_ids, None, []) == []
        assert len(statements) == 1

    on(database_url, body)


@pytest.mark.parametrize(
    ("of_post", "of_community", "readers"),
    [
        ({}, {}, "stranger ada author moderator admin"),
        ({"removed": True}, {}, "author moderator admin"),
        ({"deleted": True}, {}, "author moderator admin"),
        ({}, {"removed": True}, "author moderator admin"),
        ({}, {"deleted": True}, "author moderator admin"),
        ({}, {"visibility": "LocalOnly"}, "ada author moderator admin"),
        ({}, {"hidden": True}, "stranger ada author moderator admin"),
    ],
)
def test_a_post_is_read_by_those_who_may(database_url: str, of_post: dict[str, Any], of_community: dict[str, Any], readers: str) -> None:
    async def body(database: Database) -> None:
        def enter(tx: Transaction) -> tuple[dict[str, Viewer | None], PostId]:
            people = {name: rows.user(tx, name, admin=name == "admin") for name in ("ada", "author", "moderator", "admin")}
            home = rows.community(tx, **of_community)
            rows.link(tx, "community_moderator", person_id=people["moderator"].id, community_id=home)
            return {"stranger": None, **people}, rows.post(tx, people["author"].id, home, **of_post)

        people, number = await database.write(enter)
        found = [name for name, viewer in people.items() if await database.read(post.read, viewer, number)]
        assert found == readers.split()
        assert await database.read(post.read, people["admin"], PostId(77)) is None

    on(database_url, body)
