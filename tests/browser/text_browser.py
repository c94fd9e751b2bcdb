"""Somebody in front of w3m: a terminal, keys, and what stands on the screen."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

ROWS, COLUMNS = 240, 110
"""A terminal so long that no page of these walks is cut off."""
QUIET = 0.12
"""Seconds without output after which a screen is taken as drawn."""
PATIENCE = 15.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>78]|[\x00\x0e\x0f\x07\r]")
PLACED = re.compile(r"\x1b\[[0-9;]*H")
BLANKS = re.compile(r"[ \t\xa0]+")
FORWARD = re.compile(r"\x1b\[[0-9]*C")
REDRAW, TAB, ENTER, CLEAR = "\x0c", "\t", "\r", "\x15"

EDITOR = """#!/bin/sh
cat "{words}" > "$1"
"""


class TextBrowser:
    """w3m with one page open. Raises AssertionError with the screen where something is not found."""

    def __init__(self, program: str, home: Path, address: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._words, editor = home / "words", home / "editor"
        editor.write_text(EDITOR.format(words=self._words))
        editor.chmod(0o755)
        environment = {"HOME": str(home), "TERM": "vt100", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "EDITOR": str(editor)}
        options = ["-cookie", "-o", f"editor={editor}", "-o", "accept_cookie=1", "-o", "confirm_qq=0", "-o", "wrap_search=1"]
        self._terminal, other_end = pty.openpty()
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        # The shell leads a session and opens the terminal, which thereby becomes the one that keys come from.
        command = ["sh", "-c", f'exec "$@" <>{os.ttyname(other_end)} >&0 2>&0', "sh", program, *options, address]
        self._process = subprocess.Popen(command, env=environment, start_new_session=True)
        os.close(other_end)
        self.screen = ""

    def go(self, address: str) -> "TextBrowser":
        """Types an address."""
        self._type(f"U{CLEAR}{address}{ENTER}")
        return self

    def press(self, *words: str) -> None:
        """Goes from the top of the page from one of these words to the next, and presses the last, a link or a button."""
        self._find(*words)
        self._type(ENTER)

    def fill(self, label: str, text: str) -> None:
        """Types into the one-line field after a label."""
        self._find(label)
        self._type(TAB + ENTER)
        self._type(CLEAR + text + ENTER)

    def write(self, label: str, text: str) -> None:
        """Writes into the text area after a label, in the editor that w3m opens for it."""
        self._words.write_text(text)
        self._find(label)
        self._type(TAB + ENTER)

    def reads(self, words: str) -> str:
        """Waits until these words are on the screen; answers the screen."""
        return self._until(lambda: words in self.screen, f"no {words!r}")

    def close(self) -> None:
        """Ends the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _find(self, *words: str) -> None:
        self.reads(words[-1])
        self._type("g")
        for each in words:
            self._type(f"/{each}{ENTER}")
            assert "Not found" not in self.screen, f"no {each!r} on:\n{self.screen}"

    def _type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())
        self._draw()

    def _draw(self) -> None:
        """Draws the screen anew. While a page comes, w3m looks at no key, so that the drawing tells that it has come."""
        self._read(QUIET)
        os.write(self._terminal, REDRAW.encode())
        shown = PLACED.sub("\n", self._read(PATIENCE))
        self.screen = BLANKS.sub(" ", ESCAPES.sub("", FORWARD.sub(" ", shown)))

    def _read(self, first: float) -> str:
        """What is written until it is quiet; `first` are the seconds to wait for the first of it."""
        taken, wait = b"", first
        while select.select([self._terminal], [], [], wait)[0]:
            try:
                taken += os.read(self._terminal, 65536)
            except OSError:
                break
            wait = QUIET
        return taken.decode(errors="replace")

    def _until(self, done: Callable[[], bool], otherwise: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline, f"{otherwise} on:\n{self.screen}"
            self._draw()
        return self.screen
