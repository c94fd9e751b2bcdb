"""Pages of one's own account: logging in and out, registering."""

from lemmy_lite.domain import captcha
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain.local_user import Visitor
from lemmy_lite.http.negotiation import languages
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.policy import WITH_CAPTCHA
from lemmy_lite.http.web.visit import Frame, Visit, own_path
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.registration import RegistrationForm

_NAMED = {"invalid_name": "username", "slurs": "username"}
_DONE = {
    "password": "Your new password is set. Log in with it.",
    "email": "Your address is confirmed. You can log in now.",
}
_READ = "Your account is made. You can log in as soon as an admin has read your application."
_CONFIRMED = "Your account is made. You can log in as soon as you have followed the link in the mail."
_SECOND_FACTOR = ("missing_totp_token", "incorrect_totp_token")


async def login_form(visit: Visit) -> Response:
    """`GET /login`; who is logged in goes on at once."""
    if visit.viewer is not None:
        return redirect(own_path(visit.query.get("prev")) or "/")
    notice = _DONE.get(visit.query.get("done", ""))
    return _login(visit, await visit.frame(), {}, own_path(visit.query.get("prev")), notice=notice)


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
            visitor(visit),
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
    return await _signup(visit, {})


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
        captcha_uuid=form.get("captcha_uuid", ""),
        captcha_answer=form.get("captcha_answer", ""),
    )
    try:
        entry = await accounts.register(visit.site.database, visit.site.context, wanted, visitor(visit))
    except LemmyError as error:
        return await _signup(visit, form, error)
    if entry.jwt is None:
        notice = _READ if entry.registration_created else _CONFIRMED
        return visit.page(await visit.frame(), "login.html", notice=notice, with_form=True, form={}, errors={}, prev=None, ask_totp=False)
    response = redirect("/")
    visit.site.cookies.enter(response, entry.jwt)
    return response


def _login(
    visit: Visit, frame: Frame, form: Form, prev: str | None, error: LemmyError | None = None, *, notice: str | None = None
) -> Response:
    return visit.page(
        frame,
        "login.html",
        status=400 if error else 200,
        notice=notice,
        with_form=True,
        form={"username_or_email": form.get("username_or_email", "")},
        errors=forms.faults(error) if error else {},
        prev=prev,
        ask_totp=error is not None and error.code in _SECOND_FACTOR,
    )


async def _signup(visit: Visit, form: Form, error: LemmyError | None = None) -> Response:
    """The form with what was typed, and with a new captcha where the site asks for one: each counts once."""
    kept = {name: text for name, text in form.items() if not name.startswith(("password", "captcha"))}
    frame = await visit.frame()
    challenge = await captcha.challenge(visit.site.database)
    response = visit.page(
        frame,
        "signup.html",
        status=400 if error else 200,
        with_form=True,
        form=kept,
        errors=forms.faults(error, _NAMED) if error else {},
        captcha=challenge,
        html=visit.html(frame=frame),
    )
    if challenge:
        response.set_default("content-security-policy", WITH_CAPTCHA)
        response.set_default("cache-control", "no-store")
    return response


def visitor(visit: Visit) -> Visitor:
    """From where somebody comes, as it is kept with their session."""
    agent = visit.request.header("user-agent")
    return Visitor(
        address=str(visit.request.address),
        direct=visit.request.is_direct,
        user_agent=agent[:500] if agent else None,
        languages=languages(visit.request.header("accept-language")),
    )
