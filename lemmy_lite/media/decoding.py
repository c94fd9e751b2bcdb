"""Pictures in, clean pictures out: limits before decoding, turned upright, colours in sRGB, no metadata, encoded anew.

Runs in the child process alone (worker.py): what Pillow's decoders do with a hostile file must not happen in the server.
"""

import io
import os
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, GifImagePlugin, Image, ImageCms, ImageOps, JpegImagePlugin

from lemmy_lite.media.job import Answer, Job, Limits
from lemmy_lite.media.refusal import ImageRefused, Reason

ANIMATED: Final = frozenset({"GIF", "WEBP", "PNG"})
"""What animations are written as; AVIF is too slow for that on a small board."""

_LARGE_SIDE: Final = 1080
"""Above, WebP's quick method is taken: 38 ms instead of 196 at 1920 pixels for about the same bytes (performance.md, part 2)."""

_MANY_PIXELS: Final = 4_000_000
"""Above, PNG is packed less hard: 40 megapixels would take a Raspberry Pi a minute."""

warnings.simplefilter("error", Image.DecompressionBombWarning)
# Frames of one palette stay in it: a fourth of the memory, and written as they were.
GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY


def convert(job: Job) -> Answer:
    """Do a job. Never raises for what is wrong with the file: that is the answer."""
    try:
        width, height = _converted(job)
    except ImageRefused as refused:
        return Answer(refused=refused.reason, sentence=refused.sentence)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Answer(refused=Reason.TOO_LARGE, sentence=f"A picture may have {job.limits.pixels // 10**6} megapixels.")
    except MemoryError:
        return Answer(refused=Reason.TOO_LARGE, sentence="The picture needs more memory than it may have.")
    except Exception as error:  # decoders raise whatever comes to hand; each means that the file is no good
        return Answer(refused=Reason.BROKEN, sentence=f"The picture could not be read ({type(error).__name__}).")
    return Answer(width=width, height=height)


def _converted(job: Job) -> tuple[int, int]:
    # Pillow asks for this at places that we do not see, such as the frames of an animation.
    Image.MAX_IMAGE_PIXELS = job.limits.pixels
    if job.read_as == "WEBP":
        # Its decoder takes memory for the whole canvas when the file is opened.
        _check_size(_webp_size(Path(job.source)), job.limits)
    with Image.open(job.source, formats=[job.read_as]) as image:
        _check_size(image.size, job.limits)
        if not job.target:
            return _upright_size(image)
        frames = _frames(image, job.limits)
        if job.box is None and frames > 1 and job.write_as in ANIMATED:
            return _save_animation(image, frames, job)
        return _save_still(image, job)


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise ImageRefused(Reason.TOO_LARGE, f"A picture may have {limits.pixels // 10**6} megapixels; this one has {width}×{height}.")


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as browsers show it, turned as the camera's note says (EXIF 2.32, tag 0x0112: 5 to 8 lie on their side)."""
    try:
        lies = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except (ValueError, SyntaxError, struct.error, OSError, KeyError, TypeError, IndexError):
        lies = False
    return (image.height, image.width) if lies else image.size


