"""The kinds of value an option can have: what is allowed, how it is read, how it is written.

A kind reads what hjson gives as well as the text of an environment variable, so `8536`, `"8536"` and `LEMMY_…=8536` are one.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Kind(Generic[T_co]):
    """`allowed` ends the sentence "VALUE is not …"; `read` raises ValueError, whose text is a hint; `write` is its inverse.

    `address`: a URI, of which a secret option may show all but the password.
    """

    allowed: str
    read: Callable[[object], T_co]
    write: Callable[[Any], object] = lambda value: value
    address: bool = False


class Endpoint(NamedTuple):
    """A host name or address with a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class ResolverMap:
    """Names that are resolved without DNS, and the name server that is asked for all others (None: the machine's own)."""

    names: Mapping[str, tuple[IPAddress, ...]]
    dns: Endpoint | None = None


def refused(hint: str = "") -> ValueError:
    """The error of every reader; Python's own texts are no help to an administrator."""
    return ValueError(hint)


def _text_of(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    scalar = isinstance(raw, (int, float)) and not isinstance(raw, bool)
    raise refused("write it in quotes" if scalar else "")


def text(low: int = 1, high: int = 1000) -> Kind[str]:
    """Text of `low` to `high` characters without control characters: a line feed could smuggle a header into a mail or a log."""

    def read(raw: object) -> str:
        value = _text_of(raw)
        if not low <= len(value) <= high:
            raise refused()
        if any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise refused("line feeds and other control characters cannot be used")
        return value

    return Kind(f"text of {low} to {high} characters", read)


def choice(*choices: str, aliases: Mapping[str, str] = MappingProxyType({})) -> Kind[str]:
    """One of some words, in any case; `aliases` are other spellings that are understood."""
    spelled = {word.lower(): word for word in choices} | dict(aliases)

    def read(raw: object) -> str:
        word = spelled.get(_text_of(raw).lower())
        if word is None:
            raise refused()
        return word

    return Kind("one of " + ", ".join(choices), read)


def mailbox() -> Kind[str]:
    """A mail address, with or without a name before it."""

    def read(raw: object) -> str:
        value = text(3).read(raw)
        if "@" not in value.strip("@"):
            raise refused()
        return value

    return Kind("a mail address", read)


def boolean() -> Kind[bool]:
    """true or false; environment variables may also say 1, yes, on, 0, no, off."""
    words = dict.fromkeys(("true", "1", "yes", "on"), True) | dict.fromkeys(("false", "0", "no", "off"), False)

    def read(raw: object) -> bool:
        value = raw if isinstance(raw, bool) else words.get(raw.lower()) if isinstance(raw, str) else None
        if value is None:
            raise refused()
        return value

    return Kind("true or false", read)


def whole(low: int, high: int, unit: str = "") -> Kind[int]:
    """A whole number from `low` to `high`, counted in `unit`."""

    def read(raw: object) -> int:
        if isinstance(raw, str) and re.fullmatch(r"-?[0-9]{1,18}", raw):
            raw = int(raw)
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            raise refused()
        return raw

    return Kind(f"a whole number{f' of {unit}' if unit else ''} between {low} and {high}", read)


_KB, _KIB = 1000, 1024
_SIZES = {"TiB": _KIB**4, "TB": _KB**4, "GiB": _KIB**3, "GB": _KB**3, "MiB": _KIB**2, "MB": _KB**2, "KiB": _KIB, "kB": _KB, "B": 1}
_DURATIONS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_DURATION_WORDS = {"d": 86_400, "day": 86_400, "h": 3_600, "hour": 3_600, "min": 60, "minute": 60, "s": 1, "sec": 1, "second": 1}


def _read_quantity(raw: object, units: Mapping[str, int]) -> int:
    """A number with an optional unit, in units of 1. Bounded to 15 digits, so that no hostile figure costs time."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*([A-Za-z]*)", raw.strip()) if isinstance(raw, str) else None
    factor = units.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise refused()
    amount = Decimal(match[1]) * factor
    if amount != int(amount):
        raise refused()
    return int(amount)


def _write_quantity(value: int, units: Mapping[str, int]) -> str:
    unit, factor = next((unit, factor) for unit, factor in units.items() if value % factor == 0 and (value or factor == 1))
    amount = value // factor
    return f"{amount} {unit.removesuffix('s') if amount == 1 else unit}"


def size(low: str, high: str) -> Kind[int]:
    """Bytes. A bare number counts bytes; `"2 GB"` is 2,000,000,000 and `"2 GiB"` is 2,147,483,648."""
    words = {unit.lower(): factor for unit, factor in _SIZES.items()} | {"": 1}
    least, most = _read_quantity(low, words), _read_quantity(high, words)

    def read(raw: object) -> int:
        value = _read_quantity(raw, words)
        if not least <= value <= most:
            raise refused()
        return value

    return Kind(
        f'a number of bytes or a size such as "{low}", between {low} and {high}', read, lambda value: _write_quantity(value, _SIZES)
    )


def duration(low: str, high: str) -> Kind[int]:
    """Seconds. A bare number counts seconds; units are seconds, minutes, hours, days."""
    words = _DURATION_WORDS | {f"{word}s": factor for word, factor in _DURATION_WORDS.items()} | {"": 1}
    least, most = _read_quantity(low, words), _read_quantity(high, words)

    def read(raw: object) -> int:
        value = _read_quantity(raw, words)
        if not least <= value <= most:
            raise refused()
        return value

    allowed = f'a number of seconds or a time such as "{high}", between {low} and {high}'
    return Kind(allowed, read, lambda value: _write_quantity(value, _DURATIONS))


def ip_address() -> Kind[str]:
    """One IPv4 or IPv6 address in its shortest spelling, ready for a listening socket."""

    def read(raw: object) -> str:
        return str(_parsed(ipaddress.ip_address, _text_of(raw)))

    return Kind("an IP address", read)


UNIX = "unix:"
"""What the path of a Unix socket begins with where an address could stand as well."""

_LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path (unix(7): 108 with the zero at its end)."""


def places() -> Kind[tuple[str, ...]]:
    """Where to listen: one IP address or several, each in its shortest spelling, or Unix sockets as `unix:/path`."""

    def place(raw: object) -> str:
        value = text().read(raw)
        if not value.startswith(UNIX):
            return str(_parsed(ipaddress.ip_address, value.removeprefix("[").removesuffix("]")))
        path = Path(value.removeprefix(UNIX)).expanduser()
        if not path.is_absolute() or path.name in ("", ".."):
            raise refused("a socket is named by its absolute path")
        if len(str(path).encode()) > _LONGEST_SOCKET:
            raise refused(f"the path of a socket may have {_LONGEST_SOCKET} bytes")
        return f"{UNIX}{path}"

    def read(raw: object) -> tuple[str, ...]:
        found = tuple(place(part) for part in _list_of(raw))
        if not 1 <= len(found) <= 16 or len(set(found)) < len(found):
            raise refused()
        return found

    allowed = 'an IP address, "unix:/path/of/a/socket", or a list of up to 16 of them'
    return Kind(allowed, read, lambda value: value[0] if len(value) == 1 else list(value))


def mode() -> Kind[int]:
    """Who may use a file, as chmod writes it in octal."""

    def read(raw: object) -> int:
        if isinstance(raw, bool) or not re.fullmatch(r"0?[0-7]{3}", str(raw)):
            raise refused()
        return int(str(raw), 8)  # a file that says 660 without quotes means the same digits

    return Kind('an octal mode such as "0660"', read, lambda value: f"{value:04o}")


def networks() -> Kind[tuple[IPNetwork, ...]]:
    """A list of networks or single addresses; an environment variable separates them by commas."""

    def read(raw: object) -> tuple[IPNetwork, ...]:
        return tuple(_parsed(ipaddress.ip_network, _text_of(part).strip()) for part in _list_of(raw))

    return Kind('a list of networks such as ["127.0.0.0/8", "::1/128"]', read, lambda value: [str(network) for network in value])


def texts(high: int) -> Kind[tuple[str, ...]]:
    """A list of at most `high` texts; an environment variable separates them by commas."""
    one = text()

    def read(raw: object) -> tuple[str, ...]:
        parts = _list_of(raw)
        if len(parts) > high:
            raise refused()
        return tuple(one.read(part) for part in parts)

    return Kind(f"a list of at most {high} texts", read, list)


def _list_of(raw: object) -> list[object]:
    if isinstance(raw, str):
        return [part.strip() for part in raw.split(",") if part.strip()]
    if not isinstance(raw, (list, tuple)):
        raise refused()
    return list(raw)


def _parsed(parse: Callable[[str], T], value: str) -> T:
    """Python's parser with its wording left out, except for the one mistake people make with networks."""
    try:
        return parse(value)
    except ValueError as error:
        raise refused("the address has bits beyond its mask" if "host bits" in str(error) else "") from None


def folder() -> Kind[Path]:
    """A folder; `~` is the home folder."""

    def read(raw: object) -> Path:
        return Path(text().read(raw)).expanduser()

    return Kind("the path of a folder", read, str)


def picture_store() -> Kind[str]:
    """Where uploads lie: `s3://bucket` with a prefix, or the absolute path of a folder."""
    bucket = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9._/-]*)?")

    def read(raw: object) -> str:
        value = text().read(raw)
        if not bucket.fullmatch(value) and not value.startswith("/"):
            raise refused()
        return value.rstrip("/") or "/"

    return Kind("s3://bucket/prefix or the absolute path of a folder", read)


