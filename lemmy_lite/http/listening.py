"""Listening sockets: each is ours alone, whether of an address or a Unix socket."""

import asyncio
import contextlib
import ctypes
import errno
import os
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

BACKLOG: Final = 1024
SETTLING: Final = 0.05
EMPTYING: Final = 0.5
_GLANCE: Final = 0.005

_ATTACH_FILTER: Final = 26
_DETACH_FILTER: Final = 27
"""SO_ATTACH_FILTER and SO_DETACH_FILTER (socket(7)), which Python's module does not name."""

BOTH_WAYS: Final = socket.SHUT_RDWR

Listener = socket.socket


class PortInUse(Exception):
    """The address cannot be listened on; the message is one line for the person who starts the server (exit 2)."""


def listen(address: str, port: int, *, both: bool = True, later: bool = False) -> socket.socket:
    """A listening socket that is ours alone. Port 0 takes a free one. Raises PortInUse, also for an address we do not have.

    `both`: "::" takes IPv4 as well, whatever the system's default is. `later`: the place is taken, and callers are refused until `begin`.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    try:
        # Without this a restart would have to wait a minute for the old connections to be forgotten. SO_REUSEPORT is what must not be set.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not both))
        listener.bind((address, port))
        if not later:
            listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUse(f"cannot listen on {address} port {port}: {error.strerror}") from error
    return listener


def begin(listener: Listener) -> None:
    """Let callers in; a repeat is harmless. Raises PortInUse where somebody else was quicker."""
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise PortInUse(f"cannot listen on {listener.getsockname()}: {error.strerror}") from error


def listen_unix(path: Path, mode: int, *, later: bool = False) -> socket.socket:
    """The same on a Unix socket that nobody beyond `mode` may open; one that an earlier end has left is replaced. Raises PortInUse."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        _remove_left_over(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = os.umask(0o177)  # from its first moment it must not be open wider than is wished
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        path.chmod(mode)
        if not later:
            listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUse(f"cannot listen on {path}: {error.strerror}") from error
    return listener


def _remove_left_over(path: Path) -> None:
    """Raises OSError where somebody answers, and where the name is that of something else."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise FileExistsError(errno.EEXIST, "there is a file of this name that is no socket")
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(1)
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise OSError(errno.EADDRINUSE, "somebody listens there already")


@contextlib.contextmanager
def held_back(listener: Listener) -> Iterator[bool]:
    """For the length of a `with`, nobody new comes in and nobody is refused: callers knock again after a second (RFC 6298, 2.1).

    A filter drops the first packet of each new connection; those that have begun, if only just, go on. Yields False where the system has no
    such filters, and a Unix socket takes no notice.
    """
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in _NO_NEW_ONES))
    packed = struct.pack("HP", len(_NO_NEW_ONES), ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, packed)
    except OSError:
        yield False
        return
    try:
        yield True
    finally:
        with contextlib.suppress(OSError):  # it may have been closed meanwhile
            listener.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)


_NO_NEW_ONES: Final = (
    (0x30, 0, 0, 13),  # take the byte of flags of the TCP header,
    (0x54, 0, 0, 0x12),  # of it SYN and ACK;
    (0x15, 0, 1, 0x02),  # where SYN stands alone,
    (0x06, 0, 0, 0),  # keep nothing of the packet,
    (0x06, 0, 0, 0xFFFFFFFF),  # else all
)
"""Classic BPF (linux/filter.h): code, where to go on if so and if not, operand."""


def waiting(listener: Listener) -> int:
    """How many connections are made and not taken yet; 0 where the system does not tell (TCP_INFO, tcpi_unacked of a listening socket)."""
    try:
        told = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28)
    except OSError:
        return 0
    # An emulator such as qemu-user tells the first number alone.
    return int(struct.unpack_from("I", told, 24)[0]) if len(told) >= 28 else 0


async def emptied(listener: Listener) -> None:
    """Wait until all who had knocked are let in: SETTLING for those on their way, at most EMPTYING altogether."""
    await asyncio.sleep(SETTLING)
    for _ in range(round(EMPTYING / _GLANCE)):
        if not waiting(listener):
            return
        await asyncio.sleep(_GLANCE)


class Name(NamedTuple):
    """Where a Unix socket lies, and which of the files that ever lay there it is."""

    path: Path
    inode: int

    @classmethod
    def of(cls, listener: Listener) -> "Name | None":
        """None for a socket of another kind, and for one whose name is gone."""
        if listener.family != socket.AF_UNIX:
            return None
        path = Path(os.fsdecode(listener.getsockname()))
        try:
            return cls(path, path.lstat().st_ino)
        except OSError:
            return None

    def remove(self) -> None:
        """Take the name away, unless another server has put its own there meanwhile."""
        with contextlib.suppress(OSError):
            if self.path.lstat().st_ino == self.inode:
                self.path.unlink()
