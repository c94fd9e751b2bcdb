"""The place where a film was taken does not leave the phone with it; everything else of the film does."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmy_lite.media.film import blank_metadata
from lemmy_lite.media.images import Images
from tests.media import pictures
from tests.media.conftest import keep

PLACE = b"+47.3769+008.5417/"


def box(kind: bytes, *parts: bytes, long: bool = False) -> bytes:
    body = b"".join(parts)
    if long:
        return (1).to_bytes(4, "big") + kind + (len(body) + 16).to_bytes(8, "big") + body
    return (len(body) + 8).to_bytes(4, "big") + kind + body


def film(where: Callable[[bytes], bytes]) -> bytes:
    """An MP4 with a place somewhere in its head; the samples after it hold the same bytes by chance."""
    return pictures.MP4[:24] + where(box(b"\xa9xyz", PLACE)) + box(b"mdat", PLACE * 20)


FILMS = {
    "udta": film(lambda place: box(b"moov", box(b"mvhd", bytes(100)), box(b"udta", place))),
    "of-a-track": film(lambda place: box(b"moov", box(b"trak", box(b"tkhd", bytes(84)), box(b"udta", place)))),
    "keys": film(lambda place: box(b"moov", box(b"meta", bytes(4), box(b"keys", b"com.apple.quicktime.location"), box(b"ilst", place)))),
    "xmp": film(lambda place: box(b"uuid", bytes(16), place)),
    "long": film(lambda place: box(b"moov", box(b"udta", place, long=True), long=True)),
}


@pytest.mark.parametrize("name", FILMS)
def test_the_place_is_blanked_where_it_lies_and_the_samples_stay(name: str, told: Callable[..., None]) -> None:
    body = FILMS[name]

    async def story(images: Images) -> None:
        kept = await keep(images, body)
        stored = images.store.path(kept.name).read_bytes()
        samples = body.index(b"mdat") - 4
        assert PLACE not in stored[:samples]
        assert stored[samples:] == body[samples:]
        assert len(stored) == len(body)

    told(story)


@pytest.mark.parametrize("cut", [25, 30, 40, 60, 100])
def test_a_film_that_is_cut_short_is_left_from_there(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(FILMS["udta"][:cut])
    blank_metadata(path)
    assert path.stat().st_size == cut


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_or_change_a_length(tail: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        path.write_bytes(pictures.MP4[:24] + box(b"moov", tail) + tail)
        before = path.stat().st_size
        blank_metadata(path)
        assert path.stat().st_size == before
