"""From a request to the form that the domain takes."""

from typing import TypeVar

from lemmy_lite.model.struct import Struct

F = TypeVar("F", bound=Struct)


def form_of(form_type: type[F], request: Struct) -> F:
    """The form with every field that the request gives; what is absent or null there stays unset.

    Request and form share their field names, so `form_of(PostForm, edit_post)` leaves out just what the form does not have, such as
    `post_id`.
    """
    asked = ((name, getattr(request, name, None)) for name in form_type.__struct_fields__)
    return form_type(**{name: value for name, value in asked if value is not None})
