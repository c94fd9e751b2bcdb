"""Reading: lists, threads, search, profiles; what they show, how it is narrowed, and how many statements that takes."""

import re

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.http.web.thread import FEW
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommentId, LanguageId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from tests.http.web.lab import Place, Reader


@pytest.fixture(scope="module")
def founder(place: Place) -> Person:
    return place.person("founder")


@pytest.fixture(scope="module")
def tea(place: Place, founder: Person) -> Community:
    return place.community(founder, "tea")


@pytest.fixture(scope="module")
def ann(place: Place, tea: Community) -> Reader:
    return place.member("ann")


def write_post(place: Place, author: Person, where: Community, name: str, **more: object) -> PostId:
    form = PostForm(name=name, community_id=where.id, **more)  # type: ignore[arg-type]
    return place.write(posts.create, place.instance.context, author, form).id


def say(place: Place, author: Person, post_id: PostId, content: str, parent: CommentId | None = None) -> CommentId:
    form = (
        CommentForm(post_id=post_id, content=content) if parent is None else CommentForm(post_id=post_id, content=content, parent_id=parent)
    )
    return place.write(comments.create, place.instance.context, author, form).id


def titles(reader: Reader, path: str) -> list[str]:
    return re.findall(r'<h2 dir="auto"><a href="/post/\d+">([^<]*)</a>', reader.get(path).html)


def test_read_posts_leave_the_list_and_come_back_on_wish(place: Place, founder: Person, tea: Community, ann: Reader) -> None:
    write_post(place, founder, tea, "To be read")
    page = ann.get("/?listingType=All&sort=New")
    page.submit(press="Mark this page as read")
    assert titles(ann, "/?listingType=All&sort=New&showRead=false") == []
    assert titles(ann, "/?listingType=All&sort=New") == ["To be read"]


def test_a_post_is_left_unread_from_its_own_page(place: Place, founder: Person, tea: Community, ann: Reader) -> None:
    number = write_post(place, founder, tea, "For tomorrow")
    page = ann.get(f"/post/{number}").submit(press="Mark as unread")
    assert page.path == f"/c/tea#p{number}"
    assert "For tomorrow" in titles(ann, "/?listingType=All&sort=New&showRead=false")


def test_a_hidden_post_leaves_the_list_and_comes_back(place: Place, founder: Person, tea: Community, ann: Reader) -> None:
    number = write_post(place, founder, tea, "To be hidden")
    ann.get(f"/post/{number}").submit(press="Hide from my lists")
    assert "To be hidden" not in titles(ann, "/?listingType=All&sort=New")
    assert "To be hidden" in titles(ann, "/?listingType=All&sort=New&showHidden=true")
    ann.get(f"/post/{number}").submit(press="Show in lists again")
    assert "To be hidden" in titles(ann, "/?listingType=All&sort=New")


def test_cards_show_the_beginning_of_the_text_and_links_keep_the_view(place: Place, founder: Person, tea: Community, ann: Reader) -> None:
    write_post(place, founder, tea, "With a text", body="The **first** words.")
    page = ann.get("/c/tea?sort=New&postListingMode=Card")
    assert "The first words." in page.text
    assert 'class="list cards"' in page.html
    assert "/c/tea?sort=Hot&amp;postListingMode=Card" in page.html
    assert "The first words." not in ann.get("/c/tea?sort=New").text
    assert 'class="list small-cards"' in ann.get("/c/tea?sort=New&postListingMode=SmallCard").html


def test_who_moderates_can_ask_for_what_they_moderate(place: Place, tea: Community, founder: Person) -> None:
    other = place.person("other")
    write_post(place, other, place.community(other, "coffee"), "Elsewhere")
    keeper = place.log_in("founder")
    found = titles(keeper, "/?listingType=ModeratorView&sort=New")
    assert "Elsewhere" not in found
    assert found
    assert "Moderated" in keeper.get("/").text
    assert "Moderated" not in place.stranger().get("/").text


