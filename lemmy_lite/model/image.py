"""Images: uploads of local users and what is known of the pictures that posts show."""

from datetime import datetime
from enum import StrEnum

from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct


class PictrsImageMode(StrEnum):
    """What is done with remote images; set in the configuration."""

    NONE = "None"
    STORE_LINK_PREVIEWS = "StoreLinkPreviews"
    PROXY_ALL_IMAGES = "ProxyAllImages"


class PictrsFileType(StrEnum):
    """The formats an image can be converted to; apps may spell them in any case, and anything else means jpg."""

    APNG = "apng"
    AVIF = "avif"
    GIF = "gif"
    JPG = "jpg"
    JXL = "jxl"
    PNG = "png"
    WEBP = "webp"


class ImageDetails(Struct, kw_only=True):
    """Size and type of the picture a post links to."""

    link: str
    width: int
    height: int
    content_type: str


class LocalImage(Struct, kw_only=True):
    """An upload: `pictrs_alias` is its file name, the delete token is known to the uploader and to admins."""

    local_user_id: LocalUserId | None = None
    pictrs_alias: str
    pictrs_delete_token: str
    published: datetime


class LocalImageView(Struct, kw_only=True):
    """An upload and who made it."""

    local_image: LocalImage
    person: Person


class Uploaded(Struct, kw_only=True):
    """What an uploader is told: the file's name and address, and how to get rid of it."""

    alias: str
    link: str
    delete_token: str
    width: int
    height: int
    content_type: str
    published: datetime
