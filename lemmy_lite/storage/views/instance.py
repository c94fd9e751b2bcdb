"""The instances known here, and how sending to each of them goes."""

from lemmy_lite.model.instance import FederatedInstances, InstanceWithFederationState, ReadableFederationState
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape

_STATE: Shape[ReadableFederationState] = Shape(ReadableFederationState, "delivery")
_VIEW: Shape[InstanceWithFederationState] = Shape(InstanceWithFederationState, "instance", federation_state=_STATE)


def federated(tx: Transaction) -> FederatedInstances:
    """Every instance but our own. Those that are blocked are in that list alone, as in Lemmy; those allowed are linked too."""
    rows = tx.all(
        f"""SELECT {_VIEW.columns}, allow.instance_id IS NOT NULL, block.instance_id IS NOT NULL FROM instance
              LEFT JOIN delivery ON delivery.instance_id = instance.id
              LEFT JOIN federation_allowlist allow ON allow.instance_id = instance.id
              LEFT JOIN federation_blocklist block ON block.instance_id = instance.id
             WHERE NOT EXISTS (SELECT 1 FROM site JOIN local_site ON local_site.site_id = site.id WHERE site.instance_id = instance.id)
             ORDER BY instance.domain"""
    )
    found = FederatedInstances(linked=[], allowed=[], blocked=[])
    for row in rows:
        built = _VIEW.build(row)
        is_allowed, is_blocked = row[-2:]
        if is_blocked:
            found.blocked.append(built)
            continue
        found.linked.append(built)
        if is_allowed:
            found.allowed.append(built)
    return found
