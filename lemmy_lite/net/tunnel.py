"""A bare connection through the SOCKS proxy, for what is no HTTP: the talk with a mail server."""

import socket

from lemmy_lite.net.addresses import parse_address, why_not_global
from lemmy_lite.net.errors import Kind, NetError
from lemmy_lite.net.origin import is_private_name


def leads_outside(host: str) -> bool:
    """Whether a host is beyond one's own machine and network, so that the proxy has to stand between."""
    address = parse_address(host)
    return why_not_global(address) is None if address is not None else "." in host and not is_private_name(host)


async def dial(proxy: str, host: str, port: int, seconds: float) -> socket.socket:
    """A connected socket; the proxy looks the name up. Raises NetError; nothing goes around the proxy."""
    from python_socks import ProxyError, ProxyTimeoutError
    from python_socks.async_.asyncio import Proxy

    # socks5h only says in the address what is done here anyway.
    through = Proxy.from_url(proxy.replace("socks5h://", "socks5://", 1), rdns=True)
    try:
        return await through.connect(host, port, timeout=seconds)
    except (ProxyError, ProxyTimeoutError, OSError) as error:
        raise NetError(Kind.CONNECT, f"{host} cannot be reached through the proxy.") from error
