"""What is told of other instances."""

from lemmy_lite.model.instance import FederatedInstances
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import instance, site
from lemmy_lite.storage.views import instance as views


def federated(tx: Transaction) -> FederatedInstances | None:
    """The instances known here with the state of sending to them; None where this site federates with nobody. Anybody may see this."""
    return views.federated(tx) if site.local(tx).federation_enabled else None


def blocked(tx: Transaction) -> list[str]:
    """The domains that this site keeps out, as its admins listed them."""
    return instance.listed(tx, "federation_blocklist")


def allowed(tx: Transaction) -> list[str]:
    """The domains that alone may talk to this site; empty where all may."""
    return instance.listed(tx, "federation_allowlist")
