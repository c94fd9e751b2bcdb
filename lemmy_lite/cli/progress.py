"""Anything long shows how far it is: a bar on a terminal, a line a minute elsewhere."""

import sys
import time
from types import TracebackType
from typing import Final, Self

import click

_WIDTH: Final = 30
_SECONDS_BETWEEN_LINES: Final = 60.0
_SECONDS_BETWEEN_LOOKS: Final = 0.1


class Progress:
    """Called with what is done, how much of it, and of how much. Writes to stderr; nothing where it is over within a moment."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._told = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn:
            click.echo("\r\033[K", err=True, nl=False)

    def __call__(self, what: str, done: int, whole: int) -> None:
        now = time.monotonic()
        if now - self._told < (_SECONDS_BETWEEN_LOOKS if self._terminal else _SECONDS_BETWEEN_LINES):
            return
        self._told = now
        if not self._terminal:
            click.echo(f"{what}: {done} of {whole}", err=True)
            return
        share = done / whole if whole else 0.0
        filled = round(share * _WIDTH)
        click.echo(f"\r\033[K{what:<20} {'█' * filled}{'░' * (_WIDTH - filled)} {share:4.0%}", err=True, nl=False)
        self._drawn = True