def file() -> Kind[Path]:
    """A file, which need not be there yet; `~` is the home folder."""

    def read(raw: object) -> Path:
        return Path(text().read(raw)).expanduser()

    return Kind("the path of a file", read, str)


def url(*schemes: str) -> Kind[str]:
    """A URL of one of `schemes`, kept as it is written."""

    def read(raw: object) -> str:
        value = text().read(raw)
        try:
            parts = urlsplit(value)
            known = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            known = False
        if not known or " " in value:
            raise refused()
        return value

    return Kind(f"a URL with {' or '.join(f'{scheme}://' for scheme in schemes)}", read, address=True)


def database_uri() -> Kind[str]:
    """A connection URI of libpq, or `sqlite:///` and the absolute path of the file. Its password is the caller's to hide."""

    def read(raw: object) -> str:
        value = text().read(raw)
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in ("postgres", "postgresql", "sqlite"):
            raise refused()
        if scheme == "sqlite" and (not rest.startswith("/") or not rest.strip("/") or "?" in rest or "#" in rest):
            raise refused("a SQLite file is named by its absolute path")
        return value

    return Kind("postgresql://user:password@host:port/name or sqlite:///absolute/path/lemmy.db", read, address=True)


_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")


def _port_of(value: str) -> int:
    return whole(1, 65535).read(value)


