"""How others find people, communities and the site here: webfinger, host-meta, NodeInfo."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite import __version__
from lemmy_lite.domain import community as communities
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.routing import build
from lemmy_lite.storage.tables import site
from tests.federation.lab import Place
from tests.federation.peer import among_peers
from tests.http.asgi import Answer, ask

FreePort = Callable[[], int]
Get = Callable[[str], Awaitable[Answer]]


@pytest.fixture
def tell(tmp_path: Path, free_port: FreePort) -> Callable[[Callable[[Place, Get], Awaitable[None]]], None]:
    """Runs a story with an instance and a way to ask it."""

    def tell(story: Callable[[Place, Get], Awaitable[None]]) -> None:
        async def run() -> None:
            async with among_peers(tmp_path, free_port) as (place, _):
                app = build([activitypub(place.context, place.database, place.federation)])
                await story(place, lambda target: ask(app, "GET", target))

        asyncio.run(run())

    return tell


Tell = Callable[[Callable[[Place, Get], Awaitable[None]]], None]
FINGER = "/.well-known/webfinger"


def ids(answer: Answer) -> list[str]:
    return [link["href"] for link in answer.json()["links"] if link["rel"] == "self"]


def test_webfinger_names_person_and_community_the_community_last(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        tea = await place.person("tea")
        home = await place.community(tea)
        answer = await get(f"{FINGER}?resource=acct:tea@{place.host}")
        assert answer.headers["content-type"] == "application/jrd+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        finger = answer.json()
        assert finger["subject"] == f"acct:tea@{place.host}"
        assert ids(answer) == finger["aliases"] == [tea.actor_id, home.actor_id]
        template = next(link["template"] for link in finger["links"] if link["rel"] == "http://ostatus.org/schema/1.0/subscribe")
        assert template == f"{place.url}/activitypub/externalInteraction?uri={{uri}}"

    tell(story)


def test_webfinger_knows_the_spellings_of_an_address(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        tea = await place.person("tea")
        home = await place.community(tea)
        both, host = [tea.actor_id, home.actor_id], place.host
        for resource, expected in {
            f"acct:@tea@{host}": both,
            f"acct:TEA@{host.upper()}": both,
            f"acct%3Atea%40{host}": both,
            f"acct:!tea@{host}": [home.actor_id],
            tea.actor_id: [tea.actor_id],
            home.actor_id: [home.actor_id],
            f"{home.actor_id}/": [home.actor_id],
            f"{place.url}/": [f"{place.url}/"],
            place.url: [f"{place.url}/"],
            f"acct:{host}@{host}": [f"{place.url}/"],
        }.items():
            answer = await get(f"{FINGER}?resource={resource}")
            assert (answer.status, ids(answer)) == (200, expected), resource
            name = host if expected == [f"{place.url}/"] else "tea"
            assert answer.json()["subject"] == f"acct:{name}@{host}", resource

    tell(story)


def test_webfinger_refuses_what_is_no_address_of_ours_and_does_not_know_who_is_not_here(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        await place.person("tea")
        for resource in (
            "acct:tea@elsewhere.test",
            "tea",
            "",
            f"tea@{place.host}",
            "acct:tea@",
            "acct:tea@[",
            "https://elsewhere.test/u/tea",
        ):
            assert (await get(f"{FINGER}?resource={resource}")).status == 400, resource
        assert (await get(FINGER)).status == 400
        for resource in (f"acct:nobody@{place.host}", f"acct:!tea@{place.host}", f"{place.url}/c/tea", f"{place.url}/u/nobody"):
            assert (await get(f"{FINGER}?resource={resource}")).status == 404, resource

    tell(story)


def test_webfinger_gives_the_relations_that_were_asked_for(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        await place.person("tea")
        answer = await get(f"{FINGER}?resource=acct:tea@{place.host}&rel=self&rel=unheard-of")
        assert [link["rel"] for link in answer.json()["links"]] == ["self"]

    tell(story)


def test_a_community_that_is_gone_is_no_longer_found(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        address = f"{FINGER}?resource=acct:tea@{place.host}"
        assert (await get(address)).status == 200
        await place.write(communities.delete, ann, home.id, True)
        assert (await get(address)).status == 404

    tell(story)


def test_without_federation_nobody_is_found_but_nodeinfo_is_there(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        await place.person("tea")
        await place.write(site.update_local, federation_enabled=False)
        assert (await get(f"{FINGER}?resource=acct:tea@{place.host}")).status == 404
        assert (await get("/nodeinfo/2.1")).status == 200

    tell(story)


def test_host_meta_leads_to_webfinger(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        template = f"{place.url}/.well-known/webfinger?resource={{uri}}"
        document = await get("/.well-known/host-meta")
        assert document.headers["content-type"].startswith("application/xrd+xml")
        assert f'template="{template}"' in document.body.decode()
        (link,) = (await get("/.well-known/host-meta.json")).json()["links"]
        assert (link["rel"], link["template"]) == ("lrdd", template)

    tell(story)


def test_who_wants_to_follow_from_here_is_led_to_the_search(tell: Tell) -> None:
    async def story(_: Place, get: Get) -> None:
        answer = await get("/activitypub/externalInteraction?uri=https%3A%2F%2Fpeer.example%2Fc%2Ftea%3Fa%26b")
        assert (answer.status, answer.headers["location"]) == (303, "/search?q=https%3A%2F%2Fpeer.example%2Fc%2Ftea%3Fa%26b")
        assert (await get("/activitypub/externalInteraction?uri=%0D%0ASet-Cookie:a=b")).headers["location"].startswith("/search?q=%0D%0A")

    tell(story)


def test_nodeinfo_says_lemmy_and_who_we_really_are(tell: Tell) -> None:
    async def story(place: Place, get: Get) -> None:
        known: dict[str, Any] = (await get("/.well-known/nodeinfo")).json()
        assert [link["rel"].rpartition("/")[2] for link in known["links"]] == ["2.1", "2.0"]
        for link in known["links"]:
            document = (await get(link["href"].removeprefix(place.url))).json()
            assert document["version"] == link["rel"].rpartition("/")[2]
            assert (document["software"]["name"], document["software"]["version"]) == ("lemmy", "0.19.20")
            assert ("repository" in document["software"]) == (document["version"] == "2.1")
            assert document["metadata"] == {"implementation": "lemmy_lite", "implementation_version": __version__}
        for alias in ("/version", "/nodeinfo/2.0.json", "/nodeinfo/2.1.json"):
            assert (await get(alias)).headers["location"] == "/nodeinfo/2.1"

    tell(story)
