"""NodeInfo 2.1 and 2.0. Apps and peers switch on the software's name and version, so these are Lemmy's; the metadata names ourselves."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from lemmy_lite import __version__
from lemmy_lite.context import Context
from lemmy_lite.federation.document import Document, refused
from lemmy_lite.model.nodeinfo import (
    LEMMY_NAME,
    LEMMY_VERSION,
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

REPOSITORY = "https://github.com/lemmy-lite/lemmy_lite"
PATHS: Final[Mapping[Literal["2.1", "2.0"], str]] = {"2.1": "/nodeinfo/2.1", "2.0": "/nodeinfo/2.0"}
"""Where each version lies, the newest first: readers take the first they know."""
_SCHEMAS = "http://nodeinfo.diaspora.software/ns/schema/"


def well_known(context: Context) -> Document:
    """Where the documents lie."""
    links = [NodeInfoWellKnownLink(rel=f"{_SCHEMAS}{version}", href=f"{context.config.base_url}{path}") for version, path in PATHS.items()]
    return _json(NodeInfoWellKnown(links=links), "public, max-age=259200")


def document(tx: Transaction, version: Literal["2.1", "2.0"]) -> Document:
    """The document of a version; 2.0 does not know where the software comes from."""
    view = site.view(tx)
    if view is None:
        return refused(404, "local_site_not_setup")
    counts = view.counts
    users = NodeInfoUsers(total=counts.users, active_halfyear=counts.users_active_half_year, active_month=counts.users_active_month)
    newest = NodeInfo(
        version="2.1",
        software=NodeInfoSoftware(name=LEMMY_NAME, version=LEMMY_VERSION, repository=REPOSITORY, homepage=REPOSITORY),
        protocols=["activitypub"],
        usage=NodeInfoUsage(users=users, local_posts=counts.posts, local_comments=counts.comments),
        open_registrations=view.local_site.registration_mode is not RegistrationMode.CLOSED,
        services=NodeInfoServices(inbound=[], outbound=[]),
        metadata={"implementation": "lemmy_lite", "implementation_version": __version__},
    )
    return _json(newest if version == "2.1" else _older(newest), "public, max-age=3600")


def _older(newest: NodeInfo) -> dict[str, Any]:
    """As 2.0, whose software has no further fields than these."""
    software = {"name": newest.software.name, "version": newest.software.version}
    return {**msgspec.to_builtins(newest), "version": "2.0", "software": software}


def _json(value: msgspec.Struct | dict[str, Any], cache_control: str) -> Document:
    return Document(
        status=200, content_type="application/json", body=msgspec.json.encode(value), cache_control=cache_control, for_scripts=True
    )