@pytest.mark.parametrize(
    "sort",
    [
        "Active",
        "Hot",
        "Scaled",
        "New",
        "Old",
        "TopHour",
        "TopSixHour",
        "TopTwelveHour",
        "TopDay",
        "TopWeek",
        "TopMonth",
        "TopThreeMonths",
        "TopSixMonths",
        "TopNineMonths",
        "TopYear",
        "TopAll",
        "MostComments",
        "NewComments",
        "Controversial",
    ],
)
def test_every_order_is_a_link_and_a_page(place: Place, tea: Community, sort: str) -> None:
    page = place.stranger().get(f"/c/tea?sort={sort}")
    assert page.status == 200
    assert len(re.findall(rf'/c/tea\?sort={sort}" aria-current="true"', page.html)) == 1


def test_what_was_said_since_the_last_visit_is_marked_once(place: Place, founder: Person, tea: Community, ann: Reader) -> None:
    number = write_post(place, founder, tea, "News")
    say(place, founder, number, "Old words")
    assert "fresh" not in ann.get(f"/post/{number}").html, "at a first visit everything is new"
    said = say(place, founder, number, "New words")
    again = ann.get(f"/post/{number}").html
    assert re.search(rf'class="c t\d fresh" id="c{said}"', again)
    assert again.count(" fresh") == 1
    assert "fresh" not in ann.get(f"/post/{number}").html


def test_a_chat_shows_a_thread_by_time_and_what_each_one_answers(place: Place, founder: Person, tea: Community) -> None:
    number = write_post(place, founder, tea, "Chat")
    first = say(place, founder, number, "First")
    second = say(place, founder, number, "Second")
    say(place, founder, number, "To the first", first)
    page = place.stranger().get(f"/post/{number}?view=Flat&sort=New")
    assert re.findall(r'id="c(\d+)"', page.html)[1:] == [str(second), str(first)]
    assert f'answers <a class="ref" href="/comment/{first}">founder</a>' in page.html


def test_a_permalink_shows_what_is_answered_and_leads_to_the_whole(place: Place, founder: Person, tea: Community) -> None:
    number = write_post(place, founder, tea, "Permalinks")
    first = say(place, founder, number, "The question")
    second = say(place, founder, number, "The answer", first)
    say(place, founder, number, "Something else")
    for path in (f"/comment/{second}", f"/post/{number}/{second}"):
        page = place.stranger().get(path)
        assert "The question" in page.text
        assert "The answer" in page.text
        assert "Something else" not in page.text
        assert f'href="/comment/{first}"' in page.html
        assert f'href="/post/{number}#comments"' in page.html


def test_a_thread_of_any_size_can_be_read_to_its_end(place: Place, founder: Person, tea: Community) -> None:
    number = write_post(place, founder, tea, "Long")
    top = say(place, founder, number, "Many answers")
    written = {top}
    with_many = [say(place, founder, number, f"Answer {each}", top) for each in range(300)]
    written |= set(with_many) | {say(place, founder, number, f"Top {each}") for each in range(120)}
    reader, seen, waiting, visited = place.stranger(), set(), [f"/post/{number}"], set()
    while waiting:
        path = waiting.pop()
        visited.add(path)
        html = reader.get(path).html
        seen |= {CommentId(int(found)) for found in re.findall(r'id="c(\d+)"', html)}
        assert len(re.findall(r'id="c\d+"', html)) <= 251
        links = re.findall(r'<p class="on"><a href="([^"]*)"', html) + re.findall(r'href="([^"]*)" rel="next"', html)
        waiting += [link.replace("&amp;", "&") for link in links if link.replace("&amp;", "&") not in visited]
    assert seen == written


def test_a_long_thread_shares_one_form_and_its_menus_stand_on_the_pages_of_comments(
    place: Place, founder: Person, tea: Community, ann: Reader
) -> None:
    number = write_post(place, founder, tea, "Long")
    said = [say(place, founder, number, f"Comment {each}") for each in range(FEW + 1)]
    page = ann.get(f"/post/{number}")
    assert 'class="tools" method="post"' not in page.html
    shared = page.form(action=f"/post/{number}", button=str(said[3]))
    back = page.submit(shared, press=str(said[3]))
    assert back.path == f"/post/{number}#c{said[3]}"
    pressed = f'name="unvote" value="{said[3]}" aria-pressed="true">Upvote</button> <b>2</b>'
    assert pressed in back.html
    assert pressed not in back.submit(back.form(button=str(said[3])), press=str(said[3])).html
    assert 'class="tools" method="post"' not in ann.get(f"/post/{number}?view=Flat").html
    whole = ann.get(f"/comment/{said[3]}")
    assert "Unsave" in whole.submit(press="Save").text
    assert ann.post(f"/post/{number}", {"csrf": dict(shared.fields)["csrf"], "up": "x"}).status == 400
    assert ann.post(f"/post/{number}", {"csrf": dict(shared.fields)["csrf"], "up": "99999"}).status == 404
    assert "<form" not in place.stranger().get(f"/post/{number}").html.partition('id="comments"')[2].partition("elsewhere")[2]


