"""What becomes of words and verdicts among four instances: a community on alpha, guests on beta and gamma, and delta, which comes late."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.instances import Client, Instance
from tests.interop import exchange, network
from tests.interop.exchange import Exchange, author_of, comment
from tests.interop.network import arrives, eventually, found, vanishes

pytestmark = pytest.mark.interop

Network = tuple[Instance, Instance, Instance, Instance]
DEEPEST_WRITTEN = 50
LEVELS = 60
"""Levels below a post: the deepest that people write here, as at Lemmy, and deeper ones of other software."""
_numbers = itertools.count(1)


class Story(NamedTuple):
    """A community of Ann on alpha; Bob of beta and Carla of gamma follow it, the latter as `mirror` has it."""

    main: Exchange
    gamma: Instance
    carla: Client
    mirror: dict[str, Any]
    on_gamma: Client

    @property
    def everywhere(self) -> tuple[Client, ...]:
        """Strangers on all three, who make nobody fetch."""
        return self.main.on_alpha, self.main.on_beta, self.on_gamma

    def witness(self) -> None:
        """Something that is told to all after everything else; when it has arrived, so would have what came before it."""
        written = self.main.post(name="A witness")["post"]
        for side in self.everywhere:
            arrives(side, written["ap_id"])


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Network]:
    """All on SQLite."""
    with network.running(tmp_path_factory.mktemp("four"), free_port, "alpha", "beta", "gamma", "delta") as (alpha, beta, gamma, delta):
        yield alpha, beta, gamma, delta


@pytest.fixture
def story(four: Network) -> Story:
    """A new community with its two followers."""
    alpha, beta, gamma, _ = four
    main = exchange.begin(alpha, beta)
    carla = gamma.registered(f"carla_{next(_numbers)}")
    mirror = carla.get("/resolve_object", q=f"!{main.home['name']}@{alpha.hostname}")["community"]["community"]
    carla.post("/community/follow", community_id=mirror["id"], follow=True)
    eventually(main.followers, lambda count: count == 3)
    return Story(main, gamma, carla, mirror, gamma.client())


def _here(client: Client, ap_id: str) -> dict[str, Any]:
    """What the person of a client knows under an id: as view."""
    view: dict[str, Any] = found(client, ap_id)
    assert view is not None, f"{ap_id} is not known to {client.url}"
    return view


def test_the_number_of_followers_travels(story: Story, four: Network) -> None:
    delta = four[3]
    late = delta.registered(f"late_{next(_numbers)}")
    seen = late.get("/resolve_object", q=f"!{story.main.home['name']}@{story.main.alpha.hostname}")["community"]
    assert (seen["counts"]["subscribers"], seen["counts"]["subscribers_local"]) == (3, 0), "as its home counts"
    late.post("/community/follow", community_id=seen["community"]["id"], follow=True)
    eventually(story.main.followers, lambda count: count == 4)
    late.post("/community/follow", community_id=seen["community"]["id"], follow=False)
    eventually(story.main.followers, lambda count: count == 3)


def test_a_comment_from_a_third_instance_is_announced_to_all(story: Story) -> None:
    written = story.main.bob.post("/post", name="From beta", community_id=story.main.mirror["id"])["post_view"]["post"]
    copy = arrives(story.on_gamma, written["ap_id"])["post"]
    said = comment(story.carla, copy["id"], "From gamma")["comment"]
    for side in story.everywhere:
        arrives(side, said["ap_id"], lambda view: (view["comment"]["content"], view["counts"]["score"]) == ("From gamma", 1))
    story.carla.put("/comment", comment_id=said["id"], content="From gamma, corrected")
    for side in story.everywhere:
        arrives(side, said["ap_id"], lambda view: view["comment"]["content"].endswith("corrected"))
    eventually(lambda: story.main.bob.get("/user/unread_count")["replies"], lambda count: count == 1)


def test_what_is_said_in_a_community_that_is_only_for_its_own_never_leaves(story: Story) -> None:
    main = story.main
    before = main.post()["post"]
    copy = arrives(main.on_beta, before["ap_id"])["post"]
    main.ann.put("/community", community_id=main.home["id"], visibility="LocalOnly")
    inside = main.post(name="Among us")["post"]
    said = comment(main.ann, inside["id"], "Psst")["comment"]
    main.ann.put("/post", post_id=before["id"], name="Changed among us")
    main.ann.post("/comment/like", comment_id=said["id"], score=0)
    other = exchange.begin(main.alpha, main.beta)
    arrives(main.on_beta, other.post()["post"]["ap_id"])
    assert _here(main.on_beta, before["ap_id"])["post"]["name"] == copy["name"]
    for address in (inside["ap_id"], said["ap_id"]):
        assert main.bob.call("GET", "/resolve_object", {"q": address}).status == 400
        path = address.removeprefix(f"http://{main.alpha.hostname}")
        for suffix in ("", "/replies"):
            answer = main.on_alpha.send("GET", path + suffix, headers={"accept": "application/activity+json"})
            assert answer.status == 404
    assert not main.beta.execute("SELECT 1 FROM post WHERE name LIKE '%mong us'")


def test_a_deep_thread_is_fetched_from_its_deepest_comment(story: Story, four: Network) -> None:
    delta = four[3]
    written = story.main.post(name="A deep one")["post"]
    parent: dict[str, Any] | None = None
    for level in range(DEEPEST_WRITTEN):
        parent = comment(story.main.ann, written["id"], f"Level {level}", parent and parent["id"])["comment"]
    assert parent is not None
    deepest = _deepen(story.main.alpha, parent["id"])
    reader = delta.registered(f"reader_{next(_numbers)}")
    view = reader.get("/resolve_object", q=deepest)["comment"]
    assert view["comment"]["content"] == f"Level {LEVELS - 1}"
    assert view["comment"]["path"].count(".") == LEVELS
    assert view["post"]["ap_id"] == written["ap_id"]
    listed = reader.get("/comment/list", post_id=view["post"]["id"], max_depth=LEVELS, type_="All", sort="Old")["comments"]
    assert {each["comment"]["content"] for each in listed} == {f"Level {level}" for level in range(LEVELS)}


def _deepen(home: Instance, number: int) -> str:
    """Goes on below a comment to level LEVELS, where nobody may write here, but other software does; answers the id of the last."""
    for level in range(DEEPEST_WRITTEN, LEVELS):
        ((below,),) = home.execute(
            f"""INSERT INTO comment (post_id, creator_id, local, published, path, ap_id, content)
                SELECT post_id, creator_id, local, published + 1, path, ap_id || '/below', 'Level {level}' FROM comment WHERE id = {number}
                RETURNING id"""
        )
        address = f"http://{home.hostname}/comment/{below}"
        home.execute(f"UPDATE comment SET path = path || '.{below}', ap_id = '{address}' WHERE id = {below}")
        home.execute(f"INSERT INTO comment_aggregates (comment_id, published) VALUES ({below}, 0)")
        number = below
    return address


def test_who_blocks_an_instance_sees_nothing_of_it_and_others_do(story: Story) -> None:
    main, bob, dan = story.main, story.main.bob, story.main.beta.registered(f"dan_{next(_numbers)}")
    dan.post("/community/follow", community_id=main.mirror["id"], follow=True)
    written = main.post(name="Seen by some")["post"]
    arrives(main.on_beta, written["ap_id"])
    alpha_of_beta = main.mirror["instance_id"]
    bob.post("/site/block", instance_id=alpha_of_beta, block=True)
    assert _lists(dan, written["ap_id"])
    assert not _lists(bob, written["ap_id"])
    local = bob.post("/community", name=f"bobs_{next(_numbers)}", title="Bob's")["community_view"]["community"]
    own = bob.post("/post", name="Mine", community_id=local["id"])["post_view"]["post"]
    copy = main.ann.get("/resolve_object", q=own["ap_id"])["post"]["post"]
    said = comment(main.ann, copy["id"], "Hello Bob")["comment"]
    bob_there = main.ann.get("/resolve_object", q=author_of(bob)["actor_id"])["person"]["person"]
    main.ann.post("/private_message", recipient_id=bob_there["id"], content="Psst")
    arrives(main.on_beta, said["ap_id"])
    assert bob.get("/user/unread_count") == {"replies": 0, "mentions": 0, "private_messages": 0}
    bob.post("/site/block", instance_id=alpha_of_beta, block=False)
    assert _lists(bob, written["ap_id"])


def _lists(client: Client, ap_id: str) -> bool:
    listed = client.get("/post/list", type_="All", sort="New", limit=50)["posts"]
    return ap_id in [each["post"]["ap_id"] for each in listed]


def test_an_instance_that_is_blocked_is_neither_heard_nor_told_from_then_on(story: Story) -> None:
    main = story.main
    main.beta.admin.put("/site", blocked_instances=[story.gamma.hostname.partition(":")[0].upper()])
    try:
        written = main.post(name="While gamma is blocked on beta")["post"]
        copy = arrives(story.on_gamma, written["ap_id"])["post"]
        said = comment(story.carla, copy["id"], "From gamma")["comment"]
        arrives(main.on_alpha, said["ap_id"])
        story.witness()
        assert found(main.on_beta, said["ap_id"]) is None
        assert main.bob.call("GET", "/resolve_object", {"q": said["ap_id"]}).status == 400
        blocked = main.on_beta.get("/federated_instances")["federated_instances"]["blocked"]
        assert [each["domain"] for each in blocked] == ["gamma.test"]
    finally:
        main.beta.admin.put("/site", blocked_instances=[])
    assert main.bob.get("/resolve_object", q=said["ap_id"])["comment"]["comment"]["content"] == "From gamma"


def test_a_moderator_elsewhere_edits_the_community_pins_locks_and_bans(story: Story) -> None:
    main, bob = story.main, story.main.bob
    bob_there = main.ann.get("/resolve_object", q=author_of(bob)["actor_id"])["person"]["person"]
    main.ann.post("/community/mod", community_id=main.home["id"], person_id=bob_there["id"], added=True)
    eventually(lambda: _moderators(main.on_beta, main.mirror["id"]), lambda names: author_of(bob)["actor_id"] in names)
    bob.put("/community", community_id=main.mirror["id"], title="Tea and more")
    for side, ap_id in zip(story.everywhere, [main.home["actor_id"]] * 3, strict=True):
        arrives(side, ap_id, lambda view: view["community"]["title"] == "Tea and more")
    mine = story.carla.post("/post", name="By Carla", community_id=story.mirror["id"])["post_view"]["post"]
    here = arrives(main.on_beta, mine["ap_id"])["post"]
    for act, fields in (
        ("/post/feature", {"featured": True, "feature_type": "Community"}),
        ("/post/lock", {"locked": True}),
    ):
        bob.post(act, post_id=here["id"], **fields)
    for side in story.everywhere:
        arrives(side, mine["ap_id"], lambda view: view["post"]["featured_community"] and view["post"]["locked"])
    answer = story.carla.call("POST", "/comment", {"post_id": mine["id"], "content": "Let me explain"})
    assert (answer.status, answer.json["error"]) == (400, "locked")
    carla_here = arrives(main.on_beta, mine["ap_id"])["creator"]
    bob.post("/community/ban_user", community_id=main.mirror["id"], person_id=carla_here["id"], ban=True, reason="Enough")
    for side in story.everywhere:
        arrives(side, mine["ap_id"], lambda view: view["creator_banned_from_community"])
    refused = story.carla.call("POST", "/post", {"name": "Once more", "community_id": story.mirror["id"]})
    assert (refused.status, refused.json["error"]) == (400, "banned_from_community")


def _moderators(client: Client, community_id: int) -> list[str]:
    return [each["moderator"]["actor_id"] for each in client.get("/community", id=community_id)["moderators"]]


def test_a_ban_with_all_that_was_said_travels_and_is_undone(story: Story) -> None:
    main = story.main
    bobs = main.bob.post("/post", name="Cheap tea", community_id=main.mirror["id"])["post_view"]["post"]
    said = comment(main.bob, bobs["id"], "Buy now")["comment"]
    for side in story.everywhere:
        arrives(side, said["ap_id"])
    bob_there = arrives(main.on_alpha, bobs["ap_id"])["creator"]
    for banned in (True, False):
        main.ann.post(
            "/community/ban_user", community_id=main.home["id"], person_id=bob_there["id"], ban=banned, remove_data=True, reason="Selling"
        )
        for side in story.everywhere:
            vanishes(side, bobs["ap_id"], banned)
            vanishes(side, said["ap_id"], banned)
        refused = main.bob.call("POST", "/post", {"name": "Cheaper tea", "community_id": main.mirror["id"]})
        assert refused.status == (400 if banned else 200)


def test_a_report_reaches_the_home_of_the_community_and_of_the_author(story: Story) -> None:
    main = story.main
    bobs = main.bob.post("/post", name="Cheap tea", community_id=main.mirror["id"])["post_view"]["post"]
    copy = arrives(story.on_gamma, bobs["ap_id"])["post"]
    story.carla.post("/post/report", post_id=copy["id"], reason="Selling again")
    for moderator in (main.ann, main.beta.admin, story.gamma.admin):
        eventually(lambda who=moderator: _reasons(who, bobs["ap_id"]), lambda reasons: reasons == ["Selling again"])


def _reasons(moderator: Client, ap_id: str) -> list[str]:
    reports = moderator.get("/post/report/list", unresolved_only=True)["post_reports"]
    return [each["post_report"]["reason"] for each in reports if each["post"]["ap_id"] == ap_id]


def test_a_private_message_is_edited_deleted_and_restored_and_nobody_else_learns_of_it(story: Story) -> None:
    main = story.main
    bob_there = main.ann.get("/resolve_object", q=author_of(main.bob)["actor_id"])["person"]["person"]
    sent = main.ann.post("/private_message", recipient_id=bob_there["id"], content="Four minutes?")["private_message_view"][
        "private_message"
    ]
    eventually(lambda: _messages(main.bob), lambda texts: texts == ["Four minutes?"])
    assert main.bob.get("/user/unread_count")["private_messages"] == 1
    main.ann.put("/private_message", private_message_id=sent["id"], content="Five minutes?")
    eventually(lambda: _messages(main.bob), lambda texts: texts == ["Five minutes?"])
    for deleted, seen in ((True, []), (False, ["Five minutes?"])):
        main.ann.post("/private_message/delete", private_message_id=sent["id"], deleted=deleted)
        eventually(lambda: _messages(main.bob), lambda texts, seen=seen: texts == seen)
    story.witness()
    assert story.gamma.execute("SELECT count(*) FROM private_message") == [(0,)]
    path = sent["ap_id"].removeprefix(f"http://{main.alpha.hostname}")
    answer = main.on_alpha.send("GET", path, headers={"accept": "application/activity+json"})
    assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, "/login"), "it is a page for the two alone"


def _messages(client: Client) -> list[str]:
    listed = client.get("/private_message/list")["private_messages"]
    return [each["private_message"]["content"] for each in listed if not each["private_message"]["deleted"]]
