"""What becomes of an upload: clean, upright, whole, or refused."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lemmy_lite.media.images import Images
from lemmy_lite.media.job import Limits
from lemmy_lite.media.refusal import ImageRefused, Reason
from lemmy_lite.media.workshop import Workshop
from tests.media import pictures
from tests.media.conftest import keep, pieces

Told = Callable[..., None]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_nothing_of_place_camera_and_comments_is_left(kind: str, told: Told) -> None:
    taken = pictures.with_metadata(kind)
    assert pictures.GPS in taken
    assert pictures.CAMERA.encode() in taken or kind == "AVIF"

    async def story(images: Images) -> None:
        kept = await keep(images, taken)
        body = images.store.path(kept.name).read_bytes()
        assert pictures.GPS not in body
        assert pictures.CAMERA.encode() not in body
        with Image.open(io.BytesIO(body)) as image:
            assert not dict(image.getexif())
            assert not image.info.keys() & {"exif", "xmp", "comment", "icc_profile", "Location"}

    told(story)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_taken_upright_stands_upright(kind: str, told: Told) -> None:
    async def story(images: Images) -> None:
        kept = await keep(images, pictures.with_metadata(kind, orientation=6, size=(64, 48)))
        assert (kept.width, kept.height) == (48, 64)
        with Image.open(images.store.path(kept.name)) as image:
            assert image.size == (48, 64)

    told(story)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_keeps_its_frames_and_their_pace(kind: str, told: Told) -> None:
    async def story(images: Images) -> None:
        kept = await keep(images, pictures.animation(kind))
        with Image.open(images.store.path(kept.name)) as image:
            assert image.n_frames == 5
            image.seek(1)
            image.load()
            assert image.info["duration"] == 70
            assert image.info["loop"] == 0

    told(story)


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_an_animation_tells_nothing_of_place_and_camera(kind: str, told: Told) -> None:
    exif = Image.Exif()
    exif[0x010F] = pictures.CAMERA
    exif.get_ifd(0x8825)[0x001B] = pictures.GPS
    frames = [pictures.noise(20, 20) for _ in range(3)]
    taken = pictures.file(frames[0], kind, save_all=True, append_images=frames[1:], duration=70, exif=exif)
    assert pictures.GPS in taken

    async def story(images: Images) -> None:
        kept = await keep(images, taken)
        body = images.store.path(kept.name).read_bytes()
        assert pictures.GPS not in body
        assert pictures.CAMERA.encode() not in body
        with Image.open(io.BytesIO(body)) as image:
            assert image.n_frames == 3
            assert not dict(image.getexif())

    told(story)


def test_an_avif_is_kept_as_webp(told: Told) -> None:
    async def story(images: Images) -> None:
        kept = await keep(images, pictures.file(pictures.noise(), "AVIF"))
        assert kept.format.media_type == "image/webp"

    told(story)


def test_transparency_and_colours_stay(told: Told) -> None:
    half = Image.new("RGBA", (8, 8), (255, 0, 0, 128))

    async def story(images: Images) -> None:
        for kind in ("PNG", "WEBP"):
            kept = await keep(images, pictures.file(half, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {})))
            with Image.open(images.store.path(kept.name)) as image:
                red, green, blue, alpha = image.convert("RGBA").getpixel((4, 4))
                assert abs(red - 255) + green + blue < 24
                assert alpha == 128

    told(story)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (pictures.bomb(), Reason.TOO_LARGE),
        (pictures.bomb(10_000, 10_000), Reason.TOO_LARGE),
        (pictures.webp_bomb(), Reason.TOO_LARGE),
        (pictures.many_frames(), Reason.TOO_LARGE),
        (pictures.far_frame(60_000), Reason.TOO_LARGE),
        (pictures.far_frame(10_000, 100, frames=600), Reason.TOO_LARGE),
        (pictures.file(pictures.noise(300, 300), "JPEG")[:2000], Reason.BROKEN),
        (pictures.file(pictures.noise(300, 300), "PNG")[:2000], Reason.BROKEN),
        (pictures.file(pictures.noise(300, 300), "WEBP")[:2000], Reason.BROKEN),
        (b"GIF89a/*<script>alert(1)</script>*/=1;", Reason.BROKEN),
        (b"\xff\xd8\xff" + b"<html>", Reason.BROKEN),
        (pictures.SVG, Reason.NOT_AN_IMAGE),
        (pictures.HEIC, Reason.NOT_AN_IMAGE),
        (b"", Reason.NOT_AN_IMAGE),
        (pictures.MP4 + bytes(20_000), Reason.TOO_LARGE),
    ],
    ids=[
        "bomb",
        "100MP",
        "webp-bomb",
        "frames",
        "far-frame",
        "far-frames",
        "jpeg-cut",
        "png-cut",
        "webp-cut",
        "gif-js",
        "jpeg-html",
        "svg",
        "heic",
        "empty",
        "film",
    ],
)
def test_hostile_files_are_refused_and_the_next_upload_is_fine(body: bytes, reason: Reason, told: Told) -> None:
    async def story(images: Images) -> None:
        with pytest.raises(ImageRefused) as refused:
            await keep(images, body)
        assert refused.value.reason == reason
        assert (await keep(images, pictures.file(pictures.noise(), "PNG"))).width == 64
        assert images.budget.used == images.store.size()

    told(story)


def test_what_hangs_behind_a_picture_is_cut_off(told: Told) -> None:
    async def story(images: Images) -> None:
        for kind in ("JPEG", "PNG", "GIF"):
            kept = await keep(images, pictures.file(pictures.noise(), kind) + b"PK\x03\x04<script>alert(1)</script>")
            assert b"<script>" not in images.store.path(kept.name).read_bytes()

    told(story)


def test_a_short_film_is_kept_to_the_byte(told: Told) -> None:
    async def story(images: Images) -> None:
        kept = await keep(images, pictures.MP4)
        assert images.store.path(kept.name).read_bytes() == pictures.MP4
        assert kept.format.media_type == "video/mp4"

    told(story)


def test_a_picture_that_is_too_much_for_the_child_ends_the_child_alone(told: Told, tmp_path: Path) -> None:
    workshop = Workshop(memory=160 * 2**20)

    async def story(images: Images) -> None:
        small = pictures.file(pictures.noise(), "PNG")
        await keep(images, small)
        with pytest.raises(ImageRefused) as refused:
            await keep(images, pictures.file(Image.new("RGB", (6000, 6000)), "PNG"))
        assert refused.value.reason == Reason.TOO_LARGE
        await keep(images, small)

    told(story, workshop=workshop)


def test_a_child_that_dies_at_rest_is_followed_by_another(told: Told) -> None:
    async def story(images: Images) -> None:
        body = pictures.file(pictures.noise(), "PNG")
        await keep(images, body)
        first = images.workshop.child
        assert first is not None
        os.kill(first, 9)
        await keep(images, body)
        assert images.workshop.child not in (None, first)

    told(story)


def test_a_child_that_takes_too_long_is_ended(told: Told) -> None:
    async def story(images: Images) -> None:
        with pytest.raises(ImageRefused) as refused:
            await keep(images, pictures.file(pictures.noise(3000, 3000), "PNG"))
        assert refused.value.reason == Reason.TOO_LARGE

    told(story, workshop=Workshop(wall_seconds=0.01))


def test_the_child_loads_nothing_of_the_server() -> None:
    asked = "import sys, lemmy_lite.media.worker, lemmy_lite.media.decoding; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert not {"litestar", "msgspec", "aiosqlite", "cryptography", "click", "lemmy_lite.config", "lemmy_lite.app"} & set(loaded)


def test_the_child_dies_with_its_parent(tmp_path: Path) -> None:
    parent = """
