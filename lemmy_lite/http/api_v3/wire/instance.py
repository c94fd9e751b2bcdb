"""Other instances."""

from lemmy_lite.http.api_v3.wire.bounds import InstanceId
from lemmy_lite.model.instance import FederatedInstances
from lemmy_lite.model.struct import Struct


class BlockInstance(Struct, kw_only=True):
    """`POST /site/block`."""

    instance_id: InstanceId
    block: bool


class BlockInstanceResponse(Struct, kw_only=True):
    """The answer of blockInstance."""

    blocked: bool


class GetFederatedInstancesResponse(Struct, kw_only=True):
    """The answer of getFederatedInstances."""

    federated_instances: FederatedInstances | None = None
