"""From rows to Structs."""

from datetime import UTC, datetime
from enum import StrEnum

import pytest

from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.shapes import Shape


class Colour(StrEnum):
    RED = "red"


class Inner(Struct, kw_only=True):
    id: int
    flag: bool
    at: datetime | None = None


class Outer(Struct, kw_only=True):
    inner: Inner
    colour: Colour
    maybe: Inner | None = None
    extra: bool | None = None


SHAPE = Shape(Outer, "o", inner=Shape(Inner, "i"), maybe=Shape(Inner, "m"), extra="x IS NOT NULL")


def test_the_select_list_names_every_column_in_the_order_of_the_fields() -> None:
    assert SHAPE.columns == "i.id, i.flag, i.at, o.colour, m.id, m.flag, m.at, x IS NOT NULL"
    assert SHAPE.width == 8


def test_a_row_becomes_typed_values() -> None:
    built = SHAPE.build((1, 0, 1_000_000, "red", 2, 1, None, 1))
    assert built == Outer(
        inner=Inner(id=1, flag=False, at=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        colour=Colour.RED,
        maybe=Inner(id=2, flag=True),
        extra=True,
    )
    assert built.extra is True


def test_a_part_without_a_row_is_absent() -> None:
    built = SHAPE.build((1, 1, None, "red", None, None, None, None))
    assert built.maybe is None
    assert built.extra is None


def test_a_part_for_a_field_that_is_not_there_is_a_mistake_found_at_import() -> None:
    with pytest.raises(TypeError, match="colr"):
        Shape(Outer, "o", colr="1")


def test_a_constructor_is_generated_with_the_first_row_and_kept() -> None:
    shape = Shape(Inner, "i")
    assert "build" not in vars(shape)
    assert shape.build is shape.build
