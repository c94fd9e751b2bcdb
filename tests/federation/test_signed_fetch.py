"""A site that shows its documents only to those whom it knows."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.crypto import signatures
from lemmy_lite.federation.objects.actor import key_id
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.routing import build
from lemmy_lite.storage.tables import instance, site
from tests.federation.lab import Place, eventually, hang_up, key_pair, listening, opened
from tests.federation.peer import Peer, among_peers
from tests.http.asgi import Answer, ask

FreePort = Callable[[], int]
REQUIRED = {"require_signed_fetch": True}


async def get(place: Place, address: str, signer: str | None = None, key: int = 20, *, host: str | None = None) -> Answer:
    """Asks for a document, signed in somebody's name with one of the peers' keys, or not at all."""
    app = build([activitypub(place.context, place.database, place.federation)])
    target = address.removeprefix(place.url)
    headers = [("accept", "application/activity+json")]
    if signer is not None:
        url = f"http://{host or place.host}{target}"
        headers += signatures.sign_cavage("GET", url, headers, None, signer, key_pair(key).private_key, place.context.clock.now())
    else:
        headers.append(("host", place.host))
    return await ask(app, "GET", target, headers=headers)


def application(one: Peer) -> str:
    """The peer's own actor, with the key that the first actor of a peer gets; answers the id of its key."""
    return f"{one.actor('Application', 'actor', 'site')}#main-key"


async def everything(place: Place) -> list[str]:
    """One address of each kind."""
    ann = await place.person("ann")
    home = await place.community(ann)
    written = await place.post(ann, home)
    said = await place.comment(ann, written)
    collections = [f"{home.actor_id}/{name}" for name in ("outbox", "followers", "moderators", "featured")]
    threads = [f"{written.ap_id}/context", f"{written.ap_id}/replies", f"{said.ap_id}/replies"]
    return [ann.actor_id, f"{ann.actor_id}/outbox", home.actor_id, *collections, written.ap_id, said.ap_id, *threads]


