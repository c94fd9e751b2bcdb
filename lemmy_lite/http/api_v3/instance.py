"""What is told of other instances."""

from lemmy_lite.domain import instance as instances
from lemmy_lite.http.api_v3.call import Call
from lemmy_lite.http.api_v3.wire.instance import GetFederatedInstancesResponse


async def get_federated_instances(call: Call) -> GetFederatedInstancesResponse:
    """The instances known here."""
    return GetFederatedInstancesResponse(federated_instances=await call.database.read(instances.federated))
