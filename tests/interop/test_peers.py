"""A running instance in conversation with servers of other make: each speaks as its own documents say, signs and judges for itself, and
what it says is shown right."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.instances import Client
from tests.interop.network import eventually, vanishes
from tests.interop.peers.mastodon import Mastodon
from tests.interop.peers.peertube import PeerTube
from tests.interop.peers.server import Json
from tests.interop.peers.software import PUBLIC, Target
from tests.interop.peers.threadiverse import Lemmy, Mbin
from tests.interop.peers.town import Conversation, Town, town

pytestmark = pytest.mark.interop

TALKERS = ("lemmy", "piefed", "mbin", "mastodon", "pleroma", "friendica")
"""PeerTube reads in communities of others, and speaks in its own channels alone."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town"), free_port) as found:
        yield found


@pytest.mark.parametrize("make", [*TALKERS, "peertube"])
def test_who_follows_hears_of_posts_in_a_form_that_it_understands(make: str, place: Town) -> None:
    talk = place.conversation(make)
    asked = talk.follow()
    written = talk.post()
    if talk.peer.takes_whole_activities:
        create = talk.hears("Announce", lambda told: _inner(told, "Create")["id"] == written.id)["object"]
        assert (create["actor"], create["object"]["audience"]) == (talk.ann_id, talk.community.id)
        page = create["object"]
    else:
        announce = talk.hears("Announce", lambda told: _object_id(told) == written.id)
        assert (announce["actor"], PUBLIC in announce["to"]) == (talk.community.id, True)
        page = talk.peer.server.fetch(written.id)
    assert (page["type"], page["name"], page["attributedTo"]) == ("Page", "How long to steep?", talk.ann_id)
    assert PUBLIC in page["to"]
    assert page["content"].strip() == "<p>In <em>minutes</em>.</p>"
    author = talk.peer.server.fetch(talk.ann_id)
    assert (author["type"], author["inbox"].startswith(talk.ann_id)) == ("Person", True)
    assert talk.peer.server.fetch(author["followers"])["totalItems"] == 0

    talk.tell(talk.peer.undo(asked))
    eventually(talk.followers, lambda count: count == 1)


@pytest.mark.parametrize("make", TALKERS)
def test_what_somebody_says_in_their_own_form_is_shown_changed_and_taken_back(make: str, place: Town) -> None:
    talk, peer = place.conversation(make), place.peer(make)
    written = talk.post()

    post = talk.tell(peer.write(talk.zoe, talk.community, "Cold or hot", "I take it cold."))
    ap_id = post["object"]["id"]
    view = talk.sees(ap_id)
    assert view["post"]["body"].endswith("I take it cold.")
    assert (view["post"]["name"], view["creator"]["actor_id"], view["community"]["actor_id"]) == (
        "Cold or hot",
        talk.zoe,
        talk.community.id,
    )

    comment = talk.tell(peer.reply(talk.zoe, talk.community, written, "Four minutes."))
    said = talk.sees(comment["object"]["id"])
    assert said["comment"]["content"].endswith("Four minutes.")
    assert (said["post"]["ap_id"], said["creator"]["actor_id"]) == (written.id, talk.zoe)
    assert talk.ann.get("/user/unread_count")["replies"] == 1

    talk.tell(peer.update(comment, "Five minutes."))
    talk.sees(comment["object"]["id"], lambda shown: shown["comment"]["content"].endswith("Five minutes.") and shown["comment"]["updated"])
    talk.tell(peer.update(post, "I take it iced."))
    talk.sees(ap_id, lambda shown: shown["post"]["body"].endswith("I take it iced.") and shown["post"]["name"] == "Cold or hot")

    for deleted in (comment, post):
        talk.tell(peer.delete(deleted))
        vanishes(talk.stranger, deleted["object"]["id"])
    talk.sees(written.id, lambda shown: shown["counts"]["comments"] == 0)


@pytest.mark.parametrize("make", TALKERS)
def test_votes_count_once_and_are_taken_back(make: str, place: Town) -> None:
    talk, peer = place.conversation(make), place.peer(make)
    written = talk.post()
    up = talk.tell(peer.vote(talk.zoe, talk.community, written, 1))
    talk.sees(written.id, lambda shown: _votes(shown) == (2, 0))
    talk.tell(up)
    talk.tell(peer.undo(up))
    talk.sees(written.id, lambda shown: _votes(shown) == (1, 0))
    if peer.dislikes:
        down = talk.tell(peer.vote(talk.zoe, talk.community, written, -1))
        talk.sees(written.id, lambda shown: _votes(shown) == (1, 1))
        talk.tell(peer.undo(down))
        talk.sees(written.id, lambda shown: _votes(shown) == (1, 0))


