"""The first set-up of an empty instance in the browser."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from lemmy_lite import app, config
from lemmy_lite.app import Instance
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import setup
from lemmy_lite.domain import site as sites
from lemmy_lite.http import routing
from lemmy_lite.storage.tables import community, local_user, person
from tests.http.asgi import Answer, ask

PASSWORD = "a long password"
TYPED = {
    "username": "ada",
    "password": PASSWORD,
    "password_verify": PASSWORD,
    "email": "ada@mail.test",
    "site_name": "Hearth",
    "description": "Warm",
    "registration_mode": "RequireApplication",
    "application_question": "Why?",
    "federation_enabled": "true",
    "community_name": "tea",
    "community_title": "Tea and more",
}


class Newcomer:
    """Somebody at a browser in front of an instance that nobody has set up."""

    def __init__(self, runner: asyncio.Runner, instance: Instance, application: object) -> None:
        assert instance.first_admin is not None
        self.runner, self.instance, self.application = runner, instance, application
        self.token = instance.first_admin.token
        self.cookies: dict[str, str] = {}
        self._calls = 0

    def ask(self, method: str, target: str, fields: dict[str, str] | None = None) -> Answer:
        """One request with the cookies that were given; a form brings its page's token along."""
        self._calls += 1
        headers = [("host", "hearth.test")]
        body = b""
        if fields is not None:
            page = self.ask("GET", f"/setup?token={self.token}" if "__Host-session" not in self.cookies else "/")
            csrf = re.search(r'name="csrf" value="([^"]+)"', page.body.decode())
            headers.append(("content-type", "application/x-www-form-urlencoded"))
            body = urlencode({"csrf": csrf[1] if csrf else "", **fields}).encode()
        headers.append(("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        answer = self.runner.run(
            ask(self.application, method, target, headers=headers, body=body, peer=f"10.1.{self._calls >> 8}.{self._calls & 255}")
        )
        for name, value in re.findall(r"(__Host-\w+)=([^;]*);", answer.headers.get("set-cookie", "")):
            self.cookies[name] = value
        return answer

    def read(self, *view: object) -> object:
        """What a view answers."""
        return self.runner.run(self.instance.database.write(*view))  # type: ignore[arg-type]  # any view


@contextlib.contextmanager
def _fresh(folder: Path, **options: object) -> Iterator[Newcomer]:
    settings = config.read({"data_dir": str(folder), "hostname": "hearth.test", **options}, environment={})
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        try:
            instance = runner.run(stack.enter_async_context(app.opened(settings)))
            yield Newcomer(runner, instance, routing.build(runner.run(app.surfaces(instance))))
        finally:
            runner.run(stack.aclose())


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    with _fresh(tmp_path / "data") as fresh:
        yield fresh


def words(answer: Answer) -> str:
    """The text of a page."""
    return unescape(answer.body.decode())


def test_the_holder_of_the_printed_token_sets_everything_up_and_is_in(newcomer: Newcomer) -> None:
    page = words(newcomer.ask("GET", f"/setup?token={newcomer.token}"))
    assert "No mail server is configured" in page, "what is missing is told"
    answer = newcomer.ask("POST", "/setup", {"token": newcomer.token, **TYPED})
    assert (answer.status, answer.headers["location"]) == (303, "/c/tea")
    shown = words(newcomer.ask("GET", "/c/tea"))
    assert "Tea and more" in shown
    assert "Hearth" in shown
    assert "/admin" in shown, "the new admin is logged in"
    assert newcomer.read(person.local_by_name, "admin") is None, "the made-up admin is gone"
    view = newcomer.runner.run(newcomer.instance.database.read(sites.view))
    assert (view.site.name, view.local_site.registration_mode, view.local_site.federation_enabled) == ("Hearth", "RequireApplication", True)
    assert (view.counts.users, view.counts.communities) == (1, 1)
    assert newcomer.ask("GET", f"/setup?token={newcomer.token}").status == 400, "once only"


def test_postgres_is_set_up_alike(tmp_path: Path, bare_postgres_url: str) -> None:
    with _fresh(tmp_path / "data", database={"uri": bare_postgres_url}) as newcomer:
        assert newcomer.ask("POST", "/setup", {"token": newcomer.token, **TYPED}).headers["location"] == "/c/tea"
        assert newcomer.ask("GET", f"/setup?token={newcomer.token}").status == 400


def test_whoever_keeps_the_made_up_name_takes_its_place(newcomer: Newcomer) -> None:
    assert newcomer.ask("POST", "/setup", {"token": newcomer.token, **TYPED, "username": "admin", "community_name": ""}).status == 303
    login = accounts.login(newcomer.instance.database, newcomer.instance.context, "admin", PASSWORD, None, accounts.Visitor())
    assert newcomer.runner.run(login).jwt
    assert newcomer.runner.run(newcomer.instance.database.read(sites.view)).counts.users == 1


@pytest.mark.parametrize("token", ["", "wrong", "x" * 5000, "ü"])
def test_without_the_token_nothing_is_shown_or_done(token: str, newcomer: Newcomer) -> None:
    page = newcomer.ask("GET", "/setup?" + urlencode({"token": token}))
    assert page.status == 403
    assert "printed at its first start" in words(page)
    newcomer.ask("GET", f"/setup?token={newcomer.token}")
    assert newcomer.ask("POST", "/setup", {**TYPED, "token": token}).status in (400, 403)
    assert newcomer.read(community.local_by_name, "tea") is None


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"username": "x"}, "username"),
        ({"password": "short", "password_verify": "short"}, "password"),
        ({"password_verify": "another one"}, "password_verify"),
        ({"site_name": ""}, "site_name"),
        ({"site_name": "x" * 500}, "site_name"),
        ({"application_question": ""}, "application_question"),
        ({"community_name": "T E A"}, "community_name"),
    ],
)
def test_what_cannot_be_taken_keeps_the_words_and_leaves_the_site_as_it_was(wrong: dict[str, str], fault: str, newcomer: Newcomer) -> None:
    answer = newcomer.ask("POST", "/setup", {"token": newcomer.token, **TYPED, "description": "<kept>", **wrong})
    assert answer.status == 400
    assert f'id="{fault}-fault"' in words(answer)
    assert b'value="&lt;kept&gt;"' in answer.body
    assert PASSWORD.encode() not in answer.body
    assert newcomer.read(setup.waits) is True
    assert newcomer.read(person.local_by_name, "ada") is None


