"""Searching: what each kind finds, in which order, and that nobody finds what they could not list. On both databases."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.domain import search as searching
from lemmy_lite.domain.search import Found, SearchQuery, search
from lemmy_lite.model.clock import DAY, HOUR, Clock, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.net.client import Client
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comment_table
from lemmy_lite.storage.tables import search_text
from tests.domain import threads
from tests.storage import rows
from tests.storage.databases import migrated
from tests.storage.rows import NOON


def told(url: str, story: Callable[[Transaction], None]) -> None:
    """Run a story in one transaction at noon, on a site."""

    def on_a_site(tx: Transaction) -> None:
        rows.site(tx)
        story(tx)

    async def run() -> None:
        async with migrated(url, clock=Clock(lambda: NOON)) as database:
            await database.write(on_a_site)

    asyncio.run(run())


def found(tx: Transaction, q: str, viewer: Viewer | None = None, **query: Any) -> Found:
    """One page of fifty."""
    context = Context(config=Config(), clock=Clock(), net=_NoNetwork(), jwt_secret="", history=History(lambda: NOON))
    return search(tx, context, viewer, SearchQuery(q=q, **{"limit": 50, "sort": SortType.NEW, **query}))


class _NoNetwork(Client):
    def __init__(self) -> None:
        """Search asks nobody."""


def counts(page: Found) -> tuple[int, int, int, int]:
    """How many posts, comments, communities and users there are."""
    return len(page.posts), len(page.comments), len(page.communities), len(page.users)


def names(page: Found) -> list[str]:
    """The titles of the posts, in their order."""
    return [view.post.name for view in page.posts]


def post(tx: Transaction, author: PersonId, home: CommunityId, name: str, **values: Any) -> PostId:
    """A post that can be found."""
    number = rows.post(tx, author, home, **values)
    tx.run("UPDATE post SET name = :name WHERE id = :id", name=name, id=number)
    search_text.enter(tx, search_text.POST, number, {"name": name, **values})
    return number


def community(tx: Transaction, name: str, domain: str = "here.test", **values: Any) -> CommunityId:
    """A community that can be found."""
    number = rows.community(tx, name, domain, **values)
    search_text.enter(tx, search_text.COMMUNITY, number, {"name": name, "title": name})
    return number


def person(tx: Transaction, name: str, domain: str = "here.test", *, comments: int = 0, born: Micros = NOON, **values: Any) -> PersonId:
    """A person who can be found."""
    number = rows.person(tx, name, domain, **values)
    tx.run("UPDATE person SET published = :born WHERE id = :id", born=born, id=number)
    tx.run("INSERT INTO person_aggregates (person_id, comment_count) VALUES (:id, :comments)", id=number, comments=comments)
    search_text.enter(tx, search_text.PERSON, number, {"name": name, **values})
    return number


def test_all_finds_every_kind_and_the_others_their_own(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        home, ada = community(tx, "beekeeping"), person(tx, "beekeeper")
        threads.comment(tx, ada, post(tx, ada, home, "Bee stings"), "The bee again")
        kinds = {kind: counts(found(tx, "bee", type=kind)) for kind in SearchType}
        assert kinds == {
            SearchType.ALL: (1, 1, 1, 1),
            SearchType.POSTS: (1, 0, 0, 0),
            SearchType.COMMENTS: (0, 1, 0, 0),
            SearchType.COMMUNITIES: (0, 0, 1, 0),
            SearchType.USERS: (0, 0, 0, 1),
            SearchType.URL: (0, 0, 0, 0),
        }
        assert counts(found(tx, "bee", community_id=home)) == counts(found(tx, "bee", creator_id=ada)) == (1, 1, 0, 0)
        assert counts(found(tx, "bee", creator_id=PersonId(999))) == (0, 0, 0, 0)
        assert counts(found(tx, "bee", community_id=home, type=SearchType.COMMUNITIES)) == (0, 0, 1, 0)
        assert counts(found(tx, "wasp")) == counts(found(tx, "*")) == (0, 0, 0, 0)
        assert counts(found(tx, "")) == counts(found(tx, "  ")) == (1, 1, 1, 1)

    told(database_url, story)


def test_links_find_the_posts_that_lead_there_or_embed_it(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, home = person(tx, "ada"), community(tx, "town")
        post(tx, ada, home, "Link", url="https://a.test/x?id=1")
        post(tx, ada, home, "Video", url="https://b.test/", embed_video_url="https://a.test/x?id=1")
        post(tx, ada, home, "Gone", url="https://a.test/x?id=1", deleted=True)
        post(tx, ada, home, "Text", body="https://a.test/x?id=1")
        for address in ("https://a.test/x?id=1", "https://A.test/x?utm_source=news&id=1"):
            assert set(names(found(tx, address, type=SearchType.URL))) == {"Link", "Video"}
        for other in ("https://a.test/x", "a.test", "", "javascript:alert(1)", "\\", "'"):
            assert names(found(tx, other, type=SearchType.URL)) == []

    told(database_url, story)


def test_title_only_leaves_bodies_out(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, home = person(tx, "ada"), community(tx, "town")
        post(tx, ada, home, "Honey", body="sweet")
        post(tx, ada, home, "Sweet things", alt_text="honey")
        assert set(names(found(tx, "honey"))) == {"Honey", "Sweet things"}
        assert names(found(tx, "honey", title_only=True)) == ["Honey"]

    told(database_url, story)


def test_nobody_finds_what_they_could_not_list(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, troll, robot = person(tx, "ada"), person(tx, "troll"), person(tx, "robot", bot_account=True)
        vera, root = rows.user(tx, "vera"), rows.user(tx, "root", admin=True, show_nsfw=True)
        shy = rows.user(tx, "shy", languages=(37,), show_bot_accounts=False)
        town = community(tx, "town")
        states: dict[str, dict[str, Any]] = {"removed": {}, "deleted": {}, "hidden": {}, "nsfw": {}, "inside": {"visibility": "LocalOnly"}}
        homes = {name: community(tx, f"{name}_c", **(values or {name: True})) for name, values in states.items()}
        blocked, away = community(tx, "blocked_c"), community(tx, "away_c", "away.test")
        places = {"plain": town, **homes, "blocked": blocked, "away": away}
        threads_of = post(tx, ada, town, "wasp")
        for name, place in places.items():
            threads_of = post(tx, ada, place, f"bee {name}")
            comment_table.update(tx, threads.comment(tx, ada, threads_of, "x"), content=f"bee {name}")
        for name, values in {"gone": {"deleted": True}, "struck": {"removed": True}, "adult": {"nsfw": True}}.items():
            number = post(tx, ada, town, f"bee {name}", **values)
            comment_table.update(tx, threads.comment(tx, ada, number, "x"), content=f"bee below {name}")
        comment_table.update(tx, threads.comment(tx, ada, threads_of, "x"), content="bee gone", deleted=True)
        post(tx, troll, town, "bee troll")
        post(tx, robot, town, "bee robot")
        rows.link(tx, "person_block", person_id=vera.id, target_id=troll)
        rows.link(tx, "community_block", person_id=vera.id, community_id=blocked)
        rows.link(tx, "instance_block", person_id=vera.id, instance_id=rows.instance(tx, "away.test"))
        rows.link(tx, "community_follower", person_id=vera.id, community_id=homes["hidden"])

        def seen(viewer: Viewer | None, **query: Any) -> tuple[set[str], set[str], set[str]]:
            page = found(tx, "bee", viewer, **query)
            communities = {view.community.name for view in found(tx, "c", viewer, type=SearchType.COMMUNITIES, **query).communities}
            return set(names(page)), {view.comment.content for view in page.comments}, communities

        posts, comments, communities = seen(None)
        assert posts == {"bee plain", "bee blocked", "bee away", "bee troll", "bee robot"}
        assert comments == {"bee plain", "bee nsfw", "bee blocked", "bee away", "bee below adult"}  # Lemmy lists comments of NSFW posts
        assert communities == {"blocked_c", "away_c"}
        posts, comments, communities = seen(vera)
        assert posts == {"bee plain", "bee inside", "bee hidden", "bee robot"}
        assert comments == {"bee plain", "bee inside", "bee hidden", "bee nsfw", "bee below adult"}
        assert communities == {"inside_c", "hidden_c"}
        posts, comments, communities = seen(root)
        assert {"bee nsfw", "bee adult"} <= posts
        assert not posts & {"bee removed", "bee deleted", "bee gone", "bee struck"}
        assert not comments & {"bee removed", "bee deleted", "bee gone", "bee below gone", "bee below struck"}
        assert communities == {name + "_c" for name in places if name != "plain"}
        assert seen(shy)[:2] == (set(), set())
        assert seen(vera, listing=ListingType.SUBSCRIBED) == ({"bee hidden"}, {"bee hidden"}, {"hidden_c"})
        assert "bee away" not in seen(None, listing=ListingType.LOCAL)[0]

    told(database_url, story)


def test_a_private_site_answers_nobody_and_pages_have_bounds(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        queries: list[dict[str, Any]] = [{"limit": 0}, {"limit": 51}, {"page": 0}, {"page": 101}]
        for query in queries:
            with pytest.raises(LemmyError, match="unknown"):
                found(tx, "bee", **query)
        tx.run("UPDATE local_site SET private_instance = :yes", yes=True)
        with pytest.raises(LemmyError, match="instance_is_private"):
            found(tx, "bee")
        assert counts(found(tx, "bee", rows.user(tx))) == (0, 0, 0, 0)

    told(database_url, story)


def test_people_stand_in_lemmys_order_without_the_deleted_ones(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        person(tx, "bob_old", comments=1, born=NOON - 9 * DAY)
        person(tx, "bob_busy", comments=9, born=NOON - 5 * DAY, display_name="Busy Bee")
        person(tx, "bob_new", "away.test", comments=5, born=NOON - DAY)
        tx.run("UPDATE person SET deleted = :yes WHERE id = :id", yes=True, id=person(tx, "bob_gone", comments=99))

        def people(q: str, **query: Any) -> list[str]:
            return [view.person.name.removeprefix("bob_") for view in found(tx, q, type=SearchType.USERS, **query).users]

        assert people("bob", sort=None) == people("OB", sort=SortType.TOP_ALL) == people("b", sort=SortType.HOT) == ["busy", "new", "old"]
        assert people("bob", sort=SortType.NEW) == people("", sort=SortType.NEW_COMMENTS) == ["new", "busy", "old"]
        assert people("bob", sort=SortType.OLD) == ["old", "busy", "new"]
        assert people("busy be") == people("usy bee") == ["busy"]
        assert people("bob", listing=ListingType.LOCAL, sort=None) == ["busy", "old"]
        assert people("bob", listing=ListingType.SUBSCRIBED) == []
        assert people("bob", sort=None, limit=2, page=2) == ["old"]

    told(database_url, story)


@pytest.mark.parametrize("sort", SortType)
@pytest.mark.parametrize(("most", "asking"), [(1_000, 150), (20, 150), (20, 0)])
def test_each_sort_orders_what_is_found_as_the_list_does_and_pages_join(
    tmp_path: Path, sort: SortType, most: int, asking: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once gathered, and, by Top and the like, as a word that is too common to gather, and as one that is everywhere."""
    monkeypatch.setattr(searching, "MOST_FOUND", most)
    monkeypatch.setattr(searching, "ASKING", asking)

    def story(tx: Transaction) -> None:
        ada, home = person(tx, "ada"), community(tx, "town")
        for number in range(60):
            published = NOON - (60 - number) * 3 * HOUR
            values = {"published": published, "upvotes": number * 7 % 31, "downvotes": number % 3, "comments": number * 5 % 13}
            post(tx, ada, home, "bee" if number % 2 else "wasp", controversy=float(number % 4), **values)
        listed = [view.post.id for page in (1, 2) for view in found(tx, "", sort=sort, page=page, type=SearchType.POSTS).posts]
        wanted = [number for number in listed if number % 2 == 0]  # ids count from 1
        pages = [found(tx, "bee", sort=sort, limit=7, page=page, type=SearchType.POSTS).posts for page in range(1, 6)]
        shown = [view.post.id for page in pages for view in page]
        bounded = most < len(wanted) and sort in (SortType.HOT, SortType.ACTIVE, SortType.SCALED, SortType.NEW, SortType.OLD)
        best = sorted(wanted, reverse=sort is not SortType.OLD)[:most]
        assert shown == ([number for number in wanted if number in best] if bounded else wanted)

    told(f"sqlite://{tmp_path}/lemmy.db", story)


