"""What a target is, and how an input of it is kept as a file."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis.strategies import SearchStrategy

CORPUS = Path(__file__).parent / "corpus"
"""Inputs that found something once, or lead far into the code: a folder for each target, replayed by every test run."""


class Kind(Enum):
    """What an input is, by the suffix of its file."""

    BYTES = ".bin"
    TEXT = ".txt"
    JSON = ".json"

    def written(self, value: Any) -> bytes:
        """An input as the contents of its file. Lone surrogates survive."""
        if self is Kind.BYTES:
            assert isinstance(value, bytes)
            return value
        if self is Kind.TEXT:
            assert isinstance(value, str)
            return value.encode("utf-8", "surrogatepass")
        return json.dumps(value, indent=1).encode() + b"\n"

    def read(self, data: bytes) -> Any:
        """The input of a file. Text that is no UTF-8, as a fuzzer without grammar makes it, is read as far as it can be."""
        if self is Kind.BYTES:
            return data
        if self is Kind.JSON:
            return json.loads(data)
        try:
            return data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return data.decode("utf-8", "replace")


class Bench(NamedTuple):
    """A target set up: `strategy` makes inputs, `check` feeds one and raises where something does not hold."""

    strategy: SearchStrategy[Any]
    check: Callable[[Any], None]


class Target(NamedTuple):
    """One line of the table.

    `opened` sets up what is fed, in an empty folder. `examples` is how many inputs the test run takes, `spell` how many a long run takes
    before it sets everything up anew. `guided` targets are also run by atheris, which watches which lines an input reaches.
    """

    id: str
    fed: str
    holds: str
    kind: Kind
    opened: Callable[[Path], AbstractContextManager[Bench]]
    examples: int = 100
    spell: int = 3000
    guided: bool = False

    @property
    def corpus(self) -> list[Path]:
        """The kept inputs, in the order of their names."""
        return sorted(path for path in (CORPUS / self.id).glob("*") if path.is_file())


class Broken(AssertionError):
    """A promise that does not hold for an input."""
