"""The base of every Struct: frozen, keyword-only, and silent about what is absent."""

from typing import dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value with named fields.

    Absent optional fields are left out of JSON, never null (behaviour.md, "API"), so the only default a field of a view may
    have is None; a field that must always be sent has no default.

    msgspec hands every option down except `kw_only`, which speaks of the fields of one class alone. A Struct whose optional fields stand
    among required ones, in the contract's order, therefore says `kw_only=True` again. The decorator tells the type checker that all are
    keyword-only and frozen; a metaclass that did both was refused because it made building a Struct three times as slow.
    """
