"""Which certificates we trust."""

import ssl
from pathlib import Path

# Where systems keep their authorities. Python knows the place of the system it was built on; the executable may run on another.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # OpenBSD, FreeBSD, macOS
)


def context(ca_file: str | None) -> ssl.SSLContext:
    """A context that checks names and chains against the system's authorities, and those in `ca_file` besides.

    Raises OSError or ssl.SSLError when `ca_file` cannot be read.
    """
    made = ssl.create_default_context()
    if not made.cert_store_stats()["x509_ca"] and not _has_folder():
        found = next((bundle for bundle in BUNDLES if Path(bundle).exists()), None)
        if found:
            made.load_verify_locations(found)
    if ca_file:
        made.load_verify_locations(ca_file)
    return made


def _has_folder() -> bool:
    # Certificates in a folder are read as they are needed, so an empty store says nothing.
    # capath is None where there is no such folder, whatever its annotation says.
    folder: str | None = ssl.get_default_verify_paths().capath
    return folder is not None and any(Path(folder).iterdir())
