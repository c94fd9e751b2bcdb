"""Lists of communities, on both databases."""

from typing import Any

import pytest

from lemmy_lite.domain.community_listing import CommunityQuery, listing
from lemmy_lite.model.clock import DAY, HOUR, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from tests.domain.threads import told
from tests.storage import rows
from tests.storage.rows import NOON


def _community(
    tx: Transaction, name: str, *, born: Micros = NOON - 99 * DAY, domain: str = "here.test", title: str = "", **values: Any
) -> CommunityId:
    """A community; what is a counter goes there."""
    counters = {key: values.pop(key) for key in list(values) if key.startswith(("users_", "subscribers", "comments"))}
    number = rows.community(tx, name, domain, **values)
    changes = "".join(f", {key} = :{key}" for key in counters)
    tx.run("UPDATE community SET published = :born, title = :title WHERE id = :id", born=born, title=title or name, id=number)
    tx.run(f"UPDATE community_aggregates SET published = :born{changes} WHERE community_id = :id", born=born, id=number, **counters)
    return number


def _names(tx: Transaction, viewer: Viewer | None = None, **query: Any) -> list[str]:
    return [view.community.name for view in listing(tx, viewer, CommunityQuery(**query))]


def test_each_sort_reads_its_own_counter(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        _community(tx, "aged", born=NOON - 900 * DAY)
        for column in (
            "subscribers",
            "comments",
            "users_active_day",
            "users_active_week",
            "users_active_month",
            "users_active_half_year",
        ):
            _community(tx, column, **{column: 7})
        _community(tx, "young", born=NOON - 8 * DAY)
        first = {
            SortType.HOT: "users_active_month",
            SortType.ACTIVE: "users_active_month",
            SortType.SCALED: "users_active_month",
            SortType.NEW: "young",
            SortType.OLD: "aged",
            SortType.TOP_HOUR: "users_active_day",
            SortType.TOP_SIX_HOUR: "users_active_day",
            SortType.TOP_TWELVE_HOUR: "users_active_day",
            SortType.TOP_DAY: "users_active_day",
            SortType.NEW_COMMENTS: "users_active_day",
            SortType.TOP_WEEK: "users_active_week",
            SortType.TOP_MONTH: "users_active_month",
            SortType.TOP_THREE_MONTHS: "users_active_half_year",
            SortType.TOP_SIX_MONTHS: "users_active_half_year",
            SortType.TOP_NINE_MONTHS: "subscribers",
            SortType.TOP_YEAR: "subscribers",
            SortType.TOP_ALL: "subscribers",
            SortType.MOST_COMMENTS: "comments",
            SortType.CONTROVERSIAL: "comments",
        }
        assert {sort: _names(tx, sort=sort)[0] for sort in SortType} == first

    told(database_url, story)


def test_hot_puts_communities_of_this_week_first_by_rank_and_its_pages_join(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        _community(tx, "newborn", born=NOON - HOUR)
        _community(tx, "popular", born=NOON - 2 * HOUR, subscribers=5000)
        _community(tx, "unborn", born=NOON + DAY)
        _community(tx, "busy", users_active_month=9)
        _community(tx, "quiet", subscribers=90)
        wanted = ["popular", "newborn", "busy", "quiet", "unborn"]
        assert _names(tx) == wanted
        assert [name for page in (1, 2, 3, 4) for name in _names(tx, limit=2, page=page)] == wanted

    told(database_url, story)


def test_deleted_removed_and_hidden_communities_are_for_admins_and_hidden_ones_for_followers(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        viewer, admin = rows.user(tx, "vera"), rows.user(tx, "root", admin=True)
        _community(tx, "open")
        _community(tx, "deleted", deleted=True)
        _community(tx, "removed", removed=True)
        _community(tx, "hidden", hidden=True)
        followed = _community(tx, "followed", hidden=True)
        rows.link(tx, "community_follower", community_id=followed, person_id=viewer.id, pending=False)
        assert set(_names(tx)) == {"open"}
        assert set(_names(tx, viewer)) == {"open", "followed"}
        assert len(_names(tx, admin)) == 5
        assert listing(tx, viewer, CommunityQuery(listing=ListingType.SUBSCRIBED))[0].subscribed.value == "Subscribed"

    told(database_url, story)


def test_listing_kinds_blocks_and_visibility(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        viewer = rows.user(tx, "vera")
        here, away = _community(tx, "here"), _community(tx, "away", domain="away.test")
        _community(tx, "inside", visibility="LocalOnly")
        rows.link(tx, "community_follower", community_id=away, person_id=viewer.id, pending=True)
        assert set(_names(tx, listing=ListingType.ALL)) == {"here", "away"}
        assert set(_names(tx, listing=ListingType.LOCAL)) == {"here"}
        assert _names(tx, listing=ListingType.SUBSCRIBED) == []
        assert set(_names(tx, viewer)) == {"here", "away", "inside"}
        assert _names(tx, viewer, listing=ListingType.SUBSCRIBED) == ["away"]
        rows.link(tx, "community_block", community_id=here, person_id=viewer.id)
        rows.link(tx, "instance_block", instance_id=rows.instance(tx, "away.test"), person_id=viewer.id)
        assert _names(tx, viewer) == ["inside"]
        rows.site(tx, private_instance=True)
        with pytest.raises(LemmyError, match="instance_is_private"):
            _names(tx)
        assert _names(tx, viewer) == ["inside"]

    told(database_url, story)


@pytest.mark.parametrize("warning", [None, "Adults only"])
def test_nsfw_communities_show_when_asked_by_setting_or_under_a_content_warning(database_url: str, warning: str | None) -> None:
    def story(tx: Transaction) -> None:
        rows.site(tx, content_warning=warning)
        _community(tx, "night", nsfw=True)
        shy, bold = rows.user(tx, "shy"), rows.user(tx, "bold", show_nsfw=True)
        asked = {None: bool(warning), True: True, False: False}
        assert {choice: bool(_names(tx, shy, show_nsfw=choice)) for choice in asked} == asked
        assert {choice: bool(_names(tx, bold, show_nsfw=choice)) for choice in asked} == dict.fromkeys(asked, True)
        assert {choice: bool(_names(tx, show_nsfw=choice)) for choice in asked} == asked | {False: bool(warning)}

    told(database_url, story)


def test_the_directory_finds_names_and_titles_that_contain_words_in_any_case(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        _community(tx, "rust", title="The Rust Language")
        _community(tx, "garden", title="Überwintern 100%_sure")
        assert _names(tx, containing="RUS") == ["rust"]
        assert _names(tx, containing="the  lang") == ["rust"]
        assert _names(tx, containing="lang the") == []
        assert _names(tx, containing="Über") == _names(tx, containing="%_") == ["garden"]
        assert _names(tx, containing="r%t") == _names(tx, containing="!") == _names(tx, containing="'") == []
        assert len(_names(tx, containing="")) == len(_names(tx, containing="  ")) == 2

    told(database_url, story)


def test_pages_out_of_bounds_are_refused(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        for query in ({"limit": 0}, {"limit": 51}, {"page": 0}, {"page": 101}):
            with pytest.raises(LemmyError, match="unknown"):
                _names(tx, **query)

    told(database_url, story)
