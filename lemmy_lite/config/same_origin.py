"""Whether an address is one of our own."""

from functools import lru_cache
from urllib.parse import urlsplit


@lru_cache(maxsize=1024)
def same_origin(url: str, own_url: str) -> bool:
    """Whether both have one scheme, host and port. Remembered, because a page asks of the same dozens of addresses each time it is made."""
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
