"""The index of what is searched: it follows the rows, and finds the same on both databases."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from lemmy_lite.model.ids import CommunityId, LanguageId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.storage import terms
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, person, post, search_text
from lemmy_lite.storage.views import search
from lemmy_lite.storage.views.search import Scope
from tests.domain.threads import told
from tests.storage import rows
from tests.storage.databases import on
from tests.storage.rows import NOON

POSTS = {
    "umlaut": "Über die Brücke in Köln",
    "sharp": "Straße gesperrt",
    "french": "L'été à la plage",
    "japanese": "東京で猫が寝る",
    "chinese": "我爱北京天安门",
    "korean": "한국어를 배우자",
    "hindi": "हिन्दी में लेख",
    "emoji": "Party 🎉 tonight 👍🏽",
    "code": 'C++ and "quotes" -flags * stars NEAR(x y) title:word',
    "link": "see https://example.com/some_page?id=42",
    "nul": "before\x01after",
}
QUERIES = {
    "bruck": {"umlaut"},
    "UBER koln": {"umlaut"},
    "brücke Über": {"umlaut"},
    "ruecke": set(),
    "bru di": set(),
    "di bru": set(),
    "die bru": {"umlaut"},
    "strasse": {"sharp"},
    "STRASSE gesp": {"sharp"},
    "ete": {"french"},
    "l'ÉTÉ": {"french"},
    "猫": {"japanese"},
    "東京": {"japanese"},
    "京東": set(),
    "北京": {"chinese"},
    "安门": {"chinese"},
    "京": {"japanese", "chinese"},
    "한국어": {"korean"},
    "हिन्दी": {"hindi"},
    "🎉": {"emoji"},
    "👍": {"emoji"},
    "👍🏿 party": {"emoji"},
    "🦀": set(),
    '"quotes"': {"code"},
    '"quotes': {"code"},
    "'quotes' OR party": set(),
    "title:word": {"code"},
    "quotes -flags": {"code"},
    "NOT party": set(),
    "near(x": {"code"},
    "^quotes": {"code"},
    "quot*": {"code"},
    "*": set(),
    "%": set(),
    "-": set(),
    "()": set(),
    "\\": set(),
    "'; DROP TABLE post; --": set(),
    "example.com": {"link"},
    "https://example.com/some_page": {"link"},
    "before\0after": {"nul"},
    "\0": set(),
    "🎉" * 100_000: {"emoji"},
    "party " * 50_000: {"emoji"},
    "": set(),
}


def _town(tx: Transaction) -> tuple[PersonId, CommunityId]:
    return rows.person(tx), rows.community(tx)


def _post(tx: Transaction, author: PersonId, home: CommunityId, name: str, **values: Any) -> PostId:
    number = tx.value("SELECT COALESCE(MAX(id), 0) + 1 FROM post")
    address, language = f"https://here.test/post/{number}", LanguageId(0)
    written = post.insert(
        tx, name=name, ap_id=address, creator_id=author, community_id=home, language_id=language, local=True, nsfw=False, **values
    )
    return written.id


def _posts(tx: Transaction, query: str, **options: Any) -> list[PostId]:
    return search.posts(tx, terms.wanted_of_text(query), 100, **options)


def test_each_query_finds_the_same_on_both_databases(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        numbers = {_post(tx, author, home, text): name for name, text in POSTS.items()}
        found = {query: {numbers[number] for number in _posts(tx, query)} for query in QUERIES}
        assert found == QUERIES
        asked = "SELECT id FROM post WHERE HOLDS(post_terms, post.id, :asked, post.name, post.body, post.alt_text)"
        one_by_one = {query: tx.column(asked, asked=tx.dialect.asked(terms.wanted_of_text(query))) for query in QUERIES}
        assert {query: {numbers[number] for number in some} for query, some in one_by_one.items()} == QUERIES

    told(database_url, story)


def test_the_index_follows_the_text_of_a_post_and_forgets_it_when_it_goes(database_url: str) -> None:
    async def body(database: Database) -> None:
        async def found(query: str, **options: Any) -> list[PostId]:
            return await database.read(lambda tx: _posts(tx, query, **options))

        async def change(**values: Any) -> None:
            await database.write(lambda tx: post.update(tx, number, **values))

        number = await database.write(lambda tx: _post(tx, *_town(tx), "Apples", body="and pears", alt_text="a basket"))
        assert await found("apples pears basket") == [number]
        assert await found("apples", title_only=True) == [number]
        assert await found("pears", title_only=True) == []
        await change(body="and cherries")
        assert (await found("pears"), await found("cherries")) == ([], [number])
        await change(locked=True)
        for flag in ("removed", "deleted"):
            await change(**{flag: True})
            await change(name="Plums")
            assert (await found("cherries"), await found("plums"), await found("plums", title_only=True)) == ([], [], [])
            await change(**{flag: False}, name="Apples")
            assert (await found("cherries"), await found("plums")) == ([number], [])
        await change(body=None, alt_text=None)
        assert (await found("cherries"), await found("apples")) == ([], [number])

    on(database_url, body)


def test_what_is_entered_removed_or_deleted_is_not_found_until_it_comes_back(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        number = _post(tx, author, home, "Apples", removed=True)
        assert _posts(tx, "apples") == []
        post.update(tx, number, removed=False)
        assert _posts(tx, "apples") == [number]

    told(database_url, story)


def test_the_index_follows_comments_communities_and_people(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        of = rows.post(tx, author, home)
        written = comment.insert(
            tx,
            post_id=of,
            creator_id=author,
            content="Well said",
            parent_path="0",
            local=True,
            ap_id="https://here.test/comment/1",
            language_id=LanguageId(0),
        )
        place = rows.instance(tx)
        town = community.insert(
            tx, name="gardening", title="Growing", actor_id="https://a.test/c/g", instance_id=place, local=True, followers_url="x"
        )
        eve = person.insert(tx, name="evelyn", actor_id="https://a.test/u/e", instance_id=place, local=True, display_name="Lady Ada")

        def found(query: str) -> tuple[list[int], list[int], list[int]]:
            name = terms.wanted_of_name(query)
            texts = search.comments(tx, terms.wanted_of_text(query), 9)
            return [*texts], [*search.communities(tx, name, 9)], [*search.persons(tx, name, 9, SortType.OLD, 9)]

        assert found("said") == ([written.id], [], [])
        assert found("arden") == found("Growing den") == ([], [town.id], [])
        assert found("VELY lady") == found("dy") == ([], [], [eve.id])
        comment.update(tx, written.id, content="Unsaid")
        community.update(tx, town.id, title="Weeding", removed=True)
        person.update(tx, eve.id, display_name=None)
        assert (found("said"), found("unsaid")[0]) == (([], [], []), [written.id])
        assert (found("growing")[1], found("weed")[1]) == ([], [town.id])
        assert (found("lady")[2], found("eve")[2]) == ([], [eve.id])
        comment.update(tx, written.id, deleted=True)
        person.update(tx, eve.id, deleted=True)
        assert (found("unsaid")[0], found("eve")[2]) == ([], [])

    told(database_url, story)


def test_the_newest_are_found_first_within_the_limit_or_the_oldest_if_asked(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        numbers = [_post(tx, author, home, "Apples") for _ in range(5)]
        wanted = terms.wanted_of_text("apples")
        assert search.posts(tx, wanted, 2) == [numbers[4], numbers[3]]
        assert search.posts(tx, wanted, 2, oldest=True) == numbers[:2]

    told(database_url, story)


def test_whole_words_that_reach_the_limit_go_before_longer_ones(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        whole = [_post(tx, author, home, "bees") for _ in range(2)]
        longer = [_post(tx, author, home, "beeswax") for _ in range(2)]
        wanted = terms.wanted_of_text("bees")
        assert search.posts(tx, wanted, 2) == whole[::-1]
        assert search.posts(tx, wanted, 3) == [*longer[::-1], whole[1]]

    told(database_url, story)


def test_a_scope_bounds_what_is_found_before_the_limit_does(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        other, far = rows.person(tx, "other"), rows.community(tx, "far", "away.test")
        first = _post(tx, author, home, "Apples")
        for _ in range(3):
            _post(tx, other, far, "Apples")
        viewer = rows.person(tx, "vera")
        rows.link(tx, "community_follower", person_id=viewer, community_id=home)
        wanted = terms.wanted_of_text("apples")
        for scope in (
            Scope(community_id=home),
            Scope(creator_id=author),
            Scope(listing=ListingType.LOCAL),
            Scope(listing=ListingType.SUBSCRIBED, viewer_id=viewer),
        ):
            assert search.posts(tx, wanted, 1, scope=scope) == [first]
        assert not Scope(listing=ListingType.ALL, viewer_id=viewer).narrow
        assert not Scope(listing=ListingType.SUBSCRIBED).narrow

    told(database_url, story)


@pytest.mark.parametrize("damage", [lambda tx, number: tx.run("DELETE FROM post WHERE id = :id", id=number), None])
def test_rows_that_go_another_way_are_forgotten_first_and_come_back_by_being_entered(
    database_url: str, damage: Callable[[Transaction, int], object] | None
) -> None:
    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        numbers = [_post(tx, author, home, f"Apples {number}", body="pears") for number in range(3)]
        search_text.forget(tx, search_text.POST, numbers)
        assert _posts(tx, "apples") == _posts(tx, "apples", title_only=True) == []
        if damage:
            damage(tx, numbers[0])
        last = search_text.enter_all(tx, search_text.POST)
        assert last == numbers[2]
        assert search_text.enter_all(tx, search_text.POST, last) is None
        assert _posts(tx, "apples pears") == numbers[:0:-1] if damage else numbers[::-1]

    told(database_url, story)


def test_sqlites_index_is_whole_after_many_changes(tmp_path: object) -> None:
    """A row taken out by other terms than it was entered with leaves traces that FTS5's own check finds."""

    def story(tx: Transaction) -> None:
        author, home = _town(tx)
        numbers = [_post(tx, author, home, f"Apples {number} Äpfel 苹果", published=NOON) for number in range(20)]
        for number in numbers:
            post.update(tx, number, name=f"Pears {number}", deleted=number % 2 == 0)
        for number in numbers:
            post.update(tx, number, deleted=True)
        for table in ("post_terms", "post_title_terms"):
            tx.run(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
            tx.run(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
        for word in ("apples", "pears", "äpfel", "苹果"):
            assert _posts(tx, word) == []

    told(f"sqlite://{tmp_path}/lemmy.db", story)


def test_a_text_is_asked_for_its_terms_as_its_index_would_tell() -> None:
    """The quick look at plain words agrees with cutting the text, whatever stands beside them."""
    chance = random.Random(5)
    parts = [
        "bee",
        "Bee",
        "beé",
        "é",
        "ｂｅｅ",
        "be",
        "e",
        " ",
        "-",
        "_",
        "\u0301",
        "猫",
        "K",
        "ſ",
        "İ",
        "ﷺ",
        "x" * 40,
        "x" * 32,
        "1",
        "🎉",
        "'",
    ]

    def some(most: int, between: str = "") -> str:
        return between.join(chance.choice(parts) for _ in range(chance.randrange(1, most)))

    held = 0
    for _ in range(5_000):
        texts = [some(8), chance.choice((some(4), None)), None]
        wanted = terms.wanted_of_text(some(4, " "))
        cut = set(terms.of_texts(texts))
        told = cut.issuperset(wanted.terms) and all(any(term.startswith(prefix) for term in cut) for prefix in wanted.prefixes)
        assert terms.holds(wanted, texts) == (told and any(wanted)), (wanted, texts)
        held += told
    assert held > 500
