"""Getting back in: the mail that lets one set a new password, and the proof of a mail address."""

from lemmy_lite.domain import email_address
from lemmy_lite.domain import password as passwords
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Visit
from lemmy_lite.model.errors import LemmyError

_SENTENCES = {
    "token_not_found": "This link counts no more. Ask for a new one.",
}


async def reset_form(visit: Visit) -> Response:
    """`GET /login_reset`."""
    return await _reset(visit, {}, None)


async def reset(visit: Visit, form: Form) -> Response:
    """`POST /login_reset`: send the mail."""
    try:
        visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
        await passwords.request_reset(visit.site.database, visit.site.context, form.get("email", "").strip())
    except LemmyError as error:
        return await _reset(visit, form, error)
    notice = "If an account has this address, a mail is on its way to it. The link in it counts for a day."
    return visit.page(await visit.frame(), "login.html", notice=notice, with_form=True, form={}, errors={}, prev=None, ask_totp=False)


async def _reset(visit: Visit, form: Form, error: LemmyError | None) -> Response:
    return visit.page(
        await visit.frame(),
        "login_reset.html",
        status=400 if error else 200,
        with_form=True,
        form=form,
        errors={"email": _SENTENCES.get(error.code, error.sentence)} if error else {},
    )


async def new_form(visit: Visit) -> Response:
    """`GET /password_change/TOKEN`: where the mail leads to."""
    return await _new(visit, None)


async def set_new(visit: Visit, form: Form) -> Response:
    """`POST /password_change/TOKEN`: set the new password; every session ends."""
    token = visit.request.parameters["token"]
    try:
        visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
        await passwords.set_by_token(
            visit.site.database, visit.site.context, token, form.get("password", ""), form.get("password_verify", "")
        )
    except LemmyError as error:
        return await _new(visit, error)
    response = redirect("/login?done=password")
    visit.site.cookies.leave(response)
    return response


async def _new(visit: Visit, error: LemmyError | None) -> Response:
    return visit.page(
        await visit.frame(),
        "password_change.html",
        status=400 if error else 200,
        with_form=True,
        form={},
        errors=_faults(error),
        path=visit.request.path,
    )


async def verify_form(visit: Visit) -> Response:
    """`GET /verify_email/TOKEN`: a page with one button, as programs that look at mails follow every link."""
    return await _verify(visit, None)


async def verify(visit: Visit, _form: Form) -> Response:
    """`POST /verify_email/TOKEN`: the address is one's own."""
    try:
        await visit.site.database.write(email_address.verify, visit.request.parameters["token"])
    except LemmyError as error:
        return await _verify(visit, error)
    return redirect("/settings?verified=1" if visit.viewer else "/login?done=email")


async def _verify(visit: Visit, error: LemmyError | None) -> Response:
    return visit.page(
        await visit.frame(),
        "verify_email.html",
        status=400 if error else 200,
        with_form=True,
        errors=_faults(error),
        path=visit.request.path,
    )


def _faults(error: LemmyError | None) -> dict[str, str]:
    """A refusal beside its field, in words that fit a visitor who comes from a mail."""
    if error is None:
        return {}
    return {field: _SENTENCES.get(error.code, sentence) for field, sentence in forms.faults(error).items()}
