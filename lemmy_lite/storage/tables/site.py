"""The local site, its settings and lists, and what is known of other sites."""

from typing import Any

from lemmy_lite.model.ids import InstanceId, LanguageId, LocalSiteId, SiteId
from lemmy_lite.model.site import LocalSite, LocalSiteRateLimit, LocalSiteUrlBlocklist, Site, SiteAggregates, SiteView, Tagline
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows

SITE = Shape(Site, "site")
LOCAL_SITE = Shape(LocalSite, "local_site")
RATE_LIMITS = Shape(LocalSiteRateLimit, "local_site_rate_limit")
SITE_VIEW: Shape[SiteView] = Shape(
    SiteView,
    site=SITE,
    local_site=LOCAL_SITE,
    local_site_rate_limit=RATE_LIMITS,
    counts=Shape(SiteAggregates, "site_aggregates"),
)
TAGLINE = Shape(Tagline, "tagline")
BLOCKED_URL = Shape(LocalSiteUrlBlocklist, "local_site_url_blocklist")


def view(tx: Transaction) -> SiteView | None:
    """This site with settings and counters; None before the first start has made it."""
    row = tx.one(
        f"""SELECT {SITE_VIEW.columns} FROM local_site
              JOIN site ON site.id = local_site.site_id
              JOIN local_site_rate_limit ON local_site_rate_limit.local_site_id = local_site.id
              JOIN site_aggregates ON site_aggregates.site_id = site.id"""
    )
    return SITE_VIEW.build(row) if row else None


def rate_limits(tx: Transaction) -> LocalSiteRateLimit:
    """The rate limits of this instance. Raises LookupError before the first start has made them."""
    row = tx.one(f"SELECT {RATE_LIMITS.columns} FROM local_site_rate_limit")
    if row is None:
        raise LookupError("the rate limits")
    return RATE_LIMITS.build(row)


def local(tx: Transaction) -> LocalSite:
    """The settings of this instance. Raises LookupError before the first start has made them."""
    found = tx.recalled(("local_site",), f"SELECT {LOCAL_SITE.columns} FROM local_site", LOCAL_SITE.build)
    if found is None:
        raise LookupError("the local site")
    return found


def of_instance(tx: Transaction, instance_id: InstanceId) -> Site | None:
    """The site of an instance, ours or another, if it is known."""
    row = tx.one(f"SELECT {SITE.columns} FROM site WHERE instance_id = :id", id=instance_id)
    return SITE.build(row) if row else None


def insert(tx: Transaction, **values: Any) -> SiteId:
    """Enter a site."""
    return SiteId(rows.insert(tx, "site", **values))


def insert_local(tx: Transaction, site_id: SiteId, **values: Any) -> LocalSiteId:
    """Make a site the local one, with default settings, rate limits and empty counters."""
    number = LocalSiteId(rows.insert(tx, "local_site", site_id=site_id, published=tx.now, **values))
    tx.run("INSERT INTO local_site_rate_limit (local_site_id, published) VALUES (:id, :now)", id=number, now=tx.now)
    tx.run("INSERT INTO site_aggregates (site_id) VALUES (:id)", id=site_id)
    return number


def update(tx: Transaction, site_id: SiteId, **values: Any) -> None:
    """Change columns of a site."""
    rows.update(tx, "site", "id", site_id, **values)


def update_local(tx: Transaction, **values: Any) -> None:
    """Change settings of this instance."""
    rows.update(tx, "local_site", "id", local(tx).id, **values)


def update_rate_limit(tx: Transaction, **values: Any) -> None:
    """Change rate limits of this instance."""
    rows.update(tx, "local_site_rate_limit", "local_site_id", local(tx).id, **values)


def count(tx: Transaction, *, users: int = 0, posts: int = 0, comments: int = 0, communities: int = 0) -> None:
    """Add to the site's counters. There is one local site, hence one row."""
    tx.run(
        """UPDATE site_aggregates SET users = users + :users, posts = posts + :posts, comments = comments + :comments,
                  communities = communities + :communities""",
        users=users,
        posts=posts,
        comments=comments,
        communities=communities,
    )


def languages(tx: Transaction) -> list[LanguageId]:
    """The languages of the site, always spelled out."""
    return tx.column("SELECT language_id FROM site_language JOIN local_site USING (site_id) ORDER BY language_id")


def set_languages(tx: Transaction, site_id: SiteId, wanted: list[LanguageId]) -> None:
    """Replace the languages of a site."""
    tx.run("DELETE FROM site_language WHERE site_id = :site", site=site_id)
    tx.run_many(
        "INSERT INTO site_language (site_id, language_id) VALUES (:site, :language)",
        [{"site": site_id, "language": language} for language in sorted(set(wanted))],
    )


def taglines(tx: Transaction) -> list[Tagline]:
    """The taglines, in the order they were written."""
    return [TAGLINE.build(row) for row in tx.all(f"SELECT {TAGLINE.columns} FROM tagline ORDER BY id")]


def set_taglines(tx: Transaction, local_site_id: LocalSiteId, contents: list[str]) -> None:
    """Replace the taglines."""
    tx.run("DELETE FROM tagline")
    for content in contents:
        rows.insert(tx, "tagline", local_site_id=local_site_id, content=content, published=tx.now)


def blocked_urls(tx: Transaction) -> list[LocalSiteUrlBlocklist]:
    """The addresses that posts may not link to."""
    sql = f"SELECT {BLOCKED_URL.columns} FROM local_site_url_blocklist ORDER BY id"
    return list(tx.recalled_all(("local_site_url_blocklist", "local_site"), sql, lambda found: tuple(map(BLOCKED_URL.build, found))))


def set_blocked_urls(tx: Transaction, urls: list[str]) -> None:
    """Replace the list of blocked addresses; they come normalised."""
    tx.run("DELETE FROM local_site_url_blocklist")
    for url in urls:
        rows.insert(tx, "local_site_url_blocklist", url=url, published=tx.now)
