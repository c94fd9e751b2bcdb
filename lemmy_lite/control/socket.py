"""The control socket: a Unix socket in the data folder, through which commands reach the server that runs.

Only the user who runs the server, and root, may speak on it: the folder and the socket are theirs alone, and the kernel says who calls.
One line of JSON each way. The path is reached through the folder's descriptor, as a socket's path may have 108 characters only.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from lemmy_lite.control.commands import COMMANDS, Tools
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.errors import StorageError

log = logging.getLogger(__name__)

NAME: Final = "control"
_LONGEST: Final = 2**16
_PATIENCE: Final = 600.0


class Asked(Struct):
    """A command by its name in COMMANDS, with its arguments."""

    command: str
    arguments: dict[str, Any]


class Answered(Struct):
    """What came of it: lines to show, or the sentence that says why not."""

    lines: tuple[str, ...] = ()
    error: str | None = None


async def perform(tools: Tools, asked: Asked) -> Answered:
    """Carry out a command. Never raises for what it asks."""
    command = COMMANDS.get(asked.command)
    if command is None:
        return Answered(error=f"this server knows no command {asked.command[:100]!r}: is it of another version?")
    try:
        return Answered(lines=tuple(await command.run(tools, msgspec.convert(asked.arguments, command.form))))
    except msgspec.ValidationError as error:
        return Answered(error=str(error))
    except LemmyError as error:
        return Answered(error=f"{error.cause or error.sentence}")
    except StorageError as error:
        return Answered(error=f"the database is in trouble: {error}")


class Listening:
    """The server's end."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._folder = tools.context.config.data_dir
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; what an earlier end has left is replaced, as the data folder is locked by us."""
        with _short(self._folder) as path:
            path.unlink(missing_ok=True)
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            path.chmod(0o600)
        listener.setblocking(False)
        self._server = await asyncio.start_unix_server(self._serve, sock=listener, limit=_LONGEST)

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            with contextlib.suppress(OSError):
                (self._folder / NAME).unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not _is_ours(writer.get_extra_info("socket")):
                return
            async with asyncio.timeout(_PATIENCE):
                if not (line := await reader.readline()):
                    return  # somebody wanted to know whether we are here
                answered = await self._answer(line)
                writer.write(msgspec.json.encode(answered) + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError) as error:
            log.info("control socket: %s", error)
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> Answered:
        try:
            asked = msgspec.json.decode(line, type=Asked)
        except msgspec.DecodeError as error:
            return Answered(error=f"not understood: {error}")
        log.info("control socket: %s", asked.command)
        try:
            return await perform(self._tools, asked)
        except Exception:
            log.exception("control socket: %s", asked.command)
            return Answered(error="something went wrong; the server's log says what")


def ask(folder: Path, asked: Asked) -> Answered | None:
    """Have the server of this data folder do it; None where none runs. Blocks. Raises OSError."""
    try:
        with _short(folder) as path, socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(_PATIENCE)
            try:
                caller.connect(str(path))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            caller.sendall(msgspec.json.encode(asked) + b"\n")
            with caller.makefile("rb") as answer:
                line = answer.readline()
    except FileNotFoundError:
        return None
    if not line:
        raise ConnectionError("the server ended the conversation")
    return msgspec.json.decode(line, type=Answered)


def listens(folder: Path) -> bool:
    """Whether a server of this data folder can be asked."""
    try:
        with _short(folder) as path, socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
    except OSError:
        return False
    return True


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{descriptor}/{NAME}")
    finally:
        os.close(descriptor)


def _is_ours(peer: socket.socket) -> bool:
    """Whether the kernel names our user, or root, at the other end (unix(7), SO_PEERCRED)."""
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", credentials)
    return user in (0, os.geteuid())