@pytest.mark.parametrize("make", TALKERS)
def test_a_report_reaches_the_moderators_with_its_reason(make: str, place: Town) -> None:
    talk, peer = place.conversation(make), place.peer(make)
    written = talk.post()
    told = talk.tell(peer.report(talk.zoe, talk.community, written, "Coffee propaganda"))
    reports = eventually(lambda: talk.ann.get("/post/report/list")["post_reports"])
    assert [(each["post"]["ap_id"], each["post_report"]["reason"]) for each in reports] == [(written.id, "Coffee propaganda")]
    creator = reports[0]["creator"]
    assert creator["actor_id"] == told["actor"]
    assert creator["bot_account"] == (make == "mastodon"), "its site speaks for who reports"


def test_what_happens_in_a_community_is_told_to_a_lemmy_as_its_documents_say(place: Town) -> None:
    talk = place.conversation("lemmy")
    talk.follow()
    written = talk.post()
    post_id = talk.ann.get("/resolve_object", q=written.id)["post"]["post"]["id"]
    said = talk.ann.post("/comment", post_id=post_id, content="Three, say I.")["comment_view"]["comment"]
    talk.ann.put("/comment", comment_id=said["id"], content="Four, say I.")
    talk.ann.post("/post/like", post_id=post_id, score=-1)
    talk.ann.post("/post/lock", post_id=post_id, locked=True)
    talk.ann.post("/post/feature", post_id=post_id, featured=True, feature_type="Community")
    talk.ann.post("/comment/delete", comment_id=said["id"], deleted=True)
    talk.ann.post("/comment/delete", comment_id=said["id"], deleted=False)

    note = talk.hears("Announce", lambda told: _inner(told, "Create")["id"] == said["ap_id"])["object"]
    assert (note["object"]["type"], note["object"]["inReplyTo"], note["audience"]) == ("Note", written.id, talk.community.id)
    assert note["object"]["source"] == {"content": "Three, say I.", "mediaType": "text/markdown"}
    update = talk.hears("Announce", lambda told: _inner(told, "Update")["id"] == said["ap_id"])["object"]["object"]
    assert (update["content"].strip(), update["updated"] > update["published"]) == ("<p>Four, say I.</p>", True)
    vote = talk.hears("Announce", lambda told: told["object"].get("type") == "Dislike")["object"]
    assert (vote["actor"], vote["object"], vote["audience"]) == (talk.ann_id, written.id, talk.community.id)
    lock = talk.hears("Announce", lambda told: told["object"].get("type") == "Lock")["object"]
    assert lock["object"] == written.id
    pin = talk.hears("Announce", lambda told: told["object"].get("type") == "Add")["object"]
    group = talk.peer.server.fetch(talk.community.id)
    assert (pin["object"], pin["target"]) == (written.id, group["featured"])
    assert talk.peer.server.fetch(group["featured"])["orderedItems"][0]["id"] == written.id
    restored = talk.hears("Announce", lambda told: told["object"].get("type") == "Undo")["object"]["object"]
    assert (restored["type"], restored["object"], restored["audience"]) == ("Delete", said["ap_id"], talk.community.id)
    kinds = [heard.activity["object"].get("type") for heard in talk.peer.server.heard if heard.activity["actor"] == talk.community.id]
    assert kinds.index("Create") < kinds.index("Update") < kinds.index("Delete") < kinds.index("Undo"), "in the order of the deeds"


