"""Limits, forms, ways back and names of hosts, as a browser and a hostile client would bend them, against a whole site."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import image
from lemmy_lite.storage.tables import local_user as accounts
from lemmy_lite.storage.tables import site as sites
from tests.http.asgi import Answer, ask
from tests.http.web import lab
from tests.http.web.lab import ORIGIN, PASSWORD, Place

EVIL = "evil.example"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with lab.site(tmp_path_factory.mktemp("doors")) as made:
        made.person("ada")
        made.person("bert")
        yield made


def asked(place: Place, method: str, target: str, *headers: tuple[str, str], peer: str = "203.0.113.9", body: bytes = b"") -> Answer:
    sent = headers if any(name == "host" for name, _ in headers) else (("host", "hearth.test"), *headers)
    return place.run(ask(place.application, method, target, headers=sent, peer=peer, body=body))


LOGIN = b'{"username_or_email": "ada", "password": "not this one"}'
JSON = ("content-type", "application/json")


def _rotating(number: int) -> list[tuple[str, str]]:
    """Headers by which proxies name a client, another one each time."""
    invented = f"198.18.{number}.1"
    kinds = [
        [("x-forwarded-for", invented)],
        [("forwarded", f"for={invented}")],
        [("x-real-ip", invented)],
        [("x-forwarded-for", f"{invented}, 127.0.0.1"), ("forwarded", f'for="[2001:db8::{number}]"')],
        [("client-ip", invented), ("true-client-ip", invented), ("cf-connecting-ip", invented), ("x-client-ip", invented)],
        [("x-forwarded-for", f"{invented}:{number}"), ("x-forwarded-for", "127.0.0.1")],
    ]
    return kinds[number % len(kinds)]


def test_no_header_of_a_stranger_gets_around_the_limit_of_logins(tmp_path: Path) -> None:
    with lab.site(tmp_path) as place:
        place.person("ada")
        place.write(lambda tx: sites.update_rate_limit(tx, register=5, register_per_second=3600))
        statuses = [asked(place, "POST", "/api/v3/user/login", JSON, *_rotating(each), body=LOGIN).json()["error"] for each in range(24)]
        assert "rate_limit_error" in statuses
        first = statuses.index("rate_limit_error")
        assert set(statuses[first:]) == {"rate_limit_error"}, "and none of the headers opens the door again"
        # The control: a proxy of ours names its clients, and each has a limit of its own.
        mine = asked(place, "POST", "/api/v3/user/login", JSON, ("x-forwarded-for", "198.51.100.7"), peer="127.0.0.1", body=LOGIN)
        assert mine.json()["error"] == "incorrect_login"


WAYS_BACK = [
    f"https://{EVIL}/",
    f"//{EVIL}/",
    f"///{EVIL}/",
    f"/\\{EVIL}/",
    f"\\\\{EVIL}/",
    f"/\t/{EVIL}/",
    f"/\n/{EVIL}/",
    f"https:{EVIL}",
    "javascript:alert(1)",
    "data:text/html,x",
    f"{ORIGIN}.{EVIL}/",
    f"{ORIGIN}@{EVIL}/",
    f"{ORIGIN}//{EVIL}/",
    f"{ORIGIN}/\\{EVIL}/",
    f"{ORIGIN}/\t/{EVIL}/",
]


def _stays(location: str) -> bool:
    """Whether a browser that is sent there stays on this site: a path whose second sign is neither slash nor backslash."""
    return location.startswith("/") and location[1:2] not in ("/", "\\") and EVIL not in location.partition("?")[0]


def test_no_way_back_leads_to_another_site(place: Place) -> None:
    ada = place.log_in("ada")
    tea = place.community(place.person("founder"), "tea")
    following = f"csrf={dict(ada.get('/c/tea').form(button='Subscribe').fields)['csrf']}&followed=true".encode()
    cookie = ("cookie", f"session={ada.cookies['session']}")
    form = ("content-type", "application/x-www-form-urlencoded")
    for back in WAYS_BACK:
        stranger = place.stranger()
        entered = stranger.get("/login")
        fields = [*entered.form(field="password").fields, ("username_or_email", "bert"), ("password", PASSWORD), ("prev", back)]
        sent = stranger._once("POST", "/login", lab.urlencode(dict(fields)).encode(), {form[0]: form[1], "origin": ORIGIN})
        assert (sent.status, sent.headers["location"]) == (303, "/"), back
        if not set(back) & set("\t\n"):
            answer = asked(place, "POST", "/c/tea", cookie, form, ("referer", back), body=following)
            assert answer.status == 303, back
            assert _stays(answer.headers["location"]), back
    assert tea.name == "tea"
    # The control: a page of ours is a way back.
    answer = asked(
        place,
        "POST",
        "/c/tea",
        cookie,
        form,
        ("referer", f"{ORIGIN}/communities?sort=New"),
        body=following,
    )
    assert answer.headers["location"].startswith("/communities?sort=New")


@pytest.mark.parametrize(
    "target", [f"//{EVIL}/", f"//{EVIL}/c/tea", f"/%2F{EVIL}", f"/web/%2F{EVIL}", f"/\\{EVIL}", f"/.//{EVIL}", f"//{EVIL}/%2e%2e", "//"]
)
def test_no_path_of_ours_redirects_to_another_site(target: str, place: Place) -> None:
    for end in ("", "/", "?sort=New"):
        answer = asked(place, "GET", target + end, ("accept", "text/html"))
        location = answer.headers.get("location")
        assert location is None or _stays(location), (target, location)


def test_a_host_header_changes_no_address_that_we_write(place: Place) -> None:
    place.community(place.person("host_founder"), "inn")
    poisons = [("host", EVIL), ("x-forwarded-host", EVIL), ("x-host", EVIL), ("forwarded", f"host={EVIL}"), ("x-original-url", f"//{EVIL}")]
    targets = [
        ("/", "text/html"),
        ("/c/inn", "text/html"),
        ("/c/inn", "application/activity+json"),
        ("/login_reset", "text/html"),
        ("/api/v3/site", "application/json"),
        ("/feeds/all.xml", "*/*"),
        ("/.well-known/webfinger?resource=acct:inn@hearth.test", "*/*"),
        ("/.well-known/nodeinfo", "*/*"),
        ("/sitemap.xml", "*/*"),
        ("/robots.txt", "*/*"),
        ("/nowhere", "text/html"),
    ]
    for target, accept in targets:
        control = asked(place, "GET", target, ("accept", accept))
        for poison in poisons:
            answer = asked(place, "GET", target, poison, ("accept", accept), ("x-forwarded-proto", "gopher"))
            assert EVIL not in answer.body.decode(errors="replace"), (target, poison)
            assert EVIL not in "".join(answer.headers.values()), (target, poison)
            assert answer.status == control.status, (target, poison)


def test_a_form_of_another_site_changes_nothing_and_one_of_ours_does(place: Place) -> None:
    ada = place.log_in("ada")
    place.community(place.person("form_founder"), "park")
    csrf = dict(ada.get("/c/park").form(button="Subscribe").fields)["csrf"]
    eve = place.log_in("bert")
    hers = dict(eve.get("/c/park").form(button="Subscribe").fields)["csrf"]
    cookie = ("cookie", f"session={ada.cookies['session']}")
    form = ("content-type", "application/x-www-form-urlencoded")
    followed = "SELECT COUNT(*) FROM community_follower JOIN community ON community.id = community_id WHERE community.name = 'park'"

    def followers() -> int:
        return int(place.read(lambda tx: tx.value(followed)))

    before = followers()
    for sent, headers in (
        ("", ()),
        (hers, ()),
        (csrf, (("origin", f"https://{EVIL}"),)),
        (csrf, (("origin", ORIGIN), ("sec-fetch-site", "cross-site"))),
        (csrf, (("origin", f"{ORIGIN}.{EVIL}"),)),
    ):
        answer = asked(place, "POST", "/c/park", cookie, form, *headers, body=f"csrf={sent}&followed=true".encode())
        assert (answer.status, followers()) == (403, before), (sent, headers)
    # An app's cookie, sent along by a browser from another site's page, is nobody.
    jwt = ("cookie", f"jwt={ada.cookies['session']}")
    for headers in ((("origin", f"https://{EVIL}"),), (("sec-fetch-site", "cross-site"),)):
        answer = asked(place, "POST", "/api/v3/user/mark_all_as_read", jwt, JSON, *headers, body=b"{}")
        assert answer.status == 401, headers
    assert asked(place, "POST", "/api/v3/user/mark_all_as_read", jwt, JSON, ("origin", ORIGIN), body=b"{}").status == 200
    assert asked(place, "GET", "/c/park?followed=true", cookie).status == 200
    assert followers() == before, "no change by looking"
    done = asked(place, "POST", "/c/park", cookie, form, ("origin", ORIGIN), body=f"csrf={csrf}&followed=true".encode())
    assert (done.status, followers()) == (303, before + 1)


def test_looking_at_a_text_deletes_no_picture(place: Place) -> None:
    """A browser asks for a text's pictures by itself: from this site, of this site, and with the cookie that an app has left."""
    pat = place.person("pat")

    def kept(tx: Transaction) -> bool:
        return image.get(tx, "a.png") is not None

    def keep(tx: Transaction) -> None:
        account = accounts.of_person(tx, pat.id)
        assert account is not None
        image.insert(tx, "a.png", f"{ORIGIN}/pictrs/image/a.png", "ITSTOKEN", local_user_id=account.id)

    place.write(keep)
    for name in ("pat", "admin"):
        jwt = place.log_in(name).cookies["session"]
        looking = (("cookie", f"jwt={jwt}"), ("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "image"))
        for guess in ("x", "a.png", "itstoken", "ITSTOKEN2", "%00"):
            assert asked(place, "GET", f"/pictrs/image/delete/{guess}/a.png", *looking).status == 404, (name, guess)
        assert asked(place, "GET", "/pictrs/image/delete/x/a.png", *looking, ("authorization", "Basic eDp5")).status == 404, name
        assert place.read(kept), name
        # The control: who deletes it on purpose has its token from the upload, and an app that sends a Bearer token needs none.
        assert asked(place, "GET", "/pictrs/image/delete/ITSTOKEN/a.png", *looking).status == 204, name
        assert not place.read(kept), name
        place.write(keep)
        assert asked(place, "GET", "/pictrs/image/delete/x/a.png", ("authorization", f"Bearer {jwt}")).status == 204, name
        place.write(keep)
