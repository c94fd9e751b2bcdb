"""Certificates for https: a pair read and judged, a request for an authority, and the proofs of TLS-ALPN-01."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lemmy_lite.model.struct import Struct

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, GeneralName, Name

_PROOF_DAYS = 7


class CertificateError(Exception):
    """A pair that cannot be shown; the message is one line that says why."""


class Held(Struct):
    """A certificate with its chain and its key (PEM, the key unencrypted PKCS #8), and what it says of itself."""

    chain: bytes
    key: bytes
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    issuer: str

    def covers(self, name: str) -> bool:
        """Whether it is for this host; a star stands for one label (RFC 6125, 6.4.3)."""
        return name in self.names or f"*.{name.partition('.')[2]}" in self.names

    @property
    def renewal_due(self) -> datetime:
        """When two thirds of its time have passed: Let's Encrypt's advice, which leaves a third for trying."""
        return self.not_before + (self.not_after - self.not_before) * 2 / 3


def read(chain: bytes, key: bytes) -> Held:
    """A certificate's file and its key's. Raises CertificateError when one cannot be read or they do not belong together."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError:
        raise CertificateError("the certificate is not PEM, or damaged") from None
    try:
        private = serialization.load_pem_private_key(key, None)
    except TypeError:
        raise CertificateError("the key is sealed with a password; write it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("the key is not PEM, or damaged") from None
    leaf = certificates[0]
    if _public(leaf.public_key()) != _public(private.public_key()):
        raise CertificateError("the key belongs to another certificate")
    return Held(
        chain=b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates),
        key=private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        names=_names(leaf),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        issuer=_common_name(leaf.issuer),
    )


def request(name: str) -> tuple[bytes, bytes]:
    """A new key (EC P-256) and the request for a certificate of `name`, both PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    # The name stands among the alternative names alone, as authorities wish it (CA/Browser Forum, 7.1.4.2.2).
    wanted = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
    return _written(key), wanted.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def account_key() -> bytes:
    """A new key for an account with an authority: EC P-256, PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return _written(ec.generate_private_key(ec.SECP256R1()))


def proof(name: str, digest: bytes, now: datetime) -> tuple[bytes, bytes]:
    """Certificate and key, PEM, that answer TLS-ALPN-01 for `name`: signed by itself, with `digest` (32 bytes) inside (RFC 8737, 3)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    identifier = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme challenge")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=_PROOF_DAYS))  # the authority does not look, but a clock may be wrong
        .not_valid_after(now + timedelta(days=_PROOF_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.UnrecognizedExtension(identifier, b"\x04\x20" + digest), True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM), _written(key)


def _written(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    written: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return written


def _public(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    written: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return written


def _names(leaf: Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        found: list[GeneralName] = list(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return tuple(each.value.lower() for each in found if isinstance(each, x509.DNSName))


def _common_name(name: Name) -> str:
    from cryptography import x509

    found = [
        str(part.value) for oid in (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME) for part in name.get_attributes_for_oid(oid)
    ]
    return found[0] if found else name.rfc4514_string()
