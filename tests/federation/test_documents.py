"""The documents that peers ask for, as they expect them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import private_message as private_messages
from lemmy_lite.http.activitypub.routes import activitypub
from lemmy_lite.http.negotiation import Kind
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, html_response
from lemmy_lite.http.routing import build
from lemmy_lite.http.surface import Route, Surface, silent
from lemmy_lite.model.community import CommunityForm, CommunityVisibility
from lemmy_lite.model.ids import CommunityId, LanguageId
from lemmy_lite.model.language import LANGUAGE_OF_CODE
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comment_rows
from lemmy_lite.storage.tables import community_moderator, person_follower, sent_activity
from lemmy_lite.storage.tables import person as persons
from lemmy_lite.storage.tables import post as rows
from lemmy_lite.storage.tables import site as sites
from tests.federation.lab import Place
from tests.federation.peer import PUBLIC, among_peers
from tests.http.asgi import Answer, ask

FreePort = Callable[[], int]
Get = Callable[..., Awaitable[Answer]]


SAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "activitypub" / "lemmy"


async def _page(_: Request) -> Response:
    return html_response("a page")


PAGES = Surface(
    "pages",
    [Route("GET", path, _page, kind=Kind.HTML) for path in ("/", "/u/{name}", "/c/{name}", "/post/{post_id}", "/comment/{comment_id}")],
    silent,
)
"""What people see at the same addresses."""


def tell(folder: Path, free_port: FreePort, story: Callable[[Place, Get], Awaitable[None]]) -> None:
    """Run a story with an instance and a way to ask it."""

    async def run() -> None:
        async with among_peers(folder, free_port) as (place, _):
            app = build([activitypub(place.context, place.database, place.federation), PAGES])

            async def get(target: str, method: str = "GET", **headers: str) -> Answer:
                sent = {"accept": "application/activity+json"} | {name.replace("_", "-"): value for name, value in headers.items()}
                return await ask(app, method, target.removeprefix(place.url), headers=sent.items())

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
        bob = await place.person("bob")
        await place.write(person_follower.put, ann.id, bob.id)
        followers = (await get(person["followers"])).json()
        assert (followers["type"], followers["totalItems"], followers["items"]) == ("Collection", 1, [])
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
        assert page["audience"] == home.actor_id
        assert (page["sensitive"], page["stickied"], page["commentsEnabled"]) == (False, False, True)
        assert page["published"] == written.published.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert "updated" not in page
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


def test_every_document_says_in_which_words_it_speaks_and_names_itself(tmp_path: Path, free_port: FreePort) -> None:
    """Mastodon refuses what does not name the vocabulary of ActivityStreams; Pleroma and Mobilizon need Lemmy's words beside it."""

    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        written = await place.post(ann, home)
        said = await place.comment(ann, written)
        of_group = [f"{home.actor_id}/{name}" for name in ("outbox", "followers", "moderators", "featured")]
        of_thread = [f"{written.ap_id}/context", f"{written.ap_id}/replies", f"{said.ap_id}/replies"]
        of_person = [f"{ann.actor_id}/outbox", f"{ann.actor_id}/followers"]
        page = f"{written.ap_id}/context?after=0"
        for address in (f"{place.url}/", ann.actor_id, home.actor_id, written.ap_id, said.ap_id, *of_group, *of_thread, *of_person, page):
            document = (await get(address)).json()
            assert document["@context"] == ["https://join-lemmy.org/context.json", "https://www.w3.org/ns/activitystreams"]
            assert document["id"] == address
        await place.write(posts.delete, ann, written.id, True)
        assert "https://www.w3.org/ns/activitystreams" in (await get(written.ap_id)).json()["@context"]

    tell(tmp_path, free_port, story)


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;profile="https://www.w3.org/ns/activitystreams", application/activity+json;q=0.9, */*;q=0.1',
        "application/ld+json",
        "application/json",
    ],
)
def test_a_document_is_the_same_in_whatever_words_it_is_asked_for(accept: str, tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        answer = await get(ann.actor_id, accept=accept)
        assert (answer.status, answer.headers["content-type"]) == (200, "application/activity+json")
        assert "accept" in answer.headers["vary"]
        assert answer.json()["id"] == ann.actor_id
        assert (await get(ann.actor_id, accept="text/html,application/xhtml+xml,*/*;q=0.8")).body == b"a page"

    tell(tmp_path, free_port, story)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the samples of Lemmy's documents are not at {SAMPLES}")
