"""A question to one given name server, by UDP (RFC 1035): for laboratories where names live on a port of their own.

Production resolves through the operating system; this serves only the `dns=` entry of the test knob.
"""

import asyncio
import ipaddress
import secrets
import struct
from functools import partial

from lemmy_lite.net.addresses import IPAddress
from lemmy_lite.net.errors import Kind, NetError

TRIES = 2
SECONDS_PER_TRY = 1.0
_A, _AAAA, _IN = 1, 28, 1
_MAX_RECORDS = 64


async def ask(server: tuple[str, int], host: str) -> list[IPAddress]:
    """All A and AAAA addresses of a host, in the order of the answers. Raises NetError (`dns`)."""
    answers = await asyncio.gather(*(_ask_one(server, host, kind) for kind in (_A, _AAAA)))
    return [address for answer in answers for address in answer]


async def _ask_one(server: tuple[str, int], host: str, kind: int) -> list[IPAddress]:
    loop = asyncio.get_running_loop()
    for _ in range(TRIES):
        number = secrets.randbelow(0x10000)
        question = _question(host, kind)
        answered: asyncio.Future[list[IPAddress]] = loop.create_future()
        try:
            exchange = partial(_Exchange, number, question, kind, answered)
            transport, _ = await loop.create_datagram_endpoint(exchange, remote_addr=server)
            # Recursion desired, one question.
            transport.sendto(struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question)
        except OSError as cause:
            raise NetError(Kind.DNS, "The name server of the test knob cannot be reached.") from cause
        try:
            async with asyncio.timeout(SECONDS_PER_TRY):
                return await answered
        except TimeoutError:
            continue
        finally:
            transport.close()
    raise NetError(Kind.DNS, f"The name server did not answer the question for {host}.")


def _question(host: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in host.split("."))
    return labels + b"\0" + struct.pack("!HH", kind, _IN)


class _Exchange(asyncio.DatagramProtocol):
    """Fulfils the future with the first answer that belongs to the question."""

    def __init__(self, number: int, question: bytes, kind: int, answered: asyncio.Future[list[IPAddress]]) -> None:
        self._number = number
        self._question = question
        self._kind = kind
        self._answered = answered

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        if self._answered.done():
            return
        try:
            addresses = self._read(data)
        except (struct.error, IndexError, ValueError):
            return  # no answer of ours, or no DNS at all: wait for the right one
        except NetError as failure:
            self._answered.set_exception(failure)
        else:
            self._answered.set_result(addresses)

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(NetError(Kind.DNS, "The name server of the test knob cannot be reached."))

    def _read(self, data: bytes) -> list[IPAddress]:
        number, flags, questions, answers, _, _ = struct.unpack_from("!6H", data)
        end = 12 + len(self._question)
        if number != self._number or not flags & 0x8000 or questions != 1 or data[12:end].lower() != self._question.lower():
            raise ValueError("not the answer to this question")
        if flags & 0x000F == 3:
            return []  # no such name
        if flags & 0x020F:
            raise NetError(Kind.DNS, "The name server refused the question, or its answer was cut off.")
        addresses: list[IPAddress] = []
        at = end
        for _ in range(min(answers, _MAX_RECORDS)):
            at = _past_name(data, at)
            kind, group, _ttl, length = struct.unpack_from("!HHIH", data, at)
            at += 10
            # Records of other kinds (CNAME) are passed over: a recursive server sends what they lead to along with them.
            if (kind, group) == (self._kind, _IN):
                value = data[at : at + length]
                addresses.append(ipaddress.IPv4Address(value) if kind == _A else ipaddress.IPv6Address(value))
            at += length
        return addresses


def _past_name(data: bytes, at: int) -> int:
    """The place after a name; a compressed one ends with its pointer (RFC 1035, 4.1.4)."""
    while True:
        length = data[at]
        if length & 0xC0 == 0xC0:
            return at + 2
        if length == 0:
            return at + 1
        at += 1 + length
