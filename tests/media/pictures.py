"""Pictures of every kind that is taken, and files that only look like one."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

GPS = b"47.3769"
CAMERA = "A camera of somebody's"


def noise(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Something that is not easily packed."""
    return Image.effect_noise((width, height), 60).convert(mode)


def file(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file."""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def with_metadata(kind: str, orientation: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    """A photo that tells who took it, where and with what, wherever its format has a place for that."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[0x001B] = GPS
    options: dict[str, Any] = {"exif": exif}
    if kind in ("JPEG", "WEBP"):
        options["xmp"] = b"<x:xmpmeta>" + GPS + b"</x:xmpmeta>"
    if kind == "JPEG":
        options["comment"] = GPS
    if kind == "GIF":
        options = {"comment": GPS + CAMERA.encode()}
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Location", GPS.decode() + CAMERA)
    return file(noise(*size), kind, **options)


def animation(kind: str, frames: int = 5, size: tuple[int, int] = (40, 30)) -> bytes:
    """Pictures that follow each other, 70 ms each, again and again."""
    pictures = [noise(*size) for _ in range(frames)]
    return file(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=70, loop=0)


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of a few hundred bytes that says it is enormous."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b"")


def webp_bomb() -> bytes:
    """A WebP whose canvas would take 2 GB."""
    canvas = struct.pack("<I", 16_383)[:3] * 2
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas
    return b"RIFF" + struct.pack("<I", len(extended) + 4) + b"WEBP" + extended


def many_frames(count: int = 10_000) -> bytes:
    """A GIF of one pixel with very many frames."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + frame * count + b";"


def far_frame(left: int, down: int = 1, frames: int = 2) -> bytes:
    """A GIF of one pixel whose second frame lies so many pixels aside and is so high, which makes all that follow as large."""
    places = [(0, 1), (left, down)] + [(0, 1)] * (frames - 2)
    drawn = [b"\x2c" + struct.pack("<HHHHB", place, 0, 1, height, 0) + b"\x02\x02\x44\x01\x00" for place, height in places]
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6) + b"".join(drawn) + b";"


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MP4 = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + bytes(500)
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500)


def element(kind: int, *parts: bytes, size: int | None = None) -> bytes:
    """An element of a WebM. `size` is the length of its size in bytes; 0 leaves the size open."""
    body = b"".join(parts)
    head = kind.to_bytes((kind.bit_length() + 7) // 8, "big")
    if size == 0:
        return head + b"\x01" + b"\xff" * 7 + body
    length = size or next(n for n in range(1, 9) if len(body) < (1 << 7 * n) - 1)
    return head + (1 << 7 * length | len(body)).to_bytes(length, "big") + body


WEBM_HEAD = element(0x1A45DFA3, element(0x4286, b"\1"), element(0x42F7, b"\1"), element(0x4282, b"webm"), size=8)
WEBM = WEBM_HEAD + element(
    0x18538067,
    element(0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40"), element(0x4D80, b""), element(0x5741, b"")),
    element(0x1654AE6B, element(0xAE, element(0xD7, b"\1"), element(0x83, b"\1"), element(0x86, b"V_VP8"))),
    element(0x1F43B675, element(0xE7, b"\0"), element(0xA3, b"\x81\0\0\x80" + bytes(500))),
)
