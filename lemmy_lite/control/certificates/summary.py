"""What is to be said of the certificate, to whoever checks the configuration."""

from lemmy_lite.config import Config
from lemmy_lite.control.certificates import kept
from lemmy_lite.crypto.certificates import CertificateError
from lemmy_lite.model.clock import Clock, moment
from lemmy_lite.model.struct import Struct


class Summary(Struct):
    """Sentences of what is, and of what is wrong."""

    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def of(config: Config, clock: Clock) -> Summary:
    """Looks at the files; never raises for what they hold."""
    tls, now = config.tls, moment(clock.now())
    if tls is None:
        return Summary()
    plain = f" Plain http on port {tls.http_port} leads there." if tls.http_port else ""
    if tls.automatic:
        try:
            held = kept.fetched(config)
        except OSError as error:
            return Summary(warnings=(f"{kept.folder(config)} cannot be read: {error.strerror}",))
        have = f"the present one holds until {held.not_after:%Y-%m-%d}" if held else "there is none yet"
        shared = "" if config.sqlite_path is not None else " All processes on this database share it, and the one that leads renews it."
        line = f"It speaks https with a certificate from {tls.directory}, proved by {tls.challenge}; {have}.{shared}{plain}"
        trouble = kept.record(config).trouble
        return Summary(lines=(line,), warnings=(f"the last try to get a certificate failed: {trouble}",) if trouble else ())
    try:
        found = kept.named(tls)
    except CertificateError as error:
        return Summary(warnings=(str(error),))
    line = f"It speaks https with the certificate {tls.certificate} of {found.issuer}, which holds until {found.not_after:%Y-%m-%d}.{plain}"
    return Summary(lines=(line,), warnings=tuple(kept.doubts(config, found, now)))
