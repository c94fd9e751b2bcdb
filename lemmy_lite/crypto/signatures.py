"""HTTP signatures: signing our requests, and judging those that come in, by draft-cavage and by RFC 9421.

No input or output happens here: the caller gives the request, fetches the key that `examine` names, and asks `verify`.
`examine` judges everything that can be judged without the key, so that a bad request costs no fetch and no arithmetic. The
caller signs and judges only while it trusts its clock (design rule 24).
"""

from typing import Literal

from msgspec import structs

from lemmy_lite.crypto import cavage, rfc9421
from lemmy_lite.crypto.keys import KeyRefused, own_private_key, public_key
from lemmy_lite.crypto.signed_request import (
    DEFAULT_WINDOW,
    Fields,
    Headers,
    Reason,
    Request,
    SignatureError,
    SignedRequest,
    Window,
    only,
)
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.struct import Struct

__all__ = [
    "DEFAULT_WINDOW",
    "Headers",
    "Reason",
    "Request",
    "SignatureError",
    "SignedRequest",
    "Verified",
    "Window",
    "examine",
    "sign_cavage",
    "sign_rfc9421",
    "verify",
    "wanted_components",
]

# Which arithmetic each announced name may mean, by the type of the key that the actor published. The key decides, not the
# sender's word: a name that does not fit the key is refused. hs2019 means in the fediverse what Lemmy makes of it, RSA with
# PKCS#1 v1.5 and SHA-256, not the draft's RSASSA-PSS. No name leaves the choice to the key.
_RSA, _PSS, _ED25519 = "rsa-v1_5-sha256", "rsa-pss-sha512", "ed25519"
_OF_RSA, _OF_ED25519 = frozenset({_RSA, _PSS}), frozenset({_ED25519})
_PSS_SALT = 64
_ALGORITHMS: dict[tuple[str, str], frozenset[str]] = {
    (cavage.SCHEME, "rsa-sha256"): frozenset({_RSA}),
    (cavage.SCHEME, "hs2019"): frozenset({_RSA, _ED25519}),
    (cavage.SCHEME, "ed25519"): frozenset({_ED25519}),
    (cavage.SCHEME, ""): frozenset({_RSA, _ED25519}),
    (rfc9421.SCHEME, "rsa-v1_5-sha256"): frozenset({_RSA}),
    (rfc9421.SCHEME, "rsa-pss-sha512"): frozenset({_PSS}),
    (rfc9421.SCHEME, "ed25519"): frozenset({_ED25519}),
    (rfc9421.SCHEME, ""): frozenset({_RSA, _ED25519}),
}


class Verified(Struct):
    """A request whose signature holds under the key that was asked. Whether that key is the actor's is the caller's question."""

    scheme: str
    key_id: str
    created: Micros
    covered: tuple[str, ...]


def sign_cavage(
    method: str,
    url: str,
    headers: Headers,
    body: bytes | None,
    key_id: str,
    private_key_pem: str,
    now: Micros,
    algorithm: Literal["rsa-sha256", "hs2019"] = "rsa-sha256",
) -> list[tuple[str, str]]:
    """The headers to add to a request of ours: Host, Date, Digest (when `body` is not None) and Signature.

    `headers` are those that the request carries already; its content type gets covered. Send the URL and these headers exactly
    as they are. Raises ValueError for a URL that is not http(s), KeyRefused for an unusable key.
    """
    added, covered, base = cavage.prepare(method, url, headers, body, now)
    return [*added, cavage.header(_quotable(key_id), algorithm, covered, _sign(private_key_pem, base))]


def sign_rfc9421(
    method: str,
    url: str,
    headers: Headers,
    body: bytes | None,
    key_id: str,
    private_key_pem: str,
    now: Micros,
    also: tuple[str, ...] = (),
) -> list[tuple[str, str]]:
    """The headers to add to a request of ours: Host, Content-Digest (when `body` is not None), Signature-Input and Signature.

    `also` names components that the other side wants covered besides ours (`wanted_components`). Raises like `sign_cavage`.
    """
    added, text, base = rfc9421.prepare(method, url, headers, body, _quotable(key_id), _RSA, now, also)
    return [*added, *rfc9421.signature_headers(text, _sign(private_key_pem, base))]


def wanted_components(accept_signature: str) -> tuple[str, ...] | None:
    """What an Accept-Signature header (RFC 9421, 5) asks to have covered, as far as we can; None when we cannot sign as it asks."""
    return rfc9421.wanted_components(accept_signature, _RSA)


def examine(request: Request, now: Micros, window: Window = DEFAULT_WINDOW) -> SignedRequest:
    """Judges all of a signed request that needs no key: form, coverage, host, digest, time and the name of the algorithm.

    Raises SignatureError with the first thing found wrong.
    """
    request = structs.replace(request, headers=Fields(request.headers))
    value = only(request.headers, "signature")
    if value is None:
        raise SignatureError(Reason.NOT_SIGNED, "The request is not signed.")
    input_value = only(request.headers, "signature-input")
    if input_value is None:
        signed = cavage.examine(request, value, now, window)
    else:
        signed = rfc9421.examine(request, input_value, value, now, window)
    if (signed.scheme, signed.algorithm) not in _ALGORITHMS:
        raise SignatureError(Reason.ALGORITHM, f"The signature algorithm {signed.algorithm[:40]!r} is not accepted.")
    return signed


def verify(signed: SignedRequest, public_key_pem: str) -> Verified:
    """Checks an examined request under the key that `signed.key_id` led to.

    Raises SignatureError: `key` when the key itself is refused or does not fit the algorithm, `wrong_signature` when it is not
    the one that signed.
    """
    try:
        key = public_key(public_key_pem)
    except KeyRefused as cause:
        raise SignatureError(Reason.KEY, str(cause)) from cause
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    allowed = _ALGORITHMS.get((signed.scheme, signed.algorithm), frozenset())
    try:
        if isinstance(key, RSAPublicKey):
            _require(allowed, _OF_RSA)
            if _PSS in allowed:
                # RFC 9421, 3.3.1: the salt is as long as the digest.
                key.verify(signed.signature, signed.base, padding.PSS(padding.MGF1(hashes.SHA512()), _PSS_SALT), hashes.SHA512())
            else:
                key.verify(signed.signature, signed.base, padding.PKCS1v15(), hashes.SHA256())
        else:
            _require(allowed, _OF_ED25519)
            key.verify(signed.signature, signed.base)
    except InvalidSignature as cause:
        raise SignatureError(Reason.WRONG_SIGNATURE, "The signature does not fit the request and the key.") from cause
    return Verified(scheme=signed.scheme, key_id=signed.key_id, created=signed.created, covered=signed.covered)


def _require(allowed: frozenset[str], fitting: frozenset[str]) -> None:
    if allowed.isdisjoint(fitting):
        raise SignatureError(Reason.KEY, "The key is not of the kind that the signature's algorithm needs.")


def _sign(private_key_pem: str, base: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return own_private_key(private_key_pem).sign(base, padding.PKCS1v15(), hashes.SHA256())


def _quotable(key_id: str) -> str:
    if not key_id.isascii() or not key_id.isprintable() or '"' in key_id or "\\" in key_id:
        raise ValueError("a key id must be a plain URL")
    return key_id
