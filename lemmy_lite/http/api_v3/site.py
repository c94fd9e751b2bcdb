"""Operations on the site."""

from lemmy_lite.context import Context
from lemmy_lite.domain import site as sites
from lemmy_lite.domain import site_settings
from lemmy_lite.domain.site import Reading
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.http.api_v3.wire.site import CreateSite, EditSite, GetSiteResponse, SiteResponse
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.nodeinfo import LEMMY_VERSION
from lemmy_lite.model.site import SiteForm
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


async def get_site(call: Call) -> GetSiteResponse:
    """The site, and for the logged-in their own account. Never refused, not even on a private instance."""
    return response(await call.database.read(sites.reading, call.viewer))


async def create_site(call: UserCall, form: CreateSite) -> SiteResponse:
    """Set the site up, once."""
    return await call.database.write(_create, call.context, call.viewer, form)


async def edit_site(call: UserCall, form: EditSite) -> SiteResponse:
    """Change the site."""
    return await call.database.write(_edit, call.context, call.viewer, form)


def response(found: Reading) -> GetSiteResponse:
    """The site as one viewer reads it, with what is the same for everybody."""
    return GetSiteResponse(
        site_view=found.site_view,
        admins=found.admins,
        version=LEMMY_VERSION,
        my_user=found.my_user,
        all_languages=list(LANGUAGES),
        discussion_languages=found.discussion_languages,
        taglines=found.taglines,
        custom_emojis=found.custom_emojis,
        blocked_urls=found.blocked_urls,
    )


def _create(tx: Transaction, context: Context, viewer: Viewer, form: CreateSite) -> SiteResponse:
    view = site_settings.set_up(tx, context, viewer.person, form_of(SiteForm, form))
    return SiteResponse(site_view=view, taglines=sites.taglines(tx))


def _edit(tx: Transaction, context: Context, viewer: Viewer, form: EditSite) -> SiteResponse:
    view = site_settings.edit(tx, context, viewer.person, form_of(SiteForm, form))
    return SiteResponse(site_view=view, taglines=sites.taglines(tx))
