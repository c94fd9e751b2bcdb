"""A token opens nothing once its session has ended, whatever ended it; and none opens anything that we did not give out."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from lemmy_lite.domain import ban, feed, leaving, local_user, login_session, operating, password, purge
from lemmy_lite.domain.ban import Ban
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.scheduler import jobs
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import login_token, person
from tests.http.asgi import Answer, ask
from tests.http.web import lab
from tests.http.web.lab import PASSWORD, Place

NEW = "a wholly new password"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with lab.site(tmp_path_factory.mktemp("tokens")) as made:
        yield made


def token(place: Place, name: str) -> str:
    """A new session of somebody."""
    database, context = place.instance.database, place.instance.context
    entry = place.run(local_user.login(database, context, name, PASSWORD, None, Visitor()))
    assert entry.jwt is not None
    return entry.jwt


def viewer(place: Place, shown: str) -> Viewer:
    found = place.read(local_user.session, place.instance.context, shown)
    assert found is not None
    return found


def asked(place: Place, target: str, *headers: tuple[str, str], method: str = "GET", body: bytes = b"") -> Answer:
    sent = [("host", "hearth.test"), *headers]
    return place.run(ask(place.application, method, target, headers=sent, body=body))


def opens(place: Place, shown: str) -> list[bool]:
    """Whether the token opens the API by header and by cookie, the pages, a write, and the feed of the inbox."""
    bearer = ("authorization", f"Bearer {shown}")
    json_body = ("content-type", "application/json")
    return [
        asked(place, "/api/v3/user/unread_count", bearer).status == 200,
        asked(place, "/api/v3/user/unread_count", ("cookie", f"jwt={shown}")).status == 200,
        "my_user" in asked(place, "/api/v3/site", bearer).json(),
        asked(place, "/api/v3/user/mark_all_as_read", bearer, json_body, method="POST", body=b"{}").status == 200,
        asked(place, "/settings", ("cookie", f"session={shown}"), ("accept", "text/html")).status == 200,
        asked(place, f"/feeds/inbox/{shown}.xml").status == 200,
    ]


def _admin(place: Place) -> Any:
    return place.read(lambda tx: person.existing(tx, tx.value("SELECT person_id FROM local_user WHERE admin")))


def _log_out(place: Place, shown: str) -> None:
    answer = asked(place, "/api/v3/user/logout", ("authorization", f"Bearer {shown}"), method="POST")
    assert answer.status == 200


def _change_the_password(place: Place, shown: str) -> None:
    database, context = place.instance.database, place.instance.context
    place.run(password.change(database, context, viewer(place, shown), PASSWORD, NEW, NEW, Visitor()))


def _ban(place: Place, shown: str) -> None:
    place.write(ban.from_site, _admin(place), viewer(place, shown).person.id, Ban(banned=True))


def _delete_the_account(place: Place, shown: str) -> None:
    place.run(leaving.delete_account(place.instance.database, place.instance.context, viewer(place, shown), PASSWORD, delete_content=False))


def _purge(place: Place, shown: str) -> None:
    place.write(purge.purge_person, _admin(place), viewer(place, shown).person.id)


def _end_it_from_another_session(place: Place, shown: str) -> None:
    other = viewer(place, token(place, viewer(place, shown).person.name))
    named = next(each for each in place.read(login_session.listing, place.instance.context, other) if not each.current)
    place.write(login_session.end, place.instance.context, other, named.name)


def _end_all_others(place: Place, shown: str) -> None:
    place.write(login_session.end_others, viewer(place, token(place, viewer(place, shown).person.name)))


def _wait_a_year(place: Place, shown: str) -> None:
    def age(tx: Transaction) -> int:
        tx.run("UPDATE login_token SET published = published - :life", life=jobs.SESSION_LIFE + 1)
        return login_token.expire(tx, tx.now - jobs.SESSION_LIFE)

    assert place.write(age)


def _set_the_password_on_the_machine(place: Place, shown: str) -> None:
    name = viewer(place, shown).person.name
    place.run(operating.reset_password(place.instance.database, place.instance.context, name, NEW))


ENDS: Mapping[str, Callable[[Place, str], None]] = {
    "logout": _log_out,
    "password changed": _change_the_password,
    "banned": _ban,
    "account deleted": _delete_the_account,
    "purged": _purge,
    "ended in the settings": _end_it_from_another_session,
    "all others ended": _end_all_others,
    "password set on the machine": _set_the_password_on_the_machine,
    "a year old": _wait_a_year,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_token_opens_nothing_once_its_session_has_ended(end: str, place: Place) -> None:
    name = f"ada_{list(ENDS).index(end)}"
    place.person(name)
    shown = token(place, name)
    assert opens(place, shown) == [True] * 6
    ENDS[end](place, shown)
    assert opens(place, shown) == [False] * 6


@pytest.mark.parametrize("end", ["banned", "account deleted", "purged"])
def test_the_key_of_private_feeds_opens_nothing_once_the_account_has_ended(end: str, place: Place) -> None:
    name = f"eva_{list(ENDS).index(end)}"
    place.person(name)
    shown = token(place, name)
    key = place.write(feed.renew_key, place.instance.context, viewer(place, shown))
    assert asked(place, f"/feeds/inbox/{key}.xml").status == 200
    assert asked(place, "/api/v3/user/unread_count", ("authorization", f"Bearer {key}")).status == 401, "it opens feeds alone"
    ENDS[end](place, shown)
    assert asked(place, f"/feeds/inbox/{key}.xml").status == 401


def _part(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def _signed(header: object, claims: object, secret: bytes, digest: Any = hashlib.sha256) -> str:
    said = _part(header) + b"." + _part(claims)
    return (said + b"." + base64.urlsafe_b64encode(hmac.new(secret, said, digest).digest()).rstrip(b"=")).decode()


def test_a_token_that_we_did_not_sign_or_not_for_a_living_session_opens_nothing(place: Place) -> None:
    place.person("forged")
    shown = token(place, "forged")
    head, middle, mark = shown.split(".")
    claims = json.loads(base64.urlsafe_b64decode(middle + "=="))
    secret = place.instance.context.jwt_secret.encode()
    other = "B" if mark[0] != "B" else "C"
    forged = {
        "no algorithm": (_part({"alg": "none", "typ": "JWT"}) + b"." + middle.encode() + b".").decode(),
        "no algorithm, in capitals": (_part({"alg": "NONE", "typ": "JWT"}) + b"." + middle.encode() + b"." + mark.encode()).decode(),
        "no mark": f"{head}.{middle}.",
        "another mark": f"{head}.{middle}.{other}{mark[1:]}",
        "another key": _signed({"alg": "HS256", "typ": "JWT"}, claims, b"x" * 32),
        "an empty key": _signed({"alg": "HS256", "typ": "JWT"}, claims, b""),
        "another algorithm": _signed({"alg": "HS512", "typ": "JWT"}, claims, secret, hashlib.sha512),
        "a key named in the header": _signed({"alg": "HS256", "typ": "JWT", "kid": "/dev/null", "jku": "https://x.test"}, claims, b""),
        "somebody else": _signed({"alg": "HS256", "typ": "JWT"}, claims | {"sub": "1"}, b"secret"),
        # Even who has stolen the key makes no session with it.
        "signed by us, of no session": _signed({"alg": "HS256", "typ": "JWT"}, claims | {"iat": 1}, secret),
    }
    for how, each in forged.items():
        assert opens(place, each) == [False] * 6, how
    assert opens(place, shown) == [True] * 6


def test_a_login_never_takes_over_a_session_that_was_put_into_the_browser_before(place: Place) -> None:
    place.person("victim")
    place.person("fixer")
    planted = token(place, "fixer")
    reader = place.stranger()
    for cookies in ({"session": planted}, {"session": "A" * 43}, {"session": planted, "form": "planted-seed"}):
        reader.cookies = dict(cookies)
        page = reader.get("/login")
        if page.path == "/login":
            page.submit(username_or_email="victim", password=PASSWORD)
        else:  # who has a session is logged in already, as its owner: nothing of the victim's is in it
            assert viewer(place, planted).person.name == "fixer"
            reader.cookies = {}
            reader.get("/login").submit(username_or_email="victim", password=PASSWORD)
        assert reader.cookies["session"] not in (planted, "A" * 43)
        assert viewer(place, reader.cookies["session"]).person.name == "victim"
    before = reader.cookies["session"]
    form = reader.get("/settings/security").form(button="Change the password")
    reader.get("/settings/security").submit(form, old_password=PASSWORD, new_password=NEW, new_password_verify=NEW)
    assert reader.cookies["session"] != before, "a new one at a change of privilege"
    assert opens(place, before) == [False] * 6
    assert opens(place, reader.cookies["session"]) == [True] * 6