def test_our_documents_have_every_field_of_lemmys_and_of_the_same_kind(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        picture = "https://example.com/picture.png"
        ann = await place.person("ann")
        await place.write(persons.update, ann.id, display_name="Ann", bio="*I*", avatar=picture, banner=picture, updated=1)
        await place.write(persons.update, ann.id, matrix_user_id="@ann:example.com")
        home = await place.community(ann)
        german = LANGUAGE_OF_CODE["de"].id
        form = CommunityForm(description="*Tea*", icon=picture, banner=picture, discussion_languages=[LanguageId(0), german])
        await place.write(communities.edit, place.context, ann, home.id, form)
        site = (await place.read(sites.view)).site.id
        await place.write(sites.update, site, description="A place", sidebar="*Here*", icon=picture, banner=picture, updated=1)
        written = await place.post(ann, home, url=picture, body="*Hot*", language_id=german)
        await place.write(rows.update, written.id, thumbnail_url=picture)
        said = await place.comment(ann, written)
        await place.write(comment_rows.update, said.id, language_id=german, updated=1)
        for kind, address in {
            "objects/person": ann.actor_id,
            "objects/group": home.actor_id,
            "objects/page": written.ap_id,
            "objects/note": said.ap_id,
            "objects/instance": f"{place.url}/",
            "collections/group_followers": f"{home.actor_id}/followers",
            "collections/group_featured_posts": f"{home.actor_id}/featured",
            "collections/group_moderators": f"{home.actor_id}/moderators",
            "collections/group_outbox": f"{home.actor_id}/outbox",
            "collections/person_outbox": f"{ann.actor_id}/outbox",
        }.items():
            theirs = json.loads((SAMPLES / f"{kind}.json").read_text())
            ours = (await get(address)).json()
            shapes = {name: _shape(value) for name, value in theirs.items()}
            assert {name: _shape(ours.get(name)) for name in theirs} == shapes, kind

    tell(tmp_path, free_port, story)


def _shape(value: object) -> object:
    """Of which kind a value is; of an object, which fields it has."""
    return {name: _shape(each) for name, each in value.items()} if isinstance(value, dict) else type(value)


def test_a_post_says_what_has_been_done_with_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        german = LANGUAGE_OF_CODE["de"]
        written = await place.post(ann, home, url="https://example.com/pot", alt_text="A pot", nsfw=True, language_id=german.id)
        await place.write(rows.update, written.id, url_content_type="image/png", thumbnail_url="https://example.com/small", locked=True)
        await place.write(posts.edit, place.context, ann, written.id, PostForm(name="Pots"))
        page = (await get(written.ap_id)).json()
        assert page["attachment"] == [{"type": "Image", "url": "https://example.com/pot", "mediaType": "image/png", "name": "A pot"}]
        assert page["image"] == {"type": "Image", "url": "https://example.com/small"}
        assert page["language"] == {"identifier": "de", "name": german.name}
        assert (page["sensitive"], page["commentsEnabled"]) == (True, False)
        assert page["updated"] > page["published"]

    tell(tmp_path, free_port, story)


def test_a_community_says_who_may_post_and_what_it_looks_like(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        form = CommunityForm(
            description="Of *tea*",
            icon="https://example.com/icon.png",
            banner="https://example.com/banner.png",
            posting_restricted_to_mods=True,
            nsfw=True,
            discussion_languages=[0, LANGUAGE_OF_CODE["de"].id],
        )
        await place.write(communities.edit, place.context, ann, home.id, form)
        group = (await get(home.actor_id)).json()
        assert (group["postingRestrictedToMods"], group["sensitive"]) == (True, True)
        assert group["source"] == {"content": "Of *tea*", "mediaType": "text/markdown"}
        assert group["summary"].strip() == "<p>Of <em>tea</em></p>"
        assert group["icon"] == {"type": "Image", "url": "https://example.com/icon.png"}
        assert group["image"] == {"type": "Image", "url": "https://example.com/banner.png"}
        assert [tag["identifier"] for tag in group["language"]] == ["und", "de"]
        assert group["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----")

    tell(tmp_path, free_port, story)


def test_who_holds_a_document_already_is_not_sent_it_again(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann = await place.person("ann")
        home = await place.community(ann)
        await place.post(ann, home)
        for address in (ann.actor_id, home.actor_id, f"{home.actor_id}/outbox", "/"):
            first = await get(address)
            assert first.headers["cache-control"] == "public, max-age=60"
            head = await get(address, "HEAD")
            assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(first.body)))
            assert head.headers["content-type"] == "application/activity+json"
            again = await get(address, if_none_match=first.headers["etag"])
            assert (again.status, again.body) == (304, b"")
        before = (await get(f"{home.actor_id}/outbox")).headers["etag"]
        await place.post(ann, home, "A second one")
        assert (await get(f"{home.actor_id}/outbox", if_none_match=before)).status == 200

    tell(tmp_path, free_port, story)


def test_a_private_message_has_no_address_at_which_anybody_could_read_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        ann, bob = await place.person("ann"), await place.person("bob")
        sent = await place.write(private_messages.create, place.context, ann, bob.id, "Psst")
        for address in (f"/private_message/{sent.id}", f"{ann.actor_id}/outbox", f"{bob.actor_id}/outbox", f"{ann.actor_id}/inbox"):
            assert b"Psst" not in (await get(address)).body
        assert (await get(f"/private_message/{sent.id}")).status == 404

    tell(tmp_path, free_port, story)


def test_a_sent_activity_is_shown_unless_it_was_for_one_or_its_community_has_withdrawn(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, get: Get) -> None:
        home = await place.community(await place.person("ann"))

        def send(tx: Transaction, kind: str, **target: Any) -> str:
            ap_id = f"{place.url}/activities/{kind}/1"
            data = json.dumps({"id": ap_id, "type": kind}).encode()
            sent_activity.insert(tx, ap_id=ap_id, actor_ap_id=home.actor_id, object_ap_id=None, data=data, **target)
            return ap_id

        public = await place.write(send, "announce", community_id=home.id)
        direct = await place.write(send, "follow", inboxes=["https://two.example/inbox"], sensitive=True)
        assert (await get(public)).json()["id"] == public
        assert ((await get(direct)).status, (await get(direct)).body) == (403, b"")
        assert (await get(f"{place.url}/activities/announce/2")).status == 404
        await place.write(communities.edit, place.context, await place.read(moderator, home.id), home.id, hidden_from_others())
        assert (await get(public)).status == 404

    tell(tmp_path, free_port, story)


def moderator(tx: Transaction, community_id: CommunityId) -> Person:
    return persons.existing(tx, community_moderator.order(tx, community_id)[0])


def hidden_from_others() -> CommunityForm:
    return CommunityForm(visibility=CommunityVisibility.LOCAL_ONLY)


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
        await place.write(communities.edit, place.context, ann, home.id, hidden_from_others())
        assert [(await get(each)).status for each in [*places, finger]] == [404] * 6
        assert (await get("/u/nobody")).status == 404
        assert (await get("/post/999999999999999999999999")).status == 404
        assert (await get("/comment/x")).status == 404

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
