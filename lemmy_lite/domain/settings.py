"""What the site's settings forbid at the edge of a surface: private instances, downvotes, bots.

These are policies of the doors through which local people come, not of the verbs: the inbox has its own (DESIGN §2, "one verb, many
callers").
"""

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.site import LocalSite
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import site


def read(tx: Transaction) -> LocalSite:
    """The settings of this instance."""
    return site.local(tx)


def require_open_to(tx: Transaction, viewer: Viewer | None) -> None:
    """Refuse strangers on a private instance. Raises instance_is_private."""
    if viewer is None and site.local(tx).private_instance:
        raise LemmyError("instance_is_private")


def require_vote_allowed(tx: Transaction, viewer: Viewer, score: int) -> None:
    """Refuse votes of bots, and downvotes where they are off. Raises invalid_bot_action, downvotes_are_disabled."""
    if score == -1 and not site.local(tx).enable_downvotes:
        raise LemmyError("downvotes_are_disabled")
    if viewer.person.bot_account:
        raise LemmyError("invalid_bot_action")
