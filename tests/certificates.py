"""Certificates of the tests' own."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


class Files(NamedTuple):
    """Where a pair lies."""

    certificate: Path
    key: Path


def made(
    folder: Path, name: str = "site.test", *, begins: timedelta = timedelta(days=-1), ends: timedelta = timedelta(days=89), kind: str = "ec"
) -> Files:
    """A pair that signs itself, for `name`; written over what lies in the folder."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    now = datetime.now(UTC)
    number = x509.random_serial_number()
    # A client that trusts two of them finds them by their subjects.
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"tests {number}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectAlternativeName([_named(name)]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder / "fullchain.pem", folder / "privkey.pem")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.TraditionalOpenSSL if kind == "rsa" else serialization.PrivateFormat.PKCS8
    files.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return files


def trusting(files: Files) -> ssl.SSLContext:
    """What a client that trusts this pair, and no other, connects with."""
    return ssl.create_default_context(cafile=str(files.certificate))


def _named(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
