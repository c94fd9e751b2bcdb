"""What is told of other instances."""

from lemmy_lite.model.instance import FederatedInstances
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import site
from lemmy_lite.storage.views import instance as views


def federated(tx: Transaction) -> FederatedInstances | None:
    """The instances known here with the state of sending to them; None where this site federates with nobody. Anybody may see this."""
    return views.federated(tx) if site.local(tx).federation_enabled else None
