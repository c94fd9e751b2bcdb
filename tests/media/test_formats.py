"""What a file is, told by its beginning."""

import pytest

from lemmy_lite.media import formats
from tests.media import pictures


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("GIF", "gif"), ("WEBP", "webp"), ("AVIF", "avif")])
def test_a_picture_is_known_by_its_first_bytes(kind: str, suffix: str) -> None:
    found = formats.sniff(pictures.file(pictures.noise(), kind)[: formats.HEAD])
    assert found is not None
    assert found.suffix == suffix


def test_films_are_known_by_their_brands() -> None:
    assert formats.sniff(pictures.MP4) == formats.MP4
    assert formats.sniff(pictures.WEBM) == formats.WEBM


@pytest.mark.parametrize("body", [pictures.SVG, pictures.HEIC, b"", b"<html>", b"%PDF-1.7", b"MM\0*", b"BM", b"\x1a\x45\xdf\xa3matroska"])
def test_everything_else_is_nothing(body: bytes) -> None:
    assert formats.sniff(body) is None


@pytest.mark.parametrize(
    ("asked", "name", "suffix"),
    [
        ("webp", "a.png", "webp"),
        ("WeBp", "a.png", "webp"),
        (None, "a.PNG", "png"),
        (None, "https://far.example/a.b/c.WEbP", "webp"),
        ("jpeg", "a.png", "jpg"),
        ("nonsense", "a.png", "jpg"),
        (None, "a", "jpg"),
        ("jxl", "a.png", "jpg"),
        ("mp4", "a.png", "jpg"),
    ],
)
def test_the_format_asked_for_or_that_of_the_name_else_jpeg(asked: str | None, name: str, suffix: str) -> None:
    assert formats.asked(asked, name).suffix == suffix
