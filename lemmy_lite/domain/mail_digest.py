"""The best of what one follows, by mail, each day or each week: an option of the person, off until chosen.

It is independent of notifications by mail, and has its own way out. Who follows nothing, or whose communities were silent, gets none.
"""

from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import permissions, post_listing
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.mail import MailKind
from lemmy_lite.model.post import PostView
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, mail, mail_digest
from lemmy_lite.storage.views import local_user as views

SORTS: Final = {1: SortType.TOP_DAY, 7: SortType.TOP_WEEK}
"""The choices, in days between two digests, and which posts each brings."""
MOST_POSTS: Final = 10


def chosen(tx: Transaction, viewer: Viewer) -> int:
    """How many days are between the viewer's digests; 0 for none."""
    return mail_digest.days(tx, viewer.local_user.id)


def choose(tx: Transaction, viewer: Viewer, days: int) -> None:
    """Have a digest every 1 or 7 days; any other number is none. The same choice again moves nothing."""
    permissions.require(tx, "account.change", viewer.person, author_id=viewer.id)
    if days == mail_digest.days(tx, viewer.local_user.id):
        return
    if days in SORTS:
        mail_digest.put(tx, viewer.local_user.id, days)
    else:
        mail_digest.drop(tx, viewer.local_user.id)


def queue_due(tx: Transaction, batch: int) -> int:
    """Queue the digests that are due, at most `batch`; answers how many were looked at."""
    due = mail_digest.take_due(tx, batch)
    for number, days in due:
        account = local_user.get(tx, number)
        if account is not None and account.email:
            mail.insert(tx, MailKind.DIGEST, number, days)
    return len(due)


def posts(tx: Transaction, context: Context, number: LocalUserId, days: int) -> list[PostView]:
    """What a digest holds: the best posts of these days in the communities that the account follows, read ones left out."""
    reader = views.by_id(tx, number)
    if reader is None or days not in SORTS:
        return []
    query = PostQuery(listing=ListingType.SUBSCRIBED, sort=SORTS[days], show_read=False, limit=MOST_POSTS)
    return post_listing.page(tx, context.history, reader, query).posts
