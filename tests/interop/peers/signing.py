"""Signatures of requests as the fediverse has them (draft-cavage-http-signatures-12), made and judged with `cryptography` alone."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_LONGEST = timedelta(hours=12)
"""Mastodon's window."""


class WrongSignature(Exception):
    """Why a request is not believed."""


class Style(NamedTuple):
    """How a software signs: what it covers in which order, and what it calls the algorithm."""

    covered: tuple[str, ...]
    algorithm: str = "rsa-sha256"


def new_key() -> rsa.RSAPrivateKey:
    """A key as every one of them makes."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The public half, as actors publish it."""
    written = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return written.decode()


def digest(body: bytes) -> str:
    """The value of the Digest header (RFC 3230)."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def signed(style: Style, key_id: str, key: rsa.RSAPrivateKey, host: str, target: str, body: bytes) -> dict[str, str]:
    """The headers of a signed POST."""
    headers = {
        "host": host,
        "date": format_datetime(datetime.now(UTC), usegmt=True),
        "digest": digest(body),
        "content-type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "content-length": str(len(body)),
    }
    proof = key.sign(_text("post", target, style.covered, headers), padding.PKCS1v15(), hashes.SHA256())
    headers["signature"] = (
        f'keyId="{key_id}",algorithm="{style.algorithm}",headers="{" ".join(style.covered)}",signature="{base64.b64encode(proof).decode()}"'
    )
    return headers


def judge(method: str, target: str, headers: Mapping[str, str], body: bytes, key_of: Callable[[str], str]) -> str:
    """Whose key signed a request; `key_of` brings the published key (PEM) of an id. Header names are in lower case.

    Raises WrongSignature.
    """
    given: dict[str, str] = dict(_PARAMETER.findall(headers.get("signature", "")))
    if not {"keyId", "headers", "signature"} <= given.keys():
        raise WrongSignature("there is no signature")
    covered = given["headers"].split()
    required = {"(request-target)", "host", "date"} | ({"digest"} if method == "POST" else set())
    if missing := required - set(covered):
        raise WrongSignature(f"{sorted(missing)} is not covered")
    if method == "POST" and headers["digest"] != digest(body):
        raise WrongSignature("the digest is that of another body")
    if abs(datetime.now(UTC) - parsedate_to_datetime(headers["date"])) > _LONGEST:
        raise WrongSignature("it is of another day")
    key = serialization.load_pem_public_key(key_of(given["keyId"]).encode())
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        text = _text(method.lower(), target, tuple(covered), headers)
        key.verify(base64.b64decode(given["signature"]), text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise WrongSignature("the signature does not fit") from None
    return given["keyId"]


def _text(method: str, target: str, covered: tuple[str, ...], headers: Mapping[str, str]) -> bytes:
    values = {"(request-target)": f"{method} {target}", **headers}
    return "\n".join(f"{name}: {values[name]}" for name in covered).encode()
