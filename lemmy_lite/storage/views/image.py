"""Uploads as their owners and admins see them."""

from lemmy_lite.model.ids import LocalUserId
from lemmy_lite.model.image import LocalImage, LocalImageView
from lemmy_lite.model.paging import Page
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views.person import person_shape

LOCAL_IMAGE_VIEW: Shape[LocalImageView] = Shape(
    LocalImageView,
    local_image=Shape(LocalImage, "local_image", pictrs_alias="local_image.alias", pictrs_delete_token="local_image.delete_token"),
    person=person_shape(),
)


def uploads(tx: Transaction, local_user_id: LocalUserId | None, page: Page) -> list[LocalImageView]:
    """The uploads of one person, or of all, newest first. Copies of what posts link to are nobody's and in no list."""
    whose = "local_image.local_user_id = :user" if local_user_id is not None else "local_image.local_user_id IS NOT NULL"
    rows = tx.all(
        f"""SELECT {LOCAL_IMAGE_VIEW.columns} FROM local_image
              JOIN local_user ON local_user.id = local_image.local_user_id
              JOIN person ON person.id = local_user.person_id
             WHERE {whose} ORDER BY local_image.published DESC, local_image.alias LIMIT :limit OFFSET :offset""",
        limit=page.limit,
        offset=page.offset,
        **({"user": local_user_id} if local_user_id is not None else {}),
    )
    return [LOCAL_IMAGE_VIEW.build(row) for row in rows]
