"""Uploads: pictures and films as the store takes them, decoded in its child process."""

import asyncio
import io
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from PIL import Image

from lemmy_lite.media import formats
from lemmy_lite.media.images import Images
from lemmy_lite.media.refusal import ImageRefused
from lemmy_lite.media.workshop import ChildGone
from tests.fuzz.inputs import changed_bytes
from tests.fuzz.target import Bench, Broken
from tests.media import pictures

LARGEST = 10**6


@cache
def samples() -> tuple[bytes, ...]:
    """Small files of every kind, the same in every run."""
    dice = random.Random(7)
    noise = Image.frombytes("RGB", (12, 9), dice.randbytes(12 * 9 * 3))
    frames = [Image.frombytes("P", (6, 5), dice.randbytes(30)) for _ in range(3)]
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = pictures.CAMERA
    stills = [
        pictures.file(noise, kind, **options)
        for kind, options in (("JPEG", {"exif": exif}), ("PNG", {}), ("WEBP", {"exif": exif}), ("GIF", {}))
    ]
    more = [pictures.file(noise.convert(mode), "PNG") for mode in ("1", "L", "P", "RGBA", "I;16")]
    more += [
        pictures.file(noise.convert("CMYK"), "JPEG"),
        pictures.file(noise, "JPEG", progressive=True),
        pictures.file(noise, "WEBP", lossless=True),
    ]
    animations = []
    for kind in ("GIF", "WEBP", "PNG"):
        written = io.BytesIO()
        frames[0].save(written, kind, save_all=True, append_images=frames[1:], duration=70, loop=0)
        animations.append(written.getvalue())
    box = (28).to_bytes(4, "big") + b"moov" + (20).to_bytes(4, "big") + b"udta" + (12).to_bytes(4, "big") + b"\xa9xyz" + b"+47."
    return (*stills, *more, *animations, pictures.WEBM, pictures.MP4[:24] + box)


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """A store of its own, with one child for all pictures."""
    with asyncio.Runner() as runner:
        images = Images(folder / "images", budget=10**8, video_limit=LARGEST)
        runner.run(images.start())
        try:
            yield Bench(changed_bytes(samples()), lambda body: runner.run(_check(images, body)))
        finally:
            runner.run(images.close())


async def _check(images: Images, body: bytes) -> None:
    """A file is refused and leaves nothing, or is kept as one that reads; the child lives on either way."""
    try:
        async with images.aside() as path:
            await images.receive(_pieces(body), path, LARGEST)
            kept = await images.keep(path)
    except ImageRefused as refused:
        if isinstance(refused.__cause__, ChildGone):
            raise Broken("the decoder died of it") from refused
        if not refused.sentence:
            raise Broken("refused without a word") from refused
    else:
        where = await images.uploads.at(kept.name)
        if where is None:
            raise Broken("kept and not there")
        data = where.read_bytes()
        if formats.sniff(data[: formats.HEAD]) != kept.format:
            raise Broken(f"kept as {kept.format.suffix}, and is {formats.sniff(data[: formats.HEAD])}")
        if pictures.CAMERA.encode() in data and kept.format.pillow is not None:
            raise Broken("tells of the camera")
        if kept.format.pillow is not None:
            await _check_again(images, where, kept.format)
        await images.remove(kept.name)
    if left := [each.name for each in (images._aside).iterdir()]:
        raise Broken(f"left aside: {left}")


async def _check_again(images: Images, path: Path, kind: formats.Format) -> None:
    """What was kept can be shown smaller and in another format."""
    try:
        await images.measured(path)
        shown = await images.variant("x" * 64, path, kind, formats.WEBP, 96)
    except ImageRefused as refused:
        raise Broken("what was kept cannot be shown") from refused
    if formats.sniff_file(shown.path) != formats.WEBP:
        raise Broken("shown as something else")
    images.forget("x" * 64)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    yield body
