"""The tab of custom emoji: making, changing and deleting them."""

from collections.abc import Mapping

from lemmy_lite.domain import emoji as emojis
from lemmy_lite.domain import permissions
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms, pictures, site_fields
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.emoji import CustomEmojiView, EmojiForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CustomEmojiId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import emoji as views

_FIELDS = {
    "invalid_url": "image_url",
    "invalid_url_scheme": "image_url",
    "url_length_overflow": "image_url",
    "too_many_items": "keywords",
    "pictrs_response_error": "emoji_file",
}


async def tab(visit: Visit, form: Form | None = None, errors: Mapping[str, str] | None = None) -> Response:
    """`GET /admin?tab=emoji`."""
    me = visit.me

    def matter(tx: Transaction, frame: Frame) -> list[CustomEmojiView]:
        permissions.require(tx, "emoji.edit", me.person)
        return views.listing(tx)

    frame, found = await visit.read(matter)
    return visit.page(
        frame,
        "admin_emoji.html",
        status=400 if errors else 200,
        notice="Done." if visit.query.get("saved") == "1" and not errors else None,
        tabs=site_fields.ALL_TABS,
        tab="emoji",
        emoji=found,
        uploads=pictures.offered(visit),
        form=form or {},
        errors=errors or {},
    )


async def save(visit: Visit, form: Form) -> Response:
    """`POST /admin/emoji`: make one, or change or delete the one whose number is sent."""
    me = visit.me
    number = forms.number(form.get("id"))
    if "id" in form and number is None:
        raise Refused(400)
    wanted = EmojiForm(
        category=form.get("category", ""),
        image_url=form.get("image_url", "").strip(),
        alt_text=form.get("alt_text", "").strip(),
        keywords=form.get("keywords", "").replace(",", " ").split(),
    )
    try:
        pictures.require_taken(form)
        if number is None:
            await visit.site.database.write(emojis.create, me.person, form.get("shortcode", ""), wanted)
        elif forms.ticked(form, "delete"):
            await visit.site.database.write(emojis.delete, me.person, CustomEmojiId(number))
        else:
            await visit.site.database.write(emojis.edit, me.person, CustomEmojiId(number), wanted)
    except LemmyError as error:
        return await tab(visit, form, forms.faults(error, _FIELDS))
    return redirect("/admin?tab=emoji&saved=1")
