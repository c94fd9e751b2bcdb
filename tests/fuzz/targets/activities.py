"""Messages of other servers: properly signed, and changed in any way before they were; and objects that are fetched from them."""

import asyncio
import contextlib
import itertools
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.domain import site
from lemmy_lite.federation import store
from lemmy_lite.federation.errors import Needs, Refused
from lemmy_lite.federation.protocol.reading import Malformed, read
from lemmy_lite.model.clock import Clock
from lemmy_lite.net.client import Client
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.options import NetOptions
from lemmy_lite.net.resolver import Resolver
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from tests.evidence import evidence_of
from tests.federation.lab import key_pair
from tests.federation.messages import KINDS, Scene
from tests.federation.peer import among_peers
from tests.federation.test_samples import BECOMES, SAMPLES, stand_in
from tests.fuzz.faults import Faults, watched
from tests.fuzz.inputs import changed_json, filled, words
from tests.fuzz.target import Bench, Broken
from tests.storage.databases import migrated

PATIENCE = 60.0
"""Seconds for the effect of one message."""

SIGNERS = {
    "zoe": ("one", "u/zoe"),  # moderates the local community
    "xia": ("one", "u/xia"),
    "yan": ("one", "u/yan"),  # banned from it
    "lea": ("two", "u/lea"),
    "gardens": ("one", "c/gardens"),  # a community that is followed from here
    "site": ("one", "site/actor"),
}

_HERE = "JOIN person ON person.id = {} WHERE person.local ORDER BY 1, 2"
_AT_HOME = "JOIN community ON community.id = community_id WHERE community.local ORDER BY 1, 2"

ALWAYS: Mapping[str, str] = {
    "accounts": "SELECT * FROM local_user ORDER BY id",
    "sessions": "SELECT * FROM login_token ORDER BY 1",
    "the site": "SELECT * FROM local_site",
    "secrets": "SELECT * FROM secret ORDER BY 1",
    "people here": "SELECT * FROM person WHERE local ORDER BY id",
    "keys of this host": "SELECT ap_id, public_key, private_key FROM actor WHERE private_key IS NOT NULL ORDER BY 1",
    "posts of people here": f"SELECT p.id, p.name, url, body, p.deleted, ap_id FROM post p {_HERE.format('creator_id')}",
    "comments of people here": f"SELECT c.id, content, c.deleted, ap_id FROM comment c {_HERE.format('creator_id')}",
    "messages of people here": f"SELECT m.id, content, m.deleted FROM private_message m {_HERE.format('creator_id')}",
    "votes of people here": f"SELECT post_id, person_id, v.score FROM post_vote v {_HERE.format('person_id')}",
    "votes of people here on comments": f"SELECT comment_id, person_id, v.score FROM comment_vote v {_HERE.format('person_id')}",
    "blocks": "SELECT person_id, target_id FROM person_block ORDER BY 1, 2",
}
"""What no message from elsewhere may change."""

BY_MODERATORS: Mapping[str, str] = {
    "communities here": "SELECT * FROM community WHERE local ORDER BY id",
    "moderators here": f"SELECT community_id, person_id FROM community_moderator {_AT_HOME}",
    "bans here": f"SELECT community_id, person_id, expires FROM community_person_ban {_AT_HOME}",
    "fate of posts here": f"SELECT p.id, p.removed, locked, featured_community, featured_local FROM post p {_HERE.format('creator_id')}",
}
"""What only one who moderates the local community may change."""


@contextmanager
def opened_inbox(folder: Path) -> Iterator[Bench]:
    """An instance, two hosts with people, a community here that one of them moderates."""

    async def nobody(*_: Any) -> Any:
        raise NetError(Kind.DNS, "There is nobody out there.")

    with asyncio.Runner() as runner, mock.patch.object(Resolver, "_ask_system", nobody), watched() as faults:
        stack = contextlib.AsyncExitStack()
        place, (one, two) = runner.run(stack.enter_async_context(among_peers(folder, _free, "one", "two")))
        try:
            scene = Scene(place, one, two)
            runner.run(scene.set())
            faults.require_none()
            inbox = _Inbox(scene, faults)
            samples = [{"signer": by, "activity": each} for by, each in (*inbox.kinds(), *_of_others())]
            strategy = st.builds(
                lambda signer, activity, sample: {"signer": signer or sample["signer"], "activity": activity},
                st.sampled_from((None, None, None, *SIGNERS)),
                st.shared(st.sampled_from(samples), key="sample").flatmap(
                    lambda sample: changed_json((sample["activity"],), values=(*words("activity"), True, False))
                ),
                st.shared(st.sampled_from(samples), key="sample"),
            )
            yield Bench(strategy, lambda value: runner.run(inbox.check(value)))
        finally:
            runner.run(stack.aclose())


def _free() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


