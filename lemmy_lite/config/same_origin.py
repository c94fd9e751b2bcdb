"""Whether an address is one of our own."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

# Scheme and host without login, and behind them nothing that a parser could take for a part of them.
_PLAIN = re.compile(r"(https?://[a-z0-9.:-]{1,300})(?:[/?#][!-\[\]-~]*)?", re.ASCII)


def same_origin(url: str, own_url: str) -> bool:
    """Whether both have one scheme, host and port. The host of a plain address is judged once and remembered: a page asks of dozens of
    addresses each time it is made, and so does each activity that comes in. What is not plain may be of any length and is forgotten."""
    plain = _PLAIN.fullmatch(url)
    return _of_host(plain[1], own_url) if plain else _same_origin(url, own_url)


@lru_cache(maxsize=1024)
def _of_host(plain: str, own_url: str) -> bool:
    return _same_origin(plain, own_url)


def _same_origin(url: str, own_url: str) -> bool:
    if any(ord(character) <= 32 or character == "\\" for character in url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    own = urlsplit(own_url)
    usual = 443 if own.scheme == "https" else 80
    return (
        "@" not in parts.netloc
        and (parts.scheme, host) == (own.scheme, own.hostname)
        and (usual if port is None else port) == (own.port or usual)
    )
