"""The people of the permission scene in front of the web site: what each of them sees, and the forms they send."""

import contextlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from lemmy_lite.crypto import tokens
from tests.http.api_v3 import permission_scene
from tests.http.api_v3.permission_scene import Role, Scene
from tests.http.asgi import Answer

ORIGIN = "https://site.test"


class Pages:
    """Each role at a browser without JavaScript. All that happens within `undone` is gone afterwards."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._secret = scene.instance.context.jwt_secret

    @contextlib.contextmanager
    def undone(self) -> Iterator[None]:
        """The time of one test."""
        with self.scene.undone():
            yield

    def see(self, role: Role, target: str) -> Answer:
        """A page as this role gets it."""
        return self.scene.request("GET", target, self._headers(role))

    def send(self, role: Role, target: str, fields: dict[str, str], *, came_from: str | None = None, token: str | None = None) -> Answer:
        """A form that this role sends from a page of ours."""
        headers = self._headers(role) | {"content-type": "application/x-www-form-urlencoded", "origin": ORIGIN}
        if came_from is not None:
            headers["referer"] = ORIGIN + came_from
        csrf = self.csrf(role) if token is None else token
        return self.scene.request("POST", target, headers, urlencode({"csrf": csrf, **fields}).encode())

    def csrf(self, role: Role) -> str:
        """The token that stands in the forms of this role's pages."""
        held = self.scene.tokens.get(role)
        return tokens.derived(self._secret, "csrf", tokens.stored_hash(held))[:32] if held else ""

    def _headers(self, role: Role) -> dict[str, str]:
        held = self.scene.tokens.get(role)
        return {"host": "site.test", **({"cookie": f"__Host-session={held}"} if held else {})}


def words(answer: Answer) -> str:
    """The page's text with its entities resolved."""
    return unescape(answer.body.decode())


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Pages]:
    """The scene without a socket."""
    with permission_scene.opened(folder) as scene:
        yield Pages(scene)
