"""Pictures by plain forms: with a post, on a profile, and among one's own uploads."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.http.web import lab
from tests.http.web.lab import Page, Place, Reader
from tests.media import pictures as made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with lab.site(tmp_path_factory.mktemp("site"), pictrs={}) as site:
        yield site


@pytest.fixture(scope="module")
def ann(place: Place) -> Reader:
    reader = place.member("ann")
    place.community(place.person("founder"), "tea")
    return reader


def test_a_picture_is_posted_shown_with_its_description_and_deleted(ann: Reader) -> None:
    page = ann.get("/create_post?community=tea")
    seen = page.submit(press="Preview", name="A cup", alt_text="A blue cup", files={"picture": made.file(made.noise(), "PNG")})
    address = dict(seen.form(field="url").fields)["url"]
    assert re.fullmatch(r"http://hearth\.test/pictrs/image/[0-9a-f-]+\.\w+", address), "what was taken needs no second upload"
    post = seen.submit(press="Post")
    name = address.rpartition("/")[2]
    assert f'<img src="/pictrs/image/{name}" alt="A blue cup"' in post.html
    listed = ann.get("/c/tea")
    assert '<details class="peek"><summary>Picture</summary>' in listed.html
    uploads = ann.get("/u/ann?view=Uploads")
    assert uploads.path == "/settings/uploads"
    assert name in uploads.html
    gone = uploads.submit(press="Delete")
    assert "The picture is deleted" in gone.text
    assert name not in gone.html
    assert ann.get(f"/pictrs/image/{name}").status == 404


def test_what_is_no_picture_is_told_beside_its_field_and_the_words_stay(ann: Reader) -> None:
    page = ann.get("/create_post?community=tea")
    failed = page.submit(press="Post", name="A cup", body="Words", files={"picture": b"GIF89a, but not really"})
    assert failed.status == 400
    assert 'id="picture-fault"' in failed.html
    assert dict(failed.form(field="name").fields)["body"] == "Words"


def test_an_avatar_and_a_banner_are_chosen_and_taken_away(ann: Reader) -> None:
    faces = {"avatar_file": made.file(made.noise(), "PNG"), "banner_file": made.file(made.noise(200, 60), "PNG")}
    saved = ann.get("/settings").submit(press="Save", files=faces)
    assert "Your settings are saved" in saved.text
    assert profile_pictures(ann.get("/u/ann")) == 2
    saved.submit(press="Save", no_avatar="true", no_banner="true")
    assert profile_pictures(ann.get("/u/ann")) == 0


def profile_pictures(page: Page) -> int:
    hero = page.html.partition('<header class="hero')[2].partition("</header>")[0]
    return hero.count("<img ")


def test_nobody_deletes_the_upload_of_another(place: Place, ann: Reader) -> None:
    ann.get("/create_post?community=tea").submit(press="Post", name="Mine", files={"picture": made.file(made.noise(), "PNG")})
    name = ann.get("/settings/uploads").html.partition('name="deleted" value="')[2].partition('"')[0]
    eve = place.member("eve")
    csrf = dict(eve.get("/settings").form(action="/settings").fields)["csrf"]
    assert eve.post("/settings/uploads", {"csrf": csrf, "deleted": name}).status == 404
    assert name in ann.get("/settings/uploads").html


@pytest.mark.parametrize("address", ["https://\u2100@x.example/a.png", "https://x.example:99999/a.png", "https://[::1/a.png", "http://]/"])
def test_a_picture_at_an_address_that_nobody_can_read_spoils_no_page(place: Place, ann: Reader, address: str) -> None:
    """It would be a page that nobody can open, as long as a peer says so of the face of somebody who writes there."""
    thread = ann.get("/create_post?community=tea").submit(press="Post", name="A cup", body=f"Look: ![a cup]({address})")
    place.write(lambda tx: tx.run("UPDATE person SET avatar = :url, banner = :url WHERE name = 'ann'", url=address))
    place.write(lambda tx: tx.run("UPDATE post SET thumbnail_url = :url", url=address))
    for path in (thread.path.partition("#")[0], "/c/tea", "/u/ann", "/feeds/c/tea.xml"):
        assert place.stranger().get(path).status == 200, path


@pytest.mark.parametrize("referer", ["http://[::1", "https://\u2100@hearth.test/", "http://hearth.test:99999/post/1", "//", "\xff"])
def test_a_form_of_a_browser_that_tells_nonsense_of_where_it_stood_is_done(ann: Reader, referer: str) -> None:
    thread = ann.get("/create_post?community=tea").submit(press="Post", name="A cup")
    form = thread.form(button="Save")
    fields = [*form.fields, *((name, value) for name, value, words in form.buttons if words == "Save")]
    path, headers = thread.path.partition("#")[0], {"content-type": "application/x-www-form-urlencoded", "origin": lab.ORIGIN}
    told = headers | {"referer": referer.encode().decode("latin-1")}
    answer = ann._once("POST", path, urlencode(fields).encode(), told)
    assert answer.status == 303
    assert answer.headers["location"].startswith("/post/")
