"""The base of every Struct: frozen, keyword-only, and silent about what is absent."""

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value with named fields.

    Absent optional fields are left out of JSON, never null (behaviour.md, "API"), so the only default a field of a view may
    have is None; a field that must always be sent has no default. msgspec does not inherit `kw_only` (it speaks of the fields of one
    class), so every Struct repeats `kw_only=True`; that is what lets optional fields stand among required ones, in the contract's order.
    """
