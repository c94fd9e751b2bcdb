"""NodeInfo 2.1: what an instance tells anybody about its software and size (https://nodeinfo.diaspora.software/protocol)."""

from typing import Literal

from lemmy_lite.model.struct import Struct

LEMMY_NAME = "lemmy"
LEMMY_VERSION = "0.19.20"
"""What apps and peers switch on (behaviour.md, "API"): we answer as the release of Lemmy whose interface this is."""


class NodeInfoSoftware(Struct, kw_only=True):
    """The software. Apps and peers switch on name and version, so these are Lemmy's; ours stand in the metadata."""

    name: str
    version: str
    repository: str
    homepage: str


class NodeInfoUsers(Struct, kw_only=True, rename="camel"):
    """How many accounts there are, and how many wrote or voted lately."""

    total: int
    active_halfyear: int
    active_month: int


class NodeInfoUsage(Struct, kw_only=True, rename="camel"):
    """How much the instance is used."""

    users: NodeInfoUsers
    local_posts: int
    local_comments: int


class NodeInfoServices(Struct, kw_only=True):
    """Other networks spoken to: none."""

    inbound: list[str]
    outbound: list[str]


class NodeInfo(Struct, kw_only=True, rename="camel"):
    """The document; `open_registrations` is true unless registration is Closed."""

    version: Literal["2.1"]
    software: NodeInfoSoftware
    protocols: list[str]
    usage: NodeInfoUsage
    open_registrations: bool
    services: NodeInfoServices
    metadata: dict[str, str]


class NodeInfoWellKnownLink(Struct, kw_only=True):
    """Where a NodeInfo document of one version lies."""

    rel: str
    href: str


class NodeInfoWellKnown(Struct, kw_only=True):
    """The answer of `/.well-known/nodeinfo`."""

    links: list[NodeInfoWellKnownLink]
