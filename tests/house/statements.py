"""SQL stands in storage/ and nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import Source, sources

ROOM = "storage"

# Written as SQL is written here, in capitals, from the start of a string; or so plainly a statement that its case does not matter.
STATEMENT = re.compile(
    r"""
    \s*(
        SELECT\s | INSERT\s+(INTO|OR)\s | UPDATE\s+\w+\s+SET\s | DELETE\s+FROM\s | REPLACE\s+INTO\s
        | WITH\s+(RECURSIVE\s+)?\w+\s+AS
        | (CREATE|ALTER|DROP|TRUNCATE)\s+(UNIQUE\s+|VIRTUAL\s+|TEMP\s+)?(TABLE|INDEX|VIEW|TRIGGER|DATABASE|SCHEMA)\s
        | PRAGMA\s | SAVEPOINT\s | BEGIN\s+(IMMEDIATE|EXCLUSIVE) | VACUUM\b | ATTACH\s
        | (?i: insert\s+into\s+\w+\s*\( | delete\s+from\s+\w+\s+where\s )
        | (?i: update\s+\w+\s+set\s+\w+\s*= | select\s+.+\s+from\s+\w+\s+where\s )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# Pieces of a statement, wherever they stand in a string.
PIECE = re.compile(r"\b(ORDER\s+BY|GROUP\s+BY|(LEFT|INNER|CROSS)\s+JOIN|ON\s+CONFLICT|RETURNING\s+\w)")


def violations(top: Path) -> list[str]:
    """Strings outside storage/ that read as SQL; docstrings are prose."""
    return [
        f"{source.at(line)}: SQL outside {ROOM}/: {text.strip()[:60]!r}"
        for source in sources(top)
        if source.room != ROOM
        for line, text in _strings(source)
        if STATEMENT.match(text) or PIECE.search(text)
    ]


def _strings(source: Source) -> Iterator[tuple[int, str]]:
    """Every string literal but docstrings, with its line; the fixed parts of an f-string are strings too."""
    prose = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