class _Inbox:
    def __init__(self, scene: Scene, faults: Faults) -> None:
        self._scene = scene
        self._faults = faults
        self._names = {"here": scene.place.url, "one": scene.one.url, "two": scene.two.url}
        self._numbers = itertools.count(1)

    def kinds(self) -> list[tuple[str, Any]]:
        """A good message of every kind, and who signs it."""
        found = []
        for make in KINDS.values():
            text = json.dumps(make(self._scene))
            for name, url in self._names.items():
                text = text.replace(url, f"{{{name}}}")
            activity = json.loads(text)
            signer = next((each for each, (host, path) in SIGNERS.items() if activity["actor"] == f"{{{host}}}/{path}"), "zoe")
            found.append((signer, activity))
        return found

    async def check(self, value: Any) -> None:
        """A message is taken or refused at once; it never breaks what applies it, and changes nothing that its sender may not."""
        if not isinstance(value["activity"], dict):
            return
        scene, signer = self._scene, value["signer"]
        host, path = SIGNERS[signer]
        peer = scene.one if host == "one" else scene.two
        activity = filled(value["activity"], self._names)
        if isinstance(activity.get("id"), str) and activity["id"].startswith("http"):
            activity["id"] = f"{activity['id']}-{next(self._numbers)}"
        guarded = ALWAYS if signer == "zoe" else {**ALWAYS, **BY_MODERATORS}
        before = await scene.place.read(_state, guarded)
        answer = await scene.place.federation.receive(peer.request(scene.place, activity, signer=f"{peer.url}/{path}"))
        if answer.status not in (200, 400, 401, 403, 503):
            raise Broken(f"answered {answer.status}")
        if answer.status != 200 and not answer.error:
            raise Broken("refused without a word")
        try:
            async with asyncio.timeout(PATIENCE):
                await scene.place.federation.applied()
        except TimeoutError:
            raise Broken(f"not applied within {PATIENCE:.0f} s") from None
        self._faults.require_none()
        after = await scene.place.read(_state, guarded)
        # Who moves house is blocked at the new address too by those who had blocked them; no block goes.
        moved = activity.get("type") == "Move" and set(before["blocks"]) <= set(after["blocks"])
        if changed := [name for name in guarded if _lost(before[name], after[name]) and not (moved and name == "blocks")]:
            raise Broken(f"{signer} changed {changed}")


def _state(tx: Transaction, guarded: Mapping[str, str]) -> dict[str, list[Any]]:
    return {name: tx.all(sql) for name, sql in guarded.items()}


def _lost(before: list[Any], after: list[Any]) -> bool:
    """Whether a row is not as it was, or one has come: nothing that is guarded is made from elsewhere."""
    return [tuple(row) for row in before] != [tuple(row) for row in after]


def _of_others() -> Iterator[tuple[str, Any]]:
    """Messages of other software, as though their people lived at our peers. None where the samples are not at hand."""
    for path in sorted(SAMPLES.glob("*/activities/**/*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        yield "xia", _moved(document, _one(document.get("actor")))


def _one(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _moved(value: Any, actor: Any) -> Any:
    if isinstance(value, dict):
        return {name: _moved(each, actor) for name, each in value.items() if name != "@context"}
    if isinstance(value, list):
        return [_moved(each, actor) for each in value]
    if not isinstance(value, str) or "www.w3.org" in value:
        return value
    if value == actor:
        return "{one}/u/xia"
    if re.match(r"https?://[^/]+/(c|m|communities|groups?|video-channels)/[^/]+$", value):
        return "{here}/c/tea"
    return re.sub(
        r"https?://[^/\"\s<>]+/(post|comment|notice|objects?|w|users?/[^/]+/statuses)/\d+$",
        r"{here}/post/1",
        re.sub(r"https?://[^/\"\s<>]+", "{one}", value),
    )


@contextmanager
def opened_objects(folder: Path) -> Iterator[Bench]:
    """An instance that has what it fetches."""
    samples = [json.loads((SAMPLES / name).read_text(encoding="utf-8")) for name in BECOMES] if SAMPLES.is_dir() else []
    plain = [
        stand_in(f"https://x.example/{room}/1", kind, to=["as:Public", "https://x.example/c/tea"])
        for room, kind in (("u", "Person"), ("c", "Group"), ("post", "Page"))
    ]
    with asyncio.Runner() as runner:
        clock, stack = Clock(), contextlib.AsyncExitStack()
        settings = config.read({"hostname": "home.example"}, environment={})
        context = Context(
            config=settings, clock=clock, net=Client(NetOptions(user_agent="fuzz")), jwt_secret="s", history=History(clock.now)
        )
        database = runner.run(stack.enter_async_context(migrated(f"sqlite://{folder}/objects.db", clock=clock)))
        try:
            runner.run(database.write(site.found, context, key_pair(10), "home"))

            async def check(document: Any) -> None:
                with contextlib.suppress(Malformed):  # as halves of surrogate pairs, which never come as far as a row
                    await _outcome(database.write, context, read(json.dumps(document).encode()))

            yield Bench(
                changed_json([*samples, *plain], values=(*words("activity"), True, False)), lambda document: runner.run(check(document))
            )
        finally:
            runner.run(stack.aclose())


async def _outcome(write: Callable[..., Any], context: Context, document: Any) -> None:
    """What was fetched becomes a row, waits for another, or is refused: nothing else is raised."""
    waiting = [document] if isinstance(document, dict) else []
    for _ in range(8):
        if not waiting:
            return
        try:
            await write(store.receive, evidence_of(waiting[-1]), context, waiting[-1])
            waiting.pop()
        except Needs as need:
            if not re.match(r"https?://[^/]+/", need.ap_id):
                return  # nothing can be fetched from there
            parent = need.ap_id == document.get("inReplyTo")
            kind = "Page" if parent else "Group" if re.search(r"/(c|communities|groups?|video-channels)/", need.ap_id) else "Person"
            waiting.append(stand_in(need.ap_id, kind))
        except Refused as refused:
            if not refused.code or not refused.sentence:
                raise Broken("refused without a word") from refused
            return