def _frames(image: Image.Image, limits: Limits) -> int:
    """How many frames there are. Raises ImageRefused as soon as there are too many: counting itself takes its time."""
    if not getattr(image, "is_animated", False):
        return 1
    if isinstance(image, GifImagePlugin.GifImageFile):
        count, canvas = _gif_frames(Path(os.fsdecode(image.filename)), image.size, limits.frames)
        _check_size(canvas, limits)
    else:
        count, canvas = getattr(image, "n_frames", 1), image.size
    most = min(limits.frames, limits.animation_pixels // max(1, canvas[0] * canvas[1]))
    if count > max(1, most):
        raise ImageRefused(Reason.TOO_LARGE, f"An animation of this size may have {most} frames.")
    return count


def _gif_frames(path: Path, canvas: tuple[int, int], most: int) -> tuple[int, tuple[int, int]]:
    """How many frames a GIF has, counted to one more than `most`, and the canvas with them: one that reaches beyond it makes it larger.

    By its blocks, without decoding any: Pillow's own count goes through all of them.
    """
    data = path.read_bytes()
    position = 13 + _palette_bytes(data[10])
    count, (width, height) = 0, canvas
    while position < len(data) and count <= most and data[position] != 0x3B:
        if data[position] == 0x2C:
            count += 1
            left, top, across, down = struct.unpack_from("<HHHH", data, position + 1)
            width, height = max(width, left + across), max(height, top + down)
            position += 10 + _palette_bytes(data[position + 9]) + 1
        else:
            position += 2
        while position < len(data) and data[position]:
            position += data[position] + 1
        position += 1
    return count, (width, height)


def _palette_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _webp_size(path: Path) -> tuple[int, int]:
    """Width and height of the canvas, from the first chunk (RFC 9649, 2.5 to 2.7)."""
    with path.open("rb") as file:
        head = file.read(30)
    chunk = head[12:16]
    if chunk == b"VP8X" and len(head) == 30:
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if chunk == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and len(head) == 30:
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ImageRefused(Reason.BROKEN, "The picture could not be read (no WebP chunk).")


def _save_still(image: Image.Image, job: Job) -> tuple[int, int]:
    options = _options(image, job)
    if job.box is not None:
        image.draft(None, (2 * job.box, 2 * job.box))
        if image.mode not in ("L", "RGB", "RGBA", "CMYK", "YCbCr"):
            image = _with_plain_mode(image)
        image.thumbnail((job.box, job.box), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image.load()
    _turn_upright(image)
    image = _in_srgb(image)
    if not (job.write_as == "PNG" and image.mode in ("1", "P", "PA", "I;16")):
        image = _with_plain_mode(image)
    if job.write_as == "JPEG" and image.mode in ("RGBA", "LA"):
        image = _on_white(image)
    image.info = {name: image.info[name] for name in ("transparency",) if name in image.info and image.mode in ("P", "1")}
    _write(image, job, options | _effort(image, job))
    return image.size


def _write(image: Image.Image, job: Job, options: dict[str, Any]) -> None:
    try:
        image.save(job.target, job.write_as, **options)
    except ValueError:
        if "qtables" not in options:
            raise
        image.save(job.target, job.write_as, quality=88)


def _turn_upright(image: Image.Image) -> None:
    """Bake the camera's orientation in. A note on orientation that cannot be read is none."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except (ValueError, SyntaxError, struct.error, OSError, KeyError, TypeError, IndexError):
        return


def _in_srgb(image: Image.Image) -> Image.Image:
    """The colours as they looked with the profile that is about to be dropped: profiles tell the device, and cost bytes."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image.convert("RGB") if image.mode == "CMYK" else image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(given):
            return image
        converted = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, ValueError, OSError):
        return image.convert(mode)
    return converted if converted is not None else image


def _with_plain_mode(image: Image.Image) -> Image.Image:
    """Grey, colour, or colour with transparency."""
    if image.mode in ("L", "RGB", "RGBA"):
        # In these modes a single colour may be declared transparent (PNG, tRNS).
        return image.convert("RGBA") if "transparency" in image.info and image.mode != "RGBA" else image
    if image.mode.startswith("I") or image.mode == "F":
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency, for a format that has none."""
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _options(image: Image.Image, job: Job) -> dict[str, Any]:
    """A JPEG stays as coarse or fine as it was: tables of its own, so that it neither grows nor fades by being cleaned."""
    if job.write_as == "JPEG" and isinstance(image, JpegImagePlugin.JpegImageFile) and image.mode in ("RGB", "L") and job.box is None:
        sampling = JpegImagePlugin.get_sampling(image)
        return {"qtables": image.quantization, "subsampling": sampling if sampling >= 0 and image.mode == "RGB" else -1}
    return {}


def _effort(image: Image.Image, job: Job) -> dict[str, Any]:
    large = max(image.size) > _LARGE_SIDE
    return {
        "WEBP": {"quality": 80, "method": 0 if large else 4},
        "AVIF": {"quality": 65, "speed": 9, "max_threads": 1},
        "PNG": {"compress_level": 3} if image.width * image.height > _MANY_PIXELS else {},
        "JPEG": {"quality": 85} if job.box is not None or job.read_as != "JPEG" else {},
    }.get(job.write_as, {})


def _save_animation(image: Image.Image, frames: int, job: Job) -> tuple[int, int]:
    durations = []
    for number in range(frames):
        image.seek(number)
        image.load()  # WebP tells a frame's time only now
        durations.append(int(image.info.get("duration") or 100))
    loop = image.info.get("loop", None if job.read_as == "GIF" else 0)
    options: dict[str, Any] = {"save_all": True, "duration": durations} | ({} if loop is None else {"loop": int(loop)})
    first, *others = _clean_frames(image, frames)
    options |= {"WEBP": {"quality": 80, "method": 0}, "GIF": {"disposal": 2} if first.mode == "RGBA" else {}}.get(job.write_as, {})
    first.save(job.target, job.write_as, append_images=others, **options)
    return first.size


def _clean_frames(image: Image.Image, frames: int) -> Iterator[Image.Image]:
    for number in range(frames):
        image.seek(number)
        frame = image.copy()
        keeps = frame.mode in ("P", "L") and "transparency" in frame.info
        frame.info = {"transparency": frame.info["transparency"]} if keeps else {}
        yield frame
