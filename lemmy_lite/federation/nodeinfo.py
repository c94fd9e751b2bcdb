"""NodeInfo 2.1. Apps and peers switch on the software's name and version, so these are Lemmy's; ourselves we name in the metadata."""

import msgspec

from lemmy_lite import __version__
from lemmy_lite.context import Context
from lemmy_lite.federation.document import Document, refused
from lemmy_lite.model.nodeinfo import (
    NodeInfo,
    NodeInfoServices,
    NodeInfoSoftware,
    NodeInfoUsage,
    NodeInfoUsers,
    NodeInfoWellKnown,
    NodeInfoWellKnownLink,
)
from lemmy_lite.model.site import RegistrationMode
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import site

LEMMY_VERSION = "0.19.20"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.1"
REPOSITORY = "https://github.com/lemmy-lite/lemmy_lite"
PATH = "/nodeinfo/2.1"


def well_known(context: Context) -> Document:
    """Where the document lies."""
    links = [NodeInfoWellKnownLink(rel=SCHEMA, href=f"{context.config.base_url}{PATH}")]
    return _json(NodeInfoWellKnown(links=links), "public, max-age=259200")


def document(tx: Transaction) -> Document:
    """The document."""
    view = site.view(tx)
    if view is None:
        return refused(404, "local_site_not_setup")
    counts = view.counts
    users = NodeInfoUsers(total=counts.users, active_halfyear=counts.users_active_half_year, active_month=counts.users_active_month)
    return _json(
        NodeInfo(
            version="2.1",
            software=NodeInfoSoftware(name="lemmy", version=LEMMY_VERSION, repository=REPOSITORY, homepage=REPOSITORY),
            protocols=["activitypub"],
            usage=NodeInfoUsage(users=users, local_posts=counts.posts, local_comments=counts.comments),
            open_registrations=view.local_site.registration_mode is not RegistrationMode.CLOSED,
            services=NodeInfoServices(inbound=[], outbound=[]),
            metadata={"implementation": "lemmy_lite", "implementation_version": __version__},
        ),
        "public, max-age=3600",
    )


def _json(value: msgspec.Struct, cache_control: str) -> Document:
    return Document(status=200, content_type="application/json", body=msgspec.json.encode(value), cache_control=cache_control)
