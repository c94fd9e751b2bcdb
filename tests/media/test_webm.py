"""A WebM tells nothing of who made it, where and with what; its pictures and sound stay to the byte."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lemmy_lite.media.images import Images
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.media.webm import blank_metadata
from tests.media import pictures
from tests.media.conftest import keep
from tests.media.pictures import element

PLACE = b"+47.3769+008.5417/"
CRC = element(0xBF, PLACE[:4])
INFO = element(
    0x1549A966,
    CRC,
    element(0x2AD7B1, b"\x0f\x42\x40"),
    *(element(kind, PLACE) for kind in (0x7BA9, 0x4461, 0x7384, 0x3C83AB, 0x4D80, 0x5741)),
)
TRACKS = element(0x1654AE6B, element(0xAE, element(0xD7, b"\1"), element(0x536E, PLACE), element(0x86, b"V_VP8")))
TAGS = element(0x1254C367, element(0x7373, element(0x67C8, element(0x45A3, b"LOCATION"), element(0x4487, PLACE * 40))))
ATTACHMENTS = element(0x1941A469, element(0x61A7, element(0x466E, PLACE)))
SAMPLES = element(0xA3, b"\x81\0\0\x80" + PLACE * 20)
CLUSTER = element(0x1F43B675, element(0xE7, b"\0"), SAMPLES, SAMPLES)
OPEN_CLUSTER = element(0x1F43B675, element(0xE7, b"\0"), SAMPLES, SAMPLES, size=0)
CUES = element(0x1C53BB6B, element(0xBB, element(0xB3, b"\0")))


def seek(*kinds: int) -> bytes:
    return element(0x114D9B74, *(element(0x4DBB, element(0x53AB, kind.to_bytes(4, "big")), element(0x53AC, b"\x7f")) for kind in kinds))


def film(*parts: bytes, size: int | None = 8) -> bytes:
    return pictures.WEBM_HEAD + element(0x18538067, *parts, size=size)


FILMS = {
    "as muxers write": film(seek(0x1549A966, 0x1254C367), element(0xEC, PLACE), INFO, TRACKS, CLUSTER, CUES, TAGS),
    "tags first": film(TAGS, ATTACHMENTS, INFO, TRACKS, CLUSTER, CLUSTER),
    "as browsers record": film(INFO, TRACKS, OPEN_CLUSTER, OPEN_CLUSTER, size=0),
    "tags behind an open cluster": film(INFO, TRACKS, OPEN_CLUSTER, TAGS, CLUSTER, size=0),
    "what nobody knows": film(INFO, element(0x1A2B3C4D, PLACE), TRACKS, CLUSTER) + element(0xEC, PLACE),
    "two parts": film(INFO, TRACKS, CLUSTER) + film(INFO, TRACKS, CLUSTER),
}


@pytest.mark.parametrize("name", FILMS)
def test_nothing_but_the_samples_tells_the_place_and_nothing_moves(name: str, told: Callable[..., None]) -> None:
    body = FILMS[name]

    async def story(images: Images) -> None:
        kept = await keep(images, body)
        stored = (images.store.path(kept.name)).read_bytes()
        assert (kept.format.media_type, len(stored)) == ("video/webm", len(body))
        assert stored.count(SAMPLES) == body.count(SAMPLES) > 0
        assert PLACE not in stored.replace(SAMPLES, b"")
        assert PLACE[:4] not in stored.replace(SAMPLES, b""), "a checksum of what changed is gone too"
        for part in (CUES, element(0x86, b"V_VP8"), element(0x2AD7B1, b"\x0f\x42\x40")):
            assert stored.count(part) == body.count(part)

    told(story)


def test_the_seek_table_forgets_what_is_gone_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(FILMS["as muxers write"])
    assert blank_metadata(path) > 8
    first, second = (seek(kind)[5:] for kind in (0x1549A966, 0x1254C367))
    assert path.read_bytes().count(first) == 1
    assert second not in path.read_bytes()
    once = path.read_bytes()
    blank_metadata(path)
    assert path.read_bytes() == once, "what is clean stays as it is"


def test_a_film_without_notes_is_kept_to_the_byte(told: Callable[..., None]) -> None:
    async def story(images: Images) -> None:
        kept = await keep(images, pictures.WEBM)
        assert images.store.path(kept.name).read_bytes() == pictures.WEBM

    told(story)


@pytest.mark.parametrize("words", [0, 1, 20, 124, 125, 126, 127, 300, 16_500])
def test_a_note_of_any_length_becomes_a_void_of_the_same(words: int, tmp_path: Path) -> None:
    title = element(0x7BA9, b"x" * words)
    path = tmp_path / "film"
    path.write_bytes(film(element(0x1549A966, title), CLUSTER))
    at = path.read_bytes().index(title)
    blank_metadata(path)
    blank = path.read_bytes()[at : at + len(title)]
    width = 9 - blank[1].bit_length()
    size = int.from_bytes(blank[1 : 1 + width], "big") & ((1 << 7 * width) - 1)
    assert (blank[0], 1 + width + size) == (0xEC, len(title))
    assert size != (1 << 7 * width) - 1, "that would mean a size that is not known"
    assert not any(blank[1 + width :])


HOSTILE = {
    "cut": FILMS["as muxers write"][:-40],
    "cut in a head": pictures.WEBM_HEAD + b"\x18\x53\x80\x67\x01",
    "no segment": pictures.WEBM_HEAD,
    "zeros": pictures.WEBM_HEAD + bytes(500),
    "larger than what holds it": film(element(0x1549A966, b"\x7b\xa9\xff\xff")),
    "a title without end": film(element(0x1549A966, b"\x7b\xa9\xff" + PLACE)),
    "tags without end": film(b"\x12\x54\xc3\x67\xff" + PLACE),
    "a page behind it": FILMS["tags first"] + b"<html>" + PLACE,
    "too many parts": film(element(0x1F43B675, b"\xa3\x80" * 5_001, size=0)),
    "too many notes": film(b"\xbf\x80" * 1_001),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_walked_to_its_end_is_refused_untouched(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lemmy_lite.media.webm._MOST_ELEMENTS", 5_000)
    monkeypatch.setattr("lemmy_lite.media.webm._MOST_BLANKED", 1_000)
    path = tmp_path / "film"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(ImageRefused) as refused:
        blank_metadata(path)
    assert refused.value.reason == Reason.BROKEN
    assert path.read_bytes() == HOSTILE[name]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.sampled_from(sorted(FILMS)), st.integers(0, 900))
def test_no_bytes_make_it_fail_or_change_a_length(noise: bytes, name: str, at: int) -> None:
    body = FILMS[name]
    body = body[: at % len(body)] + noise + body[at % len(body) :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        path.write_bytes(body)
        try:
            blank_metadata(path)
        except ImageRefused:
            assert path.read_bytes() == body
        assert path.stat().st_size == len(body)
