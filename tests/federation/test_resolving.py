"""From what people type in to the one true object, wherever its address was found."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from lemmy_lite.federation.handles import template
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.text import activity_link
from tests.federation.lab import Place
from tests.federation.peer import Json, Peer, among_peers

FreePort = Callable[[], int]
Story = Callable[[Place, Peer, Peer], Awaitable[None]]
FINGER = "/.well-known/webfinger"


def tell(folder: Path, free_port: FreePort, story: Story) -> None:
    async def run() -> None:
        async with among_peers(folder, free_port, "one", "two") as (place, (one, two)):
            await story(place, one, two)

    asyncio.run(run())


async def _title(place: Place, url: str) -> str:
    found = await place.federation.resolve(url)
    assert isinstance(found, Post)
    return found.name


async def _refused(place: Place, query: str) -> bool:
    with pytest.raises(LemmyError) as refusal:
        await place.federation.resolve(query)
    return refusal.value.code == "couldnt_find_object"


def _fingers(*ids: str, subject: str = "acct:any@where") -> Json:
    links = [{"rel": "self", "type": "application/activity+json", "href": ap_id} for ap_id in ids]
    return {"subject": subject, "links": [{"rel": "other", "href": None}, *links]}


def _naming(url: str) -> str:
    """A web page that names its document."""
    return f'<html><head><link rel="alternate" type="application/activity+json" href="{url}"></head><body>Tea</body></html>'


def test_an_instance_that_shows_a_third_ones_post_leads_to_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        page = two.page(two.person("lea"), two.group("teas"))
        one.documents["/post/5"] = page["id"]
        assert await _title(place, f"{one.url}/post/5") == page["name"]
        one.documents["/post/6"] = {**page, "name": "Twisted"}
        assert await _title(place, f"{one.url}/post/6") == page["name"]

    tell(tmp_path, free_port, story)


def test_a_page_that_names_its_document_leads_to_it(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        page = two.page(two.person("lea"), two.group("teas"))
        one.documents["/show/9"] = _naming(page["id"])
        one.documents["/show/10"] = "<html><head><title>Nothing</title></head></html>"
        one.documents["/show/11"] = _naming(f"{one.url}/show/9")
        assert await _title(place, f"{one.url}/show/9") == page["name"]
        assert await _refused(place, f"{one.url}/show/10")
        assert await _refused(place, f"{one.url}/show/11")

    tell(tmp_path, free_port, story)


def test_what_leads_back_to_us_is_found_here(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann = await place.person("ann")
        own = await place.post(ann, await place.community(ann))
        one.documents["/post/5"] = own.ap_id
        one.documents["/post/6"] = _naming(own.ap_id)
        one.documents["/post/7"] = {"id": own.ap_id, "type": "Page", "name": "Twisted"}
        one.documents["/post/8"] = f"{place.url}/post/999"
        for number in (5, 6, 7):
            assert await place.federation.resolve(f"{one.url}/post/{number}") == own
        assert await _refused(place, f"{one.url}/post/8")

    tell(tmp_path, free_port, story)


def test_a_host_may_answer_for_names_of_another_that_confirms_them(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        lea = two.person("lea")
        two.documents[FINGER] = _fingers(lea)
        one.documents[FINGER] = f"{two.url}{FINGER}?resource=acct:lea@{one.host}"
        found = await place.federation.resolve(f"@lea@{one.host}")
        assert isinstance(found, Person)
        assert found.actor_id == lea

    tell(tmp_path, free_port, story)


def test_a_name_is_nobodys_whose_own_host_does_not_lead_there(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        ann, lea, tom = await place.person("ann"), two.person("lea"), two.person("tom")
        one.documents[FINGER] = _fingers(lea)
        two.documents[FINGER] = _fingers(tom)
        assert await _refused(place, f"@lea@{one.host}")
        await place.federation.resolve(lea)
        assert await _refused(place, f"@lea@{one.host}")
        one.documents[FINGER] = _fingers(ann.actor_id)
        assert await _refused(place, f"@ann@{one.host}")

    tell(tmp_path, free_port, story)


def test_host_meta_tells_where_names_are_looked_up(tmp_path: Path, free_port: FreePort) -> None:
    async def story(place: Place, one: Peer, two: Peer) -> None:
        zoe = one.person("zoe")
        one.documents["/.well-known/host-meta"] = f'<XRD><Link rel="lrdd" template="{one.url}/finger?who={{uri}}"/></XRD>'
        one.documents["/finger"] = lambda query: _fingers(zoe) if query["who"] == f"acct:zoe@{one.host}" else 404
        found = await place.federation.resolve(f"zoe@{one.host}")
        assert isinstance(found, Person)
        assert found.actor_id == zoe
        assert await _refused(place, f"nobody@{one.host}")

    tell(tmp_path, free_port, story)


@pytest.mark.parametrize(
    ("meta", "found"),
    [
        (b"", None),
        (b"\xff\xfe<Link", None),
        (b'<Link rel="lrdd" template="https://a.test/?u={uri}&amp;v=1"/>', "https://a.test/?u={uri}&v=1"),
        (b"<x:Link type='x' template='https://a.test/{uri}'\n rel='lrdd' />", "https://a.test/{uri}"),
        (b'<Link rel="lrdd" template="https://a.test/"/>', None),
        (b'<Link rel="lrdd" template="file:///{uri}"/>', None),
        (b'<Link rel="other" template="https://a.test/{uri}"/>', None),
        (b"<Link " * 50_000, None),
    ],
)
def test_of_host_meta_only_a_template_for_names_counts(meta: bytes, found: str | None) -> None:
    assert template(meta) == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None),
        ('<https://a.test/5>; rel="alternate"; type="application/activity+json"', "https://a.test/5"),
        ("</x>; rel=shortlink, </5>; type=application/activity+json; rel=alternate", "https://one.test/5"),
        ('</5>; rel="alternate"; type="text/html"', None),
        ('<javascript:x>; rel="alternate"; type="application/activity+json"', None),
        ("<" * 5000, None),
    ],
)
def test_a_link_header_may_name_the_document(header: str, found: str | None) -> None:
    assert activity_link.in_header(header, "https://one.test/post/5") == found
