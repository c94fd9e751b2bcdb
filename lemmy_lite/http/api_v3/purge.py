"""Operations that wipe things for good."""

from lemmy_lite.domain import purge
from lemmy_lite.domain.disk_keeping import erasing
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.http.api_v3.wire.purge import PurgeComment, PurgeCommunity, PurgePerson, PurgePost

_SUCCESS = SuccessResponse(success=True)


async def purge_person(call: UserCall, form: PurgePerson) -> SuccessResponse:
    """Wipe a person's words and profile."""
    with erasing(call.context):
        await call.database.write(purge.purge_person, call.viewer.person, form.person_id, form.reason)
    return _SUCCESS


async def purge_community(call: UserCall, form: PurgeCommunity) -> SuccessResponse:
    """Wipe a community with all that was posted there."""
    with erasing(call.context):
        await call.database.write(purge.purge_community, call.viewer.person, form.community_id, form.reason)
    return _SUCCESS


async def purge_post(call: UserCall, form: PurgePost) -> SuccessResponse:
    """Wipe a post with its comments."""
    with erasing(call.context):
        await call.database.write(purge.purge_post, call.viewer.person, form.post_id, form.reason)
    return _SUCCESS


async def purge_comment(call: UserCall, form: PurgeComment) -> SuccessResponse:
    """Wipe a comment with everything below it."""
    with erasing(call.context):
        await call.database.write(purge.purge_comment, call.viewer.person, form.comment_id, form.reason)
    return _SUCCESS
