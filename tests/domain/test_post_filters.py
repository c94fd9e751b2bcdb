"""Which posts a list shows to whom."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.ids import CommunityId, LanguageId, PersonId, PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from tests.domain.listings import Listings, on
from tests.storage import rows
from tests.storage.rows import NOON


class Town:
    """Two people, a community here and one elsewhere, an ordinary post in the first; tests add what they are about."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        rows.site(tx)
        self.ada = rows.user(tx, "ada", show_bot_accounts=True)
        self.root = rows.user(tx, "root", admin=True)
        self.author: PersonId = rows.person(tx, "author")
        self.here: CommunityId = rows.community(tx, "here")
        self.there: CommunityId = rows.community(tx, "there", "there.test")
        self.plain = self.post()

    def post(self, author: PersonId | None = None, home: CommunityId | None = None, **values: Any) -> PostId:
        return rows.post(self.tx, author or self.author, home or self.here, **values)


def shown(
    url: str, tell: Callable[[Town], PostId], *views: tuple[Callable[[Town], Viewer | None], dict[str, Any]], plain: bool = True
) -> list[bool]:
    """Whether each view lists the post that `tell` enters; the ordinary post is listed in all of them, unless `plain` is off."""
    answers: list[bool] = []

    async def body(site: Listings) -> None:
        towns: list[Town] = []

        def enter(tx: Transaction) -> PostId:
            towns.append(Town(tx))
            return tell(towns[0])

        number = await site.enter(enter)
        for viewer, query in views:
            found = await site.ids(viewer(towns[0]), **{"listing": ListingType.ALL, "sort": SortType.NEW, **query})
            ranked = await site.ids(viewer(towns[0]), **{"listing": ListingType.ALL, "sort": SortType.ACTIVE, **query})
            assert sorted(found) == sorted(ranked)
            assert not plain or towns[0].plain in found
            answers.append(number in found)

    on(url, body)
    return answers


def nobody(_: Town) -> Viewer | None:
    return None


def ada(town: Town) -> Viewer:
    return town.ada


def root(town: Town) -> Viewer:
    return town.root


def test_deleted_posts_are_listed_to_their_author_alone(database_url: str) -> None:
    views = ((nobody, {}), (root, {}), (ada, {}))
    assert shown(database_url, lambda town: town.post(town.ada.id, deleted=True), *views) == [False, False, True]


def test_removed_posts_are_listed_to_admins_on_profiles_alone(database_url: str) -> None:
    on_profile = {"creator_id": 2}  # the first person, who is ada
    views = ((nobody, {}), (ada, {}), (root, {}), (ada, on_profile), (root, on_profile))
    answers = shown(database_url, lambda town: town.post(town.ada.id, removed=True), *views, plain=False)
    assert answers == [False, False, False, False, True]


