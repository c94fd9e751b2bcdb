"""The byte budget: never exceeded, and the least recently used leaves first."""

import asyncio
import errno
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lemmy_lite.media import formats, thumbnails
from lemmy_lite.media.budget import Budget
from lemmy_lite.media.images import Images
from lemmy_lite.media.refusal import ImageRefused, Reason
from tests.media import pictures
from tests.media.conftest import keep

LIMIT = 1_000

deeds = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 20), st.integers(0, 400)),
        st.tuples(st.just("get"), st.integers(0, 20), st.just(0)),
        st.tuples(st.just("upload"), st.just(0), st.integers(0, 300)),
        st.tuples(st.just("drop"), st.integers(0, 20), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


def _key(number: int) -> str:
    return thumbnails.original_key(str(number))


@settings(max_examples=150, deadline=None)
@given(deeds)
def test_any_order_of_deeds_stays_within_the_budget_and_keeps_what_an_oracle_keeps(done: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        budget = Budget(folder / "cache", LIMIT)
        oracle: OrderedDict[str, int] = OrderedDict()
        uploads = 0
        clock = 1_000_000.0
        for deed, number, size in done:
            clock += 1
            key = _key(number)
            if deed == "put":
                source = folder / "source"
                source.write_bytes(bytes(size))
                os.utime(source, (clock, clock))
                oracle.pop(key, None)
                while oracle and uploads + sum(oracle.values()) + size > LIMIT:
                    oracle.popitem(last=False)
                if uploads + size <= LIMIT:
                    budget.put(key, source)
                    oracle[key] = size
                else:
                    with pytest.raises(ImageRefused):
                        budget.put(key, source)
            elif deed == "get":
                found = budget.get(key)
                assert (found is not None) == (key in oracle)
                if key in oracle:
                    oracle.move_to_end(key)
                    os.utime(folder / "cache" / key[:2] / key, (clock, clock))
            elif deed == "upload":
                while oracle and uploads + sum(oracle.values()) + size > LIMIT:
                    oracle.popitem(last=False)
                if uploads + size <= LIMIT:
                    budget.reserve(size)
                    budget.uploaded(size)
                    uploads += size
                else:
                    with pytest.raises(ImageRefused):
                        budget.reserve(size)
            elif deed == "drop":
                budget.discard(key)
                oracle.pop(key, None)
            else:
                budget = Budget(folder / "cache", LIMIT)
                budget.uploaded(uploads)
                budget.read_folder()
            held = {path.name: path.stat().st_size for path in (folder / "cache").glob("*/*")}
            assert held == dict(oracle)
            assert budget.cached == sum(held.values())
            assert uploads + sum(held.values()) <= LIMIT


def test_a_smaller_budget_counts_from_the_next_start(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "cache", LIMIT)
    for number in range(4):
        source = tmp_path / "source"
        source.write_bytes(bytes(200))
        os.utime(source, (number, number))
        budget.put(_key(number), source)
    smaller = Budget(tmp_path / "cache", 450)
    smaller.read_folder()
    assert [smaller.get(_key(number)) is not None for number in range(4)] == [False, False, True, True]


def test_what_is_held_is_shown_on_a_disk_that_has_become_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (made := tmp_path / "made").write_bytes(b"x")
    budget = Budget(tmp_path / "cache", LIMIT)
    path = budget.put(_key(1), made)
    os.utime(path, (0, 0))

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", read_only)
    assert budget.get(_key(1)) == path


def test_uploads_never_leave_for_the_cache_and_are_refused_when_they_fill_it(told: Callable[..., None]) -> None:
    async def story(images: Images) -> None:
        body = pictures.file(pictures.noise(100, 100), "PNG")
        kept = await keep(images, body)
        images.budget.limit = images.budget.used + 2_000
        with pytest.raises(ImageRefused) as refused:
            await keep(images, pictures.file(pictures.noise(100, 100), "PNG"))
        assert refused.value.reason == Reason.NO_ROOM
        with pytest.raises(ImageRefused):
            await images.cache("https://far.example/a.png", lambda: _later(body))
        assert images.store.path(kept.name).exists()
        assert list(images.store.older_than(-1)) == [kept.name]

    told(story)


async def _later(body: bytes) -> bytes:
    return body


def test_a_thumbnail_is_made_once_and_never_larger_than_asked(told: Callable[..., None]) -> None:
    async def story(images: Images) -> None:
        kept = await keep(images, pictures.file(pictures.noise(400, 300), "PNG"))
        for asked, side in [(16, 16), (100, 96), (256, 256), (300, 256), (1000, 400), (5, 16), (10**6, 400)]:
            shown = await images.shown(kept.name, kept.format, formats.WEBP, asked)
            assert shown is not None
            with Image.open(shown.path) as image:
                assert max(image.size) == side
                assert image.format == "WEBP"
        before = images.budget.hits
        await asyncio.gather(*(images.shown(kept.name, kept.format, formats.WEBP, 100) for _ in range(5)))
        assert images.budget.hits == before + 5
        await images.remove(kept.name)
        assert images.budget.used == 0
        assert not list(images.store.older_than(-1))

    told(story)


def test_many_who_ask_for_a_remote_picture_at_once_wait_for_one_fetch(told: Callable[..., None]) -> None:
    async def story(images: Images) -> None:
        asked: list[int] = []

        async def fetch() -> bytes:
            asked.append(1)
            await asyncio.sleep(0)
            return pictures.file(pictures.noise(), "PNG")

        found = await asyncio.gather(*(images.cache("https://far.example/a.png", fetch) for _ in range(10)))
        assert len(set(found)) == len(asked) == 1

    told(story)


def test_an_address_without_a_picture_is_not_asked_again_at_once(told: Callable[..., None]) -> None:
    async def story(images: Images) -> None:
        asked: list[int] = []

        async def fetch() -> bytes:
            asked.append(1)
            return pictures.SVG

        for _ in range(3):
            with pytest.raises(ImageRefused):
                await images.cache("https://far.example/a.svg", fetch)
        assert len(asked) == 1

    told(story)


def test_what_an_earlier_end_left_half_done_is_gone_after_a_start(tmp_path: Path) -> None:
    async def story() -> None:
        images = Images(tmp_path, budget=10**6)
        await images.start()
        (tmp_path / "aside" / "left").write_bytes(b"half")
        again = Images(tmp_path, budget=10**6)
        await again.start()
        assert not list((tmp_path / "aside").iterdir())

    asyncio.run(story())


def test_any_number_of_pictures_of_others_never_takes_more_than_the_budget(told: Callable[..., None], tmp_path: Path) -> None:
    body = pictures.file(Image.new("RGB", (2, 2)), "PNG")
    limit = len(body) * 100
    number_of_pictures = 20_000 if os.environ.get("LEMMY_LITE_FULL") == "1" else 1_000

    async def story(images: Images) -> None:
        uploaded = await keep(images, pictures.file(pictures.noise(8, 8), "PNG"))
        images.budget.limit = images.budget.used + limit
        most = 0
        for number in range(number_of_pictures):
            await images.cache(f"https://far.example/{number}.png", lambda: _later(body))
            most = max(most, images.budget.cached)
            if number % 100 == 0:
                on_disk = sum(path.stat().st_size for path in (tmp_path / "images/cache").rglob("*") if path.is_file())
                assert on_disk == images.budget.cached
        assert limit - len(body) <= most <= limit
        assert images.budget.evictions == number_of_pictures - 100
        assert images.store.path(uploaded.name).exists()
        assert await images.cached(f"https://far.example/{number_of_pictures - 1}.png") is not None
        assert await images.cached(f"https://far.example/{number_of_pictures - 101}.png") is None

    told(story)
