"""Documents from other instances, each believed only from its own origin (design rules 2, 3 and 7).

What a fetch answers is the document whose `id` is the very address that served it. Who asks for an actor or a parent by id gets that
one or nothing; only a person's search may end at another id, as when an instance redirects to where an object comes from.
"""

import math
import time
from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.domain.key_rotation import NOTICED_SECONDS
from lemmy_lite.federation import origins, signatures
from lemmy_lite.federation.errors import Gone, LeadsHere, Refused, TryLater
from lemmy_lite.federation.policy import Policy
from lemmy_lite.federation.protocol.reading import Malformed, read
from lemmy_lite.federation.protocol.wire import ACCEPT, CONTENT_TYPES
from lemmy_lite.federation.signing import Signing
from lemmy_lite.net.budget import OBJECT_FETCH, Budget, Limits
from lemmy_lite.net.client import Response
from lemmy_lite.net.errors import NetError
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.tables.actor import Actor
from lemmy_lite.text import activity_link, link_metadata

Document = dict[str, Any]

EXCHANGE_FETCHES = 3
"""A look-up with all its ancestors may take as long as so many single fetches: people wait for it, and peers' lanes do."""


LONGEST_WAIT_SECONDS = 86_400
"""However long a host asks us to wait: a misprint must not silence us towards it for a year."""
UNTOLD_WAIT_SECONDS = 60.0


class Fetcher:
    """Fetches as the site's actor, for peers that serve only who signs (Mastodon's secure mode)."""

    def __init__(self, context: Context, database: Database, policy: Policy, signing: Signing) -> None:
        self._context = context
        self._database = database
        self._policy = policy
        self.signing = signing
        self._site: Actor | None = None
        self._site_read = -math.inf

    def budget(self) -> Budget:
        """A new account, to be passed down to everything that one cause makes us fetch."""
        options = self._context.config.federation
        return Budget(
            Limits(
                requests=options.fetch_requests,
                depth=OBJECT_FETCH.depth,
                wire_bytes=OBJECT_FETCH.wire_bytes,
                decoded_bytes=OBJECT_FETCH.decoded_bytes,
                seconds=options.fetch_seconds * EXCHANGE_FETCHES,
            )
        )

    async def exactly(self, ap_id: str, budget: Budget) -> Document:
        """The document with this id, from this id. Raises Refused, Gone, TryLater."""
        document, served_by = await self._document(ap_id, budget, same_origin=True)
        if document.get("id") != ap_id:
            raise Refused("other_id", f"{ap_id[:200]} serves a document with the id {str(document.get('id'))[:200]} ({served_by[:200]})")
        return document

    async def collection(self, url: str, budget: Budget) -> Document:
        """A collection, or a page of one, from its own address; peers are free with the ids of pages, which need only be of that place.

        Raises like `exactly`.
        """
        document, served_by = await self._document(url, budget, same_origin=True)
        if isinstance(ap_id := document.get("id"), str):
            origins.require_same(ap_id, served_by, "collection")
        return document

    async def found_at(self, url: str, budget: Budget) -> Document:
        """The document to which an address that somebody typed in leads: by a redirect to its home, or by the alternate of a web page.

        Where the address serves a document with another id, it is fetched once more from there. Raises like `exactly`, and LeadsHere.
        """
        await self._policy.require(url)
        origins.require_remote(self._context.config, url)
        response = await self.get(url, budget, accept=f"{ACCEPT}, text/html;q=0.1", same_origin=False)
        self._require_elsewhere(response.url)
        if response.content_type not in CONTENT_TYPES and (following := _alternate(response)) is not None:
            self._require_elsewhere(following)
            document, served_by = await self._document(following, budget, same_origin=False)
        else:
            document, served_by = self._read(response), response.url
        ap_id = document.get("id")
        if not isinstance(ap_id, str):
            raise Refused("no_id", f"{url[:200]} serves a document without an id")
        self._require_elsewhere(ap_id)
        if ap_id in (url, served_by):
            await self._policy.require(ap_id)
            return document
        return await self.exactly(ap_id, budget)

    def _require_elsewhere(self, url: str) -> None:
        """Raises LeadsHere for an address of ours."""
        if self._context.config.local(url):
            raise LeadsHere(url)

    async def _document(self, url: str, budget: Budget, *, same_origin: bool) -> tuple[Document, str]:
        await self._policy.require(url)
        origins.require_remote(self._context.config, url)
        response = await self.get(url, budget, accept=ACCEPT, same_origin=same_origin)
        origins.require_remote(self._context.config, response.url)
        return self._read(response), response.url

    def _read(self, response: Response) -> Document:
        """The document of an answer. Raises Refused."""
        if response.content_type not in CONTENT_TYPES:
            raise Refused("not_activitypub", f"{response.url[:200]} serves {response.content_type[:100] or 'something'}, not ActivityPub")
        try:
            return read(response.body)
        except Malformed as cause:
            raise Refused("malformed", f"{response.url[:200]} serves no readable document: {cause}") from cause

    async def get(self, url: str, budget: Budget, *, accept: str, same_origin: bool) -> Response:
        """A successful answer, asked for with our signature. Raises Refused, Gone, TryLater."""
        try:
            response = await self.signing.get(
                url,
                budget,
                await self._signer(),
                accept=accept,
                max_bytes=self._context.config.federation.fetch_bytes,
                same_origin_redirects=same_origin,
            )
        except NetError as cause:
            if cause.kind.is_refusal:
                raise Refused(f"net_{cause.kind}", cause.sentence) from cause
            raise TryLater(cause.sentence) from cause
        if response.status in (404, 410):
            raise Gone(url, for_good=response.status == 410)
        if response.status in (408, 425, 429) or response.status >= 500:
            raise TryLater(f"{url[:200]} answers {response.status}", seconds=_asked_to_wait(response))
        if not response.is_success:
            raise Refused("refused_by_peer", f"{url[:200]} answers {response.status}")
        return response

    async def _signer(self) -> Actor | None:
        """The site's actor, looked at anew every few seconds: its key may be replaced while the server runs."""
        now = time.monotonic()
        if self._site is None or now - self._site_read >= NOTICED_SECONDS:
            self._site, self._site_read = await self._database.read(signatures.of_site), now
        return self._site


def _asked_to_wait(response: Response) -> float | None:
    """The seconds of Retry-After (RFC 9110, 10.2.3); 60 for a 429 that names none, or a date, or something unreadable."""
    said = (response.header("retry-after") or "").strip()
    if said.isascii() and said.isdecimal() and len(said) < 9:
        return float(min(int(said), LONGEST_WAIT_SECONDS))
    return UNTOLD_WAIT_SECONDS if response.status == 429 or said else None


def _alternate(response: Response) -> str | None:
    """The address of the document that a web page stands for."""
    if (header := response.header("link")) and (found := activity_link.in_header(header, response.url)):
        return found
    return activity_link.in_page(response.body, response.url) if link_metadata.is_page(response.content_type) else None
