"""From a post here to the same post on the server where a reader has an account: there they can answer it.

No server is asked: strangers would make us ask whomever they like. What a server runs is known of those that we have met; all others are
led to the page by which most programs of the fediverse take visitors in.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from lemmy_lite.model.struct import Struct
from lemmy_lite.net.errors import NetError
from lemmy_lite.net.origin import normal_host
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import instance

_INTERACTION: Final = "/authorize_interaction?uri={uri}"
"""Mastodon's, which Pleroma, Akkoma, Friendica, Misskey and Pixelfed answer as well."""
_PATHS: Final[Mapping[str, str]] = {
    "lemmy": "/activitypub/externalInteraction?uri={uri}",
    "lemmy_lite": "/activitypub/externalInteraction?uri={uri}",
    "kbin": "/search?q={uri}",
    "mbin": "/search?q={uri}",
    "nodebb": "/search?term={uri}",
    "peertube": "/search?search={uri}",
    "piefed": "/search?q={uri}",
}


class Way(Struct, kw_only=True):
    """`address` leads to the page of another server that fetches the post; `server` is its name, `software` what it runs if we know."""

    server: str
    address: str
    software: str | None = None


def server_of(typed: str) -> str | None:
    """The host that somebody means by `mastodon.example`, `https://mastodon.example/@ann` or `@ann@mastodon.example`; None for none."""
    words = typed.strip().removeprefix("https://").removeprefix("http://")
    words = words.lstrip("@!").partition("/")[0] if "/" in words else words
    try:
        host = normal_host(words.rpartition("@")[2].partition("?")[0])
    except NetError:
        return None
    return host if "." in host else None


def way(tx: Transaction, server: str, uri: str) -> Way:
    """How one gets there. `server` is an answer of `server_of`."""
    number = instance.find(tx, server)
    known = instance.get(tx, number) if number is not None else None
    software = known.software.lower() if known is not None and known.software else None
    path = _PATHS.get(software or "", _INTERACTION).format(uri=quote(uri, safe=""))
    return Way(server=server, address=f"https://{server}{path}", software=software)
