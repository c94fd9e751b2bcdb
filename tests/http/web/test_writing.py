"""Writing by plain forms: what is looked at, sent, refused, kept."""

import pytest

from tests.http.web.lab import Place, Reader


@pytest.fixture(scope="module")
def ann(place: Place) -> Reader:
    reader = place.member("ann")
    place.community(place.person("founder"), "tea")
    return reader


def test_a_post_is_looked_at_before_it_is_sent(ann: Reader) -> None:
    form = ann.get("/create_post?community=tea")
    seen = form.submit(press="Preview", name="Which kettle?", body="A *good* one")
    assert seen.status == 200
    assert "<em>good</em>" in seen.html
    assert ann.get("/c/tea").text.count("Which kettle?") == 0
    written = seen.submit(press="Post")
    assert written.path.startswith("/post/")
    assert "Which kettle?" in written.text
    assert "<em>good</em>" in written.html


def test_similar_titles_are_shown_before_sending(ann: Reader) -> None:
    ann.get("/create_post?community=tea").submit(press="Post", name="Where grows the finest oolong?")
    seen = ann.get("/create_post?community=tea").submit(press="Preview", name="The finest oolong grows where?")
    assert "Posts with a similar title Where grows the finest oolong?" in seen.text


def test_a_link_that_stands_in_the_community_already_is_asked_about_once(ann: Reader) -> None:
    link = "https://leaves.invalid/sencha"
    ann.get("/create_post?community=tea").submit(press="Post", name="Sencha", url=link)
    asked = ann.get("/create_post?community=tea").submit(press="Post", name="Sencha, again", url=link)
    assert "This link has been posted there before" in asked.text
    assert asked.form(field="name").fields[0]
    assert "Sencha, again" not in ann.get("/c/tea").text
    assert asked.submit(press="Post anyway").path.startswith("/post/")


def test_a_post_is_carried_to_another_community_with_a_word_on_where_it_comes_from(ann: Reader, place: Place) -> None:
    place.community(place.person("other_founder"), "coffee")
    first = ann.get("/create_post?community=tea").submit(press="Post", name="Water", body="Soft water.\nAlways.")
    number = first.path.rpartition("/")[2]
    form = ann.get(f"/create_post?crossPost={number}").form(field="name")
    filled = dict(form.fields)
    assert filled["name"] == "Water"
    assert filled["body"] == f"cross-posted from: http://hearth.test/post/{number}\n\n> Soft water.\n> Always."


def test_words_survive_a_page_that_was_open_for_too_long(ann: Reader) -> None:
    page = ann.get("/create_post?community=tea")
    kept = page.submit(press="Post", name="A title", body="A long text\nof two lines", csrf="stale")
    assert kept.status == 403
    assert "What you wrote is here" in kept.text
    assert "A long text\nof two lines</textarea>" in kept.html


def test_words_survive_the_end_of_the_session_and_the_pace_limit(place: Place, ann: Reader) -> None:
    bob = place.member("bob")
    post = ann.get("/create_post?community=tea").submit(press="Post", name="Pace").path
    page = bob.get(post)
    bob.cookies.clear()
    gone = page.submit(press="Comment", content="Not lost")
    assert gone.status == 403
    assert "Not lost" in gone.text
    hasty = place.log_in("bob")
    hasty.address = "10.200.0.1"
    answers = [hasty.get(post).submit(press="Comment", content=f"Word {number}") for number in range(7)]
    assert answers[-1].status == 400
    assert dict(answers[-1].form(field="content").fields)["content"] == "Word 6"


def test_words_of_a_form_from_elsewhere_are_not_shown(ann: Reader) -> None:
    answer = ann.post("/create_post", {"csrf": "x", "body": "Call this number"}, origin="https://evil.example")
    assert answer.status == 403
    assert "Call this number" not in answer.html


def test_a_comment_is_looked_at_sent_changed_deleted_and_restored(ann: Reader) -> None:
    post = ann.get("/create_post?community=tea").submit(press="Post", name="Steps").path
    seen = ann.get(post).submit(press="Preview", content="First **word**")
    assert "<strong>word</strong>" in seen.html
    page = seen.submit(press="Send")
    assert "<strong>word</strong>" in page.html
    number = page.path.rpartition("#c")[2]
    changed = ann.get(f"/comment/{number}/edit").submit(press="Save", content="Second word")
    assert "Second word" in changed.text
    assert changed.submit(changed.form(action=f"/comment/{number}"), press="Delete").text.count("Deleted by its author") == 1
    back = ann.get(f"/comment/{number}")
    assert back.submit(back.form(action=f"/comment/{number}"), press="Restore").text.count("Deleted by its author") == 0