def test_a_community_of_lemmys_is_followed_and_lives_here_as_there(place: Town) -> None:
    talk, peer = place.conversation("lemmy"), place.peer("lemmy")
    assert isinstance(peer, Lemmy)
    pond = peer.group("pond", talk.zoe)
    home = Target(pond, f"pond@{peer.server.hostname}")
    mirror = talk.ann.get("/resolve_object", q=f"!pond@{peer.server.hostname}")["community"]["community"]
    talk.ann.post("/community/follow", community_id=mirror["id"], follow=True)
    asked = talk.hears("Follow", lambda told: told["object"] == pond)
    assert (asked["actor"], asked["to"]) == (talk.ann_id, [pond])
    talk.tell(peer.accept(pond, asked))
    eventually(lambda: talk.ann.get("/community", id=mirror["id"])["community_view"]["subscribed"], lambda state: state == "Subscribed")

    create = peer.write(talk.zoe, home, "Frogs", "Green ones.")
    talk.tell(peer.announce(pond, create))
    shown = talk.sees(create["object"]["id"])
    assert (shown["post"]["url"], shown["post"]["body"]) == ("https://tea.example/leaves", "Green ones.")

    said = talk.ann.post("/comment", post_id=shown["post"]["id"], content="And brown ones.")["comment_view"]["comment"]
    heard = talk.hears("Create", lambda told: told["object"]["id"] == said["ap_id"])
    assert (heard["actor"], heard["object"]["inReplyTo"], heard["audience"]) == (talk.ann_id, create["object"]["id"], pond)
    assert talk.zoe in heard["cc"], "the author of what it answers"
    talk.ann.post("/post/like", post_id=shown["post"]["id"], score=1)
    vote = talk.hears("Like", lambda told: told["object"] == create["object"]["id"])
    assert vote["audience"] == pond
    talk.ann.post("/post/report", post_id=shown["post"]["id"], reason="Too green")
    flag = talk.hears("Flag")
    assert (flag["actor"], flag["to"], flag["object"], flag["summary"]) == (talk.ann_id, [pond], create["object"]["id"], "Too green")
    talk.ann.post("/community/follow", community_id=mirror["id"], follow=False)
    undo = talk.hears("Undo", lambda told: told["object"]["type"] == "Follow")
    assert undo["object"]["object"] == pond


@pytest.mark.parametrize(("make", "form"), [("lemmy", "ChatMessage"), ("mastodon", "Note"), ("pleroma", "ChatMessage")])
def test_private_messages_go_both_ways_in_the_form_of_each(make: str, form: str, place: Town) -> None:
    talk, peer = place.conversation(make), place.peer(make)
    ann = Target(talk.ann_id, f"{talk.ann_id.rsplit('/', 1)[-1]}@{talk.alpha.hostname}")
    if isinstance(peer, Lemmy):
        told = peer.message(talk.zoe, ann, "Tea at four?")
    else:
        assert isinstance(peer, Mastodon)
        told = peer.direct(talk.zoe, ann, "Tea at four?")
    inbox = peer.server.fetch(talk.ann_id)["inbox"]
    talk.tell(told, inbox)
    (view,) = eventually(lambda: _messages(talk.ann))
    assert (view["private_message"]["content"], view["creator"]["actor_id"]) == ("Tea at four?", talk.zoe)
    assert talk.stranger.call("GET", "/resolve_object", {"q": told["object"]["id"]}).status != 200, "nobody else sees it"

    sent = talk.ann.post("/private_message", recipient_id=view["creator"]["id"], content="At *five*.")["private_message_view"]
    ap_id = sent["private_message"]["ap_id"]
    heard = peer.server.hears(lambda activity: activity["type"] == "Create" and activity["object"]["id"] == ap_id)
    document = heard.activity["object"]
    assert (document["type"], document["attributedTo"], document["to"]) == (form, talk.ann_id, [talk.zoe])
    assert (heard.activity["to"], heard.activity.get("cc", [])) == ([talk.zoe], [])
    assert heard.inbox == talk.zoe.removeprefix(peer.server.url) + "/inbox", "not the inbox of the whole server"
    assert "<em>five</em>" in document["content"]
    if form == "Note":
        assert [tag["href"] for tag in document["tag"]] == [talk.zoe], "else Mastodon shows it to nobody"
    talk.ann.post("/private_message/delete", private_message_id=sent["private_message"]["id"], deleted=True)
    talk.hears("Delete", lambda told: _object_id(told) == ap_id)


def test_somebody_on_mastodon_follows_a_person_here_and_goes_without_a_trace_in_the_counts(place: Town) -> None:
    talk, peer = place.conversation("mastodon"), place.peer("mastodon")
    assert isinstance(peer, Mastodon)
    talk.follow()
    asked = talk.tell(peer.follow(talk.zoe, talk.ann_id), peer.server.fetch(talk.ann_id)["inbox"])
    accept = talk.hears("Accept", lambda told: told["object"]["id"] == asked["id"])
    assert accept["actor"] == talk.ann_id
    followers = peer.server.fetch(talk.ann_id)["followers"]
    assert peer.server.fetch(followers)["totalItems"] == 1
    written = talk.post("To whom it may concern")
    create = talk.hears("Create", lambda told: told["object"]["id"] == written.id)
    assert (create["actor"], create["object"]["type"], PUBLIC in create["to"]) == (talk.ann_id, "Page", True)

    talk.tell(peer.farewell(talk.zoe))
    eventually(talk.followers, lambda count: count == 1)
    eventually(lambda: peer.server.fetch(followers)["totalItems"], lambda count: count == 0)


