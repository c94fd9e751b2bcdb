"""pythorhead, the library of bots, against a running instance."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pythorhead import Lemmy
from pythorhead.types import CommentSortType, FeatureType, ListingType, SortType

from tests.clients.conftest import PEER
from tests.instances import ADMIN, PASSWORD, Instance

pytestmark = pytest.mark.client

LINK = "https://link.example/article"


@pytest.fixture
def bot(instance: Instance) -> Lemmy:
    """The admin through pythorhead, which raises what the instance refuses."""
    return _logged_in(instance, ADMIN)


def test_a_bot_reads_from_nodeinfo_that_this_is_a_lemmy_of_its_release(bot: Lemmy) -> None:
    assert bot.nodeinfo["software"]["name"] == "lemmy"
    assert (bot.instance_version.major, bot.instance_version.minor) == (0, 19)


def test_a_bot_does_its_daily_round_and_reads_back_what_it_wrote(bot: Lemmy, instance: Instance) -> None:
    peer = _logged_in(instance, PEER)
    community = bot.community.create("bots", "Bots", description="Beep")["community_view"]["community"]
    assert bot.discover_community("bots") == community["id"]
    assert peer.community.follow(community["id"])["subscribed"] == "Subscribed"
    assert [each["community"]["name"] for each in bot.community.list(limit=5)] == ["bots"]

    post = bot.post.create(community["id"], "A linked post", url=LINK, body="See *this*.")["post_view"]["post"]
    assert (post["url"], post["body"]) == (LINK, "See *this*.")
    assert bot.post.edit(post["id"], name="A better title")["post_view"]["post"]["name"] == "A better title"
    second = peer.post.create(community["id"], "The second")["post_view"]["post"]

    comment = bot.comment.create(post["id"], "First!")["comment_view"]["comment"]
    reply = peer.comment.create(post["id"], "Second :)", parent_id=comment["id"])["comment_view"]["comment"]
    assert reply["path"] == f"{comment['path']}.{reply['id']}"
    assert peer.comment.edit(reply["id"], content="Second!")["comment_view"]["comment"]["content"] == "Second!"
    assert bot.comment.get(reply["id"])["comment_view"]["comment"]["content"] == "Second!"

    assert peer.post.like(post["id"], 1)["post_view"]["counts"]["upvotes"] == 2
    assert bot.comment.like(reply["id"], -1)["comment_view"]["counts"]["score"] == 0

    for sort in (SortType.Hot, SortType.Active, SortType.New, SortType.Scaled):
        listed = bot.post.list(community_name="bots", sort=sort, type_=ListingType.All, limit=50)
        assert {each["post"]["id"] for each in listed} == {post["id"], second["id"]}, sort
    listed = bot.post.list(sort=SortType.New, type_=ListingType.Local)
    assert [each["post"]["id"] for each in listed] == [second["id"], post["id"]]

    read = bot.post.get(post["id"])["post_view"]
    assert (read["post"]["name"], read["counts"]["comments"], read["counts"]["score"]) == ("A better title", 2, 2)
    tree = bot.comment.list(post_id=post["id"], sort=CommentSortType.Hot, max_depth=8)
    assert [each["comment"]["content"] for each in tree] == ["First!", "Second!"]

    assert bot.post.save(post["id"], True)["post_view"]["saved"] is True
    assert [each["post"]["id"] for each in bot.post.list(saved_only="true", type_=ListingType.All)] == [post["id"]]
    assert bot.post.mark_as_read(second["id"], True) == {"success": True}
    assert bot.comment.save(reply["id"], True)["comment_view"]["saved"] is True

    profile = bot.user.get(username=PEER)
    assert [each["post"]["id"] for each in profile["posts"]] == [second["id"]]
    assert bot.site.get()["my_user"]["local_user_view"]["person"]["name"] == ADMIN


def test_a_bot_moderates(bot: Lemmy, instance: Instance) -> None:
    peer = _logged_in(instance, PEER)
    community = bot.community.create("bots", "Bots")["community_view"]["community"]
    post = peer.post.create(community["id"], "Spam")["post_view"]["post"]
    comment = peer.comment.create(post["id"], "More spam")["comment_view"]["comment"]

    assert bot.post.feature(post["id"], True, FeatureType.Community)["post_view"]["post"]["featured_community"] is True
    assert bot.post.lock(post["id"], True)["post_view"]["post"]["locked"] is True
    with _refused("locked"):
        peer.comment.create(post["id"], "Too late")
    assert bot.comment.remove(comment["id"], True, "spam")["comment_view"]["comment"]["removed"] is True
    assert bot.post.remove(post["id"], True, "spam")["post_view"]["post"]["removed"] is True
    assert bot.post.list(community_id=community["id"]) == []
    with _refused("not_a_mod_or_admin"):
        peer.post.lock(post["id"], False)


def _logged_in(instance: Instance, name: str) -> Any:
    client = Lemmy(instance.url, raise_exceptions=True, request_timeout=30)
    assert client.log_in(name, PASSWORD)
    return client


@contextmanager
def _refused(code: str) -> Iterator[None]:
    with pytest.raises(Exception, match=f'"error":"{code}"'):
        yield
