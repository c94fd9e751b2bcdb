"""A blog's posts by date, month, language and neighbourhood, on both databases; and the way to another server."""

import dataclasses
from datetime import UTC, datetime

import pytest

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.domain import blog, elsewhere
from lemmy_lite.domain.blog import FrontMissing
from lemmy_lite.model.clock import micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.post import Post
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, rows
from lemmy_lite.storage.tables import post as posts
from tests.domain.house import House, told

ENGLISH, GERMAN = LanguageId(37), LanguageId(32)
DATES = (
    datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 31, 12, tzinfo=UTC),
    datetime(2026, 1, 31, 12, tzinfo=UTC),
    datetime(2026, 2, 1, tzinfo=UTC),
)


async def _written(house: House) -> tuple[Community, list[Post]]:
    """A post at each date, the first in German, and one in another community."""
    home = await house.community(house.admin, "notes")
    other = await house.community(house.admin, "tea")
    await house.post(house.admin, other.id, "Elsewhere")
    written = [await house.post(house.admin, home.id, f"Note {number}") for number in range(len(DATES))]

    def date(tx: Transaction) -> None:
        for number, (each, when) in enumerate(zip(written, DATES, strict=True)):
            language = ENGLISH if number else GERMAN
            posts.update(tx, each.id, published=micros(when), language_id=language)
            rows.update(tx, "post_aggregates", "post_id", each.id, published=micros(when), language_id=language)

    await house.database.write(date)
    return home, written


def _with_front(house: House, name: str) -> Context:
    read = config.read({"hostname": "here.test", "site": {"front": name}}, environment={})
    return dataclasses.replace(house.context, config=read)


def test_every_post_comes_once_though_two_are_of_one_moment(database_url: str) -> None:
    async def story(house: House) -> None:
        home, written = await _written(house)
        names: list[str] = []
        after: str | None = None
        for _ in range(len(DATES)):
            page = await house.database.read(blog.entries, None, home, after, None, 2)
            names += [view.post.name for view in page.posts]
            after = page.older
            if after is None:
                break
        assert names == ["Note 4", "Note 3", "Note 2", "Note 1", "Note 0"]
        german = await house.database.read(blog.entries, None, home, None, GERMAN)
        assert [view.post.id for view in german.posts] == [written[0].id]

    told(database_url, story)


def test_a_month_ends_where_the_next_begins(database_url: str) -> None:
    async def story(house: House) -> None:
        home, _ = await _written(house)
        found = await house.database.read(blog.archive, None, home, None, None)
        assert [(each.name, each.posts) for each in found.months] == [("2026-02", 1), ("2026-01", 3), ("2025-12", 1)]
        assert found.languages == [(ENGLISH, 4), (GERMAN, 1)]
        for year, month, names in (
            (2025, 12, ["Note 0"]),
            (2026, 1, ["Note 3", "Note 2", "Note 1"]),
            (2026, None, ["Note 4", "Note 3", "Note 2", "Note 1"]),
            (2025, None, ["Note 0"]),
            (2024, 6, []),
        ):
            part = await house.database.read(blog.archive, None, home, year, month)
            assert [each.name for each in part.entries] == names, (year, month)

    told(database_url, story)


def test_neighbours_are_those_before_and_after_in_time(database_url: str) -> None:
    async def story(house: House) -> None:
        home, written = await _written(house)
        for number, each in enumerate(written):
            post = await house.database.read(posts.existing, each.id)
            found = await house.database.read(blog.beside, None, home, post)
            assert (found.older and found.older.name) == (f"Note {number - 1}" if number else None)
            assert (found.newer and found.newer.name) == (f"Note {number + 1}" if number + 1 < len(written) else None)

    told(database_url, story)


def test_the_front_is_a_community_that_everybody_may_read(database_url: str) -> None:
    async def story(house: House) -> None:
        hint = await house.database.read(blog.check_front, _with_front(house, "notes"))
        assert hint is not None
        assert "'notes'" in hint
        home, _ = await _written(house)
        found = await house.database.read(blog.front, _with_front(house, "NOTES"), None)
        assert found is not None
        assert found.id == home.id
        with pytest.raises(FrontMissing, match="It has: notes, tea"):
            await house.database.read(blog.check_front, _with_front(house, "nots"))
        await house.database.write(lambda tx: community.update(tx, home.id, visibility="LocalOnly"))
        assert await house.database.read(blog.front, _with_front(house, "notes"), None) is None
        with pytest.raises(FrontMissing, match="It has: tea"):
            await house.database.read(blog.check_front, _with_front(house, "notes"))

    told(database_url, story)


@pytest.mark.parametrize(
    ("typed", "server"),
    [
        ("mastodon.example", "mastodon.example"),
        ("https://mastodon.example/@ann", "mastodon.example"),
        ("@ann@mastodon.example", "mastodon.example"),
        ("ann@mastodon.example", "mastodon.example"),
        (" MASTODON.example. ", "mastodon.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", None),
        ("", None),
        ("a b.example", None),
        ("javascript:alert(1)", None),
        ("mastodon.example:8443", None),
        ("//evil.example\\@mastodon.example", None),
        ('"><script>', None),
    ],
)
def test_a_server_is_meant_by_its_name_its_address_or_ones_own(typed: str, server: str | None) -> None:
    assert elsewhere.server_of(typed) == server
