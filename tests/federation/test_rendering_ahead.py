"""Long texts are read as markdown before the unit of work that stores or tells them: whoever writes them makes nobody else wait."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import image_use, operating, site_settings
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import private_message as messages
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.site import SiteForm
from lemmy_lite.storage.database import SOON, Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, community, post
from lemmy_lite.text import grammar, markdown, slurs, stored_html
from tests.federation.lab import Place, eventually
from tests.federation.messages import KINDS, Scene
from tests.federation.peer import Json, among_peers
from tests.federation.test_converting import imports

FreePort = Callable[[], int]
MANY_MARKS = "- a\n" * (markdown.FEW_MARKS + 1)
LONG = "more of it, " * (markdown.SHORT // 10)


class Watch:
    """Watches who reads markdown, and who looks for slurs: in units of work nobody may, but for what is cheap. `go` lets threads go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.in_a_unit: list[str] = []
        self.cheap_in_a_unit = 0
        self.on_the_loop: list[str] = []
        self.aside: list[str] = []
        self.go = threading.Event()
        self.go.set()
        here = threading.local()
        written = Database._written

        async def guarded(database: Database, verb: Callable[[Transaction], Any]) -> Any:
            def unit(tx: Transaction) -> Any:
                here.unit = True
                try:
                    result = verb(tx)
                    tx.announce()  # what is told of it belongs to the unit as well
                    return result
                finally:
                    here.unit = False

            return await written(database, unit)

        def watched(read: Callable[..., Any], place: int) -> Callable[..., Any]:
            def reading(*given: Any) -> Any:
                text = given[place]
                if getattr(here, "unit", False):
                    self.cheap_in_a_unit += markdown.is_cheap(text)
                    self.in_a_unit += [] if markdown.is_cheap(text) else [text]
                elif threading.current_thread() is threading.main_thread():
                    self.on_the_loop.append(text)
                else:
                    self.aside.append(text)
                    self.go.wait(10)
                return read(*given)

            return reading

        monkeypatch.setattr(Database, "_written", guarded)
        monkeypatch.setattr(grammar, "parse", watched(grammar.parse, 0))
        monkeypatch.setattr(slurs, "replace", watched(slurs.replace, 1))


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def tell(folder: Path, free_port: FreePort, story: Callable[[Scene], Awaitable[None]], url: str | None = None) -> None:
    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two", url=url) as (place, (one, two)):
            place.database.within(image_use.within(place.context), *image_use.HEARS)
            scene = Scene(place, one, two)
            await scene.set()
            await place.write(operating.set_admin, place.context, "ann", True)
            await story(scene)

    asyncio.run(run())


def packed(place: Place, text: str) -> str:
    return stored_html.pack(text, markdown.render(text, markdown.Options(host=place.host)))


def sourced(text: str) -> Json:
    return {"source": {"content": text, "mediaType": "text/markdown"}, "content": "<p>as HTML</p>", "mediaType": "text/html"}


