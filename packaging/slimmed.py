"""Python without its documentation: every module is compiled anew, so that an instance holds no texts that nobody can ask it for.

`optimize=2` of Python would drop the assertions as well, and the help of our own commands.
"""

import ast
import tokenize
from types import CodeType

from PyInstaller.archive import writers
from PyInstaller.building.utils import replace_filename_in_code_object

KEPT = ("lemmy_lite.cli", "pycparser", "ply")
"""Packages whose documentation is read when they run: click shows that of a command, and a grammar stands in that of its functions."""

_PLAIN = "-"
"""What a class says instead: `dataclasses` would write a longer text for one that says nothing."""


def slimmed(modules: list[tuple[str, str, str]], known: dict[str, CodeType | None]) -> dict[str, CodeType | None]:
    """The code of each entry of PyInstaller's table of modules, without documentation; what has no source stays as it is known."""
    writers.replace_filename_in_code_object = renamed
    return known | {
        name: compiled(path, named(name, path)) for name, path, _ in modules if path and path.endswith(".py") and not _is_kept(name)
    }


def named(module: str, path: str) -> str:
    """The file as a traceback shall name it, nothing of the machine that builds; PyInstaller gives the same name."""
    return module.replace(".", "/") + ("/__init__.py" if path.endswith("/__init__.py") else ".py")


def renamed(code: CodeType, name: str) -> CodeType:
    """The code under another name of its file. What has that name is left as it is: in a copy no two functions share what they have in
    common, half a megabyte in all."""
    return code if code.co_filename == name else replace_filename_in_code_object(code, name)


def compiled(path: str, name: str) -> CodeType:
    """The code of a file without documentation. Raises SyntaxError."""
    with tokenize.open(path) as file:
        tree = ast.parse(file.read(), name)
    return compile(stripped(tree), name, "exec", dont_inherit=True, optimize=0)


def stripped(tree: ast.Module) -> ast.Module:
    """The same tree, in which nothing but classes documents itself, and those with a dash."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _begins_with_text(node.body):
            text = node.body[0]
            if isinstance(node, ast.ClassDef):
                text.value = ast.copy_location(ast.Constant(_PLAIN), text.value)
            elif isinstance(node, ast.Module):
                node.body = node.body[1:]
            else:
                node.body = node.body[1:] or [ast.copy_location(ast.Pass(), text)]
    return tree


def _begins_with_text(body: list[ast.stmt]) -> bool:
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _is_kept(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in KEPT)
