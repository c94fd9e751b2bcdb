"""Who gets into an account: its password, the second factor, and the sessions that are open."""

from lemmy_lite.domain import login_session, recovery_code, second_factor
from lemmy_lite.domain import password as passwords
from lemmy_lite.domain.login_session import Session
from lemmy_lite.domain.recovery_code import Left
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.local_user import visitor
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import qr

PATH = "/settings/security"

_DONE = {
    "password": "Your password is changed. Every other session was ended.",
    "on": "The second factor is on: from now on a login asks for a code.",
    "off": "The second factor is off.",
    "sessions": "The session was ended.",
}


async def security(visit: Visit) -> Response:
    """`GET /settings/security`."""
    return await _page(visit, {})


async def change_password(visit: Visit, form: Form) -> Response:
    """`POST /settings/password`: every session ends, and this browser gets a new one."""
    visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
    try:
        token = await passwords.change(
            visit.site.database,
            visit.site.context,
            visit.me,
            form.get("old_password", ""),
            form.get("new_password", ""),
            form.get("new_password_verify", ""),
            visitor(visit),
        )
    except LemmyError as error:
        fields = {
            "incorrect_login": "old_password",
            "invalid_password": "new_password",
            "passwords_do_not_match": "new_password_verify",
        }
        sentences = {"incorrect_login": "This is not your password."}
        return await _page(visit, {fields.get(error.code, ""): sentences.get(error.code, error.sentence)})
    response = redirect(f"{PATH}?done=password")
    visit.site.cookies.enter(response, token)
    return response


async def change_second_factor(visit: Visit, form: Form) -> Response:
    """`POST /settings/second_factor`: make a secret (`prepare`), turn the factor on or off (`enabled`) with a code of it, or make new
    recovery codes (`renew`). Recovery codes stand in the answer and nowhere else: a redirect would have to keep them somewhere."""
    try:
        if "prepare" in form:
            await visit.site.database.write(second_factor.prepare, visit.me)
            return redirect(f"{PATH}#second-factor")
        if "enabled" not in form and "renew" not in form:
            raise Refused(400)
        visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
        code, wish = form.get("totp_2fa_token", "").strip(), forms.ticked(form, "enabled")
        if "renew" in form:
            return await _codes(visit, await second_factor.renew_recovery_codes(visit.site.database, visit.me, code), renewed=True)
        codes = recovery_code.new() if wish else []
        enabled = await second_factor.switch(visit.site.database, visit.me, code, enabled=wish, recovery_codes=codes)
        if enabled:
            return await _codes(visit, codes, renewed=False)
    except LemmyError as error:
        return await _page(visit, forms.faults(error))
    return redirect(f"{PATH}?done=off")


async def _codes(visit: Visit, codes: list[str], *, renewed: bool) -> Response:
    notice = "These codes took the place of the old ones." if renewed else _DONE["on"]
    response = visit.page(await visit.frame(), "recovery_codes.html", notice=notice, codes=codes)
    response.headers.append(("cache-control", "no-store"))
    return response


async def end_session(visit: Visit, form: Form) -> Response:
    """`POST /settings/sessions`: end the session named in `session`, or with `others` all but this one."""
    if "session" in form:
        await visit.site.database.write(login_session.end, visit.site.context, visit.me, form["session"])
    elif forms.ticked(form, "others"):
        await visit.site.database.write(login_session.end_others, visit.me)
    else:
        raise Refused(400)
    return redirect(f"{PATH}?done=sessions")


async def _page(visit: Visit, errors: dict[str, str]) -> Response:
    def matter(tx: Transaction, frame: Frame) -> tuple[list[Session], str | None, Left]:
        return (
            login_session.listing(tx, visit.site.context, visit.me),
            second_factor.prepared(tx, visit.me),
            recovery_code.left(tx, visit.me.local_user.id),
        )

    frame, (sessions, address, codes) = await visit.read(matter)
    return visit.page(
        frame,
        "security.html",
        status=400 if errors else 200,
        notice=_DONE.get(visit.query.get("done", "")) if not errors else None,
        errors=errors,
        form={},
        sessions=sessions,
        enabled=visit.me.local_user.totp_2fa_enabled,
        recovery=codes,
        address=address,
        secret=address.partition("secret=")[2].partition("&")[0] if address else None,
        code=qr.code(address) if address else None,
    )