import asyncio, os, sys
from lemmy_lite.media.job import Job
from lemmy_lite.media.workshop import Workshop
async def main():
    workshop = Workshop()
    try:
        await workshop.run(Job(source="/nowhere", target="/nowhere", read_as="PNG", write_as="PNG"))
    except Exception:
        pass
    print(workshop.child, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        process.kill()
        process.wait()
        for _ in range(500):
            if not _alive(child):
                break
            os.sched_yield()
            subprocess.run(["sleep", "0.01"], check=True)
        assert not _alive(child)


def _alive(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def test_more_than_a_file_may_have_is_refused_while_it_arrives(told: Told) -> None:
    async def story(images: Images) -> None:
        async with images.aside() as path:
            with pytest.raises(ImageRefused) as refused:
                await images.receive(pieces(bytes(300_000)), path, 100_000)
            assert refused.value.reason == Reason.TOO_LARGE
            assert path.stat().st_size <= 165_536
        assert not path.exists()

    told(story)


def test_the_same_picture_twice_is_one_file(told: Told) -> None:
    async def story(images: Images) -> None:
        body = pictures.file(pictures.noise(), "PNG")
        first, second = await keep(images, body), await keep(images, body)
        assert first == second
        assert images.budget.uploads == images.store.size() == first.size

    told(story)


def test_files_are_for_nobody_else_to_read(told: Told, tmp_path: Path) -> None:
    async def story(images: Images) -> None:
        kept = await keep(images, pictures.file(pictures.noise(), "PNG"))
        path = images.store.path(kept.name)
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    told(story)


def test_limits_come_from_the_configuration(told: Told) -> None:
    async def story(images: Images) -> None:
        await keep(images, pictures.file(pictures.noise(10, 10), "PNG"))
        with pytest.raises(ImageRefused):
            await keep(images, pictures.file(pictures.noise(11, 10), "PNG"))

    told(story, limits=Limits(pixels=100))


@pytest.mark.parametrize("name", ["../../lemmy.db", "a" * 63, "A" * 64, "a" * 64 + "\n", "/etc/passwd", ""])
def test_no_name_leads_out_of_the_folder(name: str, told: Told) -> None:
    async def story(images: Images) -> None:
        with pytest.raises(ValueError, match="not the name"):
            images.store.path(name)

    told(story)
