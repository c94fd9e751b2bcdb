"""Images: uploads, the list of them, and how one is asked for."""

from datetime import datetime

from lemmy_lite.http.api_v3.wire.bounds import Int32, Int64
from lemmy_lite.model.image import LocalImageView
from lemmy_lite.model.struct import Struct


class ListMedia(Struct, kw_only=True):
    """`GET /account/list_media` and `GET /admin/list_all_media`."""

    page: Int64 | None = None
    limit: Int64 | None = None


class ListMediaResponse(Struct, kw_only=True):
    """The answer of listMedia and listAllMedia."""

    images: list[LocalImageView]


class PictrsFileDetails(Struct, kw_only=True):
    """What was found out about an uploaded image."""

    width: int
    height: int
    content_type: str
    created_at: datetime


class PictrsFile(Struct, kw_only=True):
    """One stored upload."""

    file: str
    delete_token: str
    details: PictrsFileDetails


class UploadImageResponse(Struct, kw_only=True):
    """The answer to an upload (201); `files` is null when there is none."""

    files: list[PictrsFile] | None
    msg: str


class PictrsGetParams(Struct, kw_only=True):
    """`GET /pictrs/image/{filename}`: the format to convert to and the longest side of a thumbnail, in pixels."""

    format: str | None = None
    thumbnail: Int32 | None = None


class ImageProxyParams(Struct, kw_only=True):
    """`GET /api/v3/image_proxy`: the remote picture, with format and thumbnail as for our own images."""

    url: str
    format: str | None = None
    thumbnail: Int32 | None = None
