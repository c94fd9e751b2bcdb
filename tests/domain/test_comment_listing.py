"""Lists of comments, on both databases."""

import asyncio
import math
import random

import pytest

from lemmy_lite.domain import comment_listing
from lemmy_lite.domain.comment_listing import CommentQuery, listing
from lemmy_lite.domain.ranking import hot_rank
from lemmy_lite.model.clock import DAY, HOUR, MINUTE, Clock
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.listing import CommentSortType, ListingType
from lemmy_lite.storage.query import Transaction
from tests.domain.threads import comment, ids, told, vote
from tests.storage import rows
from tests.storage.databases import migrated
from tests.storage.rows import NOON

ALL = ListingType.ALL


def _town(tx: Transaction, **values: object) -> tuple[PersonId, CommunityId, PostId]:
    """Ada's post in a community."""
    ada = rows.person(tx)
    town = rows.community(tx, **values)
    return ada, town, rows.post(tx, ada, town)


def _refused(code: str, tx: Transaction, query: CommentQuery) -> None:
    with pytest.raises(LemmyError) as refusal:
        listing(tx, None, query)
    assert refusal.value.code == code


def test_each_sort_puts_the_comments_of_a_post_in_its_own_order(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        old = comment(tx, ada, post, published=NOON - 10 * DAY, upvotes=90, downvotes=1)
        fresh = comment(tx, ada, post, published=NOON - MINUTE, upvotes=2)
        fought = comment(tx, ada, post, published=NOON - DAY, upvotes=20, downvotes=19)
        liked = comment(tx, ada, post, published=NOON - 2 * DAY, upvotes=30)

        def order(sort: CommentSortType) -> list[CommentId]:
            return ids(listing(tx, None, CommentQuery(listing=ALL, post_id=post, sort=sort)))

        assert order(CommentSortType.TOP) == [old, liked, fresh, fought]
        assert order(CommentSortType.NEW) == [fresh, fought, liked, old]
        assert order(CommentSortType.OLD) == [old, liked, fought, fresh]
        assert order(CommentSortType.CONTROVERSIAL) == [fought, old, fresh, liked]
        hot = order(CommentSortType.HOT)
        assert hot[0] == fresh
        assert hot[-1] == old

    told(database_url, story)


def test_hot_falls_back_to_the_score_for_what_is_older_than_a_week_or_from_the_future(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        low = comment(tx, ada, post, published=NOON - 9 * DAY, upvotes=3)
        high = comment(tx, ada, post, published=NOON - 30 * DAY, upvotes=8)
        future = comment(tx, ada, post, published=NOON + DAY, upvotes=5)
        fresh = comment(tx, ada, post, published=NOON - 6 * DAY, upvotes=0, downvotes=4)
        for query in (CommentQuery(listing=ALL, post_id=post), CommentQuery(listing=ALL)):
            assert ids(listing(tx, None, query)) == [fresh, high, future, low]

    told(database_url, story)


def test_distinguished_comments_stand_first_within_a_post_and_nowhere_else(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        word = comment(tx, ada, post, distinguished=True, published=NOON - 3 * DAY)
        best = comment(tx, ada, post, upvotes=50)
        top = CommentSortType.TOP
        assert ids(listing(tx, None, CommentQuery(listing=ALL, post_id=post, sort=top))) == [word, best]
        assert ids(listing(tx, None, CommentQuery(listing=ALL, post_id=post, sort=top, max_depth=8))) == [word, best]
        assert ids(listing(tx, None, CommentQuery(listing=ALL, sort=top))) == [best, word]

    told(database_url, story)


def test_a_whole_thread_comes_in_groups_of_siblings_by_the_path_of_their_parent(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        first = comment(tx, ada, post, upvotes=1)
        second = comment(tx, ada, post, upvotes=9)
        under_second = comment(tx, ada, post, below=second, upvotes=70)
        under_first = comment(tx, ada, post, below=first, upvotes=2)
        better_under_first = comment(tx, ada, post, below=first, upvotes=3)
        deep = comment(tx, ada, post, below=under_first, upvotes=99)
        found = listing(tx, None, CommentQuery(listing=ALL, post_id=post, sort=CommentSortType.TOP, max_depth=8, limit=1, page=99))
        assert ids(found) == [second, first, better_under_first, under_first, deep, under_second]

    told(database_url, story)


def test_groups_of_siblings_follow_the_labels_of_paths_as_text(database_url: str) -> None:
    """Lemmy's ltree puts 0.10 before 0.9, and the children of 0.1.5 before those of 0.10."""

    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        tops = [comment(tx, ada, post) for _ in range(11)]
        below = [comment(tx, ada, post, below=top) for top in tops]
        found = listing(tx, None, CommentQuery(listing=ALL, post_id=post, sort=CommentSortType.OLD, max_depth=8))
        assert ids(found) == tops + sorted(below, key=lambda number: str(tops[below.index(number)]))

    told(database_url, story)


def test_max_depth_counts_levels_from_the_top_or_below_the_parent(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        chain = [comment(tx, ada, post)]
        for _ in range(5):
            chain.append(comment(tx, ada, post, below=chain[-1]))
        beside = comment(tx, ada, post)
        old = CommentSortType.OLD

        def found(depth: int, parent: CommentId | None = None) -> list[CommentId]:
            return ids(listing(tx, None, CommentQuery(listing=ALL, post_id=post, parent_id=parent, max_depth=depth, sort=old)))

        assert found(1) == [chain[0], beside]
        assert found(2) == [chain[0], beside, chain[1]]
        assert found(0) == found(-7) == []
        assert found(1, chain[2]) == chain[2:4]
        assert found(2**31 - 1, chain[2]) == chain[2:]

    told(database_url, story)


def test_a_sub_tree_needs_no_post_and_takes_no_neighbour_whose_number_begins_alike(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, town, post = _town(tx)
        tops = [comment(tx, ada, post) for _ in range(12)]
        assert str(tops[10]).startswith(str(tops[0]))
        below = comment(tx, ada, post, below=tops[0])
        comment(tx, ada, post, below=tops[10])
        old = CommentSortType.OLD
        for depth in (None, 8):
            assert ids(listing(tx, None, CommentQuery(listing=ALL, parent_id=tops[0], max_depth=depth, sort=old))) == [tops[0], below]
        elsewhere = rows.post(tx, ada, town)
        assert listing(tx, None, CommentQuery(listing=ALL, parent_id=tops[0], post_id=elsewhere, max_depth=8)) == []
        _refused("couldnt_find_comment", tx, CommentQuery(listing=ALL, parent_id=CommentId(999)))
        assert listing(tx, None, CommentQuery(listing=ALL, post_id=PostId(999), max_depth=8)) == []

    told(database_url, story)


def test_without_max_depth_a_post_is_read_page_by_page(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        written = [comment(tx, ada, post, upvotes=number) for number in range(12)]
        query = CommentQuery(listing=ALL, post_id=post, sort=CommentSortType.TOP, limit=5)
        pages = [ids(listing(tx, None, CommentQuery(**{**_fields(query), "page": number}))) for number in (1, 2, 3, 4)]
        assert pages == [written[:6:-1], written[6:1:-1], written[1::-1], []]
        assert len(listing(tx, None, CommentQuery(listing=ALL, post_id=post))) == 10

    told(database_url, story)


def _fields(query: CommentQuery) -> dict[str, object]:
    return {name: getattr(query, name) for name in query.__struct_fields__}


def test_pages_out_of_bounds_and_contradictions_are_refused_with_their_codes(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        _, _, post = _town(tx)
        for place in ({"post_id": post}, {}):
            _refused("couldnt_get_comments", tx, CommentQuery(limit=51, **place))
            _refused("couldnt_get_comments", tx, CommentQuery(page=0, **place))
            _refused("contradicting_filters", tx, CommentQuery(liked_only=True, disliked_only=True, **place))
        assert listing(tx, None, CommentQuery(post_id=post, limit=51, page=0, max_depth=8)) == []

    told(database_url, story)


@pytest.mark.parametrize("sort", list(CommentSortType))
def test_pages_across_posts_join_to_the_order_of_a_full_sort(
    database_url: str, sort: CommentSortType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comment_listing, "_CHUNK", 10)

    def story(tx: Transaction) -> None:
        ada, town, post = _town(tx)
        posts = [post, *(rows.post(tx, ada, town) for _ in range(3))]
        chance = random.Random(5)
        facts = {}
        for _ in range(150):
            published = NOON - chance.randrange(-2 * HOUR, 14 * DAY)
            up, down = chance.choice((0, 1, 1, 3, 40)), chance.choice((0, 0, 2, 7))
            facts[comment(tx, ada, chance.choice(posts), published=published, upvotes=up, downvotes=down)] = (published, up, down)

        def key(number: CommentId) -> tuple[float, ...]:
            published, up, down = facts[number]
            if sort is CommentSortType.HOT:
                return (hot_rank(up - down, NOON - published), up - down, number)
            if sort is CommentSortType.CONTROVERSIAL:
                return (math.pow(up + down, min(up, down) / max(up, down)) if up and down else 0, published, number)
            if sort is CommentSortType.TOP:
                return (up - down, number)
            return (published, number) if sort is CommentSortType.NEW else (-published, -number)

        walked = [
            number for page in range(1, 23) for number in ids(listing(tx, None, CommentQuery(listing=ALL, sort=sort, limit=7, page=page)))
        ]
        assert walked == sorted(facts, key=key, reverse=True)

    told(database_url, story)


def test_a_list_across_posts_with_a_depth_takes_the_top_levels_and_ends_at_300(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comment_listing, "MOST_WITHOUT_A_POST", 3)

    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        tops = [comment(tx, ada, post) for _ in range(4)]
        comment(tx, ada, post, below=tops[0], published=NOON - MINUTE)
        found = listing(tx, None, CommentQuery(listing=ALL, sort=CommentSortType.NEW, max_depth=1, limit=1))
        assert ids(found) == tops[:0:-1]

    told(database_url, story)


def test_deleted_and_removed_comments_stay_in_lists_without_their_text_but_for_admins(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        author, admin = rows.user(tx, "bob"), rows.user(tx, "root", admin=True)
        hidden = [comment(tx, author.id, post, "secret", deleted=True), comment(tx, author.id, post, "secret", removed=True)]
        shown = comment(tx, ada, post, "public")
        for query in (CommentQuery(listing=ALL, post_id=post, max_depth=8), CommentQuery(listing=ALL)):
            for viewer in (None, author):
                texts = {view.comment.id: view.comment.content for view in listing(tx, viewer, query)}
                assert texts == {hidden[0]: "", hidden[1]: "", shown: "public"}
            assert {view.comment.content for view in listing(tx, admin, query)} == {"secret", "public"}
        assert comment_listing.one(tx, author, hidden[0]).comment.content == ""
        assert comment_listing.one(tx, admin, hidden[1]).comment.content == "secret"

    told(database_url, story)


def test_a_thread_shows_what_the_viewer_has_done_and_who_the_authors_are(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        _, town, post = _town(tx)
        viewer, mod, admin = rows.user(tx, "vera"), rows.person(tx, "mo"), rows.user(tx, "root", admin=True)
        banned, spared = rows.person(tx, "bad"), rows.person(tx, "spared")
        rows.link(tx, "community_moderator", community_id=town, person_id=mod)
        rows.link(tx, "community_person_ban", community_id=town, person_id=banned)
        rows.link(tx, "community_person_ban", community_id=town, person_id=spared, expires=NOON - HOUR)
        rows.link(tx, "community_follower", community_id=town, person_id=viewer.id, pending=True)
        one, two, three, four = (comment(tx, author, post) for author in (mod, admin.id, banned, spared))
        vote(tx, viewer.id, one, -1)
        vote(tx, mod, two, 1)
        rows.link(tx, "comment_saved", comment_id=two, person_id=viewer.id)
        tree = CommentQuery(listing=ALL, post_id=post, max_depth=8, sort=CommentSortType.OLD)
        across = CommentQuery(listing=ALL, sort=CommentSortType.OLD)
        assert listing(tx, viewer, tree) == listing(tx, viewer, across)
        assert listing(tx, None, tree) == listing(tx, None, across)
        found = {view.comment.id: view for view in listing(tx, viewer, tree)}
        assert [found[number].my_vote for number in (one, two)] == [-1, None]
        assert [found[number].saved for number in (one, two)] == [False, True]
        assert [view.comment.id for view in found.values() if view.creator_is_moderator] == [one]
        assert [view.comment.id for view in found.values() if view.creator_is_admin] == [two]
        assert [view.comment.id for view in found.values() if view.creator_banned_from_community] == [three]
        assert found[four].subscribed.value == "Pending"
        assert found[one].post.id == post
        assert found[one] == comment_listing.one(tx, viewer, one)

    told(database_url, story)


def test_saved_liked_and_disliked_are_lists_of_ones_own(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        viewer = rows.user(tx, "vera")
        one, two, three = (comment(tx, ada, post) for _ in range(3))
        own = comment(tx, viewer.id, post)
        for number, score in ((one, 1), (two, -1), (own, 1)):
            vote(tx, viewer.id, number, score)
        for age, number in enumerate((three, one)):
            tx.run(
                "INSERT INTO comment_saved (comment_id, person_id, published) VALUES (:comment, :person, :when)",
                comment=number,
                person=viewer.id,
                when=NOON - age * HOUR,
            )
        for place in ({}, {"post_id": post}, {"post_id": post, "max_depth": 8}):
            for sort in CommentSortType:
                base = {"listing": ALL, "sort": sort, **place}
                assert ids(listing(tx, viewer, CommentQuery(**base, liked_only=True))) == [one]
                assert ids(listing(tx, viewer, CommentQuery(**base, disliked_only=True))) == [two]
                assert ids(listing(tx, viewer, CommentQuery(**base, saved_only=True))) == [three, one]
                assert ids(listing(tx, viewer, CommentQuery(**base, saved_only=True, liked_only=True))) == [one]
                assert listing(tx, None, CommentQuery(**base, saved_only=True)) == []
                assert len(listing(tx, None, CommentQuery(**base, liked_only=True))) == 4

    told(database_url, story)


def test_listing_kinds_choose_communities_and_hidden_ones_are_for_followers(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        viewer, ada = rows.user(tx, "vera", default_listing_type="Subscribed"), rows.person(tx)
        rows.site(tx, default_post_listing_type="Local")
        communities = {
            "here": rows.community(tx, "here"),
            "away": rows.community(tx, "away", "away.test"),
            "hidden": rows.community(tx, "hidden", hidden=True),
            "mine": rows.community(tx, "mine", hidden=True),
            "run": rows.community(tx, "run", "away.test", hidden=True),
            "inside": rows.community(tx, "inside", visibility="LocalOnly"),
        }
        rows.link(tx, "community_follower", community_id=communities["mine"], person_id=viewer.id)
        rows.link(tx, "community_moderator", community_id=communities["run"], person_id=viewer.id)
        posts = {name: rows.post(tx, ada, number) for name, number in communities.items()}
        names = {comment(tx, ada, post): name for name, post in posts.items()}

        def seen(who: object, kind: ListingType | None, **more: object) -> set[str]:
            person = viewer if who else None
            across = {names[n] for n in ids(listing(tx, person, CommentQuery(listing=kind, **more)))}
            gathered = set()
            for post in posts.values():
                gathered |= {names[n] for n in ids(listing(tx, person, CommentQuery(listing=kind, post_id=post, max_depth=8, **more)))}
            assert across == gathered
            return across

        assert seen(None, ALL) == {"here", "away"}
        assert seen(None, None) == seen(None, ListingType.LOCAL) == {"here"}
        assert seen(None, ListingType.SUBSCRIBED) == seen(None, ListingType.MODERATOR_VIEW) == set()
        assert seen(viewer, ALL) == {"here", "away", "mine", "inside"}
        assert seen(viewer, ListingType.LOCAL) == {"here", "mine", "inside"}
        assert seen(viewer, ListingType.SUBSCRIBED) == seen(viewer, None) == {"mine"}
        assert seen(viewer, ListingType.MODERATOR_VIEW) == {"run"}
        assert seen(viewer, ListingType.LOCAL, community_id=communities["away"]) == {"away"}
        assert seen(None, None, creator_id=ada) == {"here", "away", "hidden", "mine", "run"}
        assert seen(viewer, None, creator_id=viewer.id) == set()
        rows.link(tx, "community_block", community_id=communities["here"], person_id=viewer.id)
        rows.link(tx, "instance_block", instance_id=rows.instance(tx, "away.test"), person_id=viewer.id)
        assert seen(viewer, ALL) == {"mine", "inside"}
        assert seen(viewer, ListingType.MODERATOR_VIEW) == {"run"}

    told(database_url, story)


def test_gathering_from_few_communities_finds_what_walking_over_all_finds(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        viewer, ada = rows.user(tx, "vera"), rows.person(tx)
        town, city = rows.community(tx, "town"), rows.community(tx, "city", "away.test")
        rows.link(tx, "community_follower", community_id=town, person_id=viewer.id)
        posts = [rows.post(tx, ada, town), rows.post(tx, ada, city), rows.post(tx, ada, town)]
        written = [comment(tx, ada, posts[number % 3], published=NOON - number * 5 * HOUR, downvotes=number % 2) for number in range(60)]
        in_town = {number for index, number in enumerate(written) if index % 3 != 1}
        for held in (10, 10_000_000):
            tx.run("UPDATE community_aggregates SET comments = :held", held=held)
            for sort in CommentSortType:
                for kind, place in ((ListingType.SUBSCRIBED, None), (ListingType.LOCAL, None), (ALL, town)):
                    query = CommentQuery(listing=kind, community_id=place, sort=sort, limit=50)
                    found = ids(listing(tx, viewer, query))
                    assert set(found) == in_town
                    if sort is CommentSortType.NEW:
                        assert found == sorted(in_town)

    told(database_url, story)


def test_blocked_people_other_languages_and_bots_are_left_out_but_moderators_see_all(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, town, post = _town(tx)
        viewer = rows.user(tx, "vera", languages=(0, 37), show_bot_accounts=True)
        choosy = rows.user(tx, "cleo", show_bot_accounts=False)
        foe, bot = rows.person(tx, "foe"), rows.person(tx, "bot", bot_account=True)
        rows.link(tx, "person_block", person_id=viewer.id, target_id=foe)
        rows.link(tx, "community_moderator", community_id=town, person_id=viewer.id)
        plain, english, german, blocked, automatic = (
            comment(tx, ada, post),
            comment(tx, ada, post, language=37),
            comment(tx, ada, post, language=32),
            comment(tx, foe, post),
            comment(tx, bot, post),
        )
        for place in ({}, {"post_id": post}, {"post_id": post, "max_depth": 8}):
            assert set(ids(listing(tx, viewer, CommentQuery(listing=ALL, **place)))) == {plain, english, automatic}
            assert set(ids(listing(tx, choosy, CommentQuery(listing=ALL, **place)))) == {plain, english, german, blocked}
            assert len(listing(tx, viewer, CommentQuery(listing=ListingType.MODERATOR_VIEW, **place))) == 5
            assert len(listing(tx, None, CommentQuery(listing=ALL, **place))) == 5

    told(database_url, story)


def test_a_profile_lists_the_comments_of_one_person(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx)
        bob = rows.person(tx, "bob")
        comment(tx, ada, post)
        low = comment(tx, bob, post)
        high = comment(tx, bob, post, upvotes=4, downvotes=1, published=NOON - 20 * HOUR)
        for sort in CommentSortType:
            newest_first = sort in (CommentSortType.NEW, CommentSortType.HOT)
            found = ids(listing(tx, None, CommentQuery(creator_id=bob, sort=sort)))
            assert found == ([low, high] if newest_first else [high, low])

    told(database_url, story)


def test_comments_of_local_only_communities_and_private_sites_are_for_those_who_are_logged_in(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, _, post = _town(tx, visibility="LocalOnly")
        viewer = rows.user(tx, "vera")
        inside = comment(tx, ada, post)
        assert listing(tx, None, CommentQuery(listing=ALL, post_id=post, max_depth=8)) == []
        assert comment_listing.thread(tx, None, post) == []
        with pytest.raises(LemmyError, match="couldnt_find_comment"):
            comment_listing.one(tx, None, inside)
        assert comment_listing.one(tx, viewer, inside).comment.id == inside
        rows.site(tx, private_instance=True)
        _refused("instance_is_private", tx, CommentQuery(listing=ALL, post_id=post, max_depth=8))
        _refused("instance_is_private", tx, CommentQuery(listing=ALL))
        assert ids(listing(tx, viewer, CommentQuery(listing=ALL))) == [inside]

    told(database_url, story)


def test_a_thread_of_a_thousand_comments_takes_three_statements(database_url: str) -> None:
    def fill(tx: Transaction) -> PostId:
        _, _, post = _town(tx)
        authors = [rows.person(tx, f"p{number}") for number in range(50)]
        written: list[CommentId] = []
        for number in range(1000):
            below = written[number * 7 % len(written)] if number % 3 else None
            written.append(comment(tx, authors[number % 50], post, below=below))
        return post

    async def run() -> None:
        async with migrated(database_url, clock=Clock(lambda: NOON + HOUR)) as database:
            post = await database.write(fill)
            statements: list[str] = []
            database.trace = statements.append
            found = await database.read(listing, None, CommentQuery(listing=ALL, post_id=post, max_depth=1000))
            assert len(found) == 1000
            assert len(statements) <= 3
            statements.clear()
            nodes = await database.read(comment_listing.thread, None, post)
            assert len(nodes) == 334
            assert len(statements) <= 3

    asyncio.run(run())
