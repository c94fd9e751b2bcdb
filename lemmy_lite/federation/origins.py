"""Which ids belong together: origins are compared as a whole, scheme, host and port (design rule 4)."""

import re
from functools import lru_cache

from lemmy_lite.config import Config
from lemmy_lite.federation.errors import Refused
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import Origin, origin_of
from lemmy_lite.text import names

MOST_CHARACTERS = names.LIMITS["url"].most
"""As for a link of ours. An id is repeated wherever its object is shown, with each comment that somebody wrote."""

# Scheme and host, and behind them nothing that `parse_url` could refuse.
_PLAIN = re.compile(r"(https?://[a-z0-9.:-]{1,300})(?:[/?#][!-\[\]-~]{0,2000})?", re.ASCII)


@lru_cache(maxsize=1024)
def origin(ap_id: str) -> Origin:
    """The origin of an id. Raises Refused for what is no web address.

    An activity has its few ids compared some twenty times, mostly of few hosts: an id is remembered for a moment, and the host of a plain
    id, which is judged once, for longer.
    """
    if len(ap_id) > MOST_CHARACTERS:
        raise Refused("malformed_id", f"{ap_id[:200]!r} is the beginning of something longer than any id")
    plain = _PLAIN.fullmatch(ap_id)
    try:
        return _of_prefix(plain[1]) if plain else origin_of(ap_id)
    except NetError as cause:
        raise Refused("malformed_id", f"{ap_id[:200]!r} is no id: {cause.sentence}") from cause


@lru_cache(maxsize=4096)
def _of_prefix(prefix: str) -> Origin:
    return origin_of(prefix)


def require_same(one: str, other: str, what: str) -> None:
    """Refuse two ids of different places. Raises Refused (`foreign_origin`)."""
    if origin(one) != origin(other):
        raise Refused("foreign_origin", f"{what}: {one[:200]} and {other[:200]} are not of one origin")


def require_remote(config: Config, ap_id: str) -> None:
    """Refuse what claims to be ours but comes from outside. Raises Refused (`claims_to_be_local`)."""
    if config.local(ap_id) or origin(ap_id) == origin(config.base_url):
        raise Refused("claims_to_be_local", f"{ap_id[:200]} is an id of this instance")


def domain(ap_id: str) -> str:
    """The host of an id in its normal form, without port, as instance rows and the admins' lists have it. Raises Refused."""
    return origin(ap_id).host
