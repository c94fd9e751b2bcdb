"""URLs as we ask them, and origins as we compare them.

Two URLs come from the same place only if scheme, host and port all agree, each in its one normal form. Host names by themselves
are not comparable: `Example.com.`, `example.com:443` and `EXAMPLE.COM` are one place, and mistaking that has let blocked
servers back in (CVE-2023-42451).
"""

import re
from functools import lru_cache
from urllib.parse import quote, urljoin

from lemmy_lite.model.struct import Struct
from lemmy_lite.net.addresses import IPAddress, parse_address
from lemmy_lite.net.errors import Kind, NetError

MAX_URL_CHARACTERS = 8192
"""Longer than any real one; the request line of most servers ends at 8 kB."""

_SHORT = 200
"""An inbox is asked again and again, so short addresses are remembered as they were read, some 2 MB of them at most."""

DEFAULT_PORTS = {"http": 80, "https": 443}

# Names that mean something in our own network or in none. With a proxy that resolves for us we cannot see where they lead.
PRIVATE_SUFFIXES = (
    "localhost",  # RFC 6761
    "local",  # RFC 6762
    "internal",  # ICANN's resolution of 29 July 2024
    "home.arpa",  # RFC 8375
    "lan",
    "intranet",
    "corp",
    "home",
)

_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE | re.ASCII)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]@\s]+)(?::([0-9]{1,5}))?", re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
# Control characters and blanks of all alphabets, and the backslash that some parsers take for a slash.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\\]")
# What stays as it is in a path or query: the URL's own characters, and the percent sign of what is encoded already.
_KEPT = "/?:@!$&'()*+,;=-._~%[]|^"


class Origin(Struct):
    """Where something was served: scheme, host (A-labels in lower case, no dot at the end, IPv6 without brackets), port.

    Compare origins as a whole. Made by `parse_url` or `origin_of` only.
    """

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """`host[:port]` as it stands in URLs and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_onion(self) -> bool:
        """Whether only Tor can reach it."""
        return self.host.endswith(".onion")

    @property
    def address(self) -> IPAddress | None:
        """The address, when the host is written as one."""
        return parse_address(self.host)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


class Url(Struct):
    """A URL in the form in which we send it: `target` is path and query, ASCII only, never empty."""

    origin: Origin
    target: str

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


def parse_url(text: str) -> Url:
    """Reads a URL strictly; what two programs might read differently is refused.

    Raises NetError (`refused_url`) for schemes other than http and https, user names and passwords, control characters, blanks,
    backslashes, odd spellings of addresses, and hosts that are no host names.
    """
    if len(text) > MAX_URL_CHARACTERS:
        raise _refused("is longer than any address we follow")
    return _parsed(text) if len(text) <= _SHORT else _parsed.__wrapped__(text)


@lru_cache(maxsize=2048)
def _parsed(text: str) -> Url:
    if _FORBIDDEN.search(text):
        raise _refused("holds blanks, backslashes or control characters")
    found = _URL.fullmatch(text)
    if not found:
        raise _refused("is not an http or https address")
    scheme, authority, target = found[1].lower(), found[2], found[3]
    if "@" in authority:
        raise _refused("carries a user name")
    parts = _AUTHORITY.fullmatch(authority)
    if not parts:
        raise _refused("has no readable host")
    port = int(parts[2]) if parts[2] else DEFAULT_PORTS[scheme]
    if not 1 <= port <= 65535:
        raise _refused("has a port that does not exist")
    try:
        quoted = quote(target, safe=_KEPT)
    except UnicodeEncodeError:
        raise _refused("is not text") from None
    if not quoted.startswith("/"):
        quoted = "/" + quoted
    return Url(origin=Origin(scheme=scheme, host=normal_host(parts[1]), port=port), target=quoted)


def origin_of(text: str) -> Origin:
    """The origin of a URL. Raises NetError like `parse_url`."""
    return parse_url(text).origin


def same_origin(left: str, right: str) -> bool:
    """Whether two URLs have one origin; False when either is unreadable."""
    try:
        return origin_of(left) == origin_of(right)
    except NetError:
        return False


def joined(base: Url, location: str) -> Url:
    """The URL that a redirect's Location leads to. Raises NetError like `parse_url`."""
    if _FORBIDDEN.search(location):
        raise _refused("holds blanks, backslashes or control characters")
    try:
        return parse_url(urljoin(str(base), location))
    except ValueError:
        raise _refused("has no readable host") from None


def normal_host(text: str) -> str:
    """A host in its one normal form: A-labels in lower case without a final dot, or an address, IPv6 without brackets.

    Raises NetError (`refused_url`).
    """
    if text.startswith("["):
        address = parse_address(text[1:-1])
        if address is None or address.version != 6:
            raise _refused("has an unreadable IPv6 address")
        return str(address)
    host = (text if text.isascii() else _a_labels(text)).lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("has no readable host")
    # A last label that is a number makes it an address, in one of the many spellings of inet_aton (0177.1, 0x7f.1, 2130706433).
    # Resolvers differ on them, so only the dotted quad passes (the rule of the WHATWG URL standard, 4.5).
    if _NUMBER.fullmatch(labels[-1]):
        address = parse_address(host)
        if address is None or str(address) != host:
            raise _refused("writes an address in an unusual way")
    return host


def is_private_name(host: str) -> bool:
    """Whether a normal host means something in local networks only: a single label, or one of their suffixes."""
    return parse_address(host) is None and (
        "." not in host or any(host.endswith("." + suffix) or host == suffix for suffix in PRIVATE_SUFFIXES)
    )


def _a_labels(text: str) -> str:
    import idna

    try:
        return idna.encode(text, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise _refused("has a host name that is not allowed") from None


def _refused(what: str) -> NetError:
    return NetError(Kind.REFUSED_URL, f"The address {what}.")
