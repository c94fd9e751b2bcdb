"""Foreign HTML is converted before the unit of work that stores it: whoever sends what is costly to convert makes nobody else wait."""

import ast
import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lemmy_lite.federation import store
from lemmy_lite.federation.converting import FEW_TAGS, SHORT, Converting, html_in
from lemmy_lite.federation.errors import NeedsText
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.model.community import Community
from lemmy_lite.storage.aside import Aside
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, post
from lemmy_lite.text import received
from tests.federation.lab import Place, eventually
from tests.federation.messages import KINDS, Scene
from tests.federation.peer import Json, among_peers

FreePort = Callable[[], int]
LONG = "<p>" + "more of it " * (SHORT // 10) + "</p>"
COLUMNS = {
    "person": "bio",
    "community": "description",
    "post": "body",
    "comment": "content",
    "private_message": "content",
}


class Watch:
    """Watches who converts: in units of work nobody may; `hold` keeps those on a thread waiting until `go`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.in_a_unit: list[str] = []
        self.at_once: list[str] = []
        self.aside: list[str] = []
        self.under_way = self.most_under_way = 0
        self.go = threading.Event()
        self.go.set()
        here = threading.local()
        written, to_markdown = Database._written, received.to_markdown

        async def guarded(database: Database, verb: Callable[[Transaction], Any]) -> Any:
            def unit(tx: Transaction) -> Any:
                here.unit = True
                try:
                    return verb(tx)
                finally:
                    here.unit = False

            return await written(database, unit)

        def watched(html: str) -> str:
            if getattr(here, "unit", False):
                self.in_a_unit.append(html)
            elif threading.current_thread() is threading.main_thread():
                self.at_once.append(html)
            else:
                self.aside.append(html)
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                self.go.wait(10)
                self.under_way -= 1
            return to_markdown(html)

        monkeypatch.setattr(Database, "_written", guarded)
        monkeypatch.setattr(received, "to_markdown", watched)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def tell(folder: Path, free_port: FreePort, story: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two") as (place, (one, two)):
            scene = Scene(place, one, two)
            await scene.set()
            await story(scene)

    asyncio.run(run())


async def stored(place: Place) -> str:
    """All texts."""

    def texts(tx: Transaction) -> list[Any]:
        return [text for table, name in COLUMNS.items() for text in tx.column(f"SELECT {name} FROM {table}") if text]

    return "\n".join(await place.read(texts))


def innermost(activity: Json) -> Json:
    while isinstance(activity.get("object"), dict):
        activity = activity["object"]
    return activity


@pytest.mark.parametrize("more", ["", LONG], ids=["short", "long"])
def test_no_unit_of_work_converts_a_text_whichever_way_it_came(more: str, watch: Watch, tmp_path: Path, free_port: FreePort) -> None:
    numbers = itertools.count(1)

    async def story(scene: Scene) -> None:
        place, one, two = scene.place, scene.one, scene.two
        home = scene.home.actor_id
        said: list[str] = []

        def html() -> str:
            said.append(f"marked{next(numbers)}x")
            return f"<p><b>{said[-1]}</b></p>{more}"

        async def arrive(what: str, activity: Json) -> None:
            assert await scene.deliver(activity) == 200
            await all_stored(what)

        async def all_stored(what: str) -> None:
            texts = await stored(place)
            assert [each for each in said if f"**{each}**" not in texts] == [], what
            said.clear()

        kinds = ["Create of a post", "Create of a comment", "Update", "Announce", "Update of a community", "Private message"]
        for kind in [*kinds, "Update of a message", "Update of a person"]:
            activity = KINDS[kind](scene)
            carried = innermost(activity)
            carried.pop("source", None)
            carried["summary" if "inbox" in carried else "content"] = html()
            await arrive(kind, activity)
        # Looked up at its own id: what a third instance's person wrote, who wrote it, and what they answered.
        lea = two.actor("Person", "u", "leo", summary=html())
        page = two.page(lea, scene.gardens, content=html())
        note = two.note(lea, page["id"], scene.gardens, content=html())
        await arrive("Announce", one.activity("Announce", scene.gardens, two.activity("Create", lea, note, scene.gardens)))
        two.documents["/object"] = bare = {**two.page(lea, scene.gardens, content=html()), "id": f"{two.url}/object"}
        await arrive("Announce of an object", one.activity("Announce", scene.gardens, bare["id"]))
        # Who is met because they speak: a person, and a site that reports.
        newcomer = one.actor("Person", "u", "new", summary=html())
        await arrive("Like", one.activity("Like", newcomer, scene.written, home))
        site = one.actor("Application", "site", "other", summary=html())
        await arrive("Flag by a site", KINDS["Flag by a site"](scene) | {"actor": site, "id": f"{one.url}/activities/flag/new"})
        # What is asked for: by name and address, listed by a community, and actors that move.
        group = two.actor("Group", "c", "listed", summary=html())
        listed = two.page(lea, group, content=html())
        two.documents["/c/listed/outbox"] = {"id": f"{group}/outbox", "type": "OrderedCollection", "orderedItems": [listed]}
        found = await place.federation.resolve(group)
        assert isinstance(found, Community)
        assert await place.federation.resolve(listed["id"])
        await all_stored("look-up")
        one.documents["/u/wes"] |= {"summary": html()}  # type: ignore[operator]  # it is a document
        await arrive("Move", KINDS["Move"](scene))

        assert watch.in_a_unit == []
        assert watch.at_once or watch.aside
        if more:
            assert len(watch.aside) > 15
            assert all(len(each) <= SHORT for each in watch.at_once)
        else:
            assert len(watch.aside) == 1, "the first of all, which brings the parser"
        assert watch.most_under_way == 1

    tell(tmp_path, free_port, story)


def test_whoever_sends_what_is_costly_to_convert_makes_only_their_own_lane_wait(watch: Watch, tmp_path: Path, free_port: FreePort) -> None:
    async def story(scene: Scene) -> None:
        place, one, two = scene.place, scene.one, scene.two
        home = scene.home.actor_id

        async def send(peer: Any, author: str, content: str) -> str:
            note = peer.note(author, scene.written, home, content=content)
            assert (await peer.send(place, peer.activity("Create", author, note, home))).status == 200
            return str(note["id"])

        async def is_here(ap_id: str) -> bool:
            return await place.read(comment.by_ap_id, ap_id) is not None

        await send(one, scene.zoe, "<p>the first brings the parser</p>")
        await place.federation.applied()
        watch.go.clear()
        watch.aside.clear()
        monster = await send(one, scene.zoe, "<p>a</p>" * 16_000)
        behind = await send(one, scene.zoe, "<p>behind it</p>")
        await eventually(_of(lambda: len(watch.aside)), gives=lambda number: number == 1)
        # Meanwhile we write here, and others are heard, though their text is HTML as well.
        written = await asyncio.wait_for(place.comment(scene.ann, await place.read(_post, scene.written)), 5)
        assert await is_here(written.ap_id)
        theirs = await send(two, scene.lea, "<p>from elsewhere</p>")
        await eventually(is_here, theirs)
        assert not await is_here(monster)
        assert not await is_here(behind)
        watch.go.set()
        await eventually(is_here, behind)
        assert await is_here(monster)
        assert watch.in_a_unit == []

    tell(tmp_path, free_port, story)


def test_a_text_is_converted_only_if_it_comes_to_that(watch: Watch, tmp_path: Path, free_port: FreePort) -> None:
    async def story(scene: Scene) -> None:
        watch.aside.clear()
        nobody = scene.one.group("unfollowed")
        page = scene.one.page(scene.zoe, nobody, content="<p>a</p>" * 16_000)
        await scene.deliver(scene.one.activity("Create", scene.zoe, page, nobody))
        again = scene.page | {"content": "<p>a</p>" * 16_000}
        await scene.deliver(scene.one.activity("Create", scene.zoe, again, scene.home.actor_id))
        assert watch.aside == []
        with pytest.raises(NeedsText) as needed:
            await scene.place.write(store.receive, Evidence(), scene.place.context, scene.one.page(scene.zoe, scene.home.actor_id))
        assert needed.value.html == "<p>Some <b>text</b></p>"

    tell(tmp_path, free_port, story)


def test_hosts_take_turns(watch: Watch) -> None:
    async def run() -> None:
        converting = Converting(aside := Aside())
        watch.go.clear()
        texts = [("one", "a"), ("one", "b"), ("one", "c"), ("two", "d"), ("three", "e")]
        tasks = [asyncio.create_task(converting.convert(NeedsText(f"https://{host}.example/1", html))) for host, html in texts]
        await eventually(_of(lambda: len(watch.aside)))
        tasks[1].cancel()
        watch.go.set()
        assert [await each for each in tasks if each is not tasks[1]] == ["a", "c", "d", "e"]
        assert watch.aside == ["a", "d", "e", "c"]
        assert watch.most_under_way == 1
        assert aside.idle

    asyncio.run(run())


def test_only_what_is_short_and_has_few_tags_is_converted_on_the_event_loop(watch: Watch) -> None:
    async def run() -> None:
        converting = Converting(Aside())
        note = {"type": "Note", "content": "<p>a</p>"}
        assert not converting.evidence(note).is_converted("<p>a</p>"), "the parser is not there"
        await converting.convert(NeedsText("https://one.example/1", "b"))
        evidence = converting.evidence({"type": "Announce", "object": {"type": "Create", "object": note}})
        assert evidence.markdown("https://one.example/1", "<p>a</p>") == "a"
        for html in ("x" * (SHORT + 1), "<br>" * (FEW_TAGS + 1)):
            assert not converting.evidence({"type": "Note", "content": html}).is_converted(html)
        assert watch.at_once == ["<p>a</p>"]

    asyncio.run(run())


def test_texts_are_found_where_units_of_work_look_for_them() -> None:
    markdown = {"content": "a", "mediaType": "text/markdown"}
    assert list(html_in({"type": "Person", "summary": "s", "content": "c"})) == ["s"]
    assert list(html_in({"type": "Note", "summary": "s", "content": "c"})) == ["c"]
    assert list(html_in({"type": "Page", "content": "c", "source": markdown})) == []
    assert list(html_in({"type": "Page", "content": "c", "mediaType": "text/markdown"})) == []
    assert list(html_in({"type": "Like", "content": "c", "object": "https://one.example/1"})) == []
    assert list(html_in({"type": "Group", "summary": ["s"], "object": {"type": "Video", "content": " "}})) == []


def imports(path: Path, *modules: str) -> bool:
    """Whether a file imports one of these modules, or something out of it."""
    found = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.ImportFrom | ast.Import)]
    names = {f"{getattr(each, 'module', '')}.{name.name}".lstrip(".") for each in found for name in each.names}
    return any(name == each or name.startswith(f"{each}.") for name in names for each in modules)


def test_nothing_else_reads_foreign_html(checkout: Path) -> None:
    house = checkout / "lemmy_lite"
    found = [path.relative_to(house) for path in house.rglob("*.py") if imports(path, "lemmy_lite.text.received")]
    assert found == [Path("federation/converting.py")]


def _of(ask: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def answer() -> Any:
        return ask()

    return answer


def _post(tx: Transaction, ap_id: str) -> Any:
    return post.by_ap_id(tx, ap_id)
