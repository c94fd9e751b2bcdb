"""What others see: the name, the way through the proxy, the certificate, another instance, the mail server."""

import ipaddress
import json
import ssl
import time
from collections.abc import Sequence
from typing import Any, Final

from lemmy_lite import __version__
from lemmy_lite.config import Config
from lemmy_lite.control.doctor.finding import Finding, bad, note, well
from lemmy_lite.crypto import keys, signatures
from lemmy_lite.crypto.signatures import Request, SignatureError
from lemmy_lite.federation.signatures import of_site
from lemmy_lite.model.clock import Micros
from lemmy_lite.net import bucket, options, tls, tunnel
from lemmy_lite.net.bucket import BucketError
from lemmy_lite.net.budget import Budget, Limits
from lemmy_lite.net.client import Client, Response
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.origin import parse_url
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.errors import StorageError
from lemmy_lite.storage.query import Transaction

_PATIENCE: Final = 10.0
_LARGEST: Final = 2**20
_DAYS_LEFT: Final = 14
ADDRESS_PATH: Final = "/healthz/address"
"""Tells who asks by which address it is seen (http/health.py)."""
INVENTED: Final = "203.0.113.9"
"""An address that nobody has (RFC 5737, TEST-NET-3)."""


def client(config: Config) -> Client:
    """The outbound client as the server has it."""
    return Client(options.of(config, f"lemmy_lite/{__version__} doctor"))


async def pictures(config: Config) -> Finding | None:
    """Whether uploads that lie elsewhere can be reached; None where they lie here."""
    folder = config.images.folder
    place = bucket.of(config, f"lemmy_lite/{__version__} doctor")
    if place is None:
        if folder is None or folder.is_dir():
            return None if folder is None else well(f"The folder {folder} of uploads is there.")
        return bad(f"The folder {folder} of uploads is not there.", "Make or mount it, so that every machine sees the same one.")
    try:
        async for _ in place.listed():
            break
    except BucketError as error:
        return bad(f"The bucket of uploads cannot be read: {error}.", "Look at images.store and images.s3: address, region, names, key.")
    finally:
        await place.close()
    return well(f"The bucket of uploads can be read: {place}.")


async def way_out(config: Config) -> Finding | None:
    """Whether the proxy for all outgoing requests is there, and looks names up if and only if it is Tor; None without one."""
    proxy = config.socks_proxy
    if proxy is None:
        return None
    try:
        is_tor = await tunnel.is_tor(proxy, _PATIENCE)
    except NetError as error:
        return bad(f"{error.sentence} Nothing goes out without it.", "Start it, or look at socks_proxy.")
    if tunnel.takes_names(proxy) and not is_tor:
        return bad(
            "The proxy is not Tor, but looks up the names that strangers choose: they may lead it into its own network.",
            "Write socks5:// instead of socks5h:// in socks_proxy: names are looked up here then, and every address is judged.",
        )
    if is_tor and not tunnel.takes_names(proxy):
        return bad(
            "Requests go out through Tor, but names are looked up here: a name server learns with whom this instance speaks.",
            "Write socks5h:// instead of socks5:// in socks_proxy.",
        )
    return well("Requests go out through Tor." if is_tor else "Requests go out through the proxy.")


async def name(config: Config, net: Client) -> Finding:
    """Whether the public name leads here, as others see it."""
    if config.domain == "localhost":
        return note(
            "The hostname is localhost: nobody else can reach this instance.",
            "Set `hostname` before anybody knows the instance; it cannot change later.",
        )
    if not config.tls_enabled and not config.federation.allow_private_addresses and not config.domain.endswith(".onion"):
        return bad(
            "tls_enabled is off, but other instances speak https only.",
            "Set the section tls, or put a proxy with a certificate in front, and set tls_enabled: true.",
        )
    try:
        answer = await _get(net, f"{config.base_url}/nodeinfo/2.1", "application/json")
    except NetError as error:
        return bad(f"{config.base_url} cannot be reached: {error.sentence}", _ADVICE.get(error.kind, _ADVICE_OTHERWISE))
    found = _json(answer)
    if answer.status != 200 or not isinstance(found, dict) or found.get("software", {}).get("name") not in ("lemmy", "lemmy_lite"):
        return bad(f"{config.base_url} is answered by something else (status {answer.status}).", "Look where the name and the proxy lead.")
    return well(f"{config.base_url} leads to this instance, or one like it.")


