"""People of every standing on one site in this process, whose every request is undone afterwards: what targets of requests share."""

import contextlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from lemmy_lite.domain import link_preview
from lemmy_lite.model.post import LinkMetadata
from lemmy_lite.net.client import Client
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.storage.query import Transaction
from tests.fuzz.faults import Faults, watched
from tests.fuzz.target import Broken
from tests.http.api_v3 import permission_scene
from tests.http.api_v3.permission_scene import Role, Scene
from tests.http.asgi import Answer
from tests.http.web.moderation_scene import ORIGIN, Pages

ASKING = {"stranger": Role.ANONYMOUS, "member": Role.USER, "moderator": Role.TOP_MODERATOR, "admin": Role.ADMIN}

REMEMBERED = (
    "captcha_answer",  # one that was shown is spent, whatever the answer
    "local_user",  # wrong codes of the second factor are counted
    "login_token",  # when a session was last seen
    "active_person",
    "spent",
)
"""Tables that may change with a request that is refused: what it tried is remembered."""


class Stage:
    """The scene, its pages, and the faults of the server behind it."""

    def __init__(self, scene: Scene, faults: Faults) -> None:
        self.scene = scene
        self.pages = Pages(scene)
        self.faults = faults
        self.ids = {
            "post": scene.posts[Role.USER],
            "other_post": scene.posts[Role.ADMIN],
            "locked_post": scene.one["locked_post"],
            "comment": scene.comments[Role.USER],
            "other_comment": scene.comments[Role.BYSTANDER],
            "message": scene.received[Role.USER],
            "person": scene.id(Role.USER),
            "other_person": scene.id(Role.BYSTANDER),
            "admin_person": scene.id(Role.ADMIN),
            "community": scene.homes["home"],
            "strict": scene.homes["strict"],
            "report": scene.one["post_report"],
            "instance": scene.one["instance"],
            "application": scene.one["application"],
            "emoji": scene.one["emoji"],
        }

    def ask(self, role: Role, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """A request that is undone. Raises Broken where the server met a fault, or where a refusal left something behind."""
        with self.scene.undone():
            before = self.scene.read(_rows)
            answer = self.scene.request(method, target, headers, body)
            self.faults.require_none()
            # The scene's day lies before this program was made: so its inbox judges nobody, and says why.
            waits = answer.status == 503 and answer.body == b'{"error":"clock"}' and "retry-after" in answer.headers
            if not 100 <= answer.status < 500 and not waits:
                raise Broken(f"{method} {target[:200]} by {role} answers {answer.status}")
            if answer.status >= 400 and (changed := _changed(before, self.scene.read(_rows))):
                raise Broken(f"{method} {target[:200]} by {role} is refused with {answer.status}, and changed {changed}")
            return answer

    def token(self, role: Role) -> str | None:
        """The session of a role, if it has one."""
        return self.scene.tokens.get(role)

    def form_headers(self, role: Role, media: str) -> dict[str, str]:
        """Those of a form of our own page."""
        return self.pages._headers(role) | {"content-type": media, "origin": ORIGIN, "accept": "text/html"}


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """The scene in a folder, and a network in which nobody answers."""

    async def nobody(*_: Any, **__: Any) -> Any:
        raise NetError(Kind.DNS, "There is nobody out there.")

    async def nothing(*_: object) -> LinkMetadata:
        return LinkMetadata()

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(Client, "_once", nobody))
        stack.enter_context(mock.patch.object(link_preview, "fetch", nothing))
        scene = stack.enter_context(permission_scene.opened(folder))
        faults = stack.enter_context(watched())
        random.seed(7)
        yield Stage(scene, faults)


def _rows(tx: Transaction) -> dict[str, list[Any]]:
    names = tx.column("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' ORDER BY name")
    kept = [name for name in names if not name.startswith(("sqlite_", *REMEMBERED)) and "_terms" not in name]
    return {name: tx.all(f"SELECT * FROM {name}") for name in kept}


def _changed(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> list[str]:
    return [name for name in before if sorted(map(repr, before[name])) != sorted(map(repr, after[name]))]
