"""The pages of a blog with sample data."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from lemmy_lite.domain.blog import Archive, Beside, Entry, Month
from lemmy_lite.domain.elsewhere import Way
from lemmy_lite.http.web.page import Page, StoredHtml
from lemmy_lite.model.community import CommunityModeratorView
from lemmy_lite.model.ids import LanguageId, PostId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.local_user import MyUserInfo
from tests.http.web import sample

Case = tuple[str, str, dict[str, object], Callable[[MyUserInfo | None], Page]]

GERMAN, ENGLISH = LanguageId(32), LanguageId(37)
LINKS = ["https://mastodon.example/@ada", "https://ada.example/"]


def entry(number: int, days: int, language: LanguageId = ENGLISH) -> Entry:
    """A line of an archive."""
    name, _ = sample.TITLES[number % len(sample.TITLES)]
    return Entry(id=PostId(100 + number), name=name, published=sample.NOW - timedelta(days=days), language=language, comments=number % 4)


def pages() -> Iterator[Case]:
    """Name, template, data and frame of each."""
    front = sample.community(0)
    nodes, html = sample.comments()
    whole = StoredHtml(
        posts=dict.fromkeys(range(100, 130), sample.BODY),
        comments=html.comments,
        communities={0: sample.GROUP_TEXT},
        persons=dict.fromkeys(range(9), sample.GROUP_TEXT),
        site=sample.SIDEBAR,
    )
    languages = [(ENGLISH, 21), (GERMAN, 4)]
    list_: dict[str, object] = {
        "community_view": sample.community_view(),
        "posts": [sample.post_view(number) for number in (0, 2, 1)],
        "languages": languages,
        "language": None,
        "first": True,
        "here": "/",
        "older": "/?before=1-1",
        "elsewhere": LINKS,
        "html": whole,
    }

    def frame(reader: MyUserInfo | None, path: str = "/") -> Page:
        return sample.page(reader, path, front=front)

    yield "blog", "blog.html", list_, frame
    yield "blog-language", "blog.html", {**list_, "language": LANGUAGES[GERMAN], "here": "/language/de", "older": None}, frame
    yield "blog-empty", "blog.html", {**list_, "posts": [], "languages": [], "older": None}, frame
    post: dict[str, object] = {
        "post_view": sample.post_view(2),
        "community_view": sample.community_view(),
        "moderators": [],
        "html": whole,
        "sort": "Old",
        "parent": None,
        "next_page": None,
        "cross_posts": [],
        "flat": [],
        "authors": {},
        "above": None,
        "view": "Tree",
        "number": 1,
        "slim": False,
        "languages": [],
        "elsewhere": LINKS,
        "beside": Beside(older=entry(1, 30), newer=entry(3, 2, GERMAN)),
        "nodes": nodes,
    }
    yield "blog-post", "blog_post.html", post, frame
    yield "blog-post-removed", "blog_post.html", {**post, "post_view": sample.post_view(5, removed=True), "beside": Beside()}, frame
    months = [Month(year=2026, month=month, posts=month % 3 + 1) for month in (11, 10, 8, 7, 3, 1)]
    months += [Month(year=2025, month=month, posts=1) for month in (12, 11, 5)]
    entries = [entry(number, number * 9, GERMAN if number % 5 == 3 else ENGLISH) for number in range(16)]
    archive = Archive(months=months, languages=languages, entries=entries, older="1-1")
    asked: dict[str, object] = {"archive": archive, "year": None, "month": None, "here": "/archive", "older": None}
    yield "blog-archive", "blog_archive.html", asked, partial(frame, path="/archive")
    of_month = Archive(months=months, languages=[], entries=entries[:3])
    yield (
        "blog-archive-month",
        "blog_archive.html",
        {**asked, "archive": of_month, "year": 2026, "month": 11, "older": "/archive/2026/11?before=1-1"},
        partial(frame, path="/archive/2026/11"),
    )
    about: dict[str, object] = {
        "community_view": sample.community_view(),
        "authors": [sample.person(2)],
        "elsewhere": LINKS,
        "html": whole,
    }
    yield "blog-about", "blog_about.html", about, partial(frame, path="/about")
    moderators = [CommunityModeratorView(community=front, moderator=sample.person(number)) for number in (2, 3)]
    empty = {**about, "authors": [each.moderator for each in moderators], "elsewhere": [], "html": StoredHtml()}
    yield "blog-about-empty", "blog_about.html", empty, partial(frame, path="/about")
    way = Way(server="mastodon.example", address="https://mastodon.example/authorize_interaction?uri=x")
    yield "elsewhere", "elsewhere.html", {"post": sample.post_view(0).post, "way": way, "typed": "mastodon.example"}, sample.page
    yield "elsewhere-failed", "elsewhere.html", {"post": sample.post_view(0).post, "way": None, "typed": "no server"}, frame
