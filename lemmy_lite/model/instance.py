"""Instances: the servers this one has heard of, and how sending to them goes."""

from datetime import datetime

from lemmy_lite.model.ids import ActivityId, InstanceId
from lemmy_lite.model.person import Person
from lemmy_lite.model.site import Site
from lemmy_lite.model.struct import Struct


class Instance(Struct, kw_only=True):
    """A server; `domain` has no scheme and no port. Software and version are what its NodeInfo says."""

    id: InstanceId
    domain: str
    published: datetime
    updated: datetime | None = None
    software: str | None = None
    version: str | None = None


class ReadableFederationState(Struct, kw_only=True):
    """How far sending to an instance has come."""

    instance_id: InstanceId
    last_successful_id: ActivityId | None = None
    last_successful_published_time: datetime | None = None
    fail_count: int
    last_retry: datetime | None = None
    next_retry: datetime | None = None


class InstanceWithFederationState(Struct, kw_only=True):
    """An instance and, where content is sent to it, how that goes."""

    id: InstanceId
    domain: str
    published: datetime
    updated: datetime | None = None
    software: str | None = None
    version: str | None = None
    federation_state: ReadableFederationState | None = None


class FederatedInstances(Struct, kw_only=True):
    """Every instance known here, and the two lists of the admins."""

    linked: list[InstanceWithFederationState]
    allowed: list[InstanceWithFederationState]
    blocked: list[InstanceWithFederationState]


class InstanceBlockView(Struct, kw_only=True):
    """Who has blocked which instance."""

    person: Person
    instance: Instance
    site: Site | None = None