@pytest.mark.parametrize("because", ["the option", "a private site"])
def test_documents_are_for_those_who_sign_and_are_kept_by_nobody_in_between(because: str, tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", **(REQUIRED if because == "the option" else {})) as (place, (one,)):
            await place.write(site.update_local, private_instance=because == "a private site")
            await eventually(place.federation.asks_for_signatures)
            key = application(one)
            for address in await everything(place):
                refusal = await get(place, address)
                assert (refusal.status, refusal.json()["error"]) == (401, "signature_not_signed"), address
                assert refusal.headers["cache-control"] == "private, no-store"
                shown = await get(place, address, key)
                assert (shown.status, shown.headers["cache-control"]) == (200, "private, no-store"), address
            assert one.fetched.count("/actor/site") == 1, "the key is asked for once"

    asyncio.run(run())


def test_without_such_a_wish_nobody_has_to_sign(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            for address in await everything(place):
                assert (await get(place, address)).status == 200
            assert one.fetched == []

    asyncio.run(run())


def test_the_site_itself_is_shown_to_everybody_so_that_two_such_sites_can_meet(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, **REQUIRED) as (place, _):
            document = await get(place, "/")
            assert (document.status, document.json()["type"]) == (200, "Application")
            assert (await get(place, f"/.well-known/webfinger?resource=acct:{place.host}@{place.host}")).status == 200
            assert (await get(place, "/nodeinfo/2.1")).status == 200

    asyncio.run(run())


def test_two_sites_that_both_ask_for_signatures_follow_each_other(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        hosts = {"alpha": free_port(), "beta": free_port()}
        async with (
            opened(tmp_path, "alpha", hosts, **REQUIRED) as alpha,
            opened(tmp_path, "beta", hosts, **REQUIRED) as beta,
            listening(alpha, hosts["alpha"]),
            listening(beta, hosts["beta"]),
        ):
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            home = await alpha.community(ann)
            await beta.follow(bob, f"!tea@{alpha.host}")
            written = await alpha.post(ann, home)
            copy: Any = await eventually(beta.federation.resolve_locally, written.ap_id)
            said = await beta.comment(bob, copy)
            await eventually(alpha.federation.resolve_locally, said.ap_id)
            await hang_up(alpha, beta)

    asyncio.run(run())


def test_who_may_not_speak_with_us_is_shown_nothing_and_that_holds_at_once(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two", **REQUIRED) as (place, (one, two)):
            ann = await place.person("ann")
            keys = [application(one), application(two)]
            assert [(await get(place, ann.actor_id, key)).status for key in keys] == [200, 200]
            await place.write(instance.set_list, "federation_blocklist", ["one.test"])
            await eventually(get, place, ann.actor_id, keys[0], gives=lambda answer: answer.status == 403)
            assert (await get(place, ann.actor_id, keys[0])).json()["error"] == "domain_blocked"
            assert (await get(place, ann.actor_id, keys[1])).status == 200
            await place.write(instance.set_list, "federation_blocklist", [])
            await place.write(instance.set_list, "federation_allowlist", ["one.test"])
            await eventually(get, place, ann.actor_id, keys[0], gives=lambda answer: answer.status == 200)
            assert (await get(place, ann.actor_id, keys[1])).json()["error"] == "domain_not_in_allow_list"

    asyncio.run(run())


def test_a_signature_that_does_not_hold_opens_nothing(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", **REQUIRED) as (place, (one,)):
            ann = await place.person("ann")
            key = application(one)
            for answer, expected in (
                (await get(place, ann.actor_id, key, key=30), "wrong_signature"),
                (await get(place, ann.actor_id, key, host="elsewhere.test"), "signature_wrong_host"),
                (await get(place, ann.actor_id, f"{one.url}/actor/nobody#main-key"), "gone"),
                (await get(place, ann.actor_id, key_id(ann.actor_id)), "claims_to_be_local"),
                (await get(place, ann.actor_id, "no address"), "malformed_id"),
            ):
                assert (answer.status, answer.json()["error"]) == (401, expected)
            assert (await get(place, ann.actor_id, key)).status == 200, "a forgery does not lock out whom it names"

    asyncio.run(run())


def test_a_flood_of_forgeries_makes_us_ask_once(tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", **REQUIRED) as (place, (one,)):
            monkeypatch.setattr(place.federation._signed_fetch, "_pause", lambda: 300.0)
            ann = await place.person("ann")
            key = application(one)
            answers = await asyncio.gather(*(get(place, ann.actor_id, key, key=30) for _ in range(20)))
            assert {answer.status for answer in answers} == {401}
            assert (await get(place, ann.actor_id, key, key=31)).status == 401
            assert one.fetched == ["/actor/site"]

    asyncio.run(run())


def test_a_new_key_is_looked_up_and_a_home_that_does_not_answer_is_asked_again(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", **REQUIRED) as (place, (one,)):
            ann = await place.person("ann")
            key = application(one)
            served = one.documents["/actor/site"]
            one.documents["/actor/site"] = 503
            answer = await get(place, ann.actor_id, key)
            assert (answer.status, answer.headers["retry-after"]) == (503, "30")
            one.documents["/actor/site"] = served
            await eventually(get, place, ann.actor_id, key, gives=lambda answer: answer.status == 200)
            assert isinstance(served, dict)
            served["publicKey"]["publicKeyPem"] = key_pair(40).public_key
            await eventually(get, place, ann.actor_id, key, 40, gives=lambda answer: answer.status == 200)

    asyncio.run(run())


def test_a_person_who_is_known_signs_without_being_looked_up(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", **REQUIRED) as (place, (one,)):
            ann, zoe = await place.person("ann"), one.person("zoe")
            await place.federation.resolve(zoe)
            one.fetched.clear()
            assert (await get(place, ann.actor_id, f"{zoe}#main-key")).status == 200
            assert one.fetched == []

    asyncio.run(run())


def test_a_key_that_has_an_address_of_its_own_is_found(tmp_path: Path, free_port: FreePort) -> None:
    """GoToSocial names its keys /users/NAME/main-key and serves there what belongs to the actor."""

    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", **REQUIRED) as (place, (one,)):
            ann, zoe = await place.person("ann"), one.person("zoe")
            document = one.documents["/u/zoe"]
            assert isinstance(document, dict)
            document["publicKey"]["id"] = f"{zoe}/main-key"
            one.documents["/u/zoe/main-key"] = document
            assert (await get(place, ann.actor_id, f"{zoe}/main-key")).status == 200

    asyncio.run(run())


def test_with_federation_off_there_is_nothing_to_sign_for(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", **REQUIRED) as (place, (one,)):
            addresses, key = await everything(place), application(one)
            await place.write(site.update_local, federation_enabled=False)
            await asyncio.sleep(1)
            for address in addresses:
                assert (await get(place, address)).status == 404
                assert (await get(place, address, key)).status == 404
            assert one.fetched == []

    asyncio.run(run())
