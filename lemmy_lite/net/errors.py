"""Why an outgoing request failed."""

from enum import StrEnum


class Kind(StrEnum):
    """The machine's word for a failure. `is_refusal` tells those that we caused by our own rules: no retry will help."""

    REFUSED_URL = "refused_url"
    REFUSED_ADDRESS = "refused_address"
    DNS = "dns"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    TLS = "tls"
    REDIRECT = "redirect"
    PROTOCOL = "protocol"
    BUDGET = "budget"

    @property
    def is_refusal(self) -> bool:
        """Whether asking again later would be refused again."""
        return self in (Kind.REFUSED_URL, Kind.REFUSED_ADDRESS, Kind.BUDGET)


class NetError(Exception):
    """A request that brought no answer: the machine's `kind` and a sentence for the log and the administrator.

    The sentence may name addresses of our own network: show strangers an error code instead, or they map the network with it.
    """

    def __init__(self, kind: Kind, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
