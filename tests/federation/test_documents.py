"""The documents that peers ask for, as they expect them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lemmy_lite import __version__
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.routing import build
from lemmy_lite.model.community import CommunityForm, CommunityVisibility
from tests.federation.lab import Place
from tests.federation.peer import PUBLIC, among_peers
from tests.http.asgi import Answer, ask

FreePort = Callable[[], int]
Get = Callable[..., Awaitable[Answer]]


def tell(folder: Path, free_port: FreePort, story: Callable[[Place, Get], Awaitable[None]]) -> None:
    """Run a story with an instance and a way to ask it."""

    async def run() -> None:
        async with among_peers(folder, free_port) as (place, _):
            app = build([activitypub(place.context, place.database, place.federation)])

            async def get(target: str) -> Answer:
                return await ask(app, "GET", target.removeprefix(place.url), headers=[("accept", "application/activity+json")])

            await story(place, get)

    asyncio.run(run())


def test_actors_show_their_key_inboxes_and_collections(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        answer = await get(home.actor_id)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/activity+json")
        group = answer.json()
        assert group["type"] == "Group"
        assert group["publicKey"]["id"] == f"{home.actor_id}#main-key"
        assert group["publicKey"]["owner"] == home.actor_id
        assert group["endpoints"] == {"sharedInbox": f"{place.url}/inbox"}
        assert group["attributedTo"] == f"{home.actor_id}/moderators"
        assert group["published"] == home.published.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert "https://www.w3.org/ns/activitystreams" in group["@context"]
        assert (await get(group["attributedTo"])).json()["orderedItems"] == [ann.actor_id]
        followers = (await get(group["followers"])).json()
        assert (followers["type"], followers["totalItems"], followers["items"]) == ("Collection", 1, [])
        person = (await get(ann.actor_id)).json()
        assert (person["type"], person["preferredUsername"], person["inbox"]) == ("Person", "ann", f"{ann.actor_id}/inbox")
        assert (await get(person["outbox"])).json()["orderedItems"] == []
        site = (await get("/")).json()
        assert (site["type"], site["id"], site["preferredUsername"]) == ("Application", f"{place.url}/", place.host)
        assert (await get(site["outbox"])).status == 200

    tell(tmp_path, free_port, story)


def test_posts_and_comments_and_the_outbox_that_holds_them(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        written = await place.post(ann, home, url="https://example.com/tea", body="*Hot*")
        page = (await get(written.ap_id)).json()
        assert (page["type"], page["name"], page["attributedTo"]) == ("Page", written.name, ann.actor_id)
        assert page["to"] == [home.actor_id, PUBLIC]
        assert page["source"] == {"content": "*Hot*", "mediaType": "text/markdown"}
        assert page["content"].strip() == "<p><em>Hot</em></p>"
        assert page["attachment"] == [{"type": "Link", "href": "https://example.com/tea"}]
        answer = await place.comment(ann, written)
        note = (await get(answer.ap_id)).json()
        assert (note["type"], note["inReplyTo"], note["audience"]) == ("Note", written.ap_id, home.actor_id)
        assert note["cc"] == [home.actor_id, ann.actor_id]
        reply = (await get((await place.comment(ann, written, "No.", answer)).ap_id)).json()
        assert reply["inReplyTo"] == answer.ap_id
        outbox = (await get(f"{home.actor_id}/outbox")).json()
        assert [item["object"]["object"]["id"] for item in outbox["orderedItems"]] == [written.ap_id]
        assert (await get(f"{home.actor_id}/featured")).json()["orderedItems"] == []

    tell(tmp_path, free_port, story)


def test_what_was_deleted_is_a_tombstone(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        written = await place.post(ann, home)
        answer = await place.comment(ann, written)
        await place.write(comments.delete, ann, answer.id, True)
        await place.write(posts.delete, ann, written.id, True)
        await place.write(communities.delete, ann, home.id, True)
        for ap_id in (answer.ap_id, written.ap_id, home.actor_id):
            found = await get(ap_id)
            assert found.status == 410
            assert (found.json()["type"], found.json()["id"]) == ("Tombstone", ap_id)

    tell(tmp_path, free_port, story)


def test_what_others_must_not_see_is_not_there(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        written = await place.post(ann, home)
        answer = await place.comment(ann, written)
        places = [home.actor_id, f"{home.actor_id}/outbox", f"{home.actor_id}/followers", written.ap_id, answer.ap_id]
        finger = f"/.well-known/webfinger?resource=acct:tea@{place.host}"
        assert [(await get(each)).status for each in [*places, finger]] == [200] * 6
        form = CommunityForm(visibility=CommunityVisibility.LOCAL_ONLY)
        await place.write(communities.edit, place.context, ann, home.id, form)
        assert [(await get(each)).status for each in [*places, finger]] == [404] * 6
        assert (await get("/u/nobody")).status == 404
        assert (await get("/post/999999999999999999999999")).status == 404
        assert (await get("/comment/x")).status == 404

    tell(tmp_path, free_port, story)


def test_webfinger_names_person_and_community_the_community_last(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        tea = await place.person("tea")
        home = await place.community(tea)
        answer = await get(f"/.well-known/webfinger?resource=acct:tea@{place.host}")
        assert answer.headers["content-type"] == "application/jrd+json"
        finger = answer.json()
        assert finger["subject"] == f"acct:tea@{place.host}"
        assert [link["href"] for link in finger["links"] if link["rel"] == "self"] == [tea.actor_id, home.actor_id]
        site = (await get(f"/.well-known/webfinger?resource=acct:{place.host}@{place.host}")).json()
        assert [link["href"] for link in site["links"] if link["rel"] == "self"] == [f"{place.url}/"]
        assert (await get(f"/.well-known/webfinger?resource=acct:nobody@{place.host}")).status == 404
        assert (await get("/.well-known/webfinger?resource=acct:tea@elsewhere.test")).status == 400
        assert (await get("/.well-known/webfinger?resource=tea")).status == 400
        assert (await get("/.well-known/webfinger")).status == 400

    tell(tmp_path, free_port, story)


def test_nodeinfo_says_lemmy_and_who_we_really_are(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        known: dict[str, Any] = (await get("/.well-known/nodeinfo")).json()
        document = (await get(known["links"][0]["href"])).json()
        assert (document["software"]["name"], document["software"]["version"]) == ("lemmy", "0.19.20")
        assert document["metadata"] == {"implementation": "lemmy_lite", "implementation_version": __version__}
        for alias in ("/version", "/nodeinfo/2.0.json", "/nodeinfo/2.1.json"):
            assert (await get(alias)).headers["location"] == "/nodeinfo/2.1"

    tell(tmp_path, free_port, story)


def test_a_remote_post_leads_to_its_home_and_is_found_by_our_address_too(tmp_path: Path, free_port: FreePort) -> None:
    async def run() -> None:
        async with among_peers(tmp_path, free_port, "one") as (place, (one,)):
            page = one.page(one.person("zoe"), one.group("gardens"))
            stored: Any = await place.federation.resolve(page["id"])
            app = build([activitypub(place.context, place.database, place.federation)])
            answer = await ask(app, "GET", f"/post/{stored.id}", headers=[("accept", "application/activity+json")])
            assert (answer.status, answer.headers["location"]) == (308, page["id"])
            assert await place.federation.resolve(f"{place.url}/post/{stored.id}") == stored
            assert await place.federation.resolve(page["id"]) == stored

    asyncio.run(run())