def test_the_token_loses_its_force_when_the_site_is_used_or_its_password_changed(newcomer: Newcomer) -> None:
    made_up = newcomer.runner.run(newcomer.instance.database.read(person.local_by_name, "admin"))
    assert made_up is not None
    account = newcomer.runner.run(newcomer.instance.database.read(local_user.of_person, made_up.id))
    assert account is not None
    newcomer.read(lambda tx: local_user.update(tx, account.id, password_encrypted="another"))
    assert newcomer.ask("GET", f"/setup?token={newcomer.token}").status == 403


def test_the_made_up_admin_sets_the_site_up_without_a_token_or_leaves_it(newcomer: Newcomer) -> None:
    database, context = newcomer.instance.database, newcomer.instance.context
    assert newcomer.instance.first_admin is not None
    entry = accounts.login(database, context, "admin", newcomer.instance.first_admin.password, None, accounts.Visitor())
    newcomer.cookies["__Host-session"] = newcomer.runner.run(entry).jwt or ""
    page = words(newcomer.ask("GET", "/setup"))
    assert 'name="password"' not in page
    assert newcomer.ask("POST", "/setup", {"skip": "true"}).headers["location"] == "/"
    assert newcomer.ask("GET", "/setup").status == 400
    assert newcomer.read(person.local_by_name, "admin") is not None
