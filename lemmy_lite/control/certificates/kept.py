"""Where certificates lie, and what a start makes of them."""

import asyncio
import logging
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from lemmy_lite.config import Config, Tls
from lemmy_lite.crypto import certificates
from lemmy_lite.crypto.certificates import CertificateError, Held
from lemmy_lite.media import files
from lemmy_lite.model.clock import Clock, Micros, moment
from lemmy_lite.model.struct import Struct

log = logging.getLogger(__name__)

_KEY_BEGINS: Final = b"-----BEGIN PRIVATE KEY-----"
LARGEST: Final = 1024 * 1024
"""Bytes of a file that is read as a certificate or key."""


class Record(Struct):
    """What became of the last try to get a certificate. `again`: not before then (microseconds), 0 where nothing holds us back."""

    tried: Micros = 0
    failures: int = 0
    trouble: str | None = None
    again: Micros = 0


def folder(config: Config) -> Path:
    """Of the account's key and the certificates that were fetched; backups take it along."""
    return config.data_dir / "tls"


def named(tls: Tls) -> Held:
    """The pair in the files that the configuration names. Raises CertificateError with their names."""
    if tls.certificate is None or tls.key is None:
        raise CertificateError("tls.certificate and tls.key are not set")
    try:
        return certificates.read(_content(tls.certificate), _content(tls.key))
    except CertificateError as error:
        raise CertificateError(f"{tls.certificate} and {tls.key}: {error}") from None


def fetched(config: Config) -> Held | None:
    """The pair that was fetched last; None where there is none, or it is damaged, as then another is fetched."""
    try:
        content = (folder(config) / "pair.pem").read_bytes()
    except FileNotFoundError:
        return None
    try:
        return certificates.read(content, content)
    except CertificateError as error:
        log.warning("%s is damaged, and another certificate is fetched: %s", folder(config) / "pair.pem", error)
        return None


def keep(config: Config, pair: Held) -> None:
    """Key and certificate in one file, so that no crash can part them."""
    files.write_durably(folder(config) / "pair.pem", pair.key + pair.chain)


def account_key(config: Config) -> bytes:
    """The key of the account with the authority, made at the first call."""
    path = folder(config) / "account.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        key = certificates.account_key()
        files.write_durably(path, key)
        return key


def record(config: Config) -> Record:
    """What became of the last try."""
    try:
        return msgspec.json.decode((folder(config) / "last.json").read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return Record()


def note(config: Config, what: Record) -> None:
    """Remember it over a restart."""
    files.write_durably(folder(config) / "last.json", msgspec.json.encode(what))


def at_start(config: Config, clock: Clock) -> Held | None:
    """What is shown first; None while there is none yet and one is fetched.

    Raises CertificateError, one line, where the files that somebody else should renew cannot be used.
    """
    tls = config.tls
    if tls is None:
        return None
    if tls.automatic:
        return fetched(config)
    found = named(tls)
    now = moment(clock.now())
    if found.not_after <= now:
        raise CertificateError(f"{tls.certificate}: the certificate has expired on {_day(found.not_after)}; renew it, or look at the clock")
    for line in doubts(config, found, now):
        log.warning(line)
    return found


def doubts(config: Config, found: Held, now: datetime) -> list[str]:
    """What visitors will be warned of, one line each."""
    lines = []
    if not found.covers(config.domain):
        lines.append(f"the certificate is for {', '.join(found.names) or 'nobody'}, and not for {config.domain}")
    if found.not_after <= now:
        lines.append(f"the certificate has expired on {_day(found.not_after)}")
    if found.not_before > now:
        lines.append(f"the certificate holds from {_day(found.not_before)} on only; is the clock right?")
    return lines


def stamp(tls: Tls) -> tuple[object, ...]:
    """Changes when one of the named files does, or what its name leads to."""
    return tuple(_stamp(path) for path in (tls.certificate, tls.key) if path is not None)


async def off_the_loop(config: Config, pair: Held) -> None:
    """`keep`, in a thread."""
    await asyncio.to_thread(keep, config, pair)


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as error:
        return error.errno
    return found.st_ino, found.st_mtime_ns, found.st_size


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise CertificateError(f"{path} is too large for a certificate")
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{path} cannot be read: {error.strerror}") from None


def _day(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