def test_what_is_long_is_read_ahead_of_the_unit_that_stores_and_tells_it(
    watch: Watch, tmp_path: Path, free_port: FreePort, database_url: str
) -> None:
    texts: list[str] = []

    def text(place: Place, *, bad: str = "") -> str:
        texts.append(
            f"**number {len(texts)}** {bad} ![a]({place.url}/pictrs/image/a.png)\n\n{LONG if len(texts) % 2 else MANY_MARKS}".strip()
        )
        return texts[-1]

    async def local(scene: Scene) -> None:
        place, ann, home, context = scene.place, scene.ann, scene.home, scene.place.context

        async def writes(verb: Callable[..., Any], *given: Any) -> Any:
            watch.aside.clear()
            answer = await place.write(verb, context, ann, *given)
            # Its rules, its HTML here, its pictures, and its HTML for others where anybody is told.
            assert len(watch.aside) >= 3 if verb is not site_settings.edit else 2, verb
            assert set(watch.aside) <= set(texts[-2:])
            return answer

        def as_stored(of: Any, number: int, what: str) -> Callable[[Transaction], bool]:
            return lambda tx: bool(of(tx, [number])[number][0] == packed(place, what))

        written = await writes(posts.create, PostForm(name="A long one", community_id=home.id, body=text(place)))
        assert await place.read(as_stored(post.html, written.id, written.body))
        said = await writes(comments.create, CommentForm(content=text(place), post_id=written.id))
        assert await place.read(as_stored(comment.html, said.id, said.content))
        await writes(posts.edit, written.id, PostForm(body=text(place)))
        await writes(comments.edit, said.id, CommentForm(content=text(place)))
        await writes(communities.edit, home.id, CommunityForm(description=text(place)))
        await writes(site_settings.edit, SiteForm(sidebar=text(place)))
        lea = await place.federation.resolve(scene.lea)
        sent = await place.write(messages.create, context, ann, lea.id, text(place))  # type: ignore[union-attr]  # it is a person
        await place.write(messages.edit, context, ann, sent.id, text(place))
        # A changed rule counts for what was made already: the unit finds other rules, and asks anew.
        await place.write(site_settings.edit, context, ann, SiteForm(slur_filter_regex="sausage"))
        cleaned = await place.write(posts.edit, context, ann, written.id, PostForm(body=text(place, bad="sausage")))
        assert "*removed*" in cleaned.body
        assert "sausage" not in cleaned.body
        assert await place.read(as_stored(post.html, written.id, cleaned.body))

    async def received(scene: Scene) -> None:
        place = scene.place

        async def arrives(kind: str, **fields: Any) -> Json:
            activity = KINDS[kind](scene)
            carried = activity
            while isinstance(carried.get("object"), dict):
                carried = carried["object"]
            carried |= sourced(text(place)) | fields
            watch.aside.clear()
            assert await scene.deliver(activity) == 200
            assert watch.aside, kind
            assert set(watch.aside) <= {texts[-1]}, kind
            return carried

        for kind in ["Create of a post", "Update", "Update of a message"]:
            await arrives(kind)
        titled = await arrives("Announce", name=None)
        note = await arrives("Create of a comment")
        group = await arrives("Update of a community")
        await arrives("Private message")

        def stored(tx: Transaction) -> None:
            of_note = comment.by_ap_id(tx, note["id"])
            assert of_note is not None
            assert comment.html(tx, [of_note.id])[of_note.id][0] == packed(place, of_note.content)
            of_group = community.by_actor_id(tx, group["id"])
            assert of_group is not None
            assert community.html(tx, of_group.id)[0] == packed(place, of_group.description or "")
            of_post = post.by_ap_id(tx, titled["id"])
            assert of_post is not None
            assert of_post.name.startswith("number")

        await place.read(stored)
        # What is looked up, with all that it needs.
        looked_up = scene.two.page(scene.lea, scene.foreign_group, **sourced(text(place)))
        assert await place.federation.resolve(looked_up["id"])

    async def story(scene: Scene) -> None:
        watch.in_a_unit.clear()
        await local(scene)
        await received(scene)
        assert watch.in_a_unit == []
        watch.cheap_in_a_unit = 0
        await scene.place.comment(scene.ann, await scene.place.read(_post, scene.written))
        assert watch.cheap_in_a_unit == 3, "its rules, its HTML here, and its HTML for others: at once"
        assert all(markdown.is_cheap(each) for each in watch.on_the_loop)

    tell(tmp_path, free_port, story, database_url)