_ADVICE_OTHERWISE: Final = "Look at DNS, the router's port forwarding and the proxy."
_ADVICE: Final[dict[Kind, str]] = {
    Kind.DNS: "The name is unknown to DNS: add a record with your public address, or wait until it has spread.",
    Kind.REFUSED_ADDRESS: "The name leads to a private address: DNS must name the public one.",
    Kind.TIMEOUT: "Nothing answers: is the port forwarded by the router, and open in the firewall?",
}


async def proxy(config: Config, net: Client) -> Finding | None:
    """Whether the proxy leaves requests as they must be: Accept decides between page and document, and bodies come through."""
    if config.domain == "localhost":
        return None
    try:
        document = await _get(net, f"{config.base_url}/", "application/activity+json")
        page = await _get(net, f"{config.base_url}/", "text/html")
        large = await net.post(
            f"{config.base_url}/inbox", b"x" * 1_500_000, _budget(), headers=[("content-type", "application/activity+json")]
        )
    except NetError:
        return None  # `name` says so already
    if not isinstance(_json(document), dict):
        return bad(
            "Asked for ActivityPub, the front page answers with something else.", "The proxy must pass every path and the Accept header on."
        )
    if b"<html" not in page.body[:2000].lower():
        return bad(
            "Asked for a page, the front page answers with something else.", "The proxy must pass every path and the Accept header on."
        )
    if large.status == 413:
        return bad("The proxy refuses bodies of 1.5 MB.", "nginx: client_max_body_size 21m; so that uploads and long posts come through.")
    return well("The proxy passes requests on as they are.")


async def visitors(config: Config, net: Client) -> Finding | None:
    """Whether the proxy says who asks, and only what it has seen itself: limits count by these addresses.

    None where nobody but this machine may come, and where the look cannot be had, as `name` says then.
    """
    if config.domain == "localhost" or config.federation.allow_private_addresses:
        return None
    invented = [("X-Forwarded-For", INVENTED), ("Forwarded", f"for={INVENTED}")]
    try:
        answer = await _get(net, f"{config.base_url}{ADDRESS_PATH}", "application/json", invented)
    except NetError:
        return None
    return seen(config, _json(answer))


def seen(config: Config, answer: object) -> Finding | None:
    """What it means that a visitor who invented an address was seen by this one (http/health.py)."""
    try:
        address = ipaddress.ip_address(answer["address"] if isinstance(answer, dict) else "")
    except (KeyError, ValueError):
        return None
    if str(address) == INVENTED:
        return bad(
            "Visitors can choose the address by which they are counted: the proxy passes on what they write about themselves.",
            "It must replace X-Forwarded-For, and drop or replace Forwarded: packaging/proxy shows how.",
        )
    if config.tls is None and any(address in network for network in config.http.trusted_proxies):
        return bad(
            f"All visitors are one ({address}): the proxy does not say who asks, so whoever reaches a limit shuts everybody out.",
            "It must send X-Forwarded-For with the address it sees: packaging/proxy shows how.",
        )
    return well("Visitors are told apart.")