@pytest.mark.parametrize("asking", [0, 150])
def test_a_common_word_is_found_in_a_quiet_place_too(database_url: str, asking: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_FOUND", 3)
    monkeypatch.setattr(searching, "ASKING", asking)
    monkeypatch.setattr(searching, "MOST_NAMES", 1)

    def story(tx: Transaction) -> None:
        ada, eve, town, quiet = person(tx, "ada"), person(tx, "adam"), community(tx, "town"), community(tx, "townlet", "away.test")
        threads_of = post(tx, eve, quiet, "bee", upvotes=99)
        comment_table.update(tx, threads.comment(tx, eve, threads_of, "x"), content="bee")
        for _ in range(6):
            comment_table.update(tx, threads.comment(tx, ada, post(tx, ada, town, "bee"), "x"), content="bee")
        queries: list[dict[str, Any]] = [{"community_id": quiet}, {"creator_id": eve}]
        for query in queries:
            for sort in (SortType.NEW, SortType.OLD, SortType.TOP_ALL):
                assert counts(found(tx, "bee", sort=sort, **query))[:2] == (1, 1)
        assert counts(found(tx, "bee"))[:2] == (3, 3)
        assert len(names(found(tx, "bee", sort=SortType.TOP_ALL))) == 7
        assert counts(found(tx, "bee", listing=ListingType.LOCAL, sort=SortType.TOP_ALL))[0] == 6
        assert counts(found(tx, "town", type=SearchType.COMMUNITIES)) == (0, 0, 2, 0)
        assert counts(found(tx, "ada", type=SearchType.USERS)) == (0, 0, 0, 1)

    told(database_url, story)