def test_whoever_sends_what_is_costly_to_read_makes_only_their_own_lane_wait(watch: Watch, tmp_path: Path, free_port: FreePort) -> None:
    async def story(scene: Scene) -> None:
        place, one, two = scene.place, scene.one, scene.two

        async def send(peer: Any, author: str, text: str) -> str:
            page = peer.page(author, scene.home.actor_id, **sourced(text))
            assert (await peer.send(place, peer.activity("Create", author, page, scene.home.actor_id))).status == 200
            return str(page["id"])

        async def is_here(ap_id: str) -> bool:
            return await place.read(post.by_ap_id, ap_id) is not None

        watch.go.clear()
        watch.aside.clear()
        monster = await send(one, scene.zoe, "- a\n" * (SOON // 4 + 1))
        behind = await send(one, scene.zoe, "behind it")
        await eventually(_of(lambda: len(watch.aside)), gives=lambda number: number == 1)
        # Meanwhile we write here, and others are heard.
        await asyncio.wait_for(place.comment(scene.ann, await place.read(_post, scene.written)), 5)
        theirs = await send(two, scene.lea, "from elsewhere")
        await eventually(is_here, theirs)
        # What is long and ours waits for no other instance.
        long = asyncio.create_task(place.comment(scene.ann, await place.read(_post, scene.written), LONG))
        await eventually(_of(lambda: len(watch.aside)), gives=lambda number: number == 2)
        assert not await is_here(monster)
        assert not await is_here(behind)
        watch.go.set()
        await eventually(is_here, behind)
        assert await is_here(monster)
        assert (await long).content == LONG
        assert watch.in_a_unit == []

    tell(tmp_path, free_port, story)


def test_a_text_of_common_length_is_read_while_its_sender_waits_and_keeps_nobody_else_from_it(
    watch: Watch, tmp_path: Path, free_port: FreePort
) -> None:
    async def story(scene: Scene) -> None:
        place = scene.place
        asked: list[str] = []
        place.database.trace = asked.append
        watch.aside.clear()
        for text in (LONG, "short", LONG + "again"):
            note = scene.one.note(scene.zoe, scene.written, scene.home.actor_id, **sourced(text))
            activity = scene.one.activity("Create", scene.zoe, note, scene.home.actor_id)
            assert (await place.federation.receive(scene.one.request(place, activity))).status == 200
            assert await place.read(comment.by_ap_id, note["id"]) is not None, "before it is answered"
        assert len(watch.aside) == 4
        assert not [sql for sql in asked if "INSERT INTO inbox_activity" in sql]
        assert watch.in_a_unit == []

    tell(tmp_path, free_port, story)


def test_a_refused_text_is_refused_as_before_and_nothing_is_read_that_nobody_stores(
    watch: Watch, tmp_path: Path, free_port: FreePort
) -> None:
    async def story(scene: Scene) -> None:
        place = scene.place
        await place.write(site_settings.edit, place.context, scene.ann, SiteForm(blocked_urls=["https://bad.example/"]))
        watch.aside.clear()
        for text, code in ((MANY_MARKS + "https://bad.example/", "blocked_url"), ("- a\n" * 2_501, "invalid_body_field")):
            with pytest.raises(LemmyError) as refused:
                await place.comment(scene.ann, await place.read(_post, scene.written), text)
            assert refused.value.code == code
        assert len(watch.aside) == 2, "the rules alone"
        watch.aside.clear()
        nobody = scene.one.group("unfollowed")
        await scene.deliver(scene.one.activity("Create", scene.zoe, scene.one.page(scene.zoe, nobody, **sourced(MANY_MARKS)), nobody))
        await scene.deliver(scene.one.activity("Create", scene.zoe, scene.page | sourced(MANY_MARKS), scene.home.actor_id))
        assert watch.aside == []

    tell(tmp_path, free_port, story)


READERS = {
    "domain/ahead.py": "judges what is long, and makes what is",
    "domain/writing.py": "hands on what ahead.py makes",
    "domain/image_use.py": "hands on what ahead.py makes",
    "domain/image_proxy.py": "of House.markdown, and of what the API shows",
    "domain/comment_listing.py": "only to name the options of rendering.py",
    "domain/rendering.py": "of views, which hold nobody up",
    "domain/mail_letter.py": "on a thread of its own (postman.py)",
    "federation/objects/texts.py": "hands on what ahead.py makes",
    "federation/objects/received_post.py": "hands on what ahead.py makes",
}
"""Who may import what reads markdown, and when they do so."""
READING = ("lemmy_lite.text.markdown", "lemmy_lite.text.grammar", "lemmy_lite.text.image_links")


def test_nobody_else_reads_markdown(checkout: Path) -> None:
    house = checkout / "lemmy_lite"
    found = {
        path.relative_to(house).as_posix() for path in house.rglob("*.py") if path.parent != house / "text" and imports(path, *READING)
    }
    assert found == set(READERS)


def _of(ask: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def answer() -> Any:
        return ask()

    return answer


def _post(tx: Transaction, ap_id: str) -> Any:
    return post.by_ap_id(tx, ap_id)
