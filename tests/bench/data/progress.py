"""How far a long piece of work is: a bar on a terminal, elsewhere a line a minute."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")

_STEP = 5_000


class Progress:
    """Counts pieces of work of known number in all. `say` shows what is being done now."""

    def __init__(self, total: int, *, out: TextIO = sys.stderr) -> None:
        self._total = max(1, total)
        self._out = out
        self._bar = out.isatty()
        self._begun = time.monotonic()
        self._shown = 0.0 if self._bar else self._begun
        self._done = 0
        self._doing = ""

    def say(self, doing: str) -> None:
        """Name the step that begins."""
        self._doing = doing
        self._show()

    def advance(self, number: int) -> None:
        """So many more are done."""
        self._done += number
        self._show()

    def over(self, rows: Iterable[T]) -> Iterator[T]:
        """The same rows, counted as they pass."""
        number = 0
        for number, row in enumerate(rows, 1):
            if number % _STEP == 0:
                self.advance(_STEP)
            yield row
        self._done += number % _STEP

    def close(self, message: str) -> None:
        """The last line."""
        self._out.write(f"{chr(13) + chr(27) + '[K' if self._bar else ''}{message} ({time.monotonic() - self._begun:.0f} s)\n")
        self._out.flush()

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < (0.1 if self._bar else 60):
            return
        self._shown = now
        part = min(1.0, self._done / self._total)
        if self._bar:
            self._out.write(f"\r\x1b[K[{'#' * int(part * 30):<30}] {part:4.0%}  {self._doing}")
        else:
            self._out.write(f"{part:4.0%}  {now - self._begun:.0f} s  {self._doing}\n")
        self._out.flush()
