"""The emoji of this site: a page that shows them, and their short codes spelled out in what people write."""

import re
from itertools import groupby
from typing import Final

from lemmy_lite.domain import emoji
from lemmy_lite.http.response import Response
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.emoji import CustomEmojiView
from lemmy_lite.storage.query import Transaction

_CODE: Final = re.compile(r"(?<![\w:]):([a-z0-9_+-]{1,128}):(?![\w:])")


async def emojis(visit: Visit) -> Response:
    """`GET /emoji`: every emoji with the code that stands for it."""

    def matter(tx: Transaction, frame: Frame) -> list[CustomEmojiView]:
        return emoji.listing(tx)

    frame, found = await visit.read(matter)
    by_category = sorted((each.custom_emoji for each in found), key=lambda each: (each.category, each.shortcode))
    groups = [(category, list(each)) for category, each in groupby(by_category, key=lambda each: each.category)]
    return visit.page(frame, "emoji.html", groups=groups)


async def spelled(visit: Visit, form: Form, field: str) -> Form:
    """A form whose text has the pictures that lemmy-ui's picker writes where somebody typed `:code:`; other colons stay."""
    codes = set(_CODE.findall(form.get(field, "")))
    if not codes:
        return form
    known = {each.custom_emoji.shortcode: each.custom_emoji for each in await visit.site.database.read(emoji.listing)}

    def picture(match: re.Match[str]) -> str:
        found = known.get(match[1])
        return f'![{found.alt_text}]({found.image_url} "emoji {found.shortcode}")' if found else match[0]

    return {**form, field: _CODE.sub(picture, form[field])} if codes & known.keys() else form
