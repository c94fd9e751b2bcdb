# ruff: noqa: RUF009  a table of options, as in options.py
"""The options of `tls`, and what they must be together."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lemmy_lite.config import kinds
from lemmy_lite.config.kinds import UNIX
from lemmy_lite.config.option import option

if TYPE_CHECKING:
    from lemmy_lite.config.options import Config

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tls:
    """Speaking https ourselves, without a proxy in front."""

    automatic: bool = option(
        kinds.boolean(),
        False,
        "Gets a certificate for hostname by itself, and renews it after two thirds of its time; processes on one Postgres share it.",
    )
    terms_agreed: bool = option(
        kinds.boolean(),
        False,
        "You have read the authority's terms (https://letsencrypt.org/repository/) and agree; automatic needs it.",
    )
    contact: str | None = option(
        kinds.mailbox(), None, "Mail address that the authority may write to about your certificates.", example="admin@example.com"
    )
    challenge: str = option(
        kinds.choice("http-01", "tls-alpn-01"),
        "http-01",
        "How it is proved that the name is yours: over http on port 80, or within https on port 443 for who cannot have port 80.",
    )
    directory: str = option(kinds.url("https"), LETS_ENCRYPT, "Where the authority speaks ACME (RFC 8555).")
    ca_file: Path | None = option(
        kinds.file(), None, "Certificates to trust besides the system's when speaking with the authority.", example="/etc/ssl/my-ca.pem"
    )
    certificate: Path | None = option(
        kinds.file(),
        None,
        "Certificate with its chain, PEM, from elsewhere; read again when the file changes.",
        example="/etc/lemmy_lite/fullchain.pem",
    )
    key: Path | None = option(kinds.file(), None, "Its key, PEM.", example="/etc/lemmy_lite/privkey.pem")
    http_port: int = option(
        kinds.whole(0, 65535),
        80,
        "Port on which plain http is answered: by a redirect to https, and to the authority. 0 for none.",
    )
    hsts: int = option(
        kinds.duration("0 seconds", "730 days"),
        0,
        "How long browsers shall remember that this name speaks https only. It cannot be taken back sooner; 0 says nothing.",
    )
    oldest: str = option(kinds.choice("1.2", "1.3"), "1.2", "Oldest version of TLS that is spoken.")


_NOT_PUBLIC = (".localhost", ".local", ".lan", ".home.arpa", ".internal", ".onion")


def tls_problems(config: Config) -> Iterator[str]:
    """One line for each way in which the section cannot be meant."""
    if (tls := config.tls) is None:
        return
    if not config.tls_enabled:
        yield "tls: is set, but tls_enabled: false says that this instance is reached by plain http; take one of them away"
    if all(place.startswith(UNIX) for place in config.bind):
        yield "tls: has no address to listen on, as bind names Unix sockets only; there the proxy speaks https"
    if tls.http_port and tls.http_port == config.port:
        yield f"tls.http_port: {tls.http_port} is the port of https as well"
    if tls.automatic:
        yield from _automatic(config, tls)
    elif tls.certificate is None or tls.key is None:
        missing = "key" if tls.certificate is not None else "certificate" if tls.key is not None else "certificate, tls.key"
        yield f"tls.{missing}: is not set; name both files, or set tls.automatic: true"


def _automatic(config: Config, tls: Tls) -> Iterator[str]:
    if tls.certificate is not None or tls.key is not None:
        yield "tls.certificate: has no place beside tls.automatic: true; take one of them away"
    if not tls.terms_agreed:
        yield "tls.terms_agreed: must be true for tls.automatic; read the terms of the authority first"
    if tls.challenge == "http-01" and not tls.http_port:
        yield 'tls.http_port: 0 leaves no way for tls.challenge "http-01"; choose "tls-alpn-01"'
    if _is_address(config.domain) or "." not in config.domain or config.domain.endswith(_NOT_PUBLIC):
        yield f'tls.automatic: no authority knows "{config.domain}"; it takes a public name'


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
