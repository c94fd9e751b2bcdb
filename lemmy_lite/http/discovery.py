"""What machines ask a site for before they know it: robots.txt, the sitemap, the web app manifest, the OpenSearch description."""

from typing import Any

from lemmy_lite.context import Context
from lemmy_lite.domain import site, sitemap
from lemmy_lite.http.errors import Failure
from lemmy_lite.http.feeds import xml
from lemmy_lite.http.ratelimit import Bucket, RateLimiter
from lemmy_lite.http.request import Request
from lemmy_lite.http.response import Response, json_response
from lemmy_lite.http.surface import Route, Surface
from lemmy_lite.http.web.static import Statics
from lemmy_lite.model.clock import moment
from lemmy_lite.storage.database import Database

_HOUR = [("cache-control", "max-age=3600")]
_SHORT_NAME = 12
"""Characters below an icon on a telephone; and OpenSearch 1.1 allows 16 of a short name."""

PRIVATE_PATHS = (
    "/admin",
    "/create_",
    "/feeds/front/",
    "/feeds/inbox/",
    "/feeds/moderated/",
    "/feeds/saved/",
    "/inbox",
    "/login",
    "/modlog",
    "/password_change",
    "/reports",
    "/search",
    "/settings",
    "/setup",
    "/signup",
    "/verify_email",
    "/api/",
    "/activities/",
)
"""Where a crawler finds nothing of use or work without end."""


def discovery(context: Context, database: Database, limiter: RateLimiter, statics: Statics) -> Surface:
    """The surface."""
    serving = _Serving(context, database, limiter, statics)
    return Surface(
        "discovery",
        (
            Route("GET", "/robots.txt", serving.robots),
            Route("GET", "/sitemap.xml", serving.sitemap),
            Route("GET", "/manifest.webmanifest", serving.manifest),
            Route("GET", "/opensearch.xml", serving.opensearch),
        ),
        _failed,
    )


class _Serving:
    def __init__(self, context: Context, database: Database, limiter: RateLimiter, statics: Statics) -> None:
        self._context = context
        self._database = database
        self._limiter = limiter
        self._statics = statics
        self._base = context.config.base_url

    async def robots(self, _: Request) -> Response:
        """Who crawls is led to the sitemap and away from forms; a private instance asks not to be crawled at all."""
        closed = (await self._database.read(site.view)).local_site.private_instance
        lines = ["User-agent: *", *(["Disallow: /"] if closed else [f"Disallow: {path}" for path in PRIVATE_PATHS])]
        lines += [] if closed else ["Crawl-delay: 10", "", f"Sitemap: {self._base}/sitemap.xml"]
        return Response(200, ("\n".join(lines) + "\n").encode(), "text/plain; charset=utf-8", list(_HOUR))

    async def sitemap(self, request: Request) -> Response:
        """Posts of the last month (sitemaps.org/protocol)."""
        request.take(self._limiter, Bucket.MESSAGE)
        urlset = xml.root("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
        for address in await self._database.read(sitemap.recent):
            url = xml.add(urlset, "url")
            xml.add(url, "loc", address.ap_id)
            xml.add(url, "lastmod", moment(address.changed).strftime("%Y-%m-%dT%H:%M:%S+00:00"))
        return Response(200, xml.document(urlset), "application/xml", list(_HOUR))

    async def manifest(self, _: Request) -> Response:
        """So that the site can be put on a telephone's first screen (w3.org/TR/appmanifest)."""
        known = (await self._database.read(site.view)).site
        icons: list[dict[str, Any]] = [{"src": self._statics.address("logo.svg"), "sizes": "any", "type": "image/svg+xml"}]
        body = {
            "name": known.name,
            "short_name": known.name[:_SHORT_NAME],
            "description": known.description or "",
            "start_url": "/",
            "scope": "/",
            "display": "minimal-ui",
            "icons": icons,
            "shortcuts": [
                {"name": "Create post", "url": "/create_post"},
                {"name": "Inbox", "url": "/inbox"},
                {"name": "Communities", "url": "/communities"},
            ],
        }
        return json_response(body, content_type="application/manifest+json", headers=dict(_HOUR))

    async def opensearch(self, _: Request) -> Response:
        """So that browsers offer to search here (OpenSearch 1.1)."""
        known = (await self._database.read(site.view)).site
        description = xml.root("OpenSearchDescription", xmlns="http://a9.com/-/spec/opensearch/1.1/")
        xml.add(description, "ShortName", known.name[:16])
        xml.add(description, "Description", f"Search {known.name}"[:1024])
        xml.add(description, "InputEncoding", "UTF-8")
        xml.add(description, "Url", type="text/html", template=f"{self._base}/search?q={{searchTerms}}")
        xml.add(description, "Url", type="application/rss+xml", template=f"{self._base}/feeds/search.xml?q={{searchTerms}}")
        return Response(200, xml.document(description), "application/opensearchdescription+xml", list(_HOUR))


async def _failed(_: Request, failure: Failure) -> Response:
    return json_response({"error": failure.code}, failure.status, headers=failure.headers)
