"""Operations on uploads."""

from collections.abc import AsyncIterator

from lemmy_lite.domain import image
from lemmy_lite.http.api_v3.call import UserCall
from lemmy_lite.http.api_v3.wire.image import ListMedia, ListMediaResponse, PictrsFile, PictrsFileDetails, UploadImageResponse
from lemmy_lite.http.auth import is_by_bearer
from lemmy_lite.http.multipart import parts
from lemmy_lite.http.response import Response, json_response
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.image import Uploaded
from lemmy_lite.model.paging import page

FIELD = "images[]"
MOST_FILES = 10


async def upload_image(call: UserCall) -> Response:
    """Take the files of a form's field `images[]`: all, or none where one is refused. The answer is 201."""
    taken: list[Uploaded] = []
    try:
        async for pieces in _files(call):
            taken.append(await image.upload(call.database, call.context, call.viewer, pieces))
            if len(taken) > MOST_FILES:
                raise LemmyError("pictrs_response_error", f"At most {MOST_FILES} files at a time.")
    except BaseException:
        for each in taken:
            await call.database.write(image.delete, call.viewer, each.alias)
        raise
    if not taken:
        raise LemmyError("pictrs_response_error", f"There is no file in the field {FIELD}.")
    return json_response(UploadImageResponse(files=[_file(each) for each in taken], msg="ok"), 201)


async def delete_image(call: UserCall) -> Response:
    """Delete one's own upload; admins delete any.

    A Bearer token is enough (contract, deleteImage). Who is known by the cookie needs the picture's own token in the address as well, since
    a picture in a post may have this address, and every browser that shows the post would delete.
    """
    address = call.request.parameters
    token = None if is_by_bearer(call.request) else address["token"]
    await call.database.write(image.delete, call.viewer, address["filename"], token)
    return Response(204)


async def list_media(call: UserCall, form: ListMedia) -> ListMediaResponse:
    """One's own uploads."""
    return ListMediaResponse(images=await call.database.read(image.own_uploads, call.viewer, page(form.limit, form.page)))


async def list_all_media(call: UserCall, form: ListMedia) -> ListMediaResponse:
    """Everybody's uploads, for admins."""
    return ListMediaResponse(images=await call.database.read(image.all_uploads, call.viewer, page(form.limit, form.page)))


async def _files(call: UserCall) -> AsyncIterator[AsyncIterator[bytes]]:
    async for part in parts(call.request):
        if part.name == FIELD:
            yield part.pieces()


def _file(made: Uploaded) -> PictrsFile:
    details = PictrsFileDetails(width=made.width, height=made.height, content_type=made.content_type, created_at=made.published)
    return PictrsFile(file=made.alias, delete_token=made.delete_token, details=details)
