"""From rows to Structs: one declaration gives both the SELECT list and the constructor.

A view holds some eighty values a row, so the constructor is generated once, with the first row, as a plain expression, as dataclasses do;
measured against a loop over converters it halves the time per row (see README.md, 2026-11-22).
"""

import types
import typing
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any, Generic, TypeVar

import msgspec

from lemmy_lite.model.clock import moment
from lemmy_lite.storage.query import Row

T = TypeVar("T", bound=msgspec.Struct)

Part = "Shape[Any] | str"


class Shape(Generic[T]):
    """How one Struct is read: `columns` is its SELECT list, `build(row)` its constructor, `width` the number of columns, `expressions` each
    of them.

    `parts` gives a nested Shape or an SQL expression per field; a field without one is the column of its name in table `alias`. A nested
    Struct whose field may be absent is absent when its first column is NULL.
    """

    def __init__(self, struct: type[T], alias: str = "", **parts: "Shape[Any] | str") -> None:
        self.struct = struct
        self.alias = alias
        self.parts = parts
        self._fields = [field.name for field in msgspec.structs.fields(struct)]
        unknown = parts.keys() - set(self._fields)
        if unknown:
            raise TypeError(f"{struct.__name__} has no field {', '.join(sorted(unknown))}")
        columns = self._columns()
        self.width = len(columns)
        self.expressions = tuple(columns)
        self.columns = ", ".join(columns)

    @cached_property
    def build(self) -> Callable[[Row], T]:
        """The constructor, generated with the first row: most of a hundred are not needed while nobody asks."""
        names: dict[str, Any] = {"moment": moment}
        source = self._expression(names, 0)
        code = compile(f"lambda r: {source}", f"<{self.struct.__name__} of a row>", "eval")  # a traceback or profile names it so
        made: Callable[[Row], T] = eval(code, names)  # noqa: S307  made of our own field names and column texts only
        return made

    def _columns(self) -> list[str]:
        columns: list[str] = []
        for name in self._fields:
            part = self.parts.get(name, f"{self.alias}.{name}")
            columns += part._columns() if isinstance(part, Shape) else [part]
        return columns

    def _expression(self, names: dict[str, Any], start: int) -> str:
        names[self.struct.__name__] = self.struct
        position, arguments = start, []
        hints = typing.get_type_hints(self.struct)
        for name in self._fields:
            part = self.parts.get(name)
            optional, kind = _optional(hints[name])
            if isinstance(part, Shape):
                value = part._expression(names, position)
                arguments.append(f"{name}={value} if r[{position}] is not None else None" if optional else f"{name}={value}")
                position += part.width
            else:
                arguments.append(f"{name}={_converted(kind, f'r[{position}]', optional, names)}")
                position += 1
        return f"{self.struct.__name__}({', '.join(arguments)})"


def _optional(hint: Any) -> tuple[bool, Any]:
    """Whether None is allowed, and the type besides None."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        kinds = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        return type(None) in typing.get_args(hint), kinds[0]
    return False, hint


def _converted(kind: Any, cell: str, optional: bool, names: dict[str, Any]) -> str:
    """The expression that turns a cell into the field's type: SQLite has no booleans, rows have no datetimes."""
    if kind is bool:
        value = f"bool({cell})"
    elif kind is datetime:
        value = f"moment({cell})"
    elif isinstance(kind, type) and issubclass(kind, Enum):
        names[kind.__name__] = kind
        value = f"{kind.__name__}({cell})"
    else:
        return cell
    return f"{value} if {cell} is not None else None" if optional else value
