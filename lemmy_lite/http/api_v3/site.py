"""Operations on the site."""

from lemmy_lite.domain import site as sites
from lemmy_lite.http.api_v3.call import Call
from lemmy_lite.http.api_v3.wire.site import GetSiteResponse
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.nodeinfo import LEMMY_VERSION


async def get_site(call: Call) -> GetSiteResponse:
    """The site, and for the logged-in their own account. Never refused, not even on a private instance."""
    found = await call.database.read(sites.reading, call.viewer)
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
