"""What people set for themselves: their profile, and how they read."""

from typing import Any, Final

from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import mail_digest
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import choices, forms, pictures
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import chosen
from lemmy_lite.http.web.page import figures
from lemmy_lite.http.web.visit import Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.local_user import SettingsForm
from lemmy_lite.model.site import PostListingMode
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction

_TEXTS = ("display_name", "bio", "email", "matrix_user_id")
_FACES = ("avatar", "banner")
_BOXES = (
    "show_avatars",
    "show_read_posts",
    "show_bot_accounts",
    "collapse_bot_comments",
    "auto_expand",
    "open_links_in_new_tab",
    "show_nsfw",
    "blur_nsfw",
    "send_notifications_to_email",
    "infinite_scroll_enabled",
    "enable_keyboard_navigation",
    "enable_animated_images",
)
"""Boxes that are columns of the account."""

COMPACT: Final = "-compact"


async def settings_form(visit: Visit) -> Response:
    """`GET /settings`."""
    user, person = visit.me.local_user, visit.me.person
    texts = {name: getattr(person, name, None) or getattr(user, name, None) or "" for name in _TEXTS}
    boxes = {name: getattr(user, name) for name in _BOXES} | figures(user, visit.me.vote_display)
    form = {
        **texts,
        **{name: "true" if on else "" for name, on in boxes.items()},
        "bot_account": "true" if person.bot_account else "",
        "theme": user.theme.removesuffix(COMPACT),
        "density": COMPACT if user.theme.endswith(COMPACT) else "",
        "default_listing_type": user.default_listing_type.value,
        "default_sort_type": user.default_sort_type.value,
        "post_listing_mode": user.post_listing_mode.value,
        "interface_language": user.interface_language,
    }
    form["digest"] = str(await visit.site.database.read(mail_digest.chosen, visit.me))
    notice = "Your settings are saved." if visit.query.get("saved") == "1" else None
    return await _page(visit, form, {}, list(visit.me.languages), notice=notice)


async def save(visit: Visit, form: Form) -> Response:
    """`POST /settings`. What a form does not hold keeps its value, but for boxes: one that is not sent is off."""
    me = visit.me
    languages = [number for text in forms.several(form, "languages") if (number := forms.number(text, least=0)) is not None]
    picked = {
        "theme": (form.get("theme", me.local_user.theme)[:50] + (COMPACT if form.get("density") == COMPACT else "")),
        "default_listing_type": chosen(ListingType, form.get("default_listing_type"), me.local_user.default_listing_type),
        "default_sort_type": chosen(SortType, form.get("default_sort_type"), me.local_user.default_sort_type),
        "post_listing_mode": chosen(PostListingMode, form.get("post_listing_mode"), me.local_user.post_listing_mode),
        "interface_language": form.get("interface_language", me.local_user.interface_language),
        "discussion_languages": [LanguageId(number) for number in languages],
    }
    texts = {name: form[name].strip() for name in _TEXTS if name in form}
    boxes = {name: forms.ticked(form, name) for name in (*_BOXES, "bot_account")}
    shown = figures(me.local_user, me.vote_display)
    wished = {name: forms.ticked(form, name) for name in shown}
    if wished != shown:  # else what another front end has set stays as it is
        boxes |= wished
    faces = {name: form[name] for name in _FACES if form.get(name)} | {name: "" for name in _FACES if forms.ticked(form, f"no_{name}")}
    wanted = forms.into(SettingsForm, texts, boxes, picked, faces)
    try:
        pictures.require_taken(form)
        await visit.site.database.write(_save, visit, me, wanted, forms.number(form.get("digest"), least=0))
    except LemmyError as error:
        errors = forms.faults(error, {"pictrs_response_error": "avatar_file", "language_not_allowed": "languages"})
        return await _page(visit, form, errors, languages, status=400)
    return redirect("/settings?saved=1")


def _save(tx: Transaction, visit: Visit, me: Viewer, wanted: SettingsForm, digest: int | None) -> None:
    accounts.save_settings(tx, visit.site.context, me, wanted)
    if digest is not None:
        mail_digest.choose(tx, me, digest)


async def _page(visit: Visit, form: Form, errors: dict[str, str], languages: list[int], **more: Any) -> Response:
    me = visit.me
    return visit.page(
        await visit.frame(),
        "settings.html",
        form=form,
        errors=errors,
        uploads=pictures.offered(visit, face=True),
        avatar=me.person.avatar,
        banner=me.person.banner,
        themes=_with(choices.themes(visit.site.statics.themes), form.get("theme")),
        interface_languages=_with(choices.interface_languages(), form.get("interface_language")),
        languages=[(number, language.name) for number, language in enumerate(LANGUAGES)],
        ticked=frozenset(languages),
        mails=visit.site.context.config.email is not None,
        verified=me.local_user.email_verified,
        **more,
    )


def _with(pairs: tuple[tuple[str, str], ...], value: str | None) -> tuple[tuple[str, str], ...]:
    """Choices, and the one that another front end has set, so that saving something else does not change it."""
    return pairs if not value or value in dict(pairs) else (*pairs, (value, value))
