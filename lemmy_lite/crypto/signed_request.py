"""What both kinds of HTTP signature share: the request as received, what was signed, and why a request is refused."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from lemmy_lite.model.clock import HOUR, MINUTE, Micros
from lemmy_lite.model.struct import Struct

Headers = Sequence[tuple[str, str]]
"""Names and values in the order of the wire, so that a header sent twice is seen twice."""


class Fields(list[tuple[str, str]]):
    """The headers of one request, whose names are folded once: judging it asks for nine of them."""

    def __init__(self, headers: Headers) -> None:
        super().__init__(headers)
        self.by_name: dict[str, list[str]] = {}
        for name, value in headers:
            self.by_name.setdefault(name.lower(), []).append(value)


class Reason(StrEnum):
    """Why a signed request is refused; stable words for logs, metrics and tests."""

    NOT_SIGNED = "not_signed"
    MALFORMED = "malformed"
    AMBIGUOUS = "ambiguous"
    ALGORITHM = "algorithm"
    NOT_COVERED = "not_covered"
    WRONG_HOST = "wrong_host"
    DIGEST = "digest"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    EXPIRED = "expired"
    KEY = "key"
    WRONG_SIGNATURE = "wrong_signature"


class SignatureError(Exception):
    """A request whose signature does not hold: the machine's `reason` and a sentence for people. Neither holds a secret."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


class Window(Struct):
    """How far a signature's time may lie from ours, in microseconds."""

    past: Micros
    future: Micros


DEFAULT_WINDOW = Window(past=HOUR, future=5 * MINUTE)
"""Peers queue and retry, so an hour back, as Mastodon and Lemmy allow; forward only what clocks differ by. Replays within the
window are the inbox's business (it remembers activity ids for longer than this)."""


class Request(Struct):
    """A request as it came in.

    `scheme` and `host` are our own configured ones, never taken from the request. `target` is the path with its query in the
    very bytes of the request line, percent-encoding untouched. `body` is the raw body before any decoding.
    """

    method: str
    scheme: str
    host: str
    target: str
    headers: Headers
    body: bytes


class SignedRequest(Struct):
    """A request in which everything holds that can be judged without the key; only `signatures.verify` remains.

    `algorithm` is empty when the sender named none. `created` is the signature's own time in microseconds, or that of the
    covered Date header. `base` is the text that was signed.
    """

    scheme: str
    key_id: str
    algorithm: str
    created: Micros
    covered: tuple[str, ...]
    signature: bytes
    base: bytes


# What a header's value may hold: visible latin-1, space and tab. A line break in it would forge a line of the signed text.
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d\d):(\d\d):(\d\d) GMT",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_URL = re.compile(r"(https?)://([^/?#\\@\s]+)([^#\s]*)", re.ASCII)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def only(headers: Headers, name: str) -> str | None:
    """The value of the header of this lower-case name, without surrounding blanks; None when it is absent.

    Raises SignatureError when the header appears twice or holds control characters.
    """
    if isinstance(headers, Fields):
        values = headers.by_name.get(name, [])
    else:
        values = [value for key, value in headers if key.lower() == name]
    if not values:
        return None
    if len(values) > 1:
        raise SignatureError(Reason.AMBIGUOUS, f"The request carries the header {name} {len(values)} times.")
    if not _FIELD_VALUE.fullmatch(values[0]):
        raise SignatureError(Reason.MALFORMED, f"The header {name} holds characters that no header may hold.")
    return values[0].strip(" \t")


def covered_value(headers: Headers, name: str) -> str:
    """Like `only`, for a header that the signature claims to cover: raises SignatureError when it is absent."""
    value = only(headers, name)
    if value is None:
        raise SignatureError(Reason.NOT_COVERED, f"The signature covers the header {name}, which is not there.")
    return value


def authority(scheme: str, host: str) -> str:
    """`host[:port]` in lower case, without the scheme's own port (RFC 9421, 2.2.3)."""
    return host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ""))


def url_parts(url: str) -> tuple[str, str, str]:
    """Scheme, authority and target of a URL that we are about to ask. Raises ValueError when it is no http(s) URL."""
    found = _URL.fullmatch(url.partition("#")[0])
    if not found:
        raise ValueError("not an http or https URL")
    scheme, host, target = found.groups()
    return scheme, authority(scheme, host), target if target.startswith("/") else "/" + target


def http_date(now: Micros) -> str:
    """The Date header of this moment (RFC 9110, 5.6.7), whatever the locale."""
    return _http_date(now // 1_000_000)


@lru_cache(maxsize=2)
def _http_date(seconds: int) -> str:
    """Of a second; some hundred messages go out in one."""
    when = datetime.fromtimestamp(seconds, UTC)
    return f"{_DAYS[when.weekday()]}, {when.day:02} {_MONTHS[when.month - 1]} {when.year:04} {when:%H:%M:%S} GMT"


@lru_cache(maxsize=64)
def read_http_date(text: str) -> Micros:
    """Microseconds of a Date header in the one form that is sent today. Raises SignatureError."""
    found = _HTTP_DATE.fullmatch(text)
    if found:
        day, month, year, hour, minute, second = found.groups()
        try:
            # A leap second is the last second of its minute: datetime knows none.
            when = datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
            return int(when.timestamp()) * 1_000_000
        except ValueError:
            pass
    raise SignatureError(Reason.MALFORMED, "The Date header is not a date.")


def check_time(created: Micros, expires: Micros | None, now: Micros, window: Window) -> None:
    """Raises SignatureError unless the signature's time lies in the window and it has not expired.

    An expiry is judged with the tolerance for clocks that differ: a common Rust library lets signatures expire after ten
    seconds (http-signature-normalization's default).
    """
    if created < now - window.past:
        raise SignatureError(Reason.TOO_OLD, f"The signature is {(now - created) // MINUTE} minutes old.")
    if created > now + window.future:
        raise SignatureError(Reason.TOO_NEW, f"The signature is dated {(created - now) // MINUTE} minutes ahead of our clock.")
    if expires is not None and expires < now - window.future:
        raise SignatureError(Reason.EXPIRED, "The signature has expired.")


def check_host(request: Request) -> str:
    """The Host header as received. Raises SignatureError unless there is exactly one and it names us."""
    value = only(request.headers, "host")
    if value is None:
        raise SignatureError(Reason.WRONG_HOST, "The request has no Host header.")
    if value != request.host and authority(request.scheme, value) != authority(request.scheme, request.host):
        raise SignatureError(Reason.WRONG_HOST, "The request was signed for another host.")
    return value


def needs_digest(request: Request) -> bool:
    """Whether a digest of the body must be covered: there is a body, or the method promises one."""
    return bool(request.body) or request.method.upper() in ("POST", "PUT", "PATCH")
