"""Pages of one's own account: logging in and out, registering, settings."""

from typing import Any

from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.http.negotiation import languages
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms, pictures
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import chosen
from lemmy_lite.http.web.visit import Frame, Visit, own_path
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.local_user import SettingsForm
from lemmy_lite.model.registration import RegistrationForm

_TEXTS = ("display_name", "bio", "email", "matrix_user_id")
_FACES = ("avatar", "banner")
_BOXES = (
    "bot_account",
    "show_scores",
    "show_avatars",
    "show_read_posts",
    "show_bot_accounts",
    "open_links_in_new_tab",
    "show_nsfw",
    "blur_nsfw",
)
_NAMED = {"invalid_name": "username", "slurs": "username"}
_SECOND_FACTOR = ("missing_totp_token", "incorrect_totp_token")


async def login_form(visit: Visit) -> Response:
    """`GET /login`; who is logged in goes on at once."""
    if visit.viewer is not None:
        return redirect(own_path(visit.query.get("prev")) or "/")
    return _login(visit, await visit.frame(), {}, own_path(visit.query.get("prev")))


async def login(visit: Visit, form: Form) -> Response:
    """`POST /login`."""
    prev = own_path(form.get("prev"))
    visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
    try:
        entry = await accounts.login(
            visit.site.database,
            visit.site.context,
            form.get("username_or_email", "").strip(),
            form.get("password", ""),
            form.get("totp_2fa_token", "").strip() or None,
            _visitor(visit),
        )
    except LemmyError as error:
        return _login(visit, await visit.frame(), form, prev, error)
    response = redirect(prev or "/")
    visit.site.cookies.enter(response, entry.jwt or "")
    return response


async def logout(visit: Visit, _form: Form) -> Response:
    """`POST /logout`."""
    if visit.viewer is not None:
        await visit.site.database.write(accounts.logout, visit.viewer)
    response = redirect("/")
    visit.site.cookies.leave(response)
    return response


async def signup_form(visit: Visit) -> Response:
    """`GET /signup`."""
    if visit.viewer is not None:
        return redirect("/")
    return _signup(visit, await visit.frame(), {})


async def signup(visit: Visit, form: Form) -> Response:
    """`POST /signup`."""
    visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
    wanted = RegistrationForm(
        username=form.get("username", "").strip(),
        password=form.get("password", ""),
        password_verify=form.get("password_verify", ""),
        email=form.get("email", "").strip(),
        answer=form.get("answer", ""),
        honeypot=form.get("honeypot", ""),
        show_nsfw=forms.ticked(form, "show_nsfw"),
    )
    try:
        entry = await accounts.register(visit.site.database, visit.site.context, wanted, _visitor(visit))
    except LemmyError as error:
        return _signup(visit, await visit.frame(), form, error)
    if entry.jwt is None:
        waits = "an admin has read your application" if entry.registration_created else "you have followed the link in the mail"
        notice = f"Your account is made. You can log in as soon as {waits}."
        return visit.page(await visit.frame(), "login.html", notice=notice, with_form=True, form={}, errors={}, prev=None, ask_totp=False)
    response = redirect("/")
    visit.site.cookies.enter(response, entry.jwt)
    return response


async def settings_form(visit: Visit) -> Response:
    """`GET /settings`."""
    user = visit.me.local_user
    person = visit.me.person
    shown = {name: getattr(person, name, None) or getattr(user, name, None) or "" for name in _TEXTS}
    boxes = {name: getattr(person if name == "bot_account" else user, name) for name in _BOXES}
    form = {
        **shown,
        **{name: "true" if on else "" for name, on in boxes.items()},
        "theme": user.theme,
        "default_listing_type": user.default_listing_type.value,
        "default_sort_type": user.default_sort_type.value,
    }
    notice = "Your settings are saved." if visit.query.get("saved") == "1" else None
    return visit.page(await visit.frame(), "settings.html", notice=notice, form=form, errors={}, **_faces(visit))


def _faces(visit: Visit) -> dict[str, Any]:
    """What the page needs for the pictures of a profile."""
    return {"uploads": pictures.offered(visit, face=True), "avatar": visit.me.person.avatar, "banner": visit.me.person.banner}


async def save_settings(visit: Visit, form: Form) -> Response:
    """`POST /settings`."""
    me = visit.me
    choices = {
        "theme": form.get("theme", me.local_user.theme)[:50],
        "default_listing_type": chosen(ListingType, form.get("default_listing_type"), me.local_user.default_listing_type),
        "default_sort_type": chosen(SortType, form.get("default_sort_type"), me.local_user.default_sort_type),
    }
    texts = {name: form.get(name, "").strip() for name in _TEXTS}
    boxes = {name: forms.ticked(form, name) for name in _BOXES}
    faces = {name: form[name] for name in _FACES if form.get(name)} | {name: "" for name in _FACES if forms.ticked(form, f"no_{name}")}
    wanted = forms.into(SettingsForm, texts, boxes, choices, faces)
    try:
        pictures.require_taken(form)
        await visit.site.database.write(accounts.save_settings, visit.site.context, me, wanted)
    except LemmyError as error:
        errors = forms.faults(error, {"pictrs_response_error": "avatar_file"})
        return visit.page(await visit.frame(), "settings.html", status=400, form=form, errors=errors, **_faces(visit))
    return redirect("/settings?saved=1")


def _login(visit: Visit, frame: Frame, form: Form, prev: str | None, error: LemmyError | None = None) -> Response:
    return visit.page(
        frame,
        "login.html",
        status=400 if error else 200,
        with_form=True,
        form={"username_or_email": form.get("username_or_email", "")},
        errors=forms.faults(error) if error else {},
        prev=prev,
        ask_totp=error is not None and error.code in _SECOND_FACTOR,
    )


def _signup(visit: Visit, frame: Frame, form: Form, error: LemmyError | None = None) -> Response:
    kept = {name: text for name, text in form.items() if not name.startswith("password")}
    return visit.page(
        frame,
        "signup.html",
        status=400 if error else 200,
        with_form=True,
        form=kept,
        errors=forms.faults(error, _NAMED) if error else {},
        html=visit.html(frame=frame),
    )


def _visitor(visit: Visit) -> Visitor:
    agent = visit.request.header("user-agent")
    return Visitor(
        address=str(visit.request.address),
        user_agent=agent[:500] if agent else None,
        languages=languages(visit.request.header("accept-language")),
    )
