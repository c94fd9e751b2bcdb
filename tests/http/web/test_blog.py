"""A blog in front of the site: whole posts, their archive, their languages, their feed; the forum stays where it was and at /forum."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from lemmy_lite.domain import blog
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.blog import FrontMissing
from lemmy_lite.model.clock import micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import LanguageId, PostId
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import person as people
from lemmy_lite.storage.tables import post as post_rows
from lemmy_lite.storage.tables import rows
from tests.http.web import lab
from tests.http.web.lab import Page, Place, Reader

GERMAN, ENGLISH = LanguageId(32), LanguageId(37)
BODY = "The *first* paragraph.\n\n## A heading\n\nThe last words, which a list would not show: {name}"


@dataclass
class Written:
    """A blog with eight posts, one a month from April 2026 on, the third in German, and a forum beside it."""

    place: Place
    ann: Person
    notes: Community
    tea: Community
    ids: list[PostId]

    @property
    def stranger(self) -> Reader:
        return self.place.stranger()


def write(place: Place, author: Person, where: Community, name: str, when: datetime | None = None, **more: object) -> PostId:
    form = PostForm(name=name, community_id=where.id, **more)  # type: ignore[arg-type]
    number = place.write(posts.create, place.instance.context, author, form).id

    def date(tx: Transaction, moment: int) -> None:
        post_rows.update(tx, number, published=moment)
        rows.update(tx, "post_aggregates", "post_id", number, published=moment)

    if when is not None:
        place.write(date, micros(when))
    return number


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    with lab.site(tmp_path_factory.mktemp("blog"), site={"front": "Notes"}) as place:
        ann = place.person("ann", default_sort_type="New")
        bio = "Here and at [Mastodon](https://mastodon.example/@ann)."
        place.write(lambda tx: people.update(tx, ann.id, bio=bio, display_name="Ann Other"))
        notes, tea = place.community(ann, "notes"), place.community(ann, "tea")
        ids = [
            write(
                place,
                ann,
                notes,
                f"Note {number}",
                datetime(2026, 3 + number, 7, 12, tzinfo=UTC),
                body=BODY.format(name=f"end of {number}"),
                language_id=GERMAN if number == 3 else ENGLISH,
            )
            for number in range(1, 9)
        ]
        write(place, ann, tea, "About tea")
        yield Written(place, ann, notes, tea, ids)


def titles(page: Page) -> list[str]:
    return re.findall(r'<h2 class="p-name"[^>]*><a [^>]*>([^<]*)</a>', page.html)


def test_the_front_page_shows_whole_posts_and_goes_on_by_keyset(written: Written) -> None:
    first = written.stranger.get("/")
    assert titles(first) == [f"Note {number}" for number in range(8, 2, -1)]
    assert "end of 8" in first.text
    assert "<h2>A heading</h2>" in first.html
    assert "About tea" not in first.html
    older = re.search(r'href="(/\?before=[^"]+)" rel="next"', first.html)
    assert older is not None
    second = written.stranger.get(older[1])
    assert titles(second) == ["Note 2", "Note 1"]
    assert 'rel="next"' not in second.html
    assert titles(written.stranger.get("/?before=nonsense")) == titles(first)


def test_what_is_pinned_stands_first_and_once(written: Written) -> None:
    number = written.ids[1]
    written.place.write(lambda tx: rows.update(tx, "post_aggregates", "post_id", number, featured_community=True))
    first = titles(written.stranger.get("/"))
    written.place.write(lambda tx: rows.update(tx, "post_aggregates", "post_id", number, featured_community=False))
    assert first == ["Note 2", "Note 8", "Note 7", "Note 6", "Note 5", "Note 4", "Note 3"]


def test_the_forum_stays_at_its_own_address_and_at_every_bookmark(written: Written) -> None:
    for address in ("/forum", "/?listingType=All&sort=New", "/?dataType=Post&listingType=Local"):
        page = written.stranger.get(address)
        assert "About tea" in page.text, address
    assert "/forum" in written.stranger.get("/").html
    assert "About tea" in written.stranger.get("/c/tea").text


def test_a_site_without_a_blog_has_none_of_its_pages(place: Place) -> None:
    stranger = place.stranger()
    assert stranger.get("/forum").path == "/"
    for address in ("/archive", "/archive/2026", "/about", "/language/de", "/feeds/blog.xml"):
        assert stranger.get(address).status == 404, address


def test_a_post_of_the_blog_has_its_neighbours_its_author_and_its_comments(written: Written) -> None:
    page = written.stranger.get(f"/post/{written.ids[3]}")
    assert f'<a rel="prev" href="/post/{written.ids[2]}">' in page.html
    assert f'<a rel="next" href="/post/{written.ids[4]}">' in page.html
    assert 'lang="de"' in page.html, "the title of the older one"
    assert "Ann Other" in page.text
    assert "No comments yet" in page.text
    assert '<link rel="me" href="https://mastodon.example/@ann">' in page.html
    assert '<link rel="me" href="https://mastodon.example/@ann">' in written.stranger.get("/u/ann").html
    newest = written.stranger.get(f"/post/{written.ids[-1]}")
    assert 'rel="next"' not in newest.html
    ordinary = written.stranger.get("/search?q=About+tea").html
    assert "essay" not in ordinary


def test_comments_of_a_blog_stand_in_their_order_and_can_be_written(written: Written) -> None:
    reader = written.place.member("reader")
    number = written.ids[5]
    reader.get(f"/post/{number}").submit(press="Comment", content="The first")
    page = reader.get(f"/post/{number}").submit(press="Comment", content="The second")
    assert page.status == 200
    shown = written.stranger.get(f"/post/{number}")
    assert shown.text.index("The first") < shown.text.index("The second")
    assert "2 comments" in written.stranger.get("/archive").text


def test_the_head_tells_programs_what_the_page_is(written: Written) -> None:
    number = written.ids[2]
    html = written.stranger.get(f"/post/{number}").html
    for tag in (
        f'<link rel="canonical" href="http://hearth.test/post/{number}">',
        f'<meta property="og:url" content="http://hearth.test/post/{number}">',
        '<meta property="og:type" content="article">',
        '<meta property="og:title" content="Note 3">',
        '<meta property="og:site_name" content="Notes">',
        '<meta property="og:description" content="The first paragraph.">',
        '<meta name="description" content="The first paragraph.">',
        '<meta name="twitter:card" content="summary">',
        '<meta property="article:published_time" content="2026-06-07T12:00Z">',
        '<meta name="fediverse:creator" content="@ann@hearth.test">',
        "<title>Note 3 · Notes</title>",
        'type="application/atom+xml" href="/feeds/blog.atom"',
        f'type="application/activity+json" href="http://hearth.test/post/{number}"',
    ):
        assert tag in html, tag
    assert '<link rel="canonical" href="http://hearth.test/">' in written.stranger.get("/").html


def test_the_archive_leads_from_months_to_titles(written: Written) -> None:
    everything = written.stranger.get("/archive")
    found = re.findall(r'href="/archive/(\d+/\d+)"', everything.html)
    assert found == [f"2026/{month:02}" for month in range(4, 12)]
    assert [f"Note {number}" in everything.text for number in range(1, 9)] == [True] * 8
    june = written.stranger.get("/archive/2026/06")
    assert "Note 3" in june.text
    assert "Note 4" not in june.text
    assert "<h1>June 2026</h1>" in june.html
    december = written.stranger.get("/archive/2026/12")
    assert december.status == 200
    assert "Nothing here yet" in december.text
    assert "Note 1" in written.stranger.get("/archive/2026").text
    for nowhere in ("/archive/2026/13", "/archive/2026/0", "/archive/1", "/archive/99999", "/archive/x", "/archive/2026/x"):
        assert written.stranger.get(nowhere).status == 404, nowhere


def test_posts_are_told_apart_by_their_language(written: Written) -> None:
    front = written.stranger.get("/")
    assert 'hreflang="de" href="/language/de"' in front.html
    page = written.stranger.get("/language/de")
    assert titles(page) == ["Note 3"]
    assert '<h1 lang="de">Deutsch</h1>' in page.html
    assert written.stranger.get("/language/klingon").status == 404


def test_the_page_about_it_shows_who_writes_and_how_to_follow(written: Written) -> None:
    page = written.stranger.get("/about")
    assert "Ann Other" in page.text
    assert '<a rel="me" href="https://mastodon.example/@ann">mastodon.example/@ann</a>' in page.html
    assert "@notes@hearth.test" in page.text
    assert "Nothing is written here yet." in page.text
    assert "/c/notes/settings" in written.place.log_in("ann").get("/about").html


def test_the_feed_has_whole_posts_in_every_format(written: Written) -> None:
    rss = ET.fromstring(written.stranger.get("/feeds/blog.xml").html)
    assert rss.findtext("channel/title") == "Notes"
    items = rss.findall("channel/item")
    assert [each.findtext("title") for each in items] == [f"Note {number}" for number in range(8, 0, -1)]
    text = items[0].findtext("description") or ""
    assert text.startswith("<p>The <em>first</em> paragraph.</p>")
    assert "end of 8" in text
    assert "points" not in text
    assert "Note 8" in written.stranger.get("/feeds/blog.atom").html
    found = json.loads(written.stranger.get("/feeds/blog.json?limit=2").html)
    assert [each["title"] for each in found["items"]] == ["Note 8", "Note 7"]
    assert written.stranger.get("/feed").path == "/feeds/blog.xml"


def test_a_reader_from_elsewhere_is_shown_the_way_home(written: Written) -> None:
    number = written.ids[0]
    page = written.stranger.get(f"/post/{number}")
    assert f'action="/post/{number}/elsewhere"' in page.html
    uri = f"http%3A%2F%2Fhearth.test%2Fpost%2F{number}"
    for typed in ("mastodon.example", "https://mastodon.example/@bea", "@bea@mastodon.example", " Mastodon.Example "):
        way = written.stranger.get(f"/post/{number}/elsewhere?server={typed.replace('@', '%40').replace(' ', '+')}")
        assert f'href="https://mastodon.example/authorize_interaction?uri={uri}"' in way.html, typed
        assert f'value="http://hearth.test/post/{number}"' in way.html

    def meet(tx: Transaction) -> None:
        rows.insert(tx, "instance", domain="lemmy.example", published=tx.now, software="lemmy", version="0.19.12")

    written.place.write(meet)
    lemmy = written.stranger.get(f"/post/{number}/elsewhere?server=lemmy.example").html
    assert f'href="https://lemmy.example/activitypub/externalInteraction?uri={uri}"' in lemmy
    for nowhere in ("localhost", "javascript:alert(1)", '"><script>', "a b", ""):
        refused = written.stranger.get(f"/post/{number}/elsewhere?server={nowhere.replace(' ', '+')}")
        assert refused.status == 200
        assert "Go on to" not in refused.text, nowhere
    assert written.stranger.get("/post/99999/elsewhere").status == 404


def test_what_was_removed_or_is_nsfw_is_in_no_list(written: Written) -> None:
    gone = write(written.place, written.ann, written.notes, "Gone")
    marked = write(written.place, written.ann, written.notes, "Marked", nsfw=True)
    written.place.write(posts.delete, written.ann, gone, True)
    for address in ("/", "/archive", "/feeds/blog.xml"):
        html = written.stranger.get(address).html
        assert "Gone" not in html, address
        assert "Marked" not in html, address
    assert "Marked" in written.place.member("grown", show_nsfw=True).get("/archive").text
    written.place.write(posts.delete, written.ann, marked, True)


def test_when_the_community_goes_the_forum_is_in_front_again(written: Written) -> None:
    written.place.write(lambda tx: rows.update(tx, "community", "id", written.notes.id, deleted=True))
    page = written.stranger.get("/")
    written.place.write(lambda tx: rows.update(tx, "community", "id", written.notes.id, deleted=False))
    assert "About tea" in page.text


def test_a_page_of_the_blog_takes_few_statements(written: Written) -> None:
    for address, most in (("/", 14), (f"/post/{written.ids[3]}", 16), ("/archive", 10), ("/about", 10)):
        with written.place.counted() as seen:
            written.stranger.get(address)
        assert len(seen) <= most, (address, seen)


def test_a_wrong_name_is_told_at_the_start_with_those_that_there_are(written: Written, tmp_path_factory: pytest.TempPathFactory) -> None:
    with lab.site(tmp_path_factory.mktemp("wrong"), site={"front": "nots"}) as place:
        hint = place.read(blog.check_front, place.instance.context)
        assert hint is not None
        assert "'nots'" in hint, "a new site has no community yet, and starts"
        place.community(place.person("ann"), "notes")
        with pytest.raises(FrontMissing, match=r"site\.front.*'nots'.*It has: notes"):
            place.read(blog.check_front, place.instance.context)
        assert place.stranger().get("/").status == 200
    assert written.place.read(blog.check_front, written.place.instance.context) is None
