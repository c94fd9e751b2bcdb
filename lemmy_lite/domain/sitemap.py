"""Which posts search engines are told of: those of the last month, as in Lemmy, where strangers may read at all."""

from typing import Final

from lemmy_lite.domain import settings
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import sitemap as views
from lemmy_lite.storage.views.sitemap import Address

AGE: Final[Micros] = 31 * DAY
MOST: Final = 50_000
"""As many as a sitemap may hold."""


def recent(tx: Transaction) -> list[Address]:
    """Addresses of local posts, newest first. Raises instance_is_private."""
    settings.require_open_to(tx, None)
    return views.recent(tx, tx.now - AGE, MOST)
