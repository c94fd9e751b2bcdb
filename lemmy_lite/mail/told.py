"""Sentences about mail with what stands in them: as text they are English; the site says them in the language of its page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Told(NamedTuple):
    """`sentence` has a `{placeholder}` for each of `values`, which are words of servers and settings, or told themselves."""

    sentence: str
    values: Mapping[str, str | Told] = MappingProxyType({})

    def __str__(self) -> str:
        return self.sentence.format(**{name: str(value) for name, value in self.values.items()})
