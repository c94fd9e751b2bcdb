"""Which rate limit each address takes, over the tables of all surfaces: the same deed is counted alike by every door that it has."""

import asyncio
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlencode

from lemmy_lite import app, config
from lemmy_lite.app import Instance
from lemmy_lite.crypto import keys
from lemmy_lite.domain import community, local_user
from lemmy_lite.http import routing
from lemmy_lite.http.api_v3.operations import COUNTED_TOO, OPERATIONS
from lemmy_lite.http.ratelimit import Bucket, IPAddress, RateLimiter
from lemmy_lite.http.surface import Route
from lemmy_lite.http.web.session import Cookies
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.storage.query import Transaction
from tests.http.asgi import ask

MESSAGE, POST, REGISTER, IMAGE, COMMENT, SEARCH, IMPORT_USER_SETTINGS = Bucket
PEER = "203.0.113.7"
SETUP = {"admin_username": "chief", "admin_password": "correct horse", "site_name": "Site"}

PAGES = {"/search": ("q=words", [SEARCH]), "/mentions": ("q=@an", [MESSAGE])}
"""Pages that are counted, and what is asked of them; others only read, and strangers get them from memory."""

FORMS: dict[str, tuple[dict[str, str], Bucket]] = {
    "/login": ({}, REGISTER),
    "/signup": ({}, REGISTER),
    "/login_reset": ({}, REGISTER),
    "/password_change/{token}": ({}, REGISTER),
    "/setup": ({}, REGISTER),
    "/create_community": ({}, REGISTER),
    "/settings/password": ({}, REGISTER),
    "/settings/second_factor": ({"enabled": "true"}, REGISTER),
    "/settings/delete_account": ({}, REGISTER),
    "/create_post": ({"community": "home", "name": "A post"}, POST),
    "/post/{post_id}/reply": ({"content": "words"}, COMMENT),
    "/comment/{comment_id}/reply": ({"content": "words"}, COMMENT),
    "/create_private_message/{recipient_id}": ({"content": "words"}, MESSAGE),
    "/admin/mail": ({}, MESSAGE),
    "/settings/import": ({"settings_file": "{}"}, IMPORT_USER_SETTINGS),
}
"""What forms take besides MESSAGE, and the fields with which they come so far."""

OTHERS = {"/sitemap.xml": [MESSAGE]}


class Noting(RateLimiter):
    """Grants everything, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[Bucket] = []

    def take(self, bucket: Bucket, address: IPAddress) -> None:
        assert str(address) == PEER
        self.noted.append(bucket)


def test_every_address_takes_the_limit_of_what_it_does(tmp_path: Path) -> None:
    limiter = Noting()
    wrong: list[str] = []
    seen: list[str] = []

    async def running() -> None:
        settings = config.read({"data_dir": str(tmp_path), "setup": SETUP, "hostname": "site.test"}, environment={})
        async with app.opened(settings) as instance:
            surfaces = await app.surfaces(instance, limiter)
            built = routing.build(surfaces)
            cookie, csrf = await _member(instance)
            # Whoever is logged out would be a stranger to the forms that come after.
            routes = [(each.name, route) for each in surfaces for route in each.routes if route.path != "/logout"]
            for surface, route in routes:
                query, body, headers, expected = _request(surface, route, csrf)
                headers += [cookie] if surface == "web" else []
                limiter.noted = []
                answer = await ask(built, route.method, _filled(surface, route.path) + query, headers=headers, body=body, peer=PEER)
                seen.append(route.path)
                if limiter.noted != expected or answer.status == 500:
                    wrong.append(f"{route.method} {route.path} took {limiter.noted}, not {expected}, and answered {answer.status}")
            # A name of elsewhere is asked for there.
            for path in ("/u/ada@127.0.0.1", "/c/tea@127.0.0.1"):
                limiter.noted = []
                await ask(built, "GET", path, headers=[cookie, ("accept", "text/html")], peer=PEER)
                wrong.extend([] if limiter.noted == [MESSAGE] else [f"{path} took {limiter.noted}"])

    asyncio.run(running())
    assert not wrong, "\n".join(wrong)
    assert len(seen) > 250


async def _member(instance: Instance) -> tuple[tuple[str, str], str]:
    """An admin's cookie and form token, and a community to write in."""
    entry = await local_user.login(instance.database, instance.context, "chief", SETUP["admin_password"], None, local_user.Visitor())
    viewer = await instance.database.read(local_user.session, instance.context, entry.jwt or "")
    assert viewer is not None
    pair = await asyncio.to_thread(keys.generate_key_pair)

    def found(tx: Transaction) -> None:
        community.create(tx, instance.context, viewer.person, CommunityForm(name="home", title="Home"), pair)

    await instance.database.write(found)
    return ("cookie", f"__Host-session={entry.jwt}"), Cookies(instance.config, lambda: instance.context.jwt_secret).seed_token(
        viewer.session
    )


def _filled(surface: str, path: str) -> str:
    parts = defaultdict(lambda: "1", {"name": "chief", "jwt": "chief"})
    if surface == "feeds" and path.endswith("}"):
        path += ".xml"
    return path.format_map(parts)


def _request(surface: str, route: Route, csrf: str) -> tuple[str, bytes, list[tuple[str, str]], list[Bucket]]:
    """How an address is asked, and what it should take: query, body, headers, buckets."""
    html = ("accept", "text/html")
    if surface == "api_v3":
        operation = next(each for each in OPERATIONS if (each.method, each.path) == (route.method, route.path))
        buckets = [operation.bucket, COUNTED_TOO.get(operation.name)]
        return "", b"{}", [("content-type", "application/json")], [each for each in buckets if each is not None]
    if surface == "feeds":
        return "?q=words", b"", [], [SEARCH if route.path.startswith("/feeds/search.") else MESSAGE]
    if surface != "web":
        return "", b"", [("accept", "application/activity+json")], OTHERS.get(route.path, [])
    if route.method == "GET":
        query, buckets_of_page = PAGES.get(route.path, ("", []))
        return f"?{query}", b"", [html], buckets_of_page
    fields, *beside = FORMS.get(route.path, ({},))
    body = urlencode({"csrf": csrf, **fields}).encode()
    return "", body, [html, ("content-type", "application/x-www-form-urlencoded")], [MESSAGE, *beside]
