"""A whole site in this process, and people who read it with a browser that has no script: links, forms, cookies, nothing else.

with lab.site(tmp_path) as place:
    ann = place.member("ann")
    page = ann.get("/create_post").submit(community="tea", name="A post")
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from lemmy_lite import app
from lemmy_lite.app import Instance
from lemmy_lite.config import read
from lemmy_lite.crypto import keys, passwords
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.http.routing import build
from lemmy_lite.model.community import Community, CommunityForm
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from tests.http.asgi import Answer, ask

P = ParamSpec("P")
T = TypeVar("T")

PASSWORD = "a long password"
ORIGIN = "http://hearth.test"

_addresses = count(1)


class Place:
    """A running site without a socket."""

    def __init__(self, runner: asyncio.Runner, instance: Instance, application: Any) -> None:
        self._runner = runner
        self.instance = instance
        self.application = application
        self._hashed = passwords.hash_password(PASSWORD)
        self._keys = [keys.generate_key_pair()]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def write(self, verb: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(self.instance.database.write(verb, *args, **kwargs))

    def read(self, view: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(self.instance.database.read(view, *args, **kwargs))

    def person(self, name: str, **account: Any) -> Person:
        """A local account, whose password is PASSWORD."""
        given = {"accepted_application": True, "default_listing_type": "All", **account}

        def enter(tx: Transaction) -> Person:
            return accounts.create(tx, self.instance.context, name, self._hashed, self._keys[0], **given)[0]

        return self.write(enter)

    def member(self, name: str, **account: Any) -> "Reader":
        """Somebody with an account who has logged in."""
        self.person(name, **account)
        return self.log_in(name)

    def log_in(self, name: str, password: str = PASSWORD) -> "Reader":
        """Another browser of somebody who has an account."""
        reader = self.stranger()
        reader.get("/login").submit(username_or_email=name, password=password)
        assert "session" in reader.cookies
        return reader

    def stranger(self) -> "Reader":
        """Somebody without an account."""
        return Reader(self)

    def community(self, founder: Person, name: str = "tea") -> Community:
        form = CommunityForm(name=name, title=name.title())
        return self.write(communities.create, self.instance.context, founder, form, self._keys[0])

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The statements that the database runs meanwhile."""
        seen: list[str] = []
        self.instance.database.trace = seen.append
        try:
            yield seen
        finally:
            self.instance.database.trace = None


@contextmanager
def site(folder: Path, **config: Any) -> Iterator[Place]:
    """A new site, set up, with nobody but its admin."""
    options: dict[str, Any] = {
        "pictrs": None,
        "hostname": "hearth.test",
        "tls_enabled": False,
        "data_dir": str(folder / "data"),
        "setup": {"admin_username": "admin", "admin_password": PASSWORD, "site_name": "Hearth"},
        **config,
    }
    with asyncio.Runner() as runner:
        opening = app.opened(read(options, environment={}), progress=lambda _: None)
        instance = runner.run(opening.__aenter__())
        try:
            application = build(runner.run(app.surfaces(instance)), body_limit=instance.config.http.body_limit)
            yield Place(runner, instance, application)
        finally:
            runner.run(opening.__aexit__(None, None, None))