def test_a_text_in_another_language_says_so(place: Place, founder: Person, tea: Community) -> None:
    number = write_post(place, founder, tea, "Tee", language_id=LanguageId(32))
    assert '<span class="tag" title="Language">Deutsch</span>' in place.stranger().get(f"/post/{number}").html


def test_figures_of_votes_are_shown_as_wished(place: Place, founder: Person, tea: Community) -> None:
    number = write_post(place, founder, tea, "Figures")
    carl = place.member("carl")
    assert "1 up" not in carl.get(f"/post/{number}").text
    carl.get("/settings").submit(press="Save", show_upvotes="true", show_upvote_percentage="true")
    assert "1 up · 100% liked it" in carl.get(f"/post/{number}").text


def test_search_is_narrowed_by_place_author_and_title(place: Place, founder: Person, tea: Community) -> None:
    writer = place.person("writer")
    place.write(communities.follow, writer, tea.id, True)
    write_post(place, founder, tea, "Gyokuro by the founder")
    write_post(place, writer, tea, "By the writer", body="gyokuro in the text")
    reader = place.stranger()
    assert set(titles(reader, "/search?q=gyokuro&type=Posts")) == {"Gyokuro by the founder", "By the writer"}
    assert titles(reader, "/search?q=gyokuro&type=Posts&titleOnly=true") == ["Gyokuro by the founder"]
    assert titles(reader, "/search?q=gyokuro&creator=writer") == ["By the writer"]
    assert titles(reader, f"/search?q=gyokuro&creatorId={writer.id}&communityId={tea.id}") == ["By the writer"]
    assert titles(reader, "/search?q=gyokuro&community=coffee_of_nobody") == []
    assert "No community of the name coffee_of_nobody is known here" in reader.get("/search?q=x&community=coffee_of_nobody").text
    assert titles(reader, "/search?creator=writer&type=Posts") == ["By the writer"], "without words, all that somebody wrote"


@pytest.fixture(scope="module")
def crowded(place: Place, founder: Person, tea: Community) -> PostId:
    numbers = [write_post(place, founder, tea, f"Number {number}") for number in range(25)]
    for number in range(30):
        say(place, founder, numbers[0], f"Word {number}")
    return numbers[0]


SESSION = 2
FRAME = 8
"""Statements that know a reader by their cookie, and those of the frame: the site, the account with its lists, the unread."""


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/?listingType=All&sort=Hot", 4),
        ("/?listingType=All&sort=New&dataType=Comment", 5),
        ("/?listingType=All&sort=TopAll&postListingMode=Card", 4),
        ("/c/tea", 9),
        ("/communities?listingType=All", 3),
        ("/inbox", 4),
        ("/inbox?view=All", 8),
        ("/search?q=number", 16),
        ("/u/founder", 14),
        ("/settings/security", 5),
    ],
)
def test_a_page_takes_few_statements_however_much_it_shows(place: Place, ann: Reader, crowded: PostId, path: str, most: int) -> None:
    ann.get(path)
    with place.counted() as seen:
        assert ann.get(path).status == 200
    assert len(seen) <= SESSION + FRAME + most, "\n".join(seen)


def test_a_thread_takes_as_many_statements_as_a_post_without_comments_and_no_more(
    place: Place, founder: Person, tea: Community, crowded: PostId
) -> None:
    empty = write_post(place, founder, tea, "Empty")
    reader = place.stranger()
    counts = []
    for number in (empty, crowded):
        with place.counted() as seen:
            assert reader.get(f"/post/{number}").status == 200
        counts.append(len(seen))
    assert counts[1] <= counts[0] + 1, "the authors are asked for once"
    assert counts[1] <= 16
