"""URLs as Lemmy's clients see them: read and written the way browsers and Rust's `url` crate do (the WHATWG URL standard).

Only what a post's link can meet is covered: the special schemes with a host, and opaque ones such as magnet.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct
from lemmy_lite.text import names

POST_SCHEMES: Final = frozenset({"http", "https", "magnet"})
DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}

# Longer input is refused unread: four times what a link may hold, since escapes and line breaks may still shrink it.
MOST_READ: Final = 8000

# Characters left as they are in each part (WHATWG URL, "percent-encode sets"); "%" stays, so nothing is encoded twice.
_KEPT_IN_PATH: Final = "!$%&'()*+,-./:;=@[\\]^_|~"
_KEPT_IN_QUERY: Final = "!$%&()*+,-./:;=?@[\\]^_`{|}~"
_KEPT_IN_FRAGMENT: Final = "!#$%&'()*+,-./:;=?@[\\]^_{|}~"
_KEPT_IN_OPAQUE: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
_KEPT_IN_USER: Final = "!$%&'()*+,-.~_"

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_EDGES: Final = "".join(map(chr, range(0x21)))
_DROPPED: Final = str.maketrans("", "", "\t\n\r")
_AUTHORITY_END: Final = re.compile(r"[/?#]")
_FORBIDDEN_IN_HOST: Final = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|[0-9]+")


class RelativeUrl(LemmyError):
    """The text has no scheme, so it could only be read against a base."""

    def __init__(self) -> None:
        super().__init__("invalid_url")


class Url(Struct):
    """An absolute URL in its parts, each already in normal form; `host` and `port` are empty for opaque schemes."""

    scheme: str
    user: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    query: str | None = None
    fragment: str | None = None

    def __str__(self) -> str:
        text = f"{self.scheme}:"
        if self.host:
            text += f"//{self.user}{'@' if self.user else ''}{self.netloc}"
        text += self.path
        if self.query is not None:
            text += f"?{self.query}"
        if self.fragment is not None:
            text += f"#{self.fragment}"
        return text

    @property
    def netloc(self) -> str:
        """Host with its port, unless that is the scheme's own."""
        return self.host if self.port is None else f"{self.host}:{self.port}"


def parse(text: str) -> Url:
    """Read an absolute URL. Raises invalid_url, as `RelativeUrl` where only the scheme is missing."""
    if len(text) > MOST_READ:
        raise LemmyError("url_length_overflow")
    text = text.strip(_EDGES).translate(_DROPPED)
    match = _SCHEME.match(text)
    if match is None:
        raise RelativeUrl
    scheme, rest = match[1].lower(), text[match.end() :]
    rest, fragment = _split(rest, "#")
    encoded_fragment = None if fragment is None else _encode(fragment, _KEPT_IN_FRAGMENT)
    if scheme not in DEFAULT_PORTS:
        return _parse_opaque(scheme, rest, encoded_fragment)
    before, query = _split(rest, "?")
    before = before.replace("\\", "/").lstrip("/")
    end = _AUTHORITY_END.search(before)
    authority, path = (before, "") if end is None else (before[: end.start()], before[end.start() :])
    user, host, port = _parse_authority(scheme, authority)
    return Url(
        scheme=scheme,
        user=user,
        host=host,
        port=port,
        path=_encode(_without_dots(path), _KEPT_IN_PATH),
        query=None if query is None else _encode(query, _KEPT_IN_QUERY),
        fragment=encoded_fragment,
    )


def check_post_url(text: str) -> str:
    """The normal form of a post's link or custom thumbnail, as stored and shown.

    Tracking parameters are another module's work (`tracking.clean`), and so is the block list (`blocked_links`).
    Raises invalid_url, invalid_url_scheme, url_length_overflow.
    """
    url = parse(text)
    if url.scheme not in POST_SCHEMES:
        raise LemmyError("invalid_url_scheme")
    normal = str(url)
    names.check("url", normal)
    return normal


def _parse_opaque(scheme: str, rest: str, fragment: str | None) -> Url:
    """A URL such as magnet:?xt=…: only controls and non-ASCII are encoded in its path."""
    path, query = _split(rest, "?")
    return Url(
        scheme=scheme,
        path=_encode(path, _KEPT_IN_OPAQUE),
        query=None if query is None else _encode(query, _KEPT_IN_QUERY + "'"),
        fragment=fragment,
    )


def _parse_authority(scheme: str, authority: str) -> tuple[str, str, int | None]:
    """User information, host and port; the port is None where it is the scheme's own."""
    user, _, place = authority.rpartition("@")
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([0-9]*))?", place)
    if match is None:
        raise LemmyError("invalid_url")
    host = _normal_host(match[1])
    # Six digits tell that it is too large; thousands of them Python would refuse to read, with an error of its own.
    port = int(match[2].lstrip("0")[:6] or "0") if match[2] else None
    if port is not None and port > 65_535:
        raise LemmyError("invalid_url")
    name, _, password = user.partition(":")
    user = _encode(name, _KEPT_IN_USER) + (f":{_encode(password, _KEPT_IN_USER)}" if password else "")
    return user, host, None if port == DEFAULT_PORTS[scheme] else port


def _normal_host(host: str) -> str:
    """Lower case, international names in their ASCII form, every spelling of an address in its usual one."""
    if host.startswith("["):
        try:
            address = ipaddress.IPv6Address(host[1:-1])
        except ValueError as problem:
            raise LemmyError("invalid_url", cause=problem) from None
        if address.scope_id is not None:  # an interface of the reader's own machine, and Python takes any characters for its name
            raise LemmyError("invalid_url", cause="an address with a zone")
        return f"[{address.compressed}]"
    try:
        host = unquote_to_bytes(host).decode("utf-8")
        ascii_host = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError as problem:
        raise LemmyError("invalid_url", cause=problem) from None
    if not ascii_host or _FORBIDDEN_IN_HOST.search(ascii_host):
        raise LemmyError("invalid_url")
    labels = ascii_host.removesuffix(".").split(".")
    return _normal_ipv4(labels) if _NUMBER.fullmatch(labels[-1]) else ascii_host


def _normal_ipv4(labels: list[str]) -> str:
    """1 to 4 decimal, octal or hexadecimal numbers as a dotted address: http://0x7f.1 is http://127.0.0.1."""
    if len(labels) > 4 or not all(map(_NUMBER.fullmatch, labels)):
        raise LemmyError("invalid_url")
    try:
        numbers = [_ipv4_number(label) for label in labels]
    except ValueError as problem:
        raise LemmyError("invalid_url", cause=problem) from None
    *heads, last = numbers
    if any(head > 255 for head in heads) or last >= 256 ** (5 - len(numbers)):
        raise LemmyError("invalid_url")
    value = last + sum(head * 256 ** (3 - place) for place, head in enumerate(heads))
    return str(ipaddress.IPv4Address(value))


def _ipv4_number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if label.startswith("0") and len(label) > 1 else 10)


def _without_dots(path: str) -> str:
    """The path with "." and ".." worked out; never empty, so a bare host ends in a slash."""
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for place, segment in enumerate(segments):
        last = place == len(segments) - 1
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)


def _split(text: str, mark: str) -> tuple[str, str | None]:
    """What stands before the first `mark`, and what follows it: None without a mark, "" after a bare one."""
    before, found, after = text.partition(mark)
    return before, after if found else None


def _encode(text: str, kept: str) -> str:
    # A lone surrogate becomes U+FFFD, as in the standard's UTF-8 encoding.
    return quote(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), safe=kept)
