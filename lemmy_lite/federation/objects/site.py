"""The site on the wire: an actor of type Application, which signs our fetches."""

from lemmy_lite.context import Context
from lemmy_lite.federation.objects import actor as of_actors
from lemmy_lite.federation.objects import texts
from lemmy_lite.federation.protocol import actors, values
from lemmy_lite.model.site import Site
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import site as sites
from lemmy_lite.storage.tables.actor import Actor


def to_wire(tx: Transaction, context: Context, site: Site, actor: Actor) -> actors.Application:
    """The document of this site. Its name for Mastodon's secure mode is our host."""
    return actors.Application(
        id=site.actor_id,
        type="Application",
        preferred_username=context.config.hostname,
        inbox=site.inbox_url,
        outbox=f"{site.actor_id}site_outbox",
        public_key=of_actors.public_key(actor),
        name=site.name,
        summary=site.description,
        content=texts.html(tx, context, site.sidebar),
        source=values.written(site.sidebar),
        media_type="text/html" if site.sidebar is not None else None,
        icon=values.image(site.icon),
        image=values.image(site.banner),
        language=values.languages(sites.languages(tx)),
        content_warning=site.content_warning,
        published=texts.when(site.published),
        updated=texts.when(site.updated),
    )
