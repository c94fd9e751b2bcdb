"""How a module looks from outside: its length, its name, its docstrings, and that nothing in it waits to be done."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.ranks import RANK
from tests.house.sources import Source, sources

MOST_LINES = 450
NAMES_OF_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "shared"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def too_long(top: Path) -> list[str]:
    """Modules of more than MOST_LINES lines."""
    lengths = ((source.place, len(source.text.splitlines())) for source in sources(top))
    return [f"{place}: {length} lines, at most {MOST_LINES}" for place, length in lengths if length > MOST_LINES]


def named_after_nothing(top: Path) -> list[str]:
    """Modules and folders whose name says only that something had no place."""
    return [source.place for source in sources(top) if NAMES_OF_NOTHING & set(source.place.removesuffix(".py").split("/"))]


def unfinished(top: Path) -> list[str]:
    """Lines that put something off."""
    return [
        f"{source.at(number)}: {line.strip()}"
        for source in sources(top)
        for number, line in enumerate(source.text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]


def undocumented(top: Path) -> list[str]:
    """Modules, and from rank 1 upwards public functions and classes of a module, that have no docstring."""
    return [
        f"{source.at(getattr(node, 'lineno', 1))}: {getattr(node, 'name', 'the module')} has no docstring"
        for source in sources(top)
        for node in _public(source)
        if not ast.get_docstring(node)
    ]


def _public(source: Source) -> Iterator[Documented]:
    if source.path.name != "__init__.py" or source.text.strip():
        yield source.tree
    if RANK.get(source.room, 1) >= 1:
        for node in source.tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield node
