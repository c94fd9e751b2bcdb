"""The Python files of a tree, read once: where each lies, which room it is in, and its syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGE = "lemmy_lite"


@dataclass(frozen=True)
class Source:
    """One module of the package."""

    top: Path
    """The folder that holds the package."""
    path: Path

    @property
    def place(self) -> str:
        """The path inside the package, such as `http/web/post.py`."""
        return self.path.relative_to(self.top / PACKAGE).as_posix()

    @property
    def room(self) -> str:
        """The first name after the package: `http`, `config`, `__init__`."""
        return self.place.split("/")[0].removesuffix(".py")

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    def at(self, line: int) -> str:
        """How a violation names a place: `http/web/post.py:12`."""
        return f"{self.place}:{line}"


def sources(top: Path) -> Iterator[Source]:
    """Every module of the package in the folder `top`."""
    for path in sorted((top / PACKAGE).rglob("*.py")):
        yield Source(top, path)