class Reader:
    """One browser without script. Each request comes from an address of its own, so that rate limits do not meet it unless asked to."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.cookies: dict[str, str] = {}
        self.address: str | None = None

    def get(self, path: str) -> "Page":
        """A page, after all redirections."""
        return self._ask("GET", path, b"", {})

    def post(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]], referer: str = "/", origin: str = ORIGIN) -> "Page":
        """A form, after all redirections."""
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": origin, "referer": origin + referer}
        return self._ask("POST", path, urlencode(fields).encode(), headers)

    def send(self, path: str, body: bytes, content_type: str) -> "Page":
        """A body as it stands."""
        return self._ask("POST", path, body, {"content-type": content_type, "origin": ORIGIN})

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> "Page":
        for _ in range(5):
            answer = self._once(method, path, body, headers)
            if answer.status not in (301, 302, 303, 307, 308):
                return Page(self, path, answer)
            path = urljoin(path, answer.headers["location"])
            method, body, headers = "GET", b"", {}
        raise AssertionError(f"redirected without end: {path}")

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        sent = {"host": "hearth.test", "accept": "text/html", **headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        number = next(_addresses)
        peer = self.address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        target = path.partition("#")[0]
        answer = self.place.run(ask(self.place.application, method, target, headers=sent.items(), body=body, peer=peer))
        for text in answer.headers.get("set-cookie", "").split(", "):
            name, _, value = text.partition(";")[0].partition("=")
            if name:
                self.cookies[name] = value
                if "Max-Age=0" in text:
                    del self.cookies[name]
        return answer


@dataclass
class FormOnPage:
    """A form as it stands on a page: where it goes, its fields with their values, its buttons."""

    action: str
    method: str
    multipart: bool
    id: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class Page:
    """What came back."""

    def __init__(self, reader: Reader, path: str, answer: Answer) -> None:
        self.reader = reader
        self.path = path
        self.answer = answer
        self.status = answer.status
        self.html = answer.body.decode(errors="replace")

    @property
    def text(self) -> str:
        """The words of the page's part below the header, as one line."""
        main = self.html.partition("<main")[2].partition('<footer class="foot"')[0] or self.html
        words = re.sub(r"<[^>]*>", " ", main.partition(">")[2])
        return " ".join(
            words.replace("&#39;", "'").replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split()
        )

    @property
    def forms(self) -> list[FormOnPage]:
        """All forms that the page's part below the header holds."""
        return _Forms(self.html).found

    def form(self, **having: str) -> FormOnPage:
        """The one form of the page's part below the header whose action, or one of whose fields or buttons, is named: `action="/login"`,
        `field="content"`, `button="Save"`."""
        fits = [each for each in self.forms if each.method == "post" and _fits(each, having)]
        assert fits, f"no form with {having} at {self.path}: {self.text[:400]}"
        return fits[0]

    def submit(
        self,
        form: FormOnPage | None = None,
        /,
        *,
        press: str = "",
        files: Mapping[str, bytes] | None = None,
        **fields: str | list[str] | None,
    ) -> "Page":
        """Send a form, the first that posts unless one is given, with these fields filled in; None leaves a field out. `press` names the
        button by its words, `files` what is chosen in fields of files."""
        chosen = form or (self.form(button=press) if press else next(each for each in self.forms if each.method == "post"))
        unknown = set(fields) - chosen.names - {name for name, _, _ in chosen.buttons}
        assert not unknown, f"{self.path} has no field {unknown}"
        pairs = [(name, value) for name, value in chosen.fields if name not in fields]
        for name, value in fields.items():
            pairs += [(name, each) for each in ([] if value is None else [value] if isinstance(value, str) else value)]
        # As browsers do when a form is sent from the keyboard, the first button counts where none was pressed.
        pressed = next((each for each in chosen.buttons if press in ("", each[2])), ("", "", ""))
        pairs += [(pressed[0], pressed[1])] if pressed[0] else []
        action = chosen.action or self.path
        if files is not None:
            assert chosen.multipart
            return self.reader.send(action, multipart(pairs, files), "multipart/form-data; boundary=limit")
        return self.reader.post(
            action, pairs, referer=urlsplit(self.path).path + (f"?{urlsplit(self.path).query}" if "?" in self.path else "")
        )


def multipart(pairs: list[tuple[str, str]], files: Mapping[str, bytes]) -> bytes:
    """A form with files, the fields first, as they stand on our pages."""
    head = 'Content-Disposition: form-data; name="{}"'
    parts = [head.format(name).encode() + b"\r\n\r\n" + value.encode() for name, value in pairs]
    parts += [head.format(name).encode() + f'; filename="{name}.bin"\r\n\r\n'.encode() + body for name, body in files.items()]
    return b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + b"--limit--\r\n"


def _fits(form: FormOnPage, having: Mapping[str, str]) -> bool:
    checks: dict[str, Callable[[str], bool]] = {
        "action": lambda wanted: form.action == wanted,
        "field": lambda wanted: wanted in form.names,
        "button": lambda wanted: any(words == wanted for _, _, words in form.buttons),
    }
    return all(checks[name](wanted) for name, wanted in having.items())


class _Forms(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[FormOnPage] = []
        self._in_main = False
        self._open: FormOnPage | None = None
        self._text: list[str] | None = None
        self._area = self._select = ""
        self._button: tuple[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "main":
            self._in_main = True
        elif tag == "form" and self._in_main:
            self._open = FormOnPage(
                given.get("action", ""), given.get("method", "get"), "multipart" in given.get("enctype", ""), given.get("id", "")
            )
            self.found.append(self._open)
        elif tag == "button" and "form" in given:
            # Beside its form; pressed by its value, as its words stand at each of its kind.
            owner = next(each for each in self.found if each.id == given["form"])
            owner.buttons.append((name, given.get("value", ""), given.get("value", "")))
        elif self._open is None:
            return
        elif tag == "input" and name:
            self._open.names.add(name)
            if given.get("type") == "file" or (given.get("type") in ("checkbox", "radio") and "checked" not in given):
                return
            self._open.fields.append((name, given.get("value", "")))
        elif tag == "textarea" and name:
            self._open.names.add(name)
            self._area, self._text = name, []
        elif tag == "select":
            self._open.names.add(name)
            self._select = name
        elif tag == "option" and "selected" in given:
            self._open.fields.append((self._select, given.get("value", "")))
        elif tag == "button":
            self._button, self._text = (name, given.get("value", "")), []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "body":
            self._in_main = False
        if self._open is None:
            return
        words = "".join(self._text or [])
        if tag == "textarea":
            self._open.fields.append((self._area, words.removeprefix("\n")))
            self._text = None
        elif tag == "button" and self._button is not None:
            self._open.buttons.append((*self._button, " ".join(words.split())))
            self._text = self._button = None
        elif tag == "form":
            self._open = None
