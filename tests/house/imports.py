"""What a module imports: statements anywhere in it, under TYPE_CHECKING and inside functions too, and imports by a literal name."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.sources import PACKAGE, Source


@dataclass(frozen=True)
class Import:
    """One imported name, in full: `from http import client` is `http.client`."""

    name: str
    line: int

    @property
    def library(self) -> str:
        """The first part of the name."""
        return self.name.split(".")[0]

    @property
    def room(self) -> str | None:
        """The room of our own house that is imported, None for anything else. `from lemmy_lite import __version__` is `__init__`."""
        library, _, rest = self.name.partition(".")
        if library != PACKAGE:
            return None
        first = rest.split(".")[0]
        return "__init__" if not first or first == "__version__" else first


def imports(source: Source) -> Iterator[Import]:
    """Every import of a module, in no particular order."""
    for node in ast.walk(source.tree):
        match node:
            case ast.Import(names=names):
                yield from (Import(alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = ".".join(filter(None, [_package_above(source, level), module]))
                yield from (Import(f"{base}.{alias.name}", node.lineno) for alias in names)
            case ast.Call(func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"), args=[first, *_]):
                # A name that is computed cannot be judged, so it counts as an import of nothing known.
                name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else "<computed>"
                yield Import(name, node.lineno)


def _package_above(source: Source, level: int) -> str:
    """The package that a relative import of `level` dots starts from; empty for an absolute one."""
    if level == 0:
        return ""
    parts = [PACKAGE, *source.place.split("/")[:-1]]
    return ".".join(parts[: len(parts) - level + 1])
