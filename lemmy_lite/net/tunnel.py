"""Connections through the SOCKS proxy, and what kind of proxy it is.

`socks5h://` gives it names and `socks5://` addresses, as for curl and others. Only Tor may be given the names that strangers choose: it
looks them up at its far end, and refuses what is not public. Any other proxy stands in somebody's network, and would be led into it.
"""

import asyncio
import socket

from lemmy_lite.model import web_address
from lemmy_lite.net.addresses import parse_address, why_not_global
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.origin import is_private_name

_IS_TOR = b"Tor is not an HTTP Proxy"
"""What Tor says to HTTP on its SOCKS port (src/core/proto/proto_socks.c)."""


def takes_names(proxy: str) -> bool:
    """Whether the proxy is told names, and looks them up itself."""
    return web_address.parts(proxy).scheme == "socks5h"


def as_socks5(proxy: str) -> str:
    """The address of a proxy as the library reads it, which knows no socks5h."""
    return f"socks5://{proxy.partition('://')[2]}"


def leads_outside(host: str) -> bool:
    """Whether a host is beyond one's own machine and network, so that the proxy has to stand between."""
    address = parse_address(host)
    return why_not_global(address) is None if address is not None else "." in host and not is_private_name(host)


async def dial(proxy: str, host: str, port: int, seconds: float) -> socket.socket:
    """A connected socket; a name is looked up by the proxy. Raises NetError; nothing goes around the proxy."""
    from python_socks import ProxyError, ProxyTimeoutError
    from python_socks.async_.asyncio import Proxy

    through = Proxy.from_url(as_socks5(proxy), rdns=True)
    try:
        return await through.connect(host, port, timeout=seconds)
    except (ProxyError, ProxyTimeoutError, OSError) as error:
        raise NetError(Kind.CONNECT, f"{host} cannot be reached through the proxy.") from error


async def is_tor(proxy: str, seconds: float) -> bool:
    """Whether the proxy says of itself that it is Tor. Raises NetError when nothing listens there."""
    parts = web_address.parts(proxy)
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 1080)
            try:
                writer.write(b"GET / HTTP/1.0\r\n\r\n")
                said = await reader.read(1024)
            finally:
                writer.close()
    except ConnectionResetError:
        return False
    except (OSError, TimeoutError) as error:
        raise NetError(Kind.CONNECT, "The SOCKS proxy does not answer.") from error
    return _IS_TOR in said
