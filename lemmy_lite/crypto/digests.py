"""Digests of a request's body: `Digest: SHA-256=…` (RFC 3230) and `Content-Digest: sha-256=:…:` (RFC 9530)."""

import base64
import binascii
import hashlib
import hmac

from lemmy_lite.crypto.structured_fields import MalformedField, parse_byte_sequences

# Algorithm names are compared in lower case; RFC 3230 calls them case-insensitive, RFC 9530 writes them in lower case.
# Anything weaker than SHA-256 does not count as a digest.
_ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


class DigestMismatch(ValueError):
    """The digest is absent, unreadable, of no known algorithm, or not that of the body."""


def digest(body: bytes) -> str:
    """The value of a `Digest` header, as every ActivityPub peer reads it."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def content_digest(body: bytes) -> str:
    """The value of a `Content-Digest` header."""
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


def check_digest(value: str, body: bytes) -> None:
    """Raises DigestMismatch unless every known algorithm in a `Digest` header fits these exact bytes, and there is one."""
    claims: list[tuple[str, bytes]] = []
    for part in value.split(","):
        name, _, text = part.strip().partition("=")
        try:
            claims.append((name.lower(), base64.b64decode(text, validate=True)))
        except (binascii.Error, ValueError) as cause:
            raise DigestMismatch("The Digest header is not readable.") from cause
    _check(claims, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Raises DigestMismatch unless every known algorithm in a `Content-Digest` header fits these exact bytes, and there is one."""
    try:
        claims = parse_byte_sequences(value)
    except MalformedField as cause:
        raise DigestMismatch("The Content-Digest header is not readable.") from cause
    _check(list(claims.items()), body)


def _check(claims: list[tuple[str, bytes]], body: bytes) -> None:
    names = [name for name, _ in claims]
    if len(names) != len(set(names)):
        raise DigestMismatch("The digest names an algorithm twice.")
    known = [(name, claim) for name, claim in claims if name in _ALGORITHMS]
    if not known:
        raise DigestMismatch("The digest uses no algorithm that we know; sha-256 is understood everywhere.")
    for name, claim in known:
        if not hmac.compare_digest(_ALGORITHMS[name](body).digest(), claim):
            raise DigestMismatch("The digest does not fit the body.")
