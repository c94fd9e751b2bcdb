"""The hidden service: whether the server may make it."""

from lemmy_lite.config import Config
from lemmy_lite.control import onion, reach
from lemmy_lite.control.doctor.finding import Finding, bad, well
from lemmy_lite.net.tor_control import TorControl, TorError

_TORRC = "Tor must run, with ControlPort 9051 and CookieAuthentication 1 in torrc."


async def service(config: Config) -> Finding | None:
    """Whether Tor's control port lets the account of the server in, which need not be the one that looks; None where Tor keeps the key
    itself, or nobody wants a hidden service."""
    if config.tor is None or config.tor.control is None:
        return None
    try:
        control = await TorControl.connect(config.tor.control, config.tor.control_password)
    except TorError as error:
        return bad(f"There is no hidden service: {error}.", _TORRC)
    await control.close()
    user = reach.account(config)
    remedy = onion.remedy(control, user)
    if remedy is not None:
        said = f"There is no hidden service: the account of the server, {reach.called(user)}, may not read {control.cookie}."
        return bad(said, f"{remedy}; then restart the server.")
    return well("Tor lets the server make its hidden service.")
