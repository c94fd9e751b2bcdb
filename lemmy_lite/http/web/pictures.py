"""Forms with pictures: a file that is chosen is uploaded as it arrives, and its address stands in the form as if it had been typed.

What is refused is told beside the field, with everything else as it was typed; a picture that was taken stays in the form, so that it
needs no second upload. The form's token comes first, so nothing is taken from a foreign page.
"""

from collections.abc import Callable, Mapping
from typing import Final

from lemmy_lite.domain import image
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.multipart import Part, parts
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.web.forms import MOST_FIELDS, Form, Sent
from lemmy_lite.http.web.visit import Visit
from lemmy_lite.model.errors import LemmyError

FIELDS: Final[Mapping[str, str]] = {
    "picture": "url",
    "avatar_file": "avatar",
    "banner_file": "banner",
    "icon_file": "icon",
    "emoji_file": "image_url",
}
"""Fields of files, and the field in which the picture's address then stands."""


SETTINGS_FILE: Final = "settings_file"
"""The field of a file that is no picture: exported settings, kept as they came, as text."""

LONGEST_TEXT_FILE: Final = 4 * 2**20


class FormWithFiles(Sent):
    """What a form with files sent. `refused` is why a file was not taken."""

    refused: LemmyError | None = None


async def sent(visit: Visit, check: Callable[[str], None]) -> Form:
    """The fields of a form that came with files. `check` is given its token before a file is taken, and raises.

    Raises Refused, LemmyError incorrect_login.
    """
    form = FormWithFiles()
    checked = False
    async for part in parts(visit.request):
        if part.file_name is not None:
            if not checked:
                check(form.get("csrf", ""))
                checked = True
            await (_read(form, part) if part.name == SETTINGS_FILE else _take(visit, form, part))
        else:
            form.add(part.name, (await part.text()).replace("\r\n", "\n"))
        if len(form) > MOST_FIELDS or any("\0" in text for text in (part.name, form.get(part.name, ""))):
            raise Refused(400)
    if not checked:
        check(form.get("csrf", ""))
    return form


def require_taken(form: Form) -> None:
    """Raises the LemmyError for which a file of the form was refused, if one was."""
    if isinstance(form, FormWithFiles) and form.refused is not None:
        raise form.refused


async def _read(form: FormWithFiles, part: Part) -> None:
    """Keep a file of text. Raises Refused 413; what is no UTF-8 is replaced, for its reader to refuse."""
    found = bytearray()
    async for piece in part.pieces():
        found += piece
        if len(found) > LONGEST_TEXT_FILE:
            raise Refused(413)
    form.add(part.name, found.decode(errors="replace").replace("\0", "\ufffd"))


async def _take(visit: Visit, form: FormWithFiles, part: Part) -> None:
    """Upload a file. A field in which none was chosen comes as a file without a name."""
    field = FIELDS.get(part.name)
    if field is None or not part.file_name or form.refused is not None:
        return
    me = visit.me
    try:
        visit.site.limiter.take(Bucket.IMAGE, visit.request.address)
        made = await image.upload(visit.site.database, visit.site.context, me, part.pieces())
    except LemmyError as error:
        form.refused = error
    else:
        form[field] = made.link


def offered(visit: Visit, *, face: bool = False) -> bool:
    """Whether a form offers to upload pictures; `face` for avatars and banners."""
    context = visit.site.context
    allowed = context.config.images.uploads
    return context.images is not None and (allowed == "on" or (face and allowed == "avatars"))
