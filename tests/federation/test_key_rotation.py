"""After a rotation of keys peers believe the new key and no longer the old one; who has not heard of it still takes what we send."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.crypto import signatures
from lemmy_lite.crypto.signatures import Request, SignatureError
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import key_rotation
from lemmy_lite.domain.key_rotation import GRACE
from lemmy_lite.federation import outgoing
from lemmy_lite.federation.protocol.wire import encode
from lemmy_lite.federation.signing import signer
from lemmy_lite.model.clock import DAY
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import post
from lemmy_lite.storage.tables.actor import Actor
from tests.federation.lab import Place, eventually, key_pair, lab
from tests.federation.peer import among_peers

FreePort = Callable[[], int]


async def everything(place: Place) -> int:
    """Rotate all keys as the command does; answers how many."""
    step = await key_rotation.renew_some(place.database, "")
    done = step.done
    while step.after:
        step = await key_rotation.renew_some(place.database, step.after)
        done += step.done
    return done


async def known(place: Place, ap_id: str) -> Actor:
    found = await place.read(actors.get, ap_id)
    assert found is not None
    return found


def signed(of: Place, to: Place, actor: Actor, activity: Any) -> Request:
    """An activity to the inbox of another, signed with the key that `actor` says."""
    body, url, headers = encode(activity), f"{to.url}/inbox", [("content-type", "application/activity+json")]
    added = signer(actor, of.context, "draft-cavage")("POST", url, headers, body)
    return Request(method="POST", scheme="http", host=to.host, target="/inbox", headers=[*headers, *added], body=body)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_peers_take_what_is_signed_with_the_new_key_and_refuse_the_old(
    database: str, tmp_path: Path, free_port: FreePort, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgres" else None

    async def run() -> None:
        async with lab(tmp_path, free_port, alpha=url, beta=None) as (alpha, beta):
            ann, bob = await alpha.person("ann"), await beta.person("bob")
            home = await alpha.community(ann)
            await beta.follow(bob, f"!tea@{alpha.host}")
            first = await alpha.post(ann, home, "Before")
            await eventually(beta.read, post.by_ap_id, first.ap_id)
            old = {ap_id: await known(alpha, ap_id) for ap_id in (ann.actor_id, home.actor_id)}

            assert await everything(alpha) == 3, "the site, ann, the community"
            for ap_id, before in old.items():
                now = await known(alpha, ap_id)
                assert now.public_key != before.public_key
                assert now.private_key != before.private_key
                # By the Update alone: nothing else was sent.
                await eventually(known, beta, ap_id, gives=lambda seen, now=now: seen.public_key == now.public_key)  # type: ignore[misc]  # bound at once

            second = await alpha.post(ann, home, "After")
            await eventually(beta.read, post.by_ap_id, second.ap_id)

            like = outgoing.vote(alpha.context, ann, home, first.ap_id, -1)
            said = outgoing.announce(alpha.context, home, json.loads(encode(like)))
            for activity, ap_id in ((like, ann.actor_id), (said, home.actor_id)):
                answer = await beta.federation.receive(signed(alpha, beta, old[ap_id], activity))
                assert (answer.status, answer.error) == (401, "wrong_signature"), ap_id
            answer = await beta.federation.receive(signed(alpha, beta, await known(alpha, home.actor_id), said))
            assert answer.status == 200, "the same, signed with the key of now"

    asyncio.run(run())


def test_a_key_that_was_replaced_by_whoever_may_counts_no_longer_than_it_is_at_hand(
    tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            zoe = one.person("zoe")
            ann = await place.person("ann")
            home = await place.community(ann)
            like = one.activity("Like", zoe, (await place.post(ann, home)).ap_id, home.actor_id)
            for _ in range(2):
                assert (await one.send(place, like | {"id": one.new_id("like")})).status == 200
            other = key_pair(40)
            one.documents["/u/zoe"]["publicKey"]["publicKeyPem"] = other.public_key  # type: ignore[index]  # it is a document
            await place.write(lambda tx: tx.run("UPDATE actor SET public_key = :key WHERE ap_id = :id", key=other.public_key, id=zoe))
            monkeypatch.setattr(place.federation._senders, "_good_for", 0.0)
            answer = await one.send(place, like | {"id": one.new_id("like")})
            assert (answer.status, answer.error) == (401, "wrong_signature")
            one.change_key(zoe, other)
            assert (await one.send(place, like | {"id": one.new_id("like")})).status == 200

    asyncio.run(run())


def test_the_key_of_a_busy_sender_is_read_once_until_it_may_have_changed(
    tmp_path: Path, free_port: FreePort, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            monkeypatch.setattr(place.federation._senders, "_good_for", 3600.0)
            zoe = one.person("zoe")
            ann = await place.person("ann")
            home = await place.community(ann)
            like = one.activity("Like", zoe, (await place.post(ann, home)).ap_id, home.actor_id)
            assert (await one.send(place, like)).status == 200
            looks: list[object] = []
            read = place.database.read

            def counted(found: Any, *of: Any) -> Any:
                if found is actors.get and of == (zoe,):
                    looks.append(found)
                return read(found, *of)

            monkeypatch.setattr(place.database, "read", counted)
            for _ in range(5):
                assert (await one.send(place, like | {"id": one.new_id("like")})).status == 200
            assert len(looks) <= 1
            assert (await one.send(place, one.activity("Update", zoe, one.documents["/u/zoe"]))).status == 200
            await place.federation.applied()
            looks.clear()
            assert (await one.send(place, like | {"id": one.new_id("like")})).status == 200
            assert len(looks) == 1

    asyncio.run(run())


def test_who_does_not_know_the_new_key_is_asked_again_with_the_old_one_for_two_days(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            ann = await place.person("ann")
            gardens = await place.federation.resolve(one.group("gardens"))
            assert isinstance(gardens, Community)
            before = await known(place, ann.actor_id)
            await everything(place)
            after = await known(place, ann.actor_id)

            one.answers = [400, 200]
            await place.write(communities.follow, ann, gardens.id, True)
            await eventually(_heard, one.requests, gives=lambda heard: heard == 2)
            assert [each["type"] for each in one.received] == ["Follow", "Follow"]
            assert [_key(each, after, before) for each in one.requests] == ["new", "old"]

            await place.write(lambda tx: tx.run("UPDATE retired_key SET retired = :then", then=tx.now - GRACE - 1))
            one.answers = [400]
            await place.write(communities.follow, ann, gardens.id, False)
            await eventually(_heard, one.requests, gives=lambda heard: heard >= 3)
            assert all(_key(each, after, before) == "new" for each in one.requests[2:])

    asyncio.run(run())


def test_a_sender_who_still_holds_the_key_of_a_moment_ago_turns_to_the_new_one(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            ann = await place.person("ann")
            gardens = await place.federation.resolve(one.group("gardens"))
            assert isinstance(gardens, Community)
            await place.write(communities.follow, ann, gardens.id, True)
            await eventually(_heard, one.requests, gives=lambda heard: heard == 1)
            before = await known(place, ann.actor_id)
            await everything(place)
            after = await known(place, ann.actor_id)
            # The sender's key is kept for some seconds: the host, which knows the new one, refuses the first try.
            one.answers = [401, 200]
            await place.write(communities.follow, ann, gardens.id, False)
            await eventually(_heard, one.requests, gives=lambda heard: heard == 3)
            assert [_key(each, after, before) for each in one.requests] == ["old", "old", "new"]

    asyncio.run(run())


def test_old_keys_go_after_two_days_and_with_their_owner(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port) as (place, _):
            ann, bob = await place.person("ann"), await place.person("bob")
            await everything(place)

            def kept(tx: Transaction) -> list[str]:
                return tx.column("SELECT ap_id FROM retired_key ORDER BY ap_id")

            assert await place.read(kept) == sorted([ann.actor_id, bob.actor_id, f"{place.url}/"])
            await place.write(lambda tx: tx.run("DELETE FROM actor WHERE ap_id = :id", id=bob.actor_id))
            assert await place.read(kept) == sorted([ann.actor_id, f"{place.url}/"])
            assert await place.write(lambda tx: actors.forget_retired_keys(tx, tx.now - DAY)) == 0
            assert await place.write(lambda tx: actors.forget_retired_keys(tx, tx.now + DAY)) == 2
            assert await place.read(kept) == []

    asyncio.run(run())


def test_only_actors_at_home_here_have_their_keys_rotated(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            zoe = one.person("zoe")
            found = await place.federation.resolve(zoe)
            assert isinstance(found, Person)
            before = await known(place, zoe)
            assert await everything(place) == 1, "the site"
            assert await known(place, zoe) == before
            for name in (f"zoe@{one.host}", "nobody"):
                with pytest.raises(Exception, match="couldnt_find_person"):
                    await place.read(key_rotation.of_person, place.context, name)
            with pytest.raises(Exception, match="couldnt_find_community"):
                await place.read(key_rotation.of_community, place.context, "nothing")

    asyncio.run(run())


def test_another_process_takes_up_the_secret_that_was_replaced(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port) as (place, _):
            assert await key_rotation.renew_secret(place.database, place.context) == 0
            fresh = place.context.jwt_secret
            assert fresh != "secret"
            place.context.renew_jwt_secret("what it was before")
            key_rotation.take_up_secret(place.context, await place.read(key_rotation.secret_in_force))
            assert place.context.jwt_secret == fresh

    asyncio.run(run())


async def _heard(requests: list[Request]) -> int:
    return len(requests)


def _key(request: Request, after: Actor, before: Actor) -> str:
    """Under which key a signature holds."""
    examined = signatures.examine(request, _now())
    for name, actor in (("new", after), ("old", before)):
        try:
            signatures.verify(examined, actor.public_key)
        except SignatureError:
            continue
        return name
    return "neither"


def _now() -> int:
    from lemmy_lite.model.clock import Clock

    return Clock().now()
