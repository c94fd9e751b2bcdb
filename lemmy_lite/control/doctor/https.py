"""Https without a proxy: the certificate that is shown, its renewal, and plain http beside it."""

from typing import Final

from lemmy_lite.config import Config, Tls
from lemmy_lite.control.certificates import kept
from lemmy_lite.control.doctor.finding import Finding, bad, note, well
from lemmy_lite.crypto.certificates import CertificateError, Held
from lemmy_lite.model.clock import Micros, moment
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Client
from lemmy_lite.net.errors import NetError

SOON: Final = 14
"""Days before the end within which a certificate should have been renewed: Let's Encrypt's hold for 90 and are renewed after 60."""
_PATIENCE: Final = 10.0


def files(config: Config, now: Micros) -> Finding | None:
    """The certificate on the disk, and how its renewal goes; None where a proxy speaks https."""
    tls = config.tls
    if tls is None:
        return None
    try:
        held = kept.fetched(config) if tls.automatic else kept.named(tls)
    except CertificateError as error:
        return bad(f"The certificate cannot be used: {error}.", "The server shows the former one until it ends, and does not start again.")
    except OSError as error:
        return bad(f"{kept.folder(config)} cannot be read: {error.strerror}.", "Run this as the account that runs the server.")
    if tls.automatic:
        return _fetched(config, tls, held, now)
    return _judged(config, held, now, "Look why it was not renewed, such as at certbot's log.") if held is not None else None


def _fetched(config: Config, tls: Tls, held: Held | None, now: Micros) -> Finding:
    known = kept.record(config)
    when = f", {known.failures} times in a row" if known.failures > 1 else ""
    failing = f"No certificate was got{when}: {known.trouble}." if known.trouble else ""
    if held is None:
        if failing:
            return bad(failing, _ADVICE[tls.challenge])
        return note("There is no certificate yet.", "It is fetched within a minute after the start; look into the log of the server.")
    judged = _judged(config, held, now, failing or _ADVICE[tls.challenge])
    if failing and judged.sentence and judged.level == "well":
        return note(f"The renewal fails, while the certificate still holds. {failing}", _ADVICE[tls.challenge])
    return judged


_ADVICE: Final = {
    "http-01": "The name must lead here, and port 80 must be open to the world: look at DNS, the router and the firewall.",
    "tls-alpn-01": "The name must lead here, and port 443 must come through unchanged: look at DNS, the router and the firewall.",
}


def _judged(config: Config, held: Held, now: Micros, advice: str) -> Finding:
    doubts = kept.doubts(config, held, moment(now))
    if doubts:
        return bad(f"Browsers and other instances refuse it: {'; '.join(doubts)}.", advice)
    days = (held.not_after - moment(now)).days
    said = f"The certificate of {held.issuer} holds for {days} more days."
    lifetime = (held.not_after - held.not_before).days
    return bad(f"{said} It should have been renewed.", advice) if days < min(SOON, lifetime // 4) else well(said)


async def plain(config: Config, net: Client) -> Finding | None:
    """Whether plain http of the public name comes to us, as an authority and people who type the bare name need it."""
    tls = config.tls
    if tls is None or not tls.http_port or config.socks_proxy:
        return None
    needed = tls.automatic and tls.challenge == "http-01"
    address = f"http://{config.domain}/.well-known/acme-challenge/doctor"
    budget = Budget(Limits(requests=3, depth=1, wire_bytes=2**16, decoded_bytes=2**16, seconds=_PATIENCE))
    try:
        answer = await net.get(address, budget, accept="*/*", max_bytes=2**14, same_origin_redirects=False, plain_http=True)
    except NetError as error:
        said = f"Port 80 of {config.domain} cannot be reached: {error.sentence}"
    else:
        if answer.status == 404 and answer.body == b"There is no such challenge.":
            return well("Plain http leads here, and from here to https.")
        said = f"Plain http of {config.domain} is answered by something else (status {answer.status})."
    return (bad if needed else note)(said, _ADVICE["http-01"] if needed else "Who types the bare name may not find the site.")
