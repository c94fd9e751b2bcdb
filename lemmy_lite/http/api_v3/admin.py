"""Operations on who administers the site."""

from lemmy_lite.domain import admin as admins
from lemmy_lite.domain import site as sites
from lemmy_lite.http.api_v3 import site
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.person import AddAdmin, AddAdminResponse
from lemmy_lite.http.api_v3.wire.site import GetSiteResponse
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def add_admin(call: UserCall, form: AddAdmin) -> AddAdminResponse:
    """Appoint or dismiss an admin."""
    found = await call.database.write(admins.appoint, call.viewer.person, form.person_id, form.added)
    return AddAdminResponse(admins=found)


async def leave_admin(call: UserCall) -> GetSiteResponse:
    """Step down. The answer shows the site as strangers see it, without one's own account, as Lemmy's does."""
    return await call.database.write(_leave, call.viewer)


def _leave(tx: Transaction, viewer: Viewer) -> GetSiteResponse:
    admins.leave(tx, viewer.person)
    return site.response(sites.reading(tx, None))
