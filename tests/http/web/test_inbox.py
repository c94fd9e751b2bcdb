"""The inbox and private messages, by plain forms."""

import pytest

from tests.http.web.lab import Place, Reader


@pytest.fixture(scope="module")
def ann(place: Place) -> Reader:
    reader = place.member("ann")
    place.community(place.person("founder"), "tea")
    return reader


@pytest.fixture(scope="module")
def bob(place: Place) -> Reader:
    return place.member("bob")


def unread(reader: Reader) -> str:
    """What stands beside the bell."""
    return (
        reader.get("/communities")
        .html.partition('class="bell" href="/inbox"')[2]
        .partition("</a>")[0]
        .partition("<b>")[2]
        .partition("<")[0]
    )


def test_an_answer_and_a_mention_arrive_and_are_marked_one_by_one_or_all(ann: Reader, bob: Reader) -> None:
    post = ann.get("/create_post?community=tea").submit(press="Post", name="Leaves").path
    assert unread(ann) == ""
    said = bob.get(post).submit(press="Comment", content="An **answer**")
    bob.get(post).submit(press="Comment", content="Listen, @ann@hearth.test")
    other = bob.get("/create_post?community=tea").submit(press="Post", name="Of Bob")
    other.submit(press="Comment", content="Hello @ann@hearth.test")
    assert unread(ann) == "3"
    page = ann.get("/inbox")
    assert page.text.count("Answers you") == 2
    assert page.text.count("Mentions you") == 1
    assert "An answer" in page.text
    assert ann.get("/inbox?type=Mentions").text.count("Answers you") == 0
    page = page.submit(press="Mark as read")
    assert unread(ann) == "2"
    page = page.submit(press="Mark all as read")
    assert unread(ann) == ""
    assert "Nothing new" in ann.get("/inbox").text
    everything = ann.get("/inbox?view=All")
    assert everything.text.count("Mark as unread") == 3
    everything.submit(press="Mark as unread")
    assert unread(ann) == "1"
    ann.get("/inbox").submit(press="Mark all as read")
    assert said.status == 200


def test_who_answers_has_read_what_was_said(ann: Reader, bob: Reader) -> None:
    post = ann.get("/create_post?community=tea").submit(press="Post", name="Cups").path
    number = bob.get(post).submit(press="Comment", content="Which?").path.rpartition("#c")[2]
    assert unread(ann) == "1"
    ann.get(f"/comment/{number}/reply").submit(press="Send", content="The blue one")
    assert unread(ann) == ""
    bob.get("/inbox").submit(press="Mark all as read")


def test_a_conversation_is_written_changed_taken_back_and_read(place: Place, ann: Reader, bob: Reader) -> None:
    number = bob.get("/u/ann").html.partition("/create_private_message/")[2].partition('"')[0]
    form = bob.get(f"/create_private_message/{number}")
    assert "<em>quiet</em>" in form.submit(press="Preview", content="A *quiet* word").html
    sent = form.submit(press="Send", content="A *quiet* word")
    assert "You · just now A quiet word" in sent.text
    message = sent.path.rpartition("#m")[2]
    assert unread(ann) == "1"
    assert "A quiet word" in ann.get("/inbox?type=Messages").text
    changed = bob.get(f"/private_message/{message}/edit").submit(press="Save", content="A louder word")
    assert "A louder word" in changed.text
    assert "A louder word" in ann.get(f"/private_message/{message}").text, "the message's own address leads to the conversation"
    back = ann.get("/inbox").html.partition("/create_private_message/")[2].partition("#")[0]
    ann.get(f"/create_private_message/{back}").submit(press="Send", content="I hear")
    assert unread(ann) == "", "who answers has read"
    bob.get(f"/create_private_message/{number}").submit(
        bob.get(f"/create_private_message/{number}").form(action=f"/private_message/{message}"), press="Delete"
    )
    assert "A louder word" not in ann.get(f"/create_private_message/{back}").text


def test_who_takes_a_message_back_can_think_better_of_it(ann: Reader, bob: Reader) -> None:
    number = ann.get("/u/bob").html.partition("/create_private_message/")[2].partition('"')[0]
    said = ann.get(f"/create_private_message/{number}").submit(press="Send", content="On second thought")
    gone = said.submit(said.form(button="Delete"), press="Delete")
    assert "On second thought" not in gone.text
    assert "The message is deleted." in gone.text
    back = gone.submit(press="Restore")
    assert "On second thought" in back.text
    assert "The message is deleted." not in back.text
    for other in (bob, ann):
        assert "The message is deleted." not in other.get(f"{gone.path.partition('?')[0]}?deleted=999999").text


def test_a_message_that_cannot_be_sent_comes_back_with_its_words(ann: Reader, bob: Reader) -> None:
    number = bob.get("/u/ann").html.partition("/create_private_message/")[2].partition('"')[0]
    long = "x" * 10_001
    failed = bob.get(f"/create_private_message/{number}").submit(press="Send", content=long)
    assert failed.status == 400
    assert dict(failed.form(field="content").fields)["content"] == long
    blocked = ann.get("/u/bob").submit(press="Block")
    assert any(words == "Unblock" for form in blocked.forms for _, _, words in form.buttons)
    refused = bob.get(f"/create_private_message/{number}").submit(press="Send", content="Hello?")
    assert refused.status == 400
    assert dict(refused.form(field="content").fields)["content"] == "Hello?"
    ann.get("/u/bob").submit(press="Unblock")


def test_nobody_reads_marks_or_changes_what_is_not_theirs(place: Place, ann: Reader, bob: Reader) -> None:
    eve = place.member("eve")
    number = bob.get("/u/ann").html.partition("/create_private_message/")[2].partition('"')[0]
    message = bob.get(f"/create_private_message/{number}").submit(press="Send", content="Between us").path.rpartition("#m")[2]
    csrf = eve.get("/inbox").html.partition('name="csrf" value="')[2].partition('"')[0]
    for path, fields in (
        (f"/private_message/{message}", {"deleted": "true"}),
        (f"/private_message/{message}/edit", {"content": "mine now"}),
        (f"/inbox/message/{message}", {"read": "true"}),
        ("/inbox/reply/1", {"read": "true"}),
        ("/inbox/mention/1", {"read": "true"}),
    ):
        assert eve.post(path, {"csrf": csrf, **fields}).status in (400, 404), path
    for path in (f"/private_message/{message}", f"/private_message/{message}/edit"):
        page = eve.get(path)
        assert page.status in (400, 404)
        assert "Between us" not in page.html
    assert ann.get(f"/private_message/{message}/edit").status == 400, "the recipient cannot change it either"
    assert "Between us" in ann.get("/inbox").text


def test_strangers_are_sent_to_log_in_and_come_back(place: Place) -> None:
    for path in ("/inbox", "/create_private_message/1", "/settings"):
        page = place.stranger().get(path)
        assert page.path.startswith("/login?prev=")
