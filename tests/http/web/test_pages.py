"""Every page of the gallery, for every kind of reader."""

import gzip
from collections import Counter
from functools import cache
from html.parser import HTMLParser

import jinja2
import pytest

from lemmy_lite import assets
from lemmy_lite.http.web.page import Page, StoredHtml
from lemmy_lite.http.web.render import Templates
from lemmy_lite.http.web.static import load_statics
from tests.http.web import gallery, sample

CASES = {case.name: case for case in gallery.cases()}
ALL = [(name, reader) for name in CASES for reader in gallery.READERS]
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


@cache
def templates() -> Templates:
    return Templates(load_statics(), sample.picture)


@cache
def html_of(name: str, reader: str) -> str:
    case = CASES[name]
    return templates().render(case.template, case.frame(gallery.READERS[reader]), **case.data)


class Document(HTMLParser):
    """Collects the elements of a page and holds it to matching tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[tuple[dict[str, str | None], list[str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute stands twice in {self.get_starttag_text()}"
        self.elements.append((tag, found))
        if tag == "form":
            assert "form" not in self._open, "a form within a form"
            self.forms.append((found, []))
        elif tag in ("input", "textarea", "select", "button") and "form" in self._open:
            self.forms[-1][1].append(found.get("name"))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "use", f"only the sprite's <use/> closes itself, not <{tag}/>"
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.mark.parametrize(("name", "reader"), ALL)
def test_a_page_renders_to_whole_html_without_anything_inline(name: str, reader: str) -> None:
    document = Document(html_of(name, reader))
    tags = {tag for tag, _ in document.elements}
    assert not tags & {"style", "iframe", "object", "base"}
    assert document.all("script") == [{"src": load_statics().address("site.js"), "defer": None}]
    assert " defer></script>" in html_of(name, reader), "nothing stands within it"
    for tag, attrs in document.elements:
        assert not [key for key in attrs if key == "style" or key.startswith("on")], tag
        assert not (attrs.get("href") or "").lower().startswith("javascript:")
    ids = Counter(attrs["id"] for _, attrs in document.elements if "id" in attrs)
    assert not [each for each, times in ids.items() if times > 1]
    assert len(document.all("h1")) == 1
    assert len(document.all("main")) == 1


@pytest.mark.parametrize(("name", "reader"), ALL)
def test_each_form_that_changes_something_carries_the_token(name: str, reader: str) -> None:
    for form, names in Document(html_of(name, reader)).forms:
        if form.get("method") == "post":
            assert names.count("csrf") == 1
            assert (form["action"] or "").startswith("/")
        else:
            assert "csrf" not in names
            assert form["action"] in ("/search", "/modlog", "/instances") or (form["action"] or "").endswith("/elsewhere")


@pytest.mark.parametrize(("name", "reader"), ALL)
def test_each_picture_has_a_text_each_field_a_label_and_nothing_comes_from_elsewhere(name: str, reader: str) -> None:
    document = Document(html_of(name, reader))
    labelled = {label.get("for") for label in document.all("label")}
    for picture in document.all("img"):
        assert "alt" in picture
        assert (picture["src"] or "").startswith("/")
    for link in document.all("link"):
        if link["rel"] not in ("alternate", "canonical", "me", "next", "prev"):
            assert (link["href"] or "").startswith("/static/")
    for tag in ("input", "textarea", "select"):
        for field in document.all(tag):
            assert field.get("type") == "hidden" or field.get("id") in labelled or field.get("aria-label")


@pytest.mark.parametrize(("name", "reader"), ALL)
def test_a_reference_within_a_page_has_its_target(name: str, reader: str) -> None:
    document = Document(html_of(name, reader))
    ids = {attrs["id"] for _, attrs in document.elements if "id" in attrs}
    for _, attrs in document.elements:
        for key in ("for", "aria-labelledby", "aria-describedby", "list"):
            assert attrs.get(key) is None or attrs[key] in ids
    for link in document.all("a"):
        href = link["href"] or ""
        assert href
        assert not href.startswith("#") or href[1:] in ids


@pytest.mark.parametrize("template", sorted(path.name for path in assets.path("templates").glob("[!_]*.html") if path.name != "base.html"))
def test_each_template_is_in_the_gallery(template: str) -> None:
    assert template in {case.template for case in CASES.values()}


def test_an_anonymous_reader_gets_no_form_but_search_on_reading_pages() -> None:
    for name in ("front", "front-comments", "community", "post", "profile", "communities", "search"):
        assert all(form.get("method") != "post" for form, _ in Document(html_of(name, "anonymous")).forms), name
        assert sample.CSRF not in html_of(name, "anonymous")


def test_pages_weigh_little() -> None:
    for reader in gallery.READERS:
        assert len(html_of("front", reader).encode()) <= 60_000
        assert html_of("post-long", reader).count('<article class="c ') == 50
        assert len(html_of("post-long", reader).encode()) <= 40_960, reader
    statics = load_statics()
    files = [file for name in ("site.css", "site.js", "icons.svg", "logo.svg") if (file := statics.find(statics.address(name)))]
    together = sum(len(gzip.compress(file.content)) for file in files)
    others = [statics.find(statics.address(name)) for name in ("blog.css", "moderation.css")]
    assert together + sum(len(gzip.compress(file.content)) for file in others if file) <= 40_000, "all static files"
    assert len(files) == 4
    assert len(gzip.compress(files[0].content)) <= 10_500
    assert len(gzip.compress(files[1].content)) <= 15_000
    for name in ("front", "post"):
        assert together + len(gzip.compress(html_of(name, "user").encode())) <= 40_000


def test_hostile_text_stays_text() -> None:
    post = sample.post_view(
        0, name=HOSTILE, url="javascript:alert(1)", embed_title=HOSTILE, embed_description=HOSTILE, alt_text=HOSTILE, thumbnail_url=None
    )
    case = CASES["post"]
    page = templates().render(case.template, sample.page(sample.me()), **{**case.data, "post_view": post, "cross_posts": [post]})
    tags = {tag for tag, _ in Document(page).elements}
    assert len(Document(page).all("script")) == 1, "our own"
    assert not tags & {"iframe", "object"}
    assert "&lt;script&gt;alert(1)" in page
    assert "javascript:" not in page
    assert "{{ 7*7 }}" in page


def test_what_was_typed_comes_back_with_a_sentence_by_the_field() -> None:
    page = html_of("create-post-failed", "user")
    assert 'value="ftp://x"' in page
    assert "&lt;/textarea&gt;&lt;b&gt;</textarea>" in page
    assert 'aria-invalid="true" aria-describedby="url-fault"' in page
    assert '<span class="fault" id="url-fault">A link starts with http or https.</span>' in page


def test_a_password_is_never_sent_back() -> None:
    case = CASES["login-failed"]
    page = templates().render(
        case.template, sample.page(), **{**case.data, "form": {"username_or_email": "tove", "password": "hunter2hunter2"}}
    )
    assert "hunter2" not in page


def test_pressing_a_given_vote_again_takes_it_back() -> None:
    page = html_of("post", "user")
    assert '<button class="up" name="score" value="0" aria-pressed="true">Upvote</button>' in page
    assert '<button class="dn" name="score" value="-1" aria-pressed="false">Downvote</button>' in page


def test_only_the_author_may_edit_and_only_moderators_see_community_settings() -> None:
    assert "/post/100/edit" in html_of("post", "user")
    assert "/post/109/edit" not in html_of("front", "user")
    assert "/c/gardening/settings" not in html_of("post", "user")
    for reader in ("moderator", "admin"):
        assert "/c/gardening/settings" in html_of("post", reader)


def test_a_removed_comment_keeps_its_place_and_offers_nothing() -> None:
    page = html_of("post", "user")
    removed = page[page.index('id="c7"') : page.index('id="c8"')]
    assert "Removed by a moderator." in removed
    assert "<form" not in removed


def test_a_deep_thread_is_folded_behind_a_link() -> None:
    page = html_of("post-deep", "user")
    assert 'id="c24"' in page
    assert 'id="c25"' not in page
    assert '<a href="/comment/24">Continue this thread, 6 replies</a>' in page


def test_a_nsfw_picture_is_not_loaded_before_a_click() -> None:
    assert 'src="/pictrs/image/ferry.webp"' not in html_of("front", "user")
    assert 'src="/pictrs/image/snow.webp"' in html_of("front", "user")
    locked = html_of("post-nsfw-locked", "user")
    assert locked.index("Show the picture") < locked.index('src="/pictrs/image/ferry.webp"')
    assert 'name="content"' not in locked


def test_a_chosen_theme_is_written_on_the_page() -> None:
    case = CASES["front"]

    def first_lines(page: Page) -> str:
        return templates().render(case.template, page, **case.data)[:400]

    assert 'data-theme="dark red"' in first_lines(sample.page(sample.me(theme="darkly-red")))
    assert 'data-theme="dark"' in first_lines(sample.page(sample.me(theme="vaporwave-dark"))), "a theme that only lemmy-ui has"
    assert 'data-theme="light" class="compact"' in first_lines(sample.page(sample.me(theme="litely-compact")))
    assert 'data-theme="light"' in first_lines(sample.page(sample.me(theme="litely")))
    assert "data-theme" not in first_lines(sample.page(sample.me()))


def test_a_missing_value_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(jinja2.UndefinedError):
        templates().render("front.html", sample.page(), posts=[], comments=[], html=StoredHtml())


def test_no_template_lifts_the_escaping() -> None:
    for path in assets.path("templates").glob("*.html"):
        text = path.read_text()
        assert "|safe" not in text.replace(" ", ""), path.name
        assert "autoescape" not in text, path.name
        assert "style=" not in text, path.name


def test_markup_is_made_in_one_place() -> None:
    rooms = assets.folder().parent / "lemmy_lite" / "http" / "web"
    makers = {path.name for path in rooms.rglob("*.py") if "Markup(" in path.read_text()}
    assert makers == {"render.py", "comments.py"}
    assert (rooms / "comments.py").read_text().count("Markup(") == (rooms / "comments.py").read_text().count('Markup("")')
