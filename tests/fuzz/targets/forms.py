"""The forms of the web site, and requests that nobody's browser sends: any path, method, header and body."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from lemmy_lite.http.api_v3.operations import OPERATIONS
from lemmy_lite.http.web import routes
from tests.fuzz.harmless import require_inert
from tests.fuzz.inputs import samples, strange_texts, words
from tests.fuzz.scene import ASKING, Stage, staged
from tests.fuzz.target import Bench, Broken
from tests.fuzz.targets.calls import texts
from tests.http.web.lab import FormOnPage, Page, Reader

ANSWERS = (200, 201, 204, 206, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 409, 413, 414, 415, 416, 429, 503)
"""503 is the inbox's (scene.py)."""
OF_PATHS = {
    "post_id": "{post}",
    "community_id": "{community}",
    "comment_id": "{comment}",
    "message_id": "{message}",
    "number": "{report}",
    "recipient_id": "{other_person}",
    "name": "home",
    "token": "reset",
    "year": "2026",
    "month": "11",
    "code": "de",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
NAMES: tuple[str, ...] = (
    "accept",
    "accept-language",
    "accept-encoding",
    "range",
    "if-range",
    "if-none-match",
    "if-modified-since",
    "cookie",
    "content-type",
    "content-length",
)
NAMES += (
    "authorization",
    "origin",
    "referer",
    "host",
    "x-forwarded-for",
    "forwarded",
    "expect",
    "user-agent",
    "signature",
    "signature-input",
    "digest",
    "date",
)
MORE_PATHS: tuple[str, ...] = (
    "/inbox",
    "/u/user/inbox",
    "/c/home",
    "/c/home/outbox",
    "/c/home/followers",
    "/u/user",
    "/post/{post}",
    "/comment/{comment}",
    "/activities/like/1",
    "/nodeinfo/2.1",
)
MORE_PATHS += (
    "/.well-known/webfinger",
    "/.well-known/nodeinfo",
    "/feeds/all.xml",
    "/feeds/local.atom",
    "/feeds/c/home.json",
    "/feeds/u/user.xml",
    "/feeds/front/x.xml",
    "/feeds/search.xml",
)
MORE_PATHS += (
    "/pictrs/image/user.png",
    "/pictrs/image/x.webp",
    "/api/v3/image_proxy",
    "/static/x.css",
    "/sitemap.xml",
    "/manifest.webmanifest",
    "/version",
    "/metrics",
    "/health",
    "/setup",
)


def _addressed(path: str) -> str:
    found = re.sub(r"\{(\w+)\}", lambda each: OF_PATHS[each[1]], path)
    return found.replace("/u/home", "/u/user")


PATHS = tuple(
    dict.fromkeys([*(_addressed(path) for path, _ in (*routes.PAGES, *routes.FORMS)), *MORE_PATHS, *(each.path for each in OPERATIONS)])
)
FORMS = tuple(dict.fromkeys(_addressed(path) for path, _ in routes.FORMS))


def _harvested(stage: Stage) -> list[dict[str, Any]]:
    """The forms that the pages hold, as an admin and a stranger get them: where each goes, and what it says as it stands."""
    found: dict[tuple[str, frozenset[str]], dict[str, Any]] = {}
    with stage.scene.undone():
        for by in ("admin", "stranger"):
            for path, _ in routes.PAGES:
                answer = stage.pages.see(ASKING[by], _filled(_addressed(path), stage))
                page = Page(Reader.__new__(Reader), path, answer)
                for form in page.forms if answer.status == 200 else []:
                    if form.method == "post":
                        found.setdefault((form.action, frozenset(form.names)), _sample(by, form, _addressed(path)))
    return list(found.values())


def _sample(by: str, form: FormOnPage, path: str) -> dict[str, Any]:
    fields = [[name, text] for name, text in form.fields if name != "csrf"]
    fields += [[name, ""] for name in sorted(form.names - {name for name, _ in form.fields}) if name != "csrf"]
    fields += [[name, value] for name, value, _ in form.buttons[:1] if name]
    return {"by": by, "path": form.action or path, "fields": fields}


@st.composite
def _forms(draw: DrawFn, samples: list[dict[str, Any]]) -> dict[str, Any]:
    sample = draw(st.sampled_from(samples))
    fields = [list(pair) for pair in sample["fields"]]
    values = texts | st.sampled_from(
        ("{post}", "{comment}", "{community}", "{person}", "{other_person}", "{instance}", "true", "false", "1", "Community", "All", "New")
    )
    for _ in range(draw(st.integers(0, 5))):
        if fields:
            fields[draw(st.integers(0, len(fields) - 1))][1] = draw(values)
    if draw(st.integers(0, 4)) == 0:
        fields = draw(
            st.lists(st.tuples(st.sampled_from([name for name, _ in fields] or ["x"]) | strange_texts, values).map(list), max_size=8)
        )
    path = sample["path"] if draw(st.integers(0, 3)) else draw(st.sampled_from(FORMS))
    return {"by": draw(st.sampled_from((sample["by"], sample["by"], *sorted(ASKING)))), "path": path, "fields": fields}


@st.composite
def _requests(draw: DrawFn) -> dict[str, Any]:
    path = draw(st.sampled_from(PATHS))
    if draw(st.integers(0, 2)) == 0:
        parts = path.split("/")
        parts[draw(st.integers(0, len(parts) - 1))] = draw(strange_texts)
        path = "/" + "/".join(parts).lstrip("/")
    headers = draw(
        st.lists(
            st.tuples(
                st.sampled_from(NAMES),
                st.sampled_from(samples("headers")) | st.lists(st.sampled_from(words("headers")), max_size=6).map("".join) | strange_texts,
            ),
            max_size=5,
        )
    )
    return {
        "by": draw(st.sampled_from(sorted(ASKING))),
        "method": draw(st.sampled_from(METHODS)),
        "path": path.encode("utf-8", "replace").decode(),
        "query": draw(st.lists(st.sampled_from(words("cursor")) | strange_texts, max_size=6).map("".join))
        .encode("utf-8", "replace")
        .decode()
        .replace("#", ""),
        "headers": [[name, value.encode("latin-1", "replace").decode("latin-1")] for name, value in headers],
        "body": draw(st.sampled_from(("", "{}", "a=b", "--limit\r\n", "\xff")) | st.text('\x00\xff{}[]"a=&-\r\n', max_size=60)),
    }


@contextmanager
def opened_forms(folder: Path) -> Iterator[Bench]:
    """The whole application, and the forms of its pages."""
    with staged(folder) as stage:
        yield Bench(_forms(_harvested(stage)), lambda value: check_form(stage, value))


@contextmanager
def opened_requests(folder: Path) -> Iterator[Bench]:
    """The whole application."""
    with staged(folder) as stage:
        yield Bench(_requests(), lambda value: check_request(stage, value))


def check_form(stage: Stage, value: Mapping[str, Any]) -> None:
    """A form is done or refused, on a page that runs nothing, and leads to no other site."""
    role = ASKING[value["by"]]
    pairs = [("csrf", stage.pages.csrf(role)), *((_filled(name, stage), _filled(text, stage)) for name, text in value["fields"])]
    body = urlencode([(_bytes(name), _bytes(text)) for name, text in pairs]).encode()
    answer = stage.ask(role, "POST", _filled(value["path"], stage), stage.form_headers(role, "application/x-www-form-urlencoded"), body)
    if answer.status not in ANSWERS:
        raise Broken(f"{value['path']} answers {answer.status}")
    if (
        answer.status == 303
        and not re.match(r"/(?![/\\])", answer.headers["location"])
        and not answer.headers["location"].startswith("https://site.test/")
    ):
        raise Broken(f"leads to {answer.headers['location']!r}")
    if answer.headers.get("content-type", "").startswith("text/html"):
        require_inert(answer.body.decode())


def check_request(stage: Stage, value: Mapping[str, Any]) -> None:
    """Any request has an answer, which is never a fault."""
    role = ASKING[value["by"]]
    headers = {"host": "site.test"}
    if held := stage.token(role):
        headers["authorization"] = f"Bearer {held}"
    headers |= dict(value["headers"])
    target = _filled(value["path"], stage) + (f"?{quote(value['query'], safe='%&=+')}" if value["query"] else "")
    answer = stage.ask(role, value["method"], target, headers, value["body"].encode("latin-1", "replace"))
    if answer.status not in ANSWERS:
        raise Broken(f"{value['method']} {target} answers {answer.status}")
    if answer.headers.get("content-type", "").startswith("text/html"):
        require_inert(answer.body.decode())


def _filled(text: str, stage: Stage) -> str:
    return re.sub(r"\{([a-z_]+)\}", lambda each: str(stage.ids.get(each[1], each[0])), text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
