"""The site's other name: Tor Browser is told of the hidden service by Onion-Location, and offers to go there."""

from lemmy_lite.config import Config
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response


class OnionName:
    """The name of the hidden service, as soon as it is known; None without one, or where it is not to be announced."""

    def __init__(self, config: Config) -> None:
        self._announced = config.tor is not None and config.tor.announce
        # What is made through the control port is there only once Tor has made it.
        self._name = config.tor.onion if config.tor is not None and config.tor.control is None else None

    def learn(self, name: str | None) -> None:
        """Tor has made the service under this name; None: it is there no longer."""
        self._name = name

    def announce(self, request: Request, response: Response) -> None:
        """Say on a page of the public name where the same page is on Tor."""
        if self._announced and self._name is not None and response.status == 200 and not request.over_onion:
            response.set_default("onion-location", f"http://{self._name}{request.target}")
