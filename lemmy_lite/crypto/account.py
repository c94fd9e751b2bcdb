"""An account with a certificate authority is a key: what it signs (RFC 8555, 6.2), and how it is shown (RFC 7638)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_BYTES = 32
"""Of a coordinate on P-256, and of each half of its signatures."""


class Account:
    """Signs requests with the account's key: ES256 (RFC 7518, 3.4), which every authority takes."""

    def __init__(self, pem: bytes) -> None:
        """Raises ValueError for what is no EC key on P-256."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = serialization.load_pem_private_key(pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise ValueError("the account's key is of another kind")
        self._key: EllipticCurvePrivateKey = key
        point = key.public_key().public_numbers()
        self._jwk = {"crv": "P-256", "kty": "EC", "x": _number(point.x), "y": _number(point.y)}
        self.url: str | None = None
        """Under which the authority knows the account; without it requests carry the key itself."""

    def sign(self, url: str, nonce: str, payload: object) -> bytes:
        """The body of a POST: a flattened JWS (RFC 7515, 7.2.2). `payload` None is the empty one of POST-as-GET."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        who: dict[str, object] = {"jwk": self._jwk} if self.url is None else {"kid": self.url}
        head = encoded(json.dumps({"alg": "ES256", "nonce": nonce, "url": url, **who}).encode())
        body = "" if payload is None else encoded(json.dumps(payload).encode())
        r, s = decode_dss_signature(self._key.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
        return json.dumps({"protected": head, "payload": body, "signature": _number(r, s)}).encode()

    def proof(self, token: str) -> str:
        """What shows that we hold the account as well as the name: the key authorization (RFC 8555, 8.1)."""
        canonical = json.dumps(self._jwk, separators=(",", ":"), sort_keys=True).encode()
        return f"{token}.{encoded(hashlib.sha256(canonical).digest())}"


def encoded(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def der(pem: bytes) -> bytes:
    """The bytes within a PEM text of one part."""
    return base64.b64decode(b"".join(line for line in pem.splitlines() if not line.startswith(b"-----")))


def _number(*values: int) -> str:
    return encoded(b"".join(value.to_bytes(_BYTES) for value in values))