async def certificate(config: Config) -> Finding | None:
    """How long it holds."""
    if not config.tls_enabled or config.domain == "localhost" or config.socks_proxy:
        return None
    import asyncio

    origin = parse_url(config.base_url).origin
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(origin.host, origin.port, ssl=tls.context(None))
            held: Any = writer.get_extra_info("peercert")
            writer.transport.abort()  # all is seen; a good-bye would be waited for
            await asyncio.sleep(0)
    except ssl.SSLError as error:
        return bad(f"The certificate is refused: {error.reason or error}.", "Renew it, or let the proxy send the whole chain.")
    except (OSError, TimeoutError):
        return None  # `name` says so already
    days = int((ssl.cert_time_to_seconds(held["notAfter"]) - time.time()) // 86_400)
    said = f"The certificate holds for {days} more days."
    return bad(said, "It should have been renewed: look at certbot's or the proxy's log.") if days < _DAYS_LEFT else well(said)


async def signature(config: Config, net: Client, now: Micros) -> Finding:
    """Whether what is signed here holds when it is judged as others judge it: by the key that they find behind the public name."""
    own, fetched = _own_keys(config, now), await _shown_key(config, net)
    private, public = own or _made_up()
    headers: list[tuple[str, str]] = [("content-type", "application/activity+json")]
    url = f"{config.base_url}/inbox"
    try:
        headers += signatures.sign_cavage("POST", url, headers, b"{}", f"{config.base_url}/#main-key", private, now)
        request = Request(method="POST", scheme=config.protocol, host=config.hostname, target="/inbox", headers=headers, body=b"{}")
        signed = signatures.examine(request, now)
        signatures.verify(signed, public)
    except (SignatureError, ValueError) as error:
        return bad(f"A signature made here does not hold: {error}.", "The installation is damaged: install it anew.")
    if own is None or fetched is None:
        return well("Signatures made here hold.")
    try:
        signatures.verify(signed, fetched)
    except SignatureError:
        return bad(
            f"What this instance signs is refused by all others: behind {config.base_url} they find another key than its own.",
            "Either the name leads to another instance, or this database is not the one the instance had: bring a backup of it back.",
        )
    return well("Signatures made here hold under the key that others find.")


def _made_up() -> tuple[str, str]:
    pair = keys.generate_key_pair()
    return pair.private_key, pair.public_key


def _own_keys(config: Config, now: Micros) -> tuple[str, str] | None:
    """The site's private and public key; None before the first start, or where `database` has found trouble."""
    if config.sqlite_path is not None and not config.sqlite_path.exists():
        return None
    try:
        with session(config.database_uri, read_only=True) as found:
            actor = of_site(Transaction(found, now))
    except StorageError:
        return None
    return (actor.private_key, actor.public_key) if actor is not None and actor.private_key else None


async def _shown_key(config: Config, net: Client) -> str | None:
    try:
        found: Any = _json(await _get(net, f"{config.base_url}/", "application/activity+json"))
        return str(found["publicKey"]["publicKeyPem"])
    except (NetError, TypeError, KeyError):
        return None


async def peer(config: Config, net: Client, host: str) -> Finding:
    """Whether another instance can be spoken with."""
    try:
        answer = await _get(net, f"{config.protocol}://{host}/.well-known/nodeinfo", "application/json")
    except NetError as error:
        return bad(f"{host} cannot be reached: {error.sentence}", "If others can reach it: look at DNS and the firewall here.")
    skew = _skew(answer)
    if answer.status != 200:
        return bad(f"{host} answers with status {answer.status}.", "Is it an instance of the fediverse? Does it block this one?")
    if skew is not None and abs(skew) > 300:
        return bad(f"The clocks of {host} and this machine differ by {abs(skew) // 60} minutes.", "sudo timedatectl set-ntp true")
    return well(f"{host} answers, and its clock agrees with ours.")


async def mail(config: Config) -> Finding:
    """Whether mails could leave."""
    if config.email is None:
        return note("No mail is sent: nobody can get a new password by themselves.", "Set the section `email`.")
    from lemmy_lite.domain.postman import line
    from lemmy_lite.mail.smtp import Connection, MailError, warnings

    try:
        async with Connection(config, line(config)):
            pass
    except MailError as error:
        return bad(f"The mail server does not take mails: {error}", "`lemmy-lite mail-test ADDRESS` tries it with a real one.")
    found = [str(warning) for warning in warnings(config)]
    return note(" ".join(found), "`lemmy-lite mail-test ADDRESS` tries it with a real one.") if found else well("The mail server answers.")


async def _get(net: Client, url: str, accept: str, headers: Sequence[tuple[str, str]] = ()) -> Response:
    return await net.get(url, _budget(), accept=accept, max_bytes=_LARGEST, same_origin_redirects=True, headers=headers)


def _budget() -> Budget:
    return Budget(Limits(requests=5, depth=1, wire_bytes=4 * _LARGEST, decoded_bytes=4 * _LARGEST, seconds=_PATIENCE))


def _json(answer: Response) -> object:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _skew(answer: Response) -> int | None:
    from email.utils import parsedate_to_datetime

    try:
        return int(time.time() - parsedate_to_datetime(answer.header("date") or "").timestamp())
    except (TypeError, ValueError):
        return None
