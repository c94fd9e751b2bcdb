"""Every form of moderators and admins, sent with what no person types: refused in words or taken as text, never a fault, never markup."""

import logging
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.http.api_v3.permission_scene import Role
from tests.http.asgi import Answer
from tests.http.hostile_values import STRINGS
from tests.http.web.lab import FormOnPage, Page, Reader
from tests.http.web.moderation_scene import Pages

HOSTILE = (*STRINGS, "\0", "a\0b", "\ufeff", "-1", "9" * 4000, "true", "0")
SINKS = ("<script>alert", "<img src=x", 'href="javascript:', "onerror=alert(1)>")
TYPED = frozenset({"text", "area", "number", "url", "email", "password"})


class Target(NamedTuple):
    """A page with forms, and who stands in front of it."""

    path: str
    role: Role


def _pages(pages: Pages) -> Iterator[Target]:
    post, comment = f"/post/{pages.scene.posts[Role.USER]}", f"/comment/{pages.scene.comments[Role.USER]}"
    for page in ("moderate", "purge"):
        yield Target(f"{post}/{page}", Role.ADMIN)
        yield Target(f"{comment}/{page}", Role.ADMIN)
        yield Target(f"/u/{Role.USER}/{page}", Role.ADMIN)
    yield Target(f"/u/{Role.USER}/moderate", Role.MODERATOR)
    yield Target("/c/home/purge", Role.ADMIN)
    yield Target(f"{post}/report", Role.ELSEWHERE)
    yield Target(f"{comment}/report", Role.ELSEWHERE)
    yield Target(f"/private_message/{pages.scene.received[Role.USER]}/report", Role.USER)
    yield Target("/c/home/settings", Role.ADMIN)
    yield Target("/c/home/mods", Role.TOP_MODERATOR)
    yield Target("/reports", Role.ADMIN)
    yield Target("/registration_applications", Role.ADMIN)
    for tab in ("site", "registration", "rules", "languages", "federation", "rate_limits", "taglines", "emoji", "people", "uploads"):
        yield Target(f"/admin?tab={tab}", Role.ADMIN)


def _forms(pages: Pages, target: Target) -> list[FormOnPage]:
    answer = pages.see(target.role, target.path)
    assert answer.status == 200, target
    return [form for form in Page(Reader.__new__(Reader), target.path, answer).forms if form.method == "post"]


def _must_be_clear(answer: Answer, sent: object) -> None:
    assert answer.status in (303, 400, 403, 404, 413), sent
    text = answer.body.decode()
    for sink in SINKS:
        assert sink not in text, sent
    if answer.status != 303:
        assert text.count("<h1") == 1, sent


@pytest.mark.parametrize("number", range(25))
def test_every_form_is_held_against_every_hostile_text(number: int, built_pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    pages = built_pages
    with pages.undone():
        targets = list(_pages(pages))
        assert len(targets) == 25
        forms = _forms(pages, targets[number])
    assert forms
    for form in forms:
        action = form.action or targets[number].path
        pressed = form.buttons[0][:2] if form.buttons else ("", "")
        for value in HOSTILE:
            typed = {name: value for name in form.names if name not in ("csrf", "tab", "id", "back")}
            kept = {name: text for name, text in form.fields if name in ("tab", "id", "back")}
            everything = dict.fromkeys(form.names - {"csrf"}, value)
            for fields in ({**typed, **kept, pressed[0]: pressed[1]}, {**everything, pressed[0]: value}):
                with pages.undone():
                    sent = {name: text for name, text in fields.items() if name}
                    # A million characters in every field are too large a body, which is another test.
                    answer = pages.send(targets[number].role, action, {name: text[: 200_000 // len(sent)] for name, text in sent.items()})
                    _must_be_clear(answer, (action, value[:40]))
                    if answer.status == 303:
                        assert answer.headers["location"].startswith("/"), action
                        assert not answer.headers["location"].startswith(("//", "/\\")), action
                        _must_be_clear_page(pages, targets[number].role, answer.headers["location"], value)
    assert not caplog.records


def _must_be_clear_page(pages: Pages, role: Role, location: str, value: str) -> None:
    shown = pages.see(role, location.partition("#")[0])
    assert shown.status < 500, (location, value[:40])
    for sink in SINKS:
        assert sink not in shown.body.decode(), (location, value[:40])


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"csrf", b"{}", b"&" * 5000, b"a=%ff&csrf=%00"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", ""])
def test_what_is_no_form_is_refused(body: bytes, kind: str, pages: Pages) -> None:
    held = pages.scene.tokens[Role.ADMIN]
    for action in ("/admin", "/admin/emoji", "/reports", "/setup", "/c/home/settings", f"/post/{pages.scene.posts[Role.USER]}/moderate"):
        headers = {"host": "site.test", "cookie": f"__Host-session={held}", "content-type": kind}
        answer = pages.scene.request("POST", action, headers, body)
        assert answer.status in (400, 403, 413), action
        assert b"<h1>" in answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/post/x/moderate",
        "/post/0/report",
        "/post/99999999999/votes",
        "/post/%ff/purge",
        "/comment/-1/moderate",
        "/comment/1e3/report",
        "/private_message/x/report",
        "/u/%3Cscript%3Ealert(1)%3C/script%3E/moderate",
        "/u/@@@/purge",
        "/c/nobody@nowhere.test/settings",
        "/c/%00/mods",
        "/admin?tab=%3Cscript%3Ealert(1)%3C/script%3E",
        "/reports?type=<script>alert(1)</script>&view=%00&page=-1",
        "/registration_applications?personId=x&page=9999999",
        "/setup?token=%ff",
    ],
)
def test_a_hostile_address_is_answered_in_words(path: str, pages: Pages) -> None:
    answer = pages.see(Role.ADMIN, path)
    assert answer.status in (200, 400, 403, 404)
    assert b"<script>alert" not in answer.body
    assert b"<h1" in answer.body