def hostname() -> Kind[str]:
    """The public name, lower case, optionally with a port; no scheme, no path (Lemmy's `hostname`)."""

    def read(raw: object) -> str:
        value = _text_of(raw).lower()
        if "://" in value:
            raise refused("leave out the scheme; tls_enabled chooses it")
        if not value.isascii():
            raise refused("write an international name in its ASCII form, xn--…")
        host, colon, port = value.partition(":")
        if not _HOST.fullmatch(host) or host == "unset":  # the word that Lemmy's example leaves to be filled in
            raise refused()
        return f"{host}:{_port_of(port)}" if colon else host

    return Kind("a host name such as example.com or example.com:8536", read)


def onion() -> Kind[str]:
    """The name of a version 3 onion service."""
    shape = re.compile(r"[a-z2-7]{56}\.onion")

    def read(raw: object) -> str:
        value = _text_of(raw).lower().removeprefix("http://").rstrip("/")
        if not shape.fullmatch(value):
            raise refused()
        return value

    return Kind("56 letters and digits followed by .onion", read)


def endpoint() -> Kind[Endpoint]:
    """`host:port`, the host a name, an IPv4 address or an IPv6 address in brackets."""
    return Kind("host:port", lambda raw: _endpoint(_text_of(raw)), str)


def _endpoint(value: str) -> Endpoint:
    host, _, port = value.lower().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = str(_parsed(ipaddress.IPv6Address, host[1:-1]))
    elif not _HOST.fullmatch(host):
        raise refused()
    return Endpoint(host, _port_of(port))


def resolver_map() -> Kind[ResolverMap]:
    """`a.test=127.0.2.1,b.test=127.0.2.2,dns=127.0.0.1:5399`; a name written twice has two addresses, as in DNS."""

    def read(raw: object) -> ResolverMap:
        names: dict[str, tuple[IPAddress, ...]] = {}
        dns: Endpoint | None = None
        for entry in _list_of(raw):
            name, equals, target = (part.strip() for part in _text_of(entry).lower().partition("="))
            if not equals or not _HOST.fullmatch(name):
                raise refused()
            if name == "dns":
                dns = _endpoint(target)
            else:
                names[name] = (*names.get(name, ()), _parsed(ipaddress.ip_address, target))
        return ResolverMap(MappingProxyType(names), dns)

    return Kind("a list such as a.test=127.0.2.1,dns=127.0.0.1:5399", read, _write_resolver_map)


def _write_resolver_map(value: ResolverMap) -> str:
    entries = [f"{name}={address}" for name, addresses in value.names.items() for address in addresses]
    return ",".join(entries + ([f"dns={value.dns}"] if value.dns else []))


def written(kind: Kind[object], value: object) -> str:
    """The value as the configuration file spells it, on one line."""
    return json.dumps(None if value is None else kind.write(value), ensure_ascii=False)
