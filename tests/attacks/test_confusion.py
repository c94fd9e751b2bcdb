"""What is said in one guise and meant in another: pictures that are activities, one document with two readings, inboxes of other hosts."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.tables import actor
from tests.federation.lab import LOOPBACK, eventually, opened
from tests.federation.peer import Json, Peer, among_peers
from tests.net.servers import Received, answer, serving

FreePort = Callable[[], int]

NO_ACTIVITY = [
    "image/png",
    "video/mp4",
    "text/plain",
    "text/html",
    "application/octet-stream",
    "application/json",
    "application/xml",
    "multipart/form-data",
    "application/activity+jsonx",
    "text/plain; application/activity+json",
    "",
]
ACTIVITY = [
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
]


def test_what_a_host_serves_as_media_is_never_read_as_activitypub(tmp_path: Path, free_port: FreePort) -> None:
    hosts = {"home": free_port(), "one": free_port()}
    peer = Peer(f"one.test:{hosts['one']}")
    people: dict[str, tuple[str, Json]] = {}
    for number, media in enumerate([*NO_ACTIVITY, *ACTIVITY]):
        name = f"u{number}"
        peer.person(name)
        document = peer.documents[f"/u/{name}"]
        assert isinstance(document, dict)
        people[f"/u/{name}"] = (media, document)

    async def serve(request: Received, writer: asyncio.StreamWriter) -> None:
        media, document = people.get(request.target, ("text/plain", {}))
        writer.write(answer(200, json.dumps(document).encode(), *([("Content-Type", media)] if media else [])))

    async def run() -> None:
        async with serving(serve, LOOPBACK, hosts["one"]), opened(tmp_path, "home", hosts) as place:
            for path, (media, _) in people.items():
                if media in ACTIVITY:
                    await place.federation.resolve(peer.url + path)
                else:
                    with pytest.raises(LemmyError, match="couldnt_find_object"):
                        await place.federation.resolve(peer.url + path)
                stored = await place.read(actor.get, peer.url + path)
                assert (stored is not None) is (media in ACTIVITY), media

    asyncio.run(run())


def test_no_signature_inside_a_document_and_no_graph_around_it_gives_it_another_author(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two") as (place, (one, two)):
            founder = await place.person("ann")
            home = await place.community(founder)
            written = await place.post(founder, home)
            zoe, mallory = one.person("zoe"), two.person("mallory")
            for person, peer in ((zoe, one), (mallory, two)):
                await peer.send(place, peer.activity("Follow", person, home.actor_id, to=[home.actor_id]))
            await place.federation.applied()
            true = one.activity("Like", zoe, written.ap_id, home.actor_id)
            proof = {
                "type": "RsaSignature2017",
                "creator": f"{zoe}#main-key",
                "created": "2026-11-23T00:00:00Z",
                "signatureValue": "x" * 344,
            }
            own = two.activity("Like", mallory, written.ap_id, home.actor_id)
            context = {"@vocab": "https://www.w3.org/ns/activitystreams#", "actor": None, "author": {"@id": "as:actor", "@type": "@id"}}
            forged: list[Json] = [
                true | {"signature": proof},
                true | {"proof": proof | {"type": "DataIntegrityProof"}},
                {"@graph": [true, own], **own, "actor": zoe},
                own | {"actor": zoe},
                own | {"actor": [zoe, mallory]},
                own | {"actor": {"id": zoe, "@included": [own]}},
                own | {"@context": context, "actor": None, "author": zoe},
                {key: value for key, value in own.items() if key != "actor"} | {"https://www.w3.org/ns/activitystreams#actor": zoe},
            ]
            before = await place.votes(written.id)
            for number, each in enumerate(forged):
                fresh = each | {"id": f"{(one if number < 2 else two).url}/like/{number}"}
                request = two.request(place, fresh, signer=mallory)
                assert (await place.federation.receive(request)).status in (400, 401, 403), each
            await place.federation.applied()
            assert await place.votes(written.id) == before
            assert (await one.send(place, true)).status == 200
            await place.federation.applied()
            score, up, down = before
            assert await place.votes(written.id) == (score + 1, up + 1, down)

    asyncio.run(run())


def test_nobody_has_the_messages_of_an_instance_sent_to_an_inbox_of_another_host(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one", "two") as (place, (one, two)):
            founder = await place.person("ann")
            home = await place.community(founder)
            zoe = one.actor("Person", "u", "zoe", endpoints={"sharedInbox": f"{two.url}/inbox"})
            eve = one.actor("Person", "u", "eve", inbox=f"{two.url}/inbox")
            lea = one.person("lea")
            for person in (zoe, eve, lea):
                await one.send(place, one.activity("Follow", person, home.actor_id, to=[home.actor_id]))
            await place.federation.applied()
            await place.post(founder, home)
            await eventually(_told, one)
            await asyncio.sleep(0.2)
            assert two.received == []
            assert await _told(one), "whose inbox is at home is told"

    asyncio.run(run())


async def _told(peer: Peer) -> list[Json]:
    return [each for each in peer.received if each["type"] == "Announce"]
