"""The kinds of file that are taken, told by their first bytes: names and what a client says of a file count for nothing.

Nothing of Pillow is loaded here, so the server may ask; what a file holds beyond its beginning is for the child process to find out.
"""

from pathlib import Path
from typing import Final, NamedTuple

HEAD: Final = 64
"""Bytes of the beginning that suffice to tell."""


class Format(NamedTuple):
    """One kind. `suffix` is what file names end with, `pillow` the name of its plugin there, None for videos."""

    suffix: str
    media_type: str
    pillow: str | None


JPG: Final = Format("jpg", "image/jpeg", "JPEG")
PNG: Final = Format("png", "image/png", "PNG")
GIF: Final = Format("gif", "image/gif", "GIF")
WEBP: Final = Format("webp", "image/webp", "WEBP")
AVIF: Final = Format("avif", "image/avif", "AVIF")
APNG: Final = Format("apng", "image/apng", "PNG")
MP4: Final = Format("mp4", "video/mp4", None)
WEBM: Final = Format("webm", "video/webm", None)

BY_SUFFIX: Final = {each.suffix: each for each in (JPG, PNG, GIF, WEBP, AVIF, APNG, MP4, WEBM)}

_MP4_BRANDS: Final = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV"})


def sniff(head: bytes) -> Format | None:
    """The format of a file that begins so; None for everything else, such as SVG, HTML, PDF, TIFF and HEIC."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head:
        return WEBM
    return None


def sniff_file(path: Path) -> Format | None:
    """The same of a file. Raises OSError."""
    with path.open("rb") as file:
        return sniff(file.read(HEAD))


def asked(name: str | None, file_name: str) -> Format:
    """The format that a client wants an image in: by `format`, else by the end of the name; JPEG for all that is not known.

    So does Lemmy (api-v3.json, PictrsFileType), but for jxl, which Pillow cannot write: JPEG stands in for it.
    """
    wanted = (name if name is not None else file_name.rpartition(".")[2]).lower()
    found = BY_SUFFIX.get(wanted, JPG)
    return found if found.pillow is not None else JPG


def _of_brands(head: bytes) -> Format | None:
    """ISO media files name what they are and what else can read them (ISO 14496-12, 4.3)."""
    size = int.from_bytes(head[:4], "big")
    brands = {head[8:12]} | {head[start : start + 4] for start in range(16, min(size, len(head)), 4)}
    if brands & {b"avif", b"avis"}:
        return AVIF
    return MP4 if brands & _MP4_BRANDS else None