def test_posts_of_deleted_communities_are_listed_to_nobody(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        return town.post(town.ada.id, rows.community(town.tx, "gone", deleted=True))

    assert shown(database_url, tell, (nobody, {}), (ada, {}), (root, {})) == [False, False, False]


def test_posts_of_removed_communities_are_listed_to_admins_on_profiles_alone(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        return town.post(town.ada.id, rows.community(town.tx, "gone", removed=True))

    views = ((ada, {}), (root, {}), (root, {"creator_id": 2}))
    assert shown(database_url, tell, *views, plain=False) == [False, False, True]


def test_local_only_posts_are_listed_to_whoever_is_logged_in(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        return town.post(home=rows.community(town.tx, "inner", visibility="LocalOnly"))

    assert shown(database_url, tell, (nobody, {}), (ada, {})) == [False, True]


def test_hidden_communities_are_listed_to_followers_alone(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        hidden = rows.community(town.tx, "hidden", hidden=True)
        rows.link(town.tx, "community_follower", person_id=town.ada.id, community_id=hidden)
        return town.post(home=hidden)

    views = ((nobody, {}), (root, {}), (ada, {}), (ada, {"listing": ListingType.LOCAL}))
    assert shown(database_url, tell, *views) == [False, False, True, True]


def test_local_shows_communities_of_this_site(database_url: str) -> None:
    local = {"listing": ListingType.LOCAL}
    views = ((nobody, local), (ada, local), (nobody, {}))
    assert shown(database_url, lambda town: town.post(home=town.there), *views) == [False, False, True]


@pytest.mark.parametrize("pending", [False, True])
def test_subscribed_shows_what_is_followed_and_to_strangers_everything(database_url: str, pending: bool) -> None:
    def tell(town: Town) -> PostId:
        rows.link(town.tx, "community_follower", person_id=town.ada.id, community_id=town.there, pending=pending)
        return town.post(home=town.there)

    subscribed = {"listing": ListingType.SUBSCRIBED}
    assert shown(database_url, tell, (ada, subscribed), (root, subscribed), (nobody, subscribed), plain=False) == [True, False, True]


def test_moderator_view_shows_what_is_moderated_whatever_is_blocked_or_spoken_there(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        rows.link(town.tx, "community_moderator", person_id=town.ada.id, community_id=town.there)
        rows.link(town.tx, "community_block", person_id=town.ada.id, community_id=town.there)
        rows.link(town.tx, "person_block", person_id=town.ada.id, target_id=town.author)
        return town.post(home=town.there, language_id=37)

    moderated = {"listing": ListingType.MODERATOR_VIEW}
    views = ((ada, moderated), (root, moderated), (ada, {}))
    assert shown(database_url, tell, *views, plain=False) == [True, False, False]


@pytest.mark.parametrize("table", ["person_block", "community_block", "instance_block"])
def test_what_the_viewer_blocks_is_left_out(database_url: str, table: str) -> None:
    def tell(town: Town) -> PostId:
        stranger = rows.person(town.tx, "stranger")
        blocked = {
            "person_block": {"target_id": stranger},
            "community_block": {"community_id": town.there},
            "instance_block": {"instance_id": rows.instance(town.tx, "there.test")},
        }
        rows.link(town.tx, table, person_id=town.ada.id, **blocked[table])
        return town.post(stranger, town.there)

    assert shown(database_url, tell, (ada, {}), (root, {}), (nobody, {})) == [False, True, True]


@pytest.mark.parametrize(("language", "read"), [(0, True), (12, True), (37, False)])
def test_languages_the_viewer_does_not_read_are_left_out(database_url: str, language: int, read: bool) -> None:
    def polyglot(town: Town) -> Viewer:
        return Viewer(
            person=town.ada.person,
            local_user=town.ada.local_user,
            vote_display=town.ada.vote_display,
            languages=(LanguageId(0), LanguageId(12)),
            session="",
        )

    views = ((ada, {}), (polyglot, {}), (nobody, {}))
    assert shown(database_url, lambda town: town.post(language_id=language), *views) == [True, read, True]


@pytest.mark.parametrize("where", ["post", "community"])
def test_nsfw_is_shown_when_asked_for_or_set(database_url: str, where: str) -> None:
    def tell(town: Town) -> PostId:
        if where == "post":
            return town.post(nsfw=True)
        return town.post(home=rows.community(town.tx, "adult", nsfw=True))

    def eve(town: Town) -> Viewer:
        adult = structs.replace(town.ada.local_user, show_nsfw=True)
        return Viewer(person=town.ada.person, local_user=adult, vote_display=town.ada.vote_display, languages=(), session="")

    views = ((nobody, {}), (ada, {}), (eve, {}), (eve, {"show_nsfw": False}), (nobody, {"show_nsfw": True}))
    assert shown(database_url, tell, *views) == [False, False, True, False, True]


def test_a_site_with_a_content_warning_shows_nsfw_to_strangers(database_url: str) -> None:
    async def body(site: Listings) -> None:
        def enter(tx: Transaction) -> PostId:
            rows.site(tx, content_warning="adults only")
            return rows.post(tx, rows.person(tx), rows.community(tx), nsfw=True)

        number = await site.enter(enter)
        assert await site.ids(sort=SortType.NEW) == [number]

    on(database_url, body)


def test_bots_are_left_out_for_those_who_set_it(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        town.ada = rows.user(town.tx, "eve", show_bot_accounts=False)
        return town.post(rows.person(town.tx, "bot", bot_account=True))

    assert shown(database_url, tell, (ada, {}), (root, {}), (nobody, {})) == [False, True, True]


def test_read_posts_are_left_out_when_asked_but_not_from_profiles_and_saved_lists(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        number = town.post()
        rows.link(town.tx, "post_read", person_id=town.ada.id, post_id=number, marked=True)
        rows.link(town.tx, "post_read", person_id=town.ada.id, post_id=town.plain, marked=False, read_comments=3)
        for each in (number, town.plain):
            rows.link(town.tx, "post_saved", person_id=town.ada.id, post_id=each)
        return number

    unread = {"show_read": False}
    views = ((ada, unread), (ada, {}), (root, unread), (ada, {"creator_id": 4, **unread}), (ada, {"saved_only": True, **unread}))
    assert shown(database_url, tell, *views) == [False, True, True, True, True]


def test_hidden_posts_are_left_out_unless_asked_for_or_on_profiles(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        number = town.post()
        rows.link(town.tx, "post_hidden", person_id=town.ada.id, post_id=number)
        return number

    views = ((ada, {}), (ada, {"show_hidden": True}), (ada, {"creator_id": 4}), (root, {}), (nobody, {}))
    assert shown(database_url, tell, *views) == [False, True, True, True, True]


@pytest.mark.parametrize(("score", "liked", "disliked"), [(1, True, False), (-1, False, True)])
def test_liked_and_disliked_lists_show_others_posts_that_the_viewer_voted_on(
    database_url: str, score: int, liked: bool, disliked: bool
) -> None:
    def tell(town: Town) -> PostId:
        number, own = town.post(), town.post(town.ada.id)
        for each in (number, own):
            rows.link(town.tx, "post_vote", person_id=town.ada.id, post_id=each, score=score, local=True)
        return number

    views = ((ada, {"liked_only": True}), (ada, {"disliked_only": True}), (root, {"liked_only": True}))
    assert shown(database_url, tell, *views, plain=False) == [liked, disliked, False]


def test_own_posts_are_not_among_those_the_viewer_likes(database_url: str) -> None:
    def tell(town: Town) -> PostId:
        own = town.post(town.ada.id)
        rows.link(town.tx, "post_vote", person_id=town.ada.id, post_id=own, score=1, local=True)
        return own

    views = ((ada, {"liked_only": True}), (ada, {"disliked_only": True}))
    assert shown(database_url, tell, *views, plain=False) == [False, False]


@pytest.mark.parametrize(("address", "found"), [("https://a.example/1", True), ("https://a.example/2", False), (None, False)])
def test_cross_posts_are_found_by_their_address(database_url: str, address: str | None, found: bool) -> None:
    asked = {"url": "https://a.example/1"}
    assert shown(database_url, lambda town: town.post(url=address), (nobody, asked), (ada, asked), plain=False) == [found, found]


def test_a_community_and_a_profile_show_their_own_posts(database_url: str) -> None:
    own = ((nobody, {"community_id": 3}), (ada, {"creator_id": 3}), (ada, {"creator_id": 3, "community_id": 3}))
    others = ((nobody, {"community_id": 2}), (ada, {"creator_id": 4}), (ada, {"creator_id": 3, "community_id": 2}))
    answers = shown(database_url, lambda town: town.post(town.root.id, town.there), *own, *others, plain=False)
    assert answers == [True, True, True, False, False, False]


def test_top_of_the_hour_leaves_older_posts_out(database_url: str) -> None:
    hour = {"sort": SortType.TOP_HOUR}

    async def body(site: Listings) -> None:
        def enter(tx: Transaction) -> PostId:
            town = Town(tx)
            town.post(published=NOON - HOUR)
            town.post(published=NOON - HOUR - 1, upvotes=99, featured_local=True)
            return town.post(published=NOON - HOUR + 1)

        number = await site.enter(enter)
        assert await site.ids(listing=ListingType.ALL, **hour) == [number]

    on(database_url, body)
