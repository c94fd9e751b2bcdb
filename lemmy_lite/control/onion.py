"""The hidden service: made through Tor's control port while the server runs, and made again when Tor was restarted."""

import asyncio
import contextlib
import grp
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lemmy_lite.config import Config, Tor
from lemmy_lite.control import reach
from lemmy_lite.media import files
from lemmy_lite.net.tor_control import Onion, TorControl, TorError

log = logging.getLogger(__name__)

PORT: Final = 80
GROUPS: Final = ("debian-tor", "toranon", "tor")
"""What the group that may read Tor's cookie is called on Debian, Fedora and elsewhere."""
_PAUSES: Final = (1.0, 5.0, 30.0, 60.0)


def key_file(config: Config) -> Path:
    """Where the secret key lies; backups take the folder along."""
    return config.data_dir / "onion" / "key"


def stored_key(config: Config) -> str | None:
    """The key of earlier starts."""
    try:
        return key_file(config).read_text().strip() or None
    except FileNotFoundError:
        return None


async def make(config: Config, options: Tor) -> tuple[TorControl, Onion]:
    """Connect to Tor and make the service; its key is kept durably before anybody can learn the name. Raises TorError, OSError."""
    if options.control is None:
        raise TorError("tor.control is not set: it names Tor's control port, such as 127.0.0.1:9051")
    control = await TorControl.connect(options.control, options.control_password)
    try:
        known = await asyncio.to_thread(stored_key, config)
        made = await control.add_onion(known, PORT, f"{options.bind}:{options.port}")
        if known is None:
            await asyncio.to_thread(files.write_durably, key_file(config), made.key.encode())
    except BaseException:
        await control.close()
        raise
    return control, made


def remedy(control: TorControl, user: int) -> str | None:
    """The command that lets another account read the cookie which has let us in; None where it may, and where none was needed.

    Only root can ask about others. Raises OSError.
    """
    if control.cookie is None or reach.may(user, "read", control.cookie):
        return None
    owner = control.cookie.stat().st_gid
    try:
        group = grp.getgrgid(owner).gr_name
    except KeyError:
        group = str(owner)
    return f"sudo usermod --append --groups {group} {reach.called(user)}"


class Onions:
    """Keeps the service alive beside the server. `known` is told the name when there is one, and None when it is gone."""

    def __init__(self, config: Config, options: Tor, known: Callable[[str | None], None]) -> None:
        self._config = config
        self._options = options
        self._known = known
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; Tor may come later than we do."""
        if self._options.control is not None:
            self._task = asyncio.create_task(self._keep_alive(), name="onion")

    async def close(self) -> None:
        """Take the service off."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep_alive(self) -> None:
        failures = 0
        while True:
            try:
                control, made = await make(self._config, self._options)
            except (TorError, OSError) as error:
                log.warning("no hidden service: %s", error)
            else:
                failures = 0
                log.info("the hidden service is http://%s", made.name)
                self._known(made.name)
                try:
                    await control.ended()
                    log.warning("Tor ended the connection; the hidden service is made again")
                finally:
                    self._known(None)
                    await control.close()
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1
