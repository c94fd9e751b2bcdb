"""How a request to an S3 server is signed: AWS Signature Version 4 in its header form, with the hash of the body.

Written by https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, whose examples the tests check. Pure: no clock and
no network in here.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote

from lemmy_lite.model.struct import Struct

EMPTY: Final = hashlib.sha256(b"").hexdigest()
"""The hash of no body."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "s3"


class Credentials(Struct):
    """Who signs: the name of a key and the key. Never logged."""

    key_id: str
    secret: str

    def __repr__(self) -> str:
        return f"Credentials({self.key_id})"


def quoted(text: str, *, slash: bool = False) -> str:
    """Percent-encoding as the signature wants it (RFC 3986's unreserved characters stay, and slashes of a path)."""
    return quote(text, safe="-._~/" if slash else "-._~")


def headers(
    method: str, target: str, given: Sequence[tuple[str, str]], body_hash: str, who: Credentials, region: str, now: datetime
) -> list[tuple[str, str]]:
    """The headers that sign a request, to be added to those `given`, Host among them.

    `target` is path and query as they are sent, `body_hash` the SHA-256 of the body in hexadecimal, `now` in UTC. Of the headers given,
    Host, Range, Content-Type and those that begin with X-Amz- are signed.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    added = [("x-amz-content-sha256", body_hash), ("x-amz-date", stamp)]
    signed = sorted((name.lower(), " ".join(value.split())) for name, value in [*given, *added] if _is_signed(name.lower()))
    names = ";".join(name for name, _ in signed)
    path, _, query = target.partition("?")
    canonical = "\n".join((method, path, _canonical_query(query), *(f"{name}:{value}" for name, value in signed), "", names, body_hash))
    scope = f"{stamp[:8]}/{region}/{_SERVICE}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = b"AWS4" + who.secret.encode()
    for part in (stamp[:8], region, _SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return [*added, ("authorization", f"{_ALGORITHM} Credential={who.key_id}/{scope},SignedHeaders={names},Signature={signature}")]


def _is_signed(name: str) -> bool:
    return name in ("host", "range", "content-type") or name.startswith("x-amz-")


def _canonical_query(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    return "&".join(sorted(f"{quoted(unquote(name))}={quoted(unquote(value))}" for name, _, value in pairs))
