"""Screenshots of every sample page, for people to look at: `scripts/screenshots [NAME...]`.

Each page of the gallery is served from memory on a loopback port and photographed at 360, 768 and 1280 px, light, dark, and in Arabic
from right to left, for a reader with an account and for one without. Menus are open where `--open` asks for it. The pictures land in
tests/screenshots/gallery/, which git ignores, with sheets of many of them side by side.
"""

import argparse
import io
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Page, sync_playwright

from lemmy_lite.http.web.policy import PAGE_HEADERS
from lemmy_lite.http.web.render import Templates
from lemmy_lite.http.web.static import Statics, load_statics
from tests.http.web import gallery, sample

FOLDER = Path(__file__).resolve().parents[2] / "screenshots" / "gallery"
WIDTHS = {360: 740, 768: 1024, 1280: 900}
"""Widths in CSS pixels and the height of the window; the picture shows the whole page up to LONGEST."""
LONGEST = 3200
ALL_DECODED = """Promise.race([
    Promise.all([...document.images].filter(each => each.checkVisibility()).map(each => each.decode().catch(() => 0))),
    new Promise(enough => setTimeout(enough, 800)),
])"""
"""Pictures below the photographed part are never loaded, so the wait has an end."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Look(NamedTuple):
    """How a page is looked at: its colours and the language of its words."""

    name: str
    scheme: Literal["light", "dark"]
    language: str


LOOKS = (Look("light", "light", "en"), Look("dark", "dark", "en"), Look("rtl", "light", "ar"))
READERS = ("moderator", "anonymous")
ON_SHEET = {360: 8, 768: 6, 1280: 4}
"""How many pictures stand beside each other on a sheet, by width."""
OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


@lru_cache(maxsize=500)
def painting(name: str) -> bytes:
    """A made-up photograph: two colours and a few soft shapes that follow from the name."""
    seed = sum(ord(letter) * (place + 7) for place, letter in enumerate(name))
    wide = "banner" in name
    size = (1200, 300) if wide else (800, 600)
    picture = Image.new("RGB", size, _colour(seed))
    draw = ImageDraw.Draw(picture)
    for number in range(9):
        x, y = (seed * (number + 3)) % size[0], (seed * (number + 11) // 3) % size[1]
        reach = 60 + (seed * (number + 1)) % 220
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=_colour(seed + number * 37))
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(24)).save(out, "WEBP")
    return out.getvalue()


def _colour(seed: int) -> tuple[int, int, int]:
    return (60 + seed * 7 % 150, 90 + seed * 5 % 110, 70 + seed * 3 % 120)


@contextmanager
def serving(pages: dict[str, str], statics: Statics) -> Iterator[str]:
    """A loopback server of these pages by path, the static files, and paintings for every picture; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file = statics.find(self.path)
            if self.path in pages:
                self._answer("text/html; charset=utf-8", pages[self.path].encode())
            elif file is not None:
                self._answer(file.content_type, file.content)
            elif self.path.startswith("/pictrs/image/"):
                self._answer("image/webp", painting(self.path))
            else:
                self.send_error(404)

        def _answer(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            for name, value in PAGE_HEADERS:
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError):  # a picture the closed window no longer waits for
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def rendered(
    names: list[str], readers: tuple[str, ...] = ("moderator", "anonymous"), language: str = "en"
) -> tuple[dict[str, str], Statics]:
    """The pages wanted (all when none is named) by path, for these readers, each once where they see the same."""
    statics = load_statics()
    templates = Templates(statics, sample.picture)
    pages: dict[str, str] = {}
    for case in gallery.cases():
        if not names or case.name in names:
            for reader in readers:
                frame = msgspec.structs.replace(case.frame(gallery.READERS[reader]), language=language)
                page = templates.render(case.template, frame, **case.data)
                if page not in pages.values():
                    pages[f"/{case.name}-{reader}"] = page
    return pages, statics


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


def photograph(
    browser: Browser, address: str, path: str, width: int, scheme: Literal["light", "dark"], look: str = "", *, unfold: bool = False
) -> list[str]:
    """Takes one picture; returns what is wrong: the browser's complaints, and a page wider than its window."""
    wrong: list[str] = []
    window = browser.new_page(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme)
    window.on("console", lambda message: wrong.append(f"{path}: {message.text}"))
    window.goto(address + path)
    if unfold:
        window.evaluate(OPEN)
    wrong += too_wide(window, f"{path} in {look or scheme}", width)
    height = min(window.evaluate("document.documentElement.scrollHeight"), LONGEST)
    window.set_viewport_size({"width": width, "height": max(height, WIDTHS[width])})
    window.evaluate(ALL_DECODED)
    FOLDER.mkdir(parents=True, exist_ok=True)
    window.screenshot(path=_file(path, width, look or scheme))
    window.close()
    return wrong


def too_wide(window: Page, path: str, width: int) -> list[str]:
    """A complaint where the page in a window of this width has to be scrolled sideways."""
    wide = window.evaluate("document.documentElement.scrollWidth")
    return [f"{path} at {width}: {wide} px wide"] if wide > width else []


def _file(path: str, width: int, look: str) -> Path:
    return FOLDER / f"{path[1:]}-{width}-{look}.png"


def sheets(paths: Sequence[str], width: int, look: str) -> None:
    """Many pictures side by side, as large as fits 1800 px, each under its name."""
    per_row = ON_SHEET[width]
    across = 1800 // per_row - 8
    for number, start in enumerate(range(0, len(paths), per_row), 1):
        sheet = Image.new("RGB", (1800, 1100), "#888")
        for place, path in enumerate(paths[start : start + per_row]):
            with Image.open(_file(path, width, look)) as picture:
                small = picture.convert("RGB")
                small.thumbnail((across, 10_000))
                sheet.paste(small.crop((0, 0, small.width, min(small.height, 1076))), (place * (across + 8) + 4, 20))
            ImageDraw.Draw(sheet).text((place * (across + 8) + 6, 4), path[1:], fill="#fff")
        sheet.save(FOLDER / f"sheet-{width}-{look}-{number:02}.png")


def _tell(done: int, total: int) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{done} of {total} pictures")
    elif done % 100 == 0:
        sys.stdout.write(f"{done} of {total} pictures\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Photograph the sample pages.")
    parser.add_argument("names", nargs="*", help="names of the gallery; all when left out")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of Chromium")
    parser.add_argument("--width", type=int, choices=list(WIDTHS), action="append", help="only this width in pixels; may be given again")
    parser.add_argument("--look", choices=[look.name for look in LOOKS], action="append", help="only this look; may be given again")
    parser.add_argument("--reader", choices=list(gallery.READERS), action="append", help="as whom to look; may be given again")
    parser.add_argument("--open", action="store_true", help="with everything open that folds, menus too")
    wanted = parser.parse_args()
    widths, readers = wanted.width or list(WIDTHS), wanted.reader or READERS
    looks = [look for look in LOOKS if not wanted.look or look.name in wanted.look]
    done, wrong = 0, 0
    with chromium(wanted.chromium) as browser:
        for look in looks:
            pages, statics = rendered(wanted.names, readers, look.language)
            total = len(widths) * len(looks) * len(pages)
            with serving(pages, statics) as address:
                for width, path in product(widths, pages):
                    for line in photograph(browser, address, path, width, look.scheme, look.name, unfold=wanted.open):
                        sys.stdout.write(f"\r{line}\n")
                        wrong += 1
                    done += 1
                    _tell(done, total)
            for width in widths:
                sheets(list(pages), width, look.name)
    sys.stdout.write(f"\r{done} pictures are in {FOLDER}, {wrong} complaints\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
