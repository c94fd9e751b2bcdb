"""What people of two instances see of each other: over API v3, from process to process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.instances import Client, Instance
from tests.interop import exchange, network
from tests.interop.exchange import Exchange, author_of, comment
from tests.interop.network import arrives, eventually, found, vanishes

pytestmark = pytest.mark.interop

SAME_OF_POST = ("name", "url", "body", "published", "updated", "ap_id", "deleted", "nsfw")
SAME_OF_COMMENT = ("content", "published", "updated", "ap_id", "deleted", "removed")
COUNTS = ("score", "upvotes", "downvotes", "published")


def same(one: dict[str, Any], other: dict[str, Any], fields: tuple[str, ...]) -> None:
    """Both sides show the same."""
    assert {name: one.get(name) for name in fields} == {name: other.get(name) for name in fields}


@pytest.mark.parametrize("on_postgres", [(), ("alpha",), ("beta",)], ids=["sqlite", "alpha on postgres", "beta on postgres"])
def test_a_second_instance_finds_a_community_follows_it_and_takes_part(
    on_postgres: tuple[str, ...], request: pytest.FixtureRequest, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    databases = {name: request.getfixturevalue("postgres_url") for name in on_postgres}
    with network.running(tmp_path, free_port, "alpha", "beta", databases=databases) as (alpha, beta):
        ann, bob, on_alpha, on_beta = alpha.admin, beta.admin, alpha.client(), beta.client()
        home = ann.post("/community", name="tea", title="Tea", description="All about *tea*")["community_view"]["community"]
        earlier = ann.post("/post", name="Written before", community_id=home["id"])["post_view"]["post"]

        mirror = bob.get("/resolve_object", q=f"!tea@{alpha.hostname}")["community"]
        assert (mirror["community"]["title"], mirror["community"]["local"], mirror["subscribed"]) == ("Tea", False, "NotSubscribed")
        same(home, mirror["community"], ("name", "title", "description", "actor_id", "published"))
        arrives(on_beta, earlier["ap_id"])
        asked = bob.post("/community/follow", community_id=mirror["community"]["id"], follow=True)
        assert asked["community_view"]["subscribed"] in ("Pending", "Subscribed")
        eventually(
            lambda: bob.get("/community", id=mirror["community"]["id"])["community_view"]["subscribed"], lambda it: it == "Subscribed"
        )
        assert on_alpha.get("/community", id=home["id"])["community_view"]["counts"]["subscribers"] == 2

        written = ann.post("/post", name="A fresh one", community_id=home["id"], url="https://link.example/steep", body="*Hot*")[
            "post_view"
        ]
        copy = arrives(on_beta, written["post"]["ap_id"], lambda view: view["counts"]["score"] == 1)
        same(written["post"], copy["post"], SAME_OF_POST)

        said = comment(bob, copy["post"]["id"], "Four **minutes**.")["comment"]
        heard = arrives(on_alpha, said["ap_id"])
        same(said, heard["comment"], SAME_OF_COMMENT)
        assert (heard["creator"]["name"], heard["creator"]["local"]) == ("admin", False)
        bob.post("/post/like", post_id=copy["post"]["id"], score=1)
        arrives(on_alpha, written["post"]["ap_id"], lambda view: (view["counts"]["score"], view["counts"]["comments"]) == (2, 1))

        answered = comment(ann, written["post"]["id"], "Too long!", heard["comment"]["id"])["comment"]
        arrived = arrives(on_beta, answered["ap_id"])
        assert arrived["comment"]["path"] == f"{said['path']}.{arrived['comment']['id']}"
        eventually(lambda: bob.get("/user/unread_count"), lambda unread: unread == {"replies": 1, "mentions": 0, "private_messages": 0})
        for side in (on_alpha, on_beta):
            arrives(side, written["post"]["ap_id"], lambda view: (view["counts"]["score"], view["counts"]["comments"]) == (2, 2))


def test_a_stranger_to_the_instance_makes_it_ask_nobody(pair: tuple[Instance, Instance]) -> None:
    alpha, beta = pair
    home = alpha.admin.post("/community", name="unseen", title="Unseen")["community_view"]["community"]
    assert found(beta.client(), home["actor_id"]) is None
    assert beta.client().call("GET", "/community", {"name": f"unseen@{alpha.hostname}"}).status == 404
    assert beta.admin.get("/community", name=f"unseen@{alpha.hostname}")["community_view"]["community"]["actor_id"] == home["actor_id"]
    assert found(beta.client(), home["actor_id"]) is not None


def test_people_are_found_by_name_and_by_address(pair: tuple[Instance, Instance]) -> None:
    alpha, beta = pair
    person = author_of(alpha.registered("lena"))
    by_name = beta.admin.get("/resolve_object", q=f"@lena@{alpha.hostname}")["person"]["person"]
    same(person, by_name, ("name", "actor_id", "published"))
    assert beta.admin.get("/resolve_object", q=person["actor_id"])["person"]["person"]["id"] == by_name["id"]
    nowhere = beta.admin.call("GET", "/resolve_object", {"q": f"@nobody_here@{alpha.hostname}"})
    assert (nowhere.status, nowhere.json["error"]) == (400, "couldnt_find_object")


def test_a_community_comes_with_its_moderators_and_its_followers_are_counted(story: Exchange) -> None:
    got = story.bob.get("/community", id=story.mirror["id"])
    assert [each["moderator"]["actor_id"] for each in got["moderators"]] == [author_of(story.ann)["actor_id"]]
    counts = got["community_view"]["counts"]
    assert (counts["subscribers"], counts["subscribers_local"]) == (1, 1), "as fetched, before our own follow, and ours"
    assert story.followers() == 2
    other = story.beta.registered(f"other_{story.home['name']}"[:20])
    other.post("/community/follow", community_id=story.mirror["id"], follow=True)
    eventually(story.followers, lambda count: count == 3)


def test_everything_said_has_one_address_and_one_moment_on_both_sides(story: Exchange) -> None:
    written = story.post(url="https://link.example/steep?a=1&b=2", body="*Hot* | `code`\n\n- a\n- b", nsfw=True)
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    same(written["post"], copy["post"], SAME_OF_POST)
    assert len(written["post"]["published"]) == len("2026-01-01T00:00:00.000000Z")
    said = comment(story.bob, copy["post"]["id"], "> Four\n\n**minutes** — 四分")
    heard = arrives(story.on_alpha, said["comment"]["ap_id"])
    same(said["comment"], heard["comment"], SAME_OF_COMMENT)
    same(said["creator"], heard["creator"], ("name", "actor_id", "published"))


def test_votes_are_cast_turned_and_taken_back_on_both_sides(story: Exchange) -> None:
    written = story.post()
    copy = arrives(story.on_beta, written["post"]["ap_id"], lambda view: view["counts"]["score"] == 1)
    said = comment(story.ann, written["post"]["id"], "Mine")
    heard = arrives(story.on_beta, said["comment"]["ap_id"], lambda view: view["counts"]["score"] == 1)
    for score, expected in ((1, (2, 2, 0)), (-1, (0, 1, 1)), (0, (1, 1, 0)), (1, (2, 2, 0))):
        story.bob.post("/post/like", post_id=copy["post"]["id"], score=score)
        story.bob.post("/comment/like", comment_id=heard["comment"]["id"], score=score)
        for side in (story.on_alpha, story.on_beta):
            for address in (written["post"]["ap_id"], said["comment"]["ap_id"]):
                _has_votes(side, address, expected)
    story.ann.post("/post/like", post_id=written["post"]["id"], score=0)
    arrives(story.on_beta, written["post"]["ap_id"], lambda view: _votes(view) == (1, 1, 0))


def _has_votes(client: Client, address: str, expected: tuple[int, int, int]) -> None:
    arrives(client, address, lambda view: _votes(view) == expected)


def _votes(view: dict[str, Any]) -> tuple[int, int, int]:
    counts = view["counts"]
    return counts["score"], counts["upvotes"], counts["downvotes"]


def test_edits_travel_both_ways(story: Exchange) -> None:
    written = story.post(body="Before")
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    said = comment(story.bob, copy["post"]["id"], "Four minutes.")
    arrives(story.on_alpha, said["comment"]["ap_id"])
    story.ann.put("/post", post_id=written["post"]["id"], name="How hot?", body="In degrees.", url="https://link.example/hot")
    changed = arrives(story.on_beta, written["post"]["ap_id"], lambda view: view["post"]["name"] == "How hot?")
    same(story.on_alpha.get("/post", id=written["post"]["id"])["post_view"]["post"], changed["post"], SAME_OF_POST)
    assert changed["post"]["id"] == copy["post"]["id"]
    story.bob.put("/comment", comment_id=said["comment"]["id"], content="Five minutes.")
    heard = arrives(story.on_alpha, said["comment"]["ap_id"], lambda view: view["comment"]["content"] == "Five minutes.")
    same(story.on_beta.get("/comment", id=said["comment"]["id"])["comment_view"]["comment"], heard["comment"], SAME_OF_COMMENT)


def test_what_is_deleted_vanishes_elsewhere_and_comes_back_when_restored(story: Exchange) -> None:
    written = story.post(body="A text")
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    said = comment(story.bob, copy["post"]["id"], "Four minutes.")
    arrives(story.on_alpha, said["comment"]["ap_id"])
    for deleted, count in ((True, 0), (False, 1)):
        story.bob.post("/comment/delete", comment_id=said["comment"]["id"], deleted=deleted)
        vanishes(story.on_alpha, said["comment"]["ap_id"], deleted)
        for side in (story.on_alpha, story.on_beta):
            _has_comments(side, written, count)
    for deleted in (True, False):
        story.ann.post("/post/delete", post_id=written["post"]["id"], deleted=deleted)
        vanishes(story.on_beta, written["post"]["ap_id"], deleted)
    assert found(story.on_beta, written["post"]["ap_id"])["post"]["body"] == "A text"


def test_a_community_that_is_deleted_at_home_is_closed_elsewhere_until_it_is_restored(story: Exchange) -> None:
    for deleted in (True, False):
        story.ann.post("/community/delete", community_id=story.home["id"], deleted=deleted)
        _closes(story, deleted)
        answer = story.bob.call("POST", "/post", {"name": "Anybody here?", "community_id": story.mirror["id"]})
        assert (answer.status, answer.json.get("error")) == ((400, "deleted") if deleted else (200, None))


def _closes(story: Exchange, deleted: bool) -> None:
    statement = f"SELECT deleted FROM community WHERE id = {story.mirror['id']}"
    eventually(lambda: story.beta.execute(statement), lambda rows: bool(rows[0][0]) == deleted)


def _has_comments(client: Client, post: dict[str, Any], count: int) -> None:
    arrives(client, post["post"]["ap_id"], lambda view: view["counts"]["comments"] == count)


def test_a_moderator_removes_and_restores_what_another_instance_wrote(story: Exchange) -> None:
    written = story.post()
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    said = comment(story.bob, copy["post"]["id"], "Buy now")
    heard = arrives(story.on_alpha, said["comment"]["ap_id"])
    bobs = story.bob.post("/post", name="Cheap tea", community_id=story.mirror["id"])["post_view"]["post"]
    arrived = arrives(story.on_alpha, bobs["ap_id"])
    for removed in (True, False):
        story.ann.post("/comment/remove", comment_id=heard["comment"]["id"], removed=removed, reason="Advertising")
        story.ann.post("/post/remove", post_id=arrived["post"]["id"], removed=removed, reason="Advertising")
        vanishes(story.on_beta, said["comment"]["ap_id"], removed)
        vanishes(story.on_beta, bobs["ap_id"], removed)


def test_replies_and_mentions_from_elsewhere_are_noticed(story: Exchange) -> None:
    written = story.post()
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    said = comment(story.bob, copy["post"]["id"], "Four minutes.")["comment"]
    heard = arrives(story.on_alpha, said["ap_id"])["comment"]
    assert _unread(story.ann) == (1, 0), "a comment on her post"
    bob = author_of(story.bob)
    comment(story.ann, written["post"]["id"], "Too long!", heard["id"])
    eventually(lambda: _unread(story.bob), lambda unread: unread == (1, 0))
    assert _unread(story.ann) == (0, 0), "who answers has read"
    comment(story.ann, written["post"]["id"], f"What do you say, @{bob['name']}@{story.beta.hostname}?")
    eventually(lambda: _unread(story.bob), lambda unread: unread == (1, 1))
    ann = author_of(story.ann)
    comment(story.bob, copy["post"]["id"], f"Nothing, [@{ann['name']}@{story.alpha.hostname}]({ann['actor_id']}).", said["id"])
    eventually(lambda: _unread(story.ann), lambda unread: unread == (0, 1))


def _unread(client: Client) -> tuple[int, int]:
    counts = client.get("/user/unread_count")
    return counts["replies"], counts["mentions"]


def test_nobody_is_told_by_a_mention_in_a_community_they_do_not_follow_more_than_once(story: Exchange) -> None:
    carla = story.beta.registered(f"carla_{story.home['name']}"[:20])
    name = author_of(carla)["name"]
    written = story.post()
    arrives(story.on_beta, written["post"]["ap_id"])
    story.ann.get("/resolve_object", q=f"@{name}@{story.beta.hostname}")
    comment(story.ann, written["post"]["id"], f"@{name}@{story.beta.hostname} @{name}@{story.beta.hostname}")
    eventually(lambda: _unread(carla), lambda unread: unread == (0, 1))
    last = comment(story.ann, written["post"]["id"], "And something after it")["comment"]
    arrives(story.on_beta, last["ap_id"])
    assert _unread(carla) == (0, 1)


def test_a_conversation_nests_alike_on_both_sides(story: Exchange) -> None:
    written = story.post()
    copy = arrives(story.on_beta, written["post"]["ap_id"])
    sides = [(story.ann, written["post"]["id"], story.on_beta), (story.bob, copy["post"]["id"], story.on_alpha)]
    parents: list[int | None] = [None, None]
    for depth in range(8):
        mine, other = depth % 2, 1 - depth % 2
        writer, post_id, elsewhere = sides[mine]
        said = comment(writer, post_id, f"Level {depth}", parents[mine])["comment"]
        heard = arrives(elsewhere, said["ap_id"])["comment"]
        parents[mine], parents[other] = said["id"], heard["id"]
    trees = [
        [(each["comment"]["content"], each["comment"]["path"].count("."), each["counts"]["child_count"]) for each in _tree(client, post_id)]
        for client, post_id in ((story.on_alpha, written["post"]["id"]), (story.on_beta, copy["post"]["id"]))
    ]
    assert trees[0] == trees[1] == [(f"Level {depth}", depth + 1, 7 - depth) for depth in range(8)]


def _tree(client: Client, post_id: int) -> list[dict[str, Any]]:
    comments: list[dict[str, Any]] = client.get("/comment/list", post_id=post_id, sort="Old", max_depth=20, type_="All")["comments"]
    return sorted(comments, key=lambda view: view["comment"]["path"].count("."))


def test_a_reply_that_is_looked_up_brings_what_it_answers(pair: tuple[Instance, Instance]) -> None:
    story = exchange.begin(*pair, follow=False)
    written = story.post()
    first = comment(story.ann, written["post"]["id"], "First")["comment"]
    second = comment(story.ann, written["post"]["id"], "Second", first["id"])["comment"]
    third = comment(story.ann, written["post"]["id"], "Third", second["id"])["comment"]
    view = story.bob.get("/resolve_object", q=third["ap_id"])["comment"]
    assert (view["post"]["ap_id"], view["community"]["actor_id"]) == (written["post"]["ap_id"], story.home["actor_id"])
    assert view["comment"]["path"].count(".") == 3
    assert [each["comment"]["content"] for each in _tree(story.on_beta, view["post"]["id"])] == ["First", "Second", "Third"]


def test_after_the_last_follower_has_left_nothing_more_arrives(story: Exchange) -> None:
    written = story.post()
    arrives(story.on_beta, written["post"]["ap_id"])
    story.follow(False)
    assert story.state() == "NotSubscribed"
    unheard = story.post(name="After the farewell")["post"]
    # What comes after it shows that it would have been here by now.
    witness = exchange.begin(story.alpha, story.beta)
    arrives(witness.on_beta, witness.post()["post"]["ap_id"])
    assert found(story.on_beta, unheard["ap_id"]) is None
    story.follow(True)
    arrives(story.on_beta, story.post(name="Welcome back")["post"]["ap_id"])


def test_a_local_only_community_is_not_there_for_others(story: Exchange) -> None:
    hidden = story.ann.post("/community", name=f"in_{story.home['name']}"[:20], title="Ours", visibility="LocalOnly")["community_view"][
        "community"
    ]
    inside = story.ann.post("/post", name="Among us", community_id=hidden["id"])["post_view"]["post"]
    for address in (hidden["actor_id"], f"!{hidden['name']}@{story.alpha.hostname}", inside["ap_id"]):
        assert story.bob.call("GET", "/resolve_object", {"q": address}).status == 400


def test_what_one_guest_says_reaches_the_other_guests_through_the_community(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with network.running(tmp_path, free_port, "alpha", "beta", "gamma") as (alpha, beta, gamma):
        story = exchange.begin(alpha, beta)
        guest, on_gamma = gamma.admin, gamma.client()
        third = guest.get("/resolve_object", q=f"!{story.home['name']}@{alpha.hostname}")["community"]["community"]
        guest.post("/community/follow", community_id=third["id"], follow=True)
        eventually(story.followers, lambda count: count == 3)
        written = story.bob.post("/post", name="From beta", community_id=story.mirror["id"])["post_view"]["post"]
        arrives(story.on_alpha, written["ap_id"])
        copy = arrives(on_gamma, written["ap_id"], lambda view: view["counts"]["score"] == 1)
        same(written, copy["post"], SAME_OF_POST)
        said = comment(guest, copy["post"]["id"], "From gamma")["comment"]
        guest.post("/post/like", post_id=copy["post"]["id"], score=1)
        for side in (story.on_alpha, story.on_beta):
            arrives(side, said["ap_id"])
            arrives(side, written["ap_id"], lambda view: (view["counts"]["score"], view["counts"]["comments"]) == (2, 1))
        story.bob.put("/post", post_id=written["id"], name="Corrected")
        arrives(on_gamma, written["ap_id"], lambda view: view["post"]["name"] == "Corrected")
        guest.post("/comment/delete", comment_id=said["id"], deleted=True)
        vanishes(story.on_beta, said["ap_id"])