def test_a_boost_by_a_person_is_nothing_to_us(place: Town) -> None:
    talk, peer = place.conversation("mbin"), place.peer("mbin")
    assert isinstance(peer, Mbin)
    written = talk.post()
    status, _ = peer.try_to_send(peer.boost(talk.zoe, written), f"http://{talk.alpha.hostname}/inbox")
    assert status < 500
    talk.tell(peer.vote(talk.zoe, talk.community, written, 1))
    shown = talk.sees(written.id, lambda shown: _votes(shown) == (2, 0))
    assert shown["counts"]["comments"] == 0


def test_a_channel_of_peertube_is_a_community_of_films(place: Town) -> None:
    talk, peer = place.conversation("peertube"), place.peer("peertube")
    assert isinstance(peer, PeerTube)
    channel = peer.channel("kettles", talk.zoe)
    mirror = talk.ann.get("/resolve_object", q=channel)["community"]["community"]
    assert mirror["posting_restricted_to_mods"]
    talk.ann.post("/community/follow", community_id=mirror["id"], follow=True)
    talk.tell(peer.accept(channel, talk.hears("Follow", lambda told: told["object"] == channel)))
    eventually(lambda: talk.ann.get("/community", id=mirror["id"])["community_view"]["subscribed"], lambda state: state == "Subscribed")

    film = peer.video(talk.zoe, channel, "Kettles compared", "All **ten** of them")
    talk.tell(peer.announce(talk.zoe, channel, film))
    shown = talk.sees(film["id"])
    assert (shown["post"]["name"], shown["post"]["url"], shown["post"]["body"]) == ("Kettles compared", film["id"], "All **ten** of them")
    assert (shown["community"]["actor_id"], shown["creator"]["actor_id"]) == (channel, talk.zoe)
    talk.tell(peer.retitled(talk.zoe, film, "Eleven kettles"))
    talk.sees(film["id"], lambda view: view["post"]["name"] == "Eleven kettles")

    said = talk.ann.post("/comment", post_id=shown["post"]["id"], content="Mine whistles.")["comment_view"]["comment"]
    heard = talk.hears("Create", lambda told: told["object"]["id"] == said["ap_id"])
    assert (heard["object"]["inReplyTo"], PUBLIC in heard["to"]) == (film["id"], True)
    answer = talk.tell(peer.reply(talk.zoe, Target(channel, ""), Target(said["ap_id"], talk.ann_id), "Which **note**?"))
    view = talk.sees(answer["object"]["id"])
    assert (view["comment"]["content"], view["comment"]["path"].count(".")) == ("Which **note**?", 2)
    fan = peer.person("fan")
    like = talk.tell(peer.vote(fan, Target(channel, ""), Target(film["id"], talk.zoe), 1))
    talk.sees(film["id"], lambda view: _votes(view) == (2, 0))
    talk.tell(peer.undo(like))
    talk.sees(film["id"], lambda view: _votes(view) == (1, 0))
    talk.tell(peer.report(talk.zoe, Target(channel, ""), Target(said["ap_id"], talk.ann_id), "Noise"))
    reports = eventually(lambda: talk.alpha.admin.get("/comment/report/list", comment_id=said["id"])["comment_reports"])
    assert [each["comment_report"]["reason"] for each in reports] == ["Noise"]
    talk.tell(peer.delete(answer))
    vanishes(talk.stranger, answer["object"]["id"])
    talk.tell(peer.farewell(fan))
    eventually(lambda: _is_deleted(talk, fan))


def _inner(told: Json, kind: str) -> Json:
    """The object of an announced activity of a kind; something empty for others."""
    inner = told["object"]
    found = inner["object"] if isinstance(inner, dict) and inner.get("type") == kind else None
    return found if isinstance(found, dict) else {"id": None}


def _object_id(told: Json) -> Any:
    return told["object"]["id"] if isinstance(told["object"], dict) else told["object"]


def _votes(view: Any) -> tuple[int, int]:
    return view["counts"]["upvotes"], view["counts"]["downvotes"]


def _messages(client: Client) -> list[Any]:
    found: list[Any] = client.get("/private_message/list", unread_only=True)["private_messages"]
    return found


def _is_deleted(talk: Conversation, ap_id: str) -> bool:
    return bool(talk.alpha.execute(f"SELECT deleted FROM person WHERE actor_id = '{ap_id}'")[0][0])
