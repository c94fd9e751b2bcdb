"""An answer as every handler gives it."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import msgspec

JSON = "application/json"
HTML = "text/html; charset=utf-8"
ACTIVITY = "application/activity+json"

_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class Response:
    """Status, headers and a body: bytes, a file, or pieces made on the way.

    Header names are lower case. `compress=False` keeps a body as it is, where an attacker could learn a secret from its length or
    where it is compressed already by its nature.
    """

    status: int = 200
    body: bytes | Path | AsyncIterator[bytes] = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    compress: bool = True

    def has(self, name: str) -> bool:
        """Whether a header was set already."""
        for each, _ in self.headers:  # noqa: SIM110  # asked some eight times for each answer, where `any` takes three times as long
            if each == name:
                return True
        return False

    def set_default(self, name: str, value: str) -> None:
        """Sets a header unless the handler did."""
        if not self.has(name):
            self.headers.append((name, value))

    def vary(self, *names: str) -> None:
        """Adds names to the Vary header."""
        if not self.has("vary"):
            self.headers.append(("vary", ", ".join(names)))
            return
        present = [value for name, value in self.headers if name == "vary"]
        known = [name.strip() for value in present for name in value.split(",")]
        self.headers = [(name, value) for name, value in self.headers if name != "vary"]
        self.headers.append(("vary", ", ".join(dict.fromkeys([*known, *names]))))


def json_response(value: object, status: int = 200, content_type: str = JSON, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer of a Struct, list or mapping."""
    return Response(status, _encoder.encode(value), content_type, list((headers or {}).items()))


def html_response(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page."""
    return Response(status, text.encode(), HTML, list((headers or {}).items()))


def redirect(location: str, status: int = 303) -> Response:
    """Sends the client elsewhere. What no header can carry is percent-encoded, so that a name from a URL cannot break one."""
    return Response(status, headers=[("location", quote(location, safe="/:?#[]@!$&'()*+,;=%~-._"))])
