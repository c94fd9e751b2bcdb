"""Tor's control port: making a hidden service for as long as we are connected (spec.torproject.org/control-spec).

The key is ours and kept in the data folder, so that the address stays the same and is in every backup; Tor keeps nothing.
"""

import asyncio
import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import Final

from lemmy_lite.model.struct import Struct

_PATIENCE: Final = 15.0
_LONGEST: Final = 2**16
_MOST_LINES: Final = 100
_CLIENT_HASH: Final = b"Tor safe cookie authentication controller-to-server hash"
_SERVER_HASH: Final = b"Tor safe cookie authentication server-to-controller hash"
_KEY: Final = re.compile(r"ED25519-V3:[A-Za-z0-9+/]{86}==")
_ADDRESS: Final = re.compile(r"[a-z2-7]{56}")


class TorError(Exception):
    """Tor did not do what was asked; the message is a sentence for whoever runs the instance."""


class Onion(Struct):
    """A hidden service: its name, and the secret key behind it."""

    name: str
    key: str


class TorControl:
    """A connection to the control port. The hidden services made through it live as long as it does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.cookie: Path | None = None
        """The file that has let us in, if one has."""

    @classmethod
    async def connect(cls, place: str, password: str | None = None) -> "TorControl":
        """To `host:port` or the path of a socket, and prove that we may. Raises TorError."""
        try:
            async with asyncio.timeout(_PATIENCE):
                if place.startswith("/"):
                    reader, writer = await asyncio.open_unix_connection(place, limit=_LONGEST)
                else:
                    host, _, port = place.rpartition(":")
                    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), limit=_LONGEST)
        except (OSError, TimeoutError, ValueError) as error:
            raise TorError(f"Tor's control port {place} does not answer: {error}") from error
        control = cls(reader, writer)
        try:
            await control._prove(password)
        except BaseException:
            await control.close()
            raise
        return control

    async def add_onion(self, key: str | None, port: int, target: str) -> Onion:
        """Make the service of a key, or of a new one, that leads its `port` to `target` (`host:port`). Raises TorError."""
        if key is not None and not _KEY.fullmatch(key):
            raise TorError("the stored key of the hidden service is damaged: restore it from a backup")
        lines = await self._ask(f"ADD_ONION {key or 'NEW:ED25519-V3'} Port={port},{target}")
        found = dict(line.partition("=")[::2] for line in lines)
        name, made = found.get("ServiceID", ""), found.get("PrivateKey", key or "")
        if not _ADDRESS.fullmatch(name) or not _KEY.fullmatch(made):
            raise TorError("Tor answered with something that is no hidden service")
        return Onion(name=f"{name}.onion", key=made)

    async def ended(self) -> None:
        """Returns when Tor ends the connection, and with it the service."""
        while await self._reader.read(1024):
            pass

    async def close(self) -> None:
        """Let the connection, and the services made through it, go."""
        self._writer.close()
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            pass  # it is gone either way

    async def _prove(self, password: str | None) -> None:
        lines = await self._ask("PROTOCOLINFO 1")
        auth = next((line for line in lines if line.startswith("AUTH ")), "")
        methods = set(re.findall(r"METHODS=([A-Z,]+)", auth)[0].split(",")) if "METHODS=" in auth else set()
        if "NULL" in methods:
            await self._ask("AUTHENTICATE")
        elif password is not None and "HASHEDPASSWORD" in methods:
            await self._ask(f'AUTHENTICATE "{_quoted(password)}"')
        elif "SAFECOOKIE" in methods and (found := re.search(r'COOKIEFILE="((?:[^"\\]|\\.)*)"', auth)):
            await self._prove_by_cookie(Path(found[1].encode().decode("unicode_escape")))
        else:
            raise TorError("Tor's control port wants a password: set tor.control_password, or CookieAuthentication 1 in torrc")

    async def _prove_by_cookie(self, path: Path) -> None:
        """Both sides show that they know the cookie, and neither sends it (control-spec, SAFECOOKIE)."""
        try:
            cookie = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise TorError(f"Tor's cookie cannot be read: {error}; add this account to the group of Tor (debian-tor)") from error
        self.cookie = path
        ours = os.urandom(32)
        (line,) = await self._ask(f"AUTHCHALLENGE SAFECOOKIE {ours.hex()}")
        found = re.fullmatch(r"AUTHCHALLENGE SERVERHASH=([0-9A-Fa-f]{64}) SERVERNONCE=([0-9A-Fa-f]{64})", line)
        if found is None:
            raise TorError("Tor did not answer the challenge")
        text = cookie + ours + bytes.fromhex(found[2])
        if not hmac.compare_digest(hmac.digest(_SERVER_HASH, text, hashlib.sha256), bytes.fromhex(found[1])):
            raise TorError("what answers at Tor's control port does not know Tor's cookie")
        await self._ask(f"AUTHENTICATE {hmac.digest(_CLIENT_HASH, text, hashlib.sha256).hex()}")

    async def _ask(self, command: str) -> list[str]:
        """The lines of an answer without their status. Raises TorError with Tor's own words."""
        try:
            async with asyncio.timeout(_PATIENCE):
                self._writer.write(f"{command}\r\n".encode())
                await self._writer.drain()
                lines: list[str] = []
                for _ in range(_MOST_LINES):
                    line = (await self._reader.readline()).decode(errors="replace").rstrip("\r\n")
                    status, mark, text = line[:3], line[3:4], line[4:]
                    if status != "250":
                        raise TorError(f"Tor refused {command.partition(' ')[0]}: {text or 'the connection ended'}")
                    if mark == " ":
                        return lines if text == "OK" else [*lines, text]
                    lines.append(text)
        except (OSError, TimeoutError, ValueError) as error:
            raise TorError(f"Tor's control port fell silent: {error}") from error
        raise TorError("Tor's answer has no end")


def _quoted(text: str) -> str:
    """A quoted string of the protocol, which a line break would end. Raises TorError."""
    if any(ord(character) < 32 for character in text):
        raise TorError("tor.control_password must not hold control characters")
    return text.replace("\\", "\\\\").replace('"', '\\"')
