"""Names of others (`name@host`) into ids, by WebFinger (RFC 7033), by way of host-meta (RFC 6415) where a host keeps it elsewhere.

A host may answer for another (example.com for social.example.com), by redirect or by naming ids of that one. An actor is shown under the
host of its id in any case; that the name leads to it, too, counts only when that host says the same ("WebFinger spoofing").
"""

import html
import re
from typing import Final
from urllib.parse import quote

import msgspec

from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Gone, Refused, TryLater
from lemmy_lite.federation.fetch import Fetcher
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.webfinger import CONTENT_TYPE
from lemmy_lite.net.budget import Budget
from lemmy_lite.net.client import Response

MOST_ACTORS: Final = 2
"""A person and a community may share a name."""
MOST_META: Final = 2**16
"""Characters of a host-meta document that are looked at."""

_TYPE: Final = "https://www.w3.org/ns/activitystreams#type"
# Peers write the media type with and without the profile.
_OF_ACTORS: Final = re.compile(r'application/(?:activity\+json|ld\+json(?:;\s*profile="https://www\.w3\.org/ns/activitystreams")?)\s*')
# Not a reading of XML, which could be made to cost much: the elements named Link with what they need to be one.
_LINK: Final = re.compile(r"<(?:\w{1,10}:)?Link\s([^<>]{1,2000})>", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"""\b(rel|template)\s{0,9}=\s{0,9}(?:"([^"]{0,1000})"|'([^']{0,1000})')""", re.ASCII)


class _Link(msgspec.Struct):
    rel: str | None = None
    type: str | None = None
    href: str | None = None
    properties: dict[str, str | None] | None = None


class _Links(msgspec.Struct):
    links: list[_Link]


class Handles:
    """Asks hosts for names. All methods raise Refused, Gone, TryLater."""

    def __init__(self, fetcher: Fetcher, policy: Policy, scheme: str) -> None:
        self._fetcher = fetcher
        self._policy = policy
        self._scheme = scheme

    async def ids(self, name: str, host: str, kind: str | None, budget: Budget) -> list[str]:
        """The ids behind `name@host` (with its port, if it has one); with a `kind` (Person, Group) that one first."""
        resource = quote(f"acct:{name}@{host}", safe=":@")
        response = await self._answer(resource, f"{self._scheme}://{host}", budget)
        try:
            links = msgspec.json.decode(response.body, type=_Links).links
        except (ValueError, RecursionError) as cause:
            raise Refused("malformed", f"{response.url[:200]} is not readable: {cause}") from cause
        actors = [link for link in links if link.rel == "self" and link.href and _OF_ACTORS.fullmatch(link.type or "")]
        actors.sort(key=lambda link: (link.properties or {}).get(_TYPE) != kind)
        return [link.href for link in actors if link.href][:MOST_ACTORS]

    async def require_confirmed(self, ap_id: str, name: object, host: str, budget: Budget) -> None:
        """Refuse an id that another host than its own named, unless its own host leads from the actor's `name` to it, too."""
        home = origins.origin(ap_id)
        if home == origins.origin(f"{self._scheme}://{host}"):
            return
        if not isinstance(name, str) or ap_id not in await self.ids(name, home.authority, None, budget):
            raise Refused("unconfirmed", f"{host[:200]} names {ap_id[:200]}, but {home.authority} does not")

    async def _answer(self, resource: str, origin: str, budget: Budget) -> Response:
        try:
            return await self._get(f"{origin}/.well-known/webfinger?resource={resource}", budget)
        except (Refused, TryLater) as trouble:
            template = await self._template(origin, budget)
            if template is None:
                raise
            await self._policy.require(template)
            try:
                return await self._get(template.replace("{uri}", resource), budget)
            except Gone:
                raise trouble from None

    async def _template(self, origin: str, budget: Budget) -> str | None:
        """Where a host says that WebFinger is asked, if that is elsewhere."""
        try:
            url = f"{origin}/.well-known/host-meta"
            response = await self._fetcher.get(url, budget, accept="application/xrd+xml, application/xml", same_origin=False)
        except (Refused, TryLater):
            return None
        found = template(response.body)
        return None if found is None or found.startswith(f"{origin}/.well-known/webfinger?") else found

    async def _get(self, url: str, budget: Budget) -> Response:
        return await self._fetcher.get(url, budget, accept=f"{CONTENT_TYPE}, application/json", same_origin=False)


def template(meta: bytes) -> str | None:
    """The address of the first `lrdd` link of a host-meta document, with `{uri}` where the name belongs."""
    for link in _LINK.finditer(meta[:MOST_META].decode("utf-8", "replace")):
        said = {each[1]: html.unescape(each[2] or each[3] or "") for each in _ATTRIBUTE.finditer(link[1])}
        found = said.get("template", "")
        if said.get("rel") == "lrdd" and "{uri}" in found and found.startswith(("https://", "http://")):
            return found
    return None
