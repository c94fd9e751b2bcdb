"""What a search has found stands in exactly the order, and is exactly what, a walk or a sort of everything gives. On both databases."""

import random
from typing import Any

import pytest

from lemmy_lite.domain import comment_hits, comment_listing, community_listing, hits, post_hits
from lemmy_lite.domain.frozen_walk import Walk
from lemmy_lite.domain.ranking import Key, Sorting, since
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, Micros
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.events import PostCounted
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.listing import CommentSortType, ListingType, SearchType, SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import comment_listing as comment_views
from lemmy_lite.storage.views import search as views
from lemmy_lite.storage.views.comment_listing import CommentQuery
from lemmy_lite.storage.views.community_listing import CommunityQuery
from lemmy_lite.storage.views.post_listing import ANY_ACTIVE, order_of
from lemmy_lite.storage.views.post_selection import Holding, Selection
from tests.domain import threads
from tests.domain.test_search import community, found, person, told
from tests.storage import rows
from tests.storage.rows import NOON

POSTS = 200
AGES = (0, MINUTE, HOUR, 9 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
SCORES = (-4, 0, 0, 0, 1, 1, 2, 3, 5, 9, 60, 900)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that some hundred hits reach."""
    monkeypatch.setattr(hits, "FEW", 20)
    monkeypatch.setattr(hits, "SAMPLE", 10)
    monkeypatch.setattr(hits, "SPARE", 2)


def moment(chance: random.Random) -> Micros:
    """A time that is mostly of this week, often the same as another's, and now and then to come."""
    if chance.random() < 0.05:
        return NOON + chance.choice((0, 1, HOUR))
    age = chance.choice(AGES)
    return NOON - age - chance.randrange(3) * (age // 5)


def village(tx: Transaction, chance: random.Random) -> tuple[Viewer, list[CommunityId], list[PersonId]]:
    """Posts and comments in random states, by some people in some communities, and one who reads."""
    places: list[dict[str, Any]] = [{}, {}, {"nsfw": True}, {"hidden": True}, {"removed": True}, {"visibility": "LocalOnly"}]
    homes = [community(tx, f"town{number}", "away.test" if number % 2 else "here.test", **state) for number, state in enumerate(places)]
    for home in homes:
        tx.run(
            "UPDATE community_aggregates SET users_active_month = :active WHERE community_id = :id",
            active=chance.choice((0, 2, 50, 4000)),
            id=home,
        )
    people = [person(tx, f"somebody{number}", bot_account=number == 3) for number in range(5)]
    reader = rows.user(tx, "reader", show_bot_accounts=chance.random() < 0.5)
    rows.link(tx, "person_block", person_id=reader.id, target_id=people[0])
    rows.link(tx, "community_follower", person_id=reader.id, community_id=homes[1])
    for number in range(POSTS):
        states = {"removed": 0.03, "deleted": 0.03, "nsfw": 0.1, "featured_local": 0.03, "featured_community": 0.03}
        ups, downs = max(0, chance.choice(SCORES)), chance.choice((0, 0, 0, 1, 4))
        published = moment(chance)
        of = rows.post(
            tx,
            chance.choice(people),
            chance.choices(homes, (6, 6, 1, 1, 1, 1))[0],
            published=published,
            upvotes=ups,
            downvotes=downs,
            comments=chance.randrange(4),
            commented=max(published, moment(chance)),
            controversy=float(chance.randrange(3)),
            **{state: True for state, share in states.items() if chance.random() < share},
        )
        gone = {state: True for state in ("removed", "deleted") if chance.random() < 0.03}
        threads.comment(tx, chance.choice(people), of, "bee", published=moment(chance), upvotes=ups, downvotes=downs, **gone)
        assert of == number + 1
    return reader, homes, people


def selection(reader: Viewer | None, sort: SortType, among: list[PostId], chance: random.Random, **places: Any) -> Selection:
    """A list of hits as somebody may ask for it."""
    asked: dict[str, Any] = {
        "viewer_id": reader.id if reader else None,
        "listing": chance.choice((ListingType.ALL, ListingType.LOCAL, ListingType.SUBSCRIBED)),
        "hide_nsfw": chance.random() < 0.5,
        "hide_bots": chance.random() < 0.5,
        "community_id": None,
        "creator_id": None,
        "since": since(sort, NOON),
        "holding": Holding(table="post_terms", match="", among=tuple(among)),
        **places,
    }
    nothing = dict.fromkeys(("admin", "saved_only", "hide_read", "hide_hidden", "gather", "by_date", "sieve"), False)
    return Selection(**nothing, url=None, vote=0, languages=(), newest=PostId(10**6), **asked)


def test_posts_stand_as_in_a_walk_with_votes_that_wait(database_url: str) -> None:
    chance = random.Random(7)

    def story(tx: Transaction) -> None:
        reader, homes, people = village(tx, chance)
        numbers = [PostId(number) for number in range(POSTS, 0, -1)]
        full = 0
        for sort in SortType:
            for count in (1, 5, 30):
                among = numbers if count > 1 else sorted(chance.sample(numbers, 150), reverse=chance.random() < 0.5)
                before = {number: counted(tx, number, chance) for number in chance.sample(numbers, chance.choice((0, 3, 40)))}
                places = {"community_id": chance.choice([None, None, *homes]), "creator_id": chance.choice([None, None, None, *people])}
                asked = selection(chance.choice((None, reader)), sort, among, chance, **places)
                sorting = Sorting(sort, order_of(sort), NOON)
                shown = post_hits.Hits(tx, asked, sorting, before, active=ANY_ACTIVE).first(count)
                assert shown == walked(tx, asked, sorting, before, count), (sort, count)
                full += len(shown) == count
        assert full > 10

    told(database_url, story)


def counted(tx: Transaction, number: PostId, chance: random.Random) -> PostCounted:
    """Other counters of a post, which no comment is older than."""
    score, published = chance.choice(SCORES), tx.value("SELECT published FROM post_aggregates WHERE post_id = :id", id=number)
    time = max(published, moment(chance))
    return PostCounted(
        post_id=number,
        published=published,
        score=score,
        upvotes=max(score, 0) + 1,
        downvotes=1,
        comments=chance.randrange(4),
        newest_comment_time=time,
        newest_comment_time_necro=time,
    )


def walked(tx: Transaction, asked: Selection, sorting: Sorting, before: dict[PostId, PostCounted], count: int) -> list[Key]:
    """The first of a walk through the same selection, which asks each hit for everything."""
    return Walk(tx, asked, sorting, before, top_score=1000, active=ANY_ACTIVE, reached=None).first(count)


def test_comments_stand_as_all_that_may_be_seen_do(database_url: str) -> None:
    chance = random.Random(8)

    def story(tx: Transaction) -> None:
        reader, homes, people = village(tx, chance)
        numbers = [CommentId(number) for number in range(POSTS, 0, -1)]
        for sort in CommentSortType:
            for count in (1, 5, 30):
                among = numbers if count > 1 else chance.sample(numbers, 150)
                viewer = chance.choice((None, reader))
                asked = CommentQuery(
                    among=tuple(among),
                    sort=sort,
                    listing=chance.choice((ListingType.ALL, ListingType.LOCAL, ListingType.SUBSCRIBED)),
                    community_id=chance.choice([None, None, *homes]),
                    creator_id=chance.choice([None, None, None, *people]),
                )
                kind = ListingType.ALL if asked.community_id is not None else asked.listing
                keys = comment_views.keys(tx, viewer, asked, kind, None)
                keys.sort(key=lambda key: comment_listing.SORTS[sort](key, NOON), reverse=True)
                assert comment_hits.Hits(tx, viewer, asked).first(count) == [key.id for key in keys[:count]], (sort, count)

    told(database_url, story)


def test_communities_stand_as_in_their_list_and_pages_join(database_url: str) -> None:
    chance = random.Random(9)

    def story(tx: Transaction) -> None:
        reader = rows.user(tx, "reader")
        for number in range(70):
            home = community(tx, f"town{number}", **({"removed": True} if chance.random() < 0.2 else {}))
            columns = {name: chance.randrange(3) for name in ("subscribers", "comments", "users_active_day", "users_active_month")}
            values = ", ".join(f"{name} = {value}" for name, value in columns.items())
            tx.run(f"UPDATE community_aggregates SET {values}, published = :at WHERE community_id = :id", at=moment(chance), id=home)
        for sort in (SortType.HOT, SortType.NEW, SortType.OLD, SortType.TOP_ALL, SortType.TOP_DAY, SortType.CONTROVERSIAL):
            lists = [CommunityQuery(listing=ListingType.ALL, sort=sort, limit=50, page=page) for page in (1, 2)]
            listed = [view.community.id for query in lists for view in community_listing.listing(tx, reader, query)]
            pages = [found(tx, "town", reader, type=SearchType.COMMUNITIES, sort=sort, limit=9, page=page) for page in range(1, 9)]
            shown = [view.community.id for page in pages for view in page.communities]
            assert shown == listed

    told(database_url, story)


def test_people_stand_as_everyone_does(database_url: str) -> None:
    chance = random.Random(10)

    def story(tx: Transaction) -> None:
        for number in range(70):
            one = person(tx, f"bob{number}", chance.choice(("here.test", "away.test")), comments=chance.randrange(3), born=moment(chance))
            tx.run("UPDATE person SET deleted = :gone WHERE id = :id", gone=chance.random() < 0.2, id=one)
        for sort in (SortType.HOT, SortType.NEW, SortType.OLD, SortType.NEW_COMMENTS):
            for listing in (ListingType.ALL, ListingType.LOCAL):
                pages = [
                    found(tx, "bob", type=SearchType.USERS, sort=sort, listing=listing, limit=9, page=page).users for page in range(1, 9)
                ]
                shown = [view.person.id for page in pages for view in page]
                assert shown == views.everyone(tx, sort, 100, 0, local_only=listing is ListingType.LOCAL)

    told(database_url, story)


def test_only_the_first_hits_are_looked_at_with_the_filters_of_a_list(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many have the words: what costs the most is done for little more than a page."""
    looked: list[int] = []
    shown_posts, keys = post_hits.views.shown_posts, comment_listing.comment_listing.keys

    def of_posts(tx: Transaction, asked: Selection, among: list[PostId]) -> set[PostId]:
        looked.append(len(among))
        return shown_posts(tx, asked, among)

    def of_comments(tx: Transaction, viewer: Viewer | None, query: CommentQuery, *more: Any) -> list[Any]:
        looked.append(len(query.among or ()))
        return keys(tx, viewer, query, *more)

    monkeypatch.setattr(post_hits.views, "shown_posts", of_posts)
    monkeypatch.setattr(comment_hits.comment_listing, "keys", of_comments)

    def story(tx: Transaction) -> None:
        ada, home = person(tx, "ada"), community(tx, "town")
        for number in range(90):
            published = NOON - number * HOUR
            of = rows.post(tx, ada, home, published=published, upvotes=number % 7)
            threads.comment(tx, ada, of, "bee", published=published, upvotes=number % 5)
        texts: list[CommentView] = found(tx, "bee", sort=SortType.HOT, limit=6).comments
        assert len(texts) == 6
        numbers = [PostId(number) for number in range(90, 0, -1)]
        asked = selection(None, SortType.HOT, numbers, random.Random(1), listing=ListingType.ALL)
        assert len(post_hits.Hits(tx, asked, Sorting(SortType.HOT, order_of(SortType.HOT), NOON), {}, active=ANY_ACTIVE).first(6)) == 6
        assert looked == [9, 9]

    told(database_url, story)
