"""How many functions a piece of work calls: a measure of effort that no other work of the machine changes."""

import sys
from collections.abc import Callable


def calls_of(function: Callable[[str], object], text: str) -> int:
    """How many Python and C functions are called."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    previous = sys.getprofile()
    sys.setprofile(count)
    try:
        function(text)
    finally:
        sys.setprofile(previous)
    return calls
