"""What no browser sends to the forms and pages of readers: a clear refusal, the words back, never a fault of ours."""

import re
from html import unescape

import pytest

from lemmy_lite.http.web import routes
from lemmy_lite.http.web.moderation_routes import MODERATION_FORMS, MODERATION_PAGES
from tests.http.web.lab import Place, Reader

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"
VALUES = (
    "",
    SCRIPT,
    "-1",
    "0",
    "9" * 30,
    "²",
    "true",
    "\u202e\u200b\ufeff",
    "\ud7ff\U0010ffff",
    "../../etc/passwd",
    "%00",
    "a" * 100_000,
    "\n" * 5_000,
    "[](javascript:alert(1))",
)
OURS = [(path, handler) for path, handler in routes.FORMS if (path, handler) not in MODERATION_FORMS and path != "/logout"]
PAGES = [path for path, handler in routes.PAGES if (path, handler) not in MODERATION_PAGES]
# fmt: off
FIELDS = [
    "community", "name", "url", "body", "alt_text", "custom_thumbnail", "language_id", "nsfw", "deed", "sure", "content", "title",
    "description", "visibility", "score", "saved", "read", "hidden", "deleted", "followed", "blocked", "posts", "username_or_email",
    "password", "totp_2fa_token", "prev", "username", "email", "password_verify", "answer", "display_name", "bio", "matrix_user_id",
    "theme", "density", "default_listing_type", "default_sort_type", "post_listing_mode", "interface_language", "languages", "avatar",
    "banner", "old_password", "new_password", "new_password_verify", "enabled", "session", "others", "person", "instance", "renew",
    "revoke", "settings_file",
]
# fmt: on
"""Every field of a reader's form. `prepare`, which makes a secret, and what deletes an account are left to their own tests."""
NUMBERS = {
    **dict.fromkeys(("post_id", "comment_id", "message_id", "number"), "1"),
    "recipient_id": "2",
    "name": "tea",
    "token": "t",
    "year": "2026",
    "month": "11",
    "code": "de",
}


@pytest.fixture(scope="module")
def ann(place: Place) -> Reader:
    reader = place.member("ann")
    place.community(place.person("founder"), "tea")
    reader.get("/create_post?community=tea").submit(press="Post", name="A post").submit(press="Comment", content="A comment")
    return reader


def token(reader: Reader) -> str:
    return reader.get("/settings").html.partition('name="csrf" value="')[2].partition('"')[0]


def address(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NUMBERS[found[1]], path).replace("/u/tea", "/u/founder")


def harmless(html: str) -> bool:
    """No element or attribute that runs anything."""
    inside = re.findall(r"<[a-zA-Z][^>]*>", html)
    return "<script>" not in html and not any(
        re.search(r"\son\w+\s*=|javascript:|<img src=x", unescape(tag)) for tag in inside if not re.search(r"\s(value|title)=", tag)
    )


@pytest.mark.parametrize("path", sorted({path for path, _ in OURS}))
def test_a_form_filled_with_nonsense_is_taken_or_refused_and_nothing_runs(ann: Reader, path: str) -> None:
    csrf = token(ann)
    if not csrf:  # an earlier form ended the session
        ann.cookies = ann.place.log_in("ann").cookies
        csrf = token(ann)
    statuses = set()
    for value in VALUES:
        fields = {name: value for name in FIELDS if len(value) < 10_000 or name in ("content", "body", "bio", "name", "url", "person")}
        answer = ann.post(address(path), {"csrf": csrf, **fields})
        assert answer.status < 500, (path, value[:40])
        assert harmless(answer.html), (path, value[:40])
        statuses.add(answer.status)
    assert statuses != {403}, "the forms were looked at"


@pytest.mark.parametrize("path", sorted({path for path, _ in OURS}))
def test_a_form_without_a_token_or_fields_or_with_a_broken_body_is_refused(ann: Reader, path: str) -> None:
    ann.cookies = ann.place.log_in("ann").cookies
    assert ann.post(address(path), {"content": "x", "name": "x"}).status in (400, 403)
    for body, kind in ((b"\xff\xfe=%zz&", "application/x-www-form-urlencoded"), (b"{}", "application/json"), (b"", "multipart/form-data")):
        assert 400 <= ann.send(address(path), body, kind).status < 500
    wide = "&".join(f"f{number}=1" for number in range(400)).encode()
    assert ann.send(address(path), wide, "application/x-www-form-urlencoded").status == 400


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asked_for_with_nonsense_is_shown_or_refused(ann: Reader, path: str) -> None:
    names = "listingType sort dataType pageCursor page view type q community communityId creator creatorId postListingMode showRead prev"
    for value in VALUES[:-3]:
        query = "&".join(f"{name}={_quoted(value)}" for name in names.split())
        for reader in (ann, ann.place.stranger()):
            page = reader.get(f"{address(path)}?{query}")
            assert page.status < 500, (path, value[:40])
            assert harmless(page.html), (path, value[:40])
    for nonsense in ("0", "-1", "x", "9" * 40, "%F0%9F%92%A9", "1%2F2"):
        strange = re.sub(r"\{\w+\}", nonsense, path)
        assert ann.get(strange).status < 500, strange


def _quoted(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode(errors="replace"))[:3000]
