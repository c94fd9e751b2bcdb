"""Pages become files: which addresses do, and where their links lead then."""

import asyncio
from pathlib import Path

import pytest

from lemmy_lite.http.export import places
from lemmy_lite.http.export.crawl import Crawl

BASE = "https://hearth.test"

PAGES = {
    "/?listingType=Local&sort=New": (
        '<a href="/u/ann">Ann</a><a href="/u/bob@far.test">Bob</a><a href="/post/1#comments">1</a><a href="/post/2">far away</a>'
        '<a class="vote" href="/login"><span class="up"></span><b>7</b></a><a class="button" href="/login">Subscribe</a>'
        '<div class="md"><a href="/login">words</a> <a href="/post/99">stay</a> <a href="https://far.test/x">out</a></div>'
        '<img src="/pictrs/image/gone.png"><form action="/search"><input></form><script src="/x.js"></script>'
        '<nav class="pager"><a rel="next" href="/?sort=New&amp;pageCursor=Q&amp;listingType=Local">Next</a></nav>'
    ),
    "/?sort=New&pageCursor=Q&listingType=Local": '<a href="/">first</a><a href="/?sort=Hot">Hot</a><a href="/comment/5">said</a>',
    "/post/1": '<article id="c5"></article><h2 id="comments"></h2><p class="on"><a href="/comment/6">more</a></p>',
    "/comment/6": f'<article id="c6"></article><a href="{BASE}/comment/6">here</a><a href="//far.test/">out</a>',
    "/u/ann?sort=New": '<link rel="me" href="https://far.test/@ann"><link rel="canonical" href="https://hearth.test/u/ann"><p>Ann</p>',
}


def _crawled(folder: Path) -> dict[str, str]:
    async def ask(target: str, path: Path) -> int:
        path.write_text(PAGES.get(target, ""))
        return 200 if target in PAGES else 404

    async def is_ours(number: int) -> bool:
        return number == 1

    async def origin_of(path: str) -> str | None:
        return {"/u/bob@far.test": "https://far.test/u/bob", "/post/2": "https://far.test/post/77"}.get(path)

    out, aside = folder / "out", folder / "aside"
    out.mkdir()
    aside.mkdir()
    crawl = Crawl(
        out,
        aside,
        base_url=BASE,
        hostname="hearth.test",
        blog=False,
        ask=ask,
        is_ours=is_ours,
        origin_of=origin_of,
        icons="",
        progress=lambda *_: None,
    )
    asyncio.run(crawl.run())
    assert list(aside.iterdir()) == []
    return {str(path.relative_to(out)): path.read_text() for path in out.rglob("*.html")}


def test_links_lead_to_files_or_to_where_things_come_from_and_what_needs_a_server_goes(tmp_path: Path) -> None:
    files = _crawled(tmp_path)
    assert set(files) == {"index.html", "index/2.html", "post/1.html", "comment/6.html", "u/ann.html"}
    front = files["index.html"]
    for kept in (
        '<a href="u/ann.html">Ann</a>',
        '<a href="https://far.test/u/bob">Bob</a>',
        '<a href="post/1.html#comments">1</a>',
        '<a href="https://far.test/post/77">far away</a>',
        '<a class="vote"><b>7</b></a>',
        'words stay <a href="https://far.test/x">out</a>',
        '<img src="static/tile.svg">',
        'href="index/2.html"',
    ):
        assert kept in front
    for gone in ("Subscribe", "form", "script", "login", "pictrs"):
        assert gone not in front
    assert '<a href="../index.html">first</a><a>Hot</a><a href="../post/1.html#c5">said</a>' in files["index/2.html"]
    assert 'href="https://far.test/@ann"' in files["u/ann.html"]
    assert "canonical" not in files["u/ann.html"]
    assert '<a href="../comment/6.html">more</a>' in files["post/1.html"]
    assert '<a href="6.html#c6">here</a><a href="https://far.test/">out</a>' in files["comment/6.html"]


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("/c/Tea", "c/tea.html"),
        ("/c/tea@hearth.test?sort=New", "c/tea.html"),
        ("/c/%D1%87%D0%B0%D0%B9", "c/чай.html"),
        ("/c/tea@far.test", None),
        ("/c/tea?sort=Hot", None),
        ("/c/tea?dataType=Comment", None),
        ("/c/..%2F..%2Fetc", None),
        ("/c/..", None),
        ("/c/tea/settings", None),
        ("/post/007", "post/7.html"),
        ("/post/7/edit", None),
        ("/post/x", None),
        ("/login?prev=/", None),
        ("/modlog", None),
        ("/pictrs/image/a-b.png?thumbnail=96&format=webp", "pictures/a-b-96.webp"),
        ("/api/v3/site", None),
        ("/feeds/c/tea.xml?sort=New", "feeds/c/tea.atom"),
        ("/feeds/front/secret.xml", None),
    ],
)
def test_what_strangers_read_has_a_file_and_nothing_else(target: str, file: str | None) -> None:
    found = places.place(target, "hearth.test", blog=False)
    assert (found.file if found else None) == file


def test_a_month_of_the_archive_and_a_page_of_its_year_are_two_files() -> None:
    year, month = (places.place(f"/archive/2026{end}", "hearth.test", blog=True) for end in ("", "/10"))
    assert year is not None
    assert month is not None
    tenth = places.numbered(year, "/archive/2026?before=x", 10)
    assert len({year.file, month.file, tenth.file, places.numbered(month, "/archive/2026/10?before=x", 2).file}) == 4
