"""Web addresses taken apart, whatever they are: the standard library raises at a bracket too few, and at some letters before an @.

Everything that takes a stranger's address apart does it here (a test of the house sees to it), because an address that raises is a page
that nobody can open: a picture's stands in a text, and the text on everybody's page.
"""

from typing import Final
from urllib.parse import SplitResult, urlsplit

_NOTHING: Final = SplitResult("", "", "", "", "")


def parts(address: str) -> SplitResult:
    """Scheme, place, path, query and fragment; all empty for what is no address, also for a port that there cannot be. Raises nothing."""
    try:
        found = urlsplit(address)
        _ = found.port  # is only now looked at, and may raise
    except ValueError:
        return _NOTHING
    return found


def host(address: str) -> str:
    """The host in lower case; empty for what has none."""
    return parts(address).hostname or ""


def port(address: str) -> int | None:
    """The port that is written, if one is."""
    return parts(address).port
