"""Screenshots of every sample page, for people to look at: `python -m tests.http.web.screenshots [NAME...]`.

Each page of the gallery is served from memory on a loopback port and photographed at 360 and 1280 px, light and dark, with
JavaScript off, for a reader with an account and for one without. The pictures land in tests/screenshots/, which git ignores.
"""

import argparse
import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, sync_playwright

from lemmy_lite.http.web.policy import PAGE_HEADERS
from lemmy_lite.http.web.render import Templates
from lemmy_lite.http.web.static import Statics, load_statics
from tests.http.web import gallery, sample

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
WIDTHS = {360: 740, 1280: 900}
"""Widths in CSS pixels and the height of the window; the picture shows the whole page up to LONGEST."""
LONGEST = 3200
ALL_DECODED = """Promise.race([
    Promise.all([...document.images].filter(each => each.checkVisibility()).map(each => each.decode().catch(() => 0))),
    new Promise(enough => setTimeout(enough, 800)),
])"""
"""Pictures below the photographed part are never loaded, so the wait has an end."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


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


def rendered(names: list[str]) -> tuple[dict[str, str], Statics]:
    """The pages wanted (all when none is named) by path, for both kinds of reader."""
    statics = load_statics()
    templates = Templates(statics, sample.picture)
    pages = {}
    for case in gallery.cases():
        if not names or case.name in names:
            for reader in ("anonymous", "moderator"):
                frame = case.frame(gallery.READERS[reader])
                pages[f"/{case.name}-{reader}"] = templates.render(case.template, frame, **case.data)
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


def photograph(browser: Browser, address: str, path: str, width: int, scheme: Literal["light", "dark"]) -> list[str]:
    """Takes one picture; returns what is wrong: the browser's complaints, and a page wider than its window."""
    wrong: list[str] = []
    window = browser.new_page(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme)
    window.on("console", lambda message: wrong.append(f"{path}: {message.text}"))
    window.goto(address + path)
    wide = window.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        wrong.append(f"{path} at {width}: {wide} px wide")
    height = min(window.evaluate("document.documentElement.scrollHeight"), LONGEST)
    window.set_viewport_size({"width": width, "height": max(height, WIDTHS[width])})
    window.evaluate(ALL_DECODED)
    FOLDER.mkdir(exist_ok=True)
    window.screenshot(path=FOLDER / f"{path[1:]}-{width}-{scheme}.png")
    window.close()
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="Photograph the sample pages.")
    parser.add_argument("names", nargs="*", help="names of the gallery; all when left out")
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="path of Chromium")
    wanted = parser.parse_args()
    pages, statics = rendered(wanted.names)
    with serving(pages, statics) as address, chromium(wanted.chromium) as browser:
        for path, width, scheme in product(pages, WIDTHS, SCHEMES):
            for line in photograph(browser, address, path, width, scheme):
                sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
