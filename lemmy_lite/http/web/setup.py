"""The first set-up: one form that makes an empty instance somebody's own, and a list of what is still missing."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from lemmy_lite.domain import setup as setting_up
from lemmy_lite.domain.setup import SetupForm
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.listing import chosen
from lemmy_lite.http.web.local_user import visitor
from lemmy_lite.http.web.site_fields import REGISTRATION
from lemmy_lite.http.web.template_language import sentences
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.site import RegistrationMode
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import names
from lemmy_lite.text.translations import phrase

_FIELDS: Final = {
    "user_already_exists": "username",
    "site_name_required": "site_name",
    "site_name_length_overflow": "site_name",
    "site_description_length_overflow": "description",
    "application_question_required": "application_question",
    "community_already_exists": "community_name",
}
MOST_NAME = 20
"""Characters of a name on a new site."""

_DOUBT = "The clock is not believed, so nothing is sent or judged: {why}"
_QUESTION = "Who are you, and why would you like to join?"
_LOCAL = ("localhost", "127.", "[::1]", "192.168.", "10.")


class Check(NamedTuple):
    """One thing that a site needs beside this form: whether it is there, and what to know about it."""

    words: str
    fine: bool
    hint: str


def checks(visit: Visit) -> Sequence[Check]:
    """What is there and what is missing, seen from this process."""
    config = visit.site.context.config
    doubt = visit.site.federation.clock_doubt()
    reachable = not config.hostname.startswith(_LOCAL)
    onion = config.domain.endswith(".onion")
    named = phrase("This site calls itself {name}.", name=config.hostname)
    lasting = (
        "The name is part of every address and cannot be changed later."
        if reachable
        else "Other servers cannot reach it by that: set hostname in the configuration before others come."
    )
    encrypted = config.tls_enabled or onion
    return (
        Check(phrase("Name"), reachable, phrase("{first} {second}", first=named, second=phrase(lasting))),
        Check(
            phrase("Encryption"),
            encrypted,
            "Browsers reach the site encrypted."
            if encrypted
            else phrase("tls_enabled is off: passwords travel in the clear, and other servers refuse to talk."),
        ),
        Check(
            phrase("Mail"),
            config.email is not None,
            "Mails can be sent."
            if config.email is not None
            else "No mail server is configured (email): forgotten passwords cannot be reset, and addresses not confirmed.",
        ),
        Check(phrase("Clock"), doubt is None, "The clock is right." if doubt is None else phrase(_DOUBT, why=doubt)),
    )


async def setup_form(visit: Visit) -> Response:
    """`GET /setup?token=`."""
    token = visit.query.get("token", "")
    shown = {"token": token, "username": "", "registration_mode": RegistrationMode.REQUIRE_APPLICATION.value, "federation_enabled": "true"}
    shown["community_name"] = visit.site.context.config.site.front or ""
    shown["application_question"] = sentences(visit.language(None))(_QUESTION)
    return await _page(visit, shown, token)


async def take(visit: Visit, form: Form) -> Response:
    """`POST /setup`: set the site up, or, as an admin, leave it as it is."""
    visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
    if forms.ticked(form, "skip"):
        await visit.site.database.write(setting_up.skip, visit.me.person)
        return redirect("/")
    token = form.get("token", "")
    wanted = SetupForm(
        username=form.get("username", "").strip(),
        password=form.get("password", ""),
        password_verify=form.get("password_verify", ""),
        email=form.get("email", "").strip(),
        site_name=form.get("site_name", "").strip(),
        description=form.get("description", "").strip(),
        registration_mode=chosen(RegistrationMode, form.get("registration_mode"), RegistrationMode.REQUIRE_APPLICATION),
        application_question=form.get("application_question", "").strip(),
        federation_enabled=forms.ticked(form, "federation_enabled"),
        community_name=form.get("community_name", "").strip(),
        community_title=form.get("community_title", "").strip(),
    )
    try:
        session = await setting_up.finish(visit.site.database, visit.site.context, visit.viewer, token, wanted, visitor(visit))
    except LemmyError as error:
        return await _page(visit, form, token, error, "community_name" if visit.viewer or _is_name(wanted.username) else "username")
    response = redirect(f"/c/{wanted.community_name}" if wanted.community_name else "/")
    if session is not None:
        visit.site.cookies.enter(response, session)
    return response


def _is_name(text: str) -> bool:
    """Whether the account's name is fine, so that a refused name must be the community's."""
    try:
        names.check_actor_name(text, MOST_NAME)
    except LemmyError:
        return False
    return True


async def _page(visit: Visit, form: Form, token: str, error: LemmyError | None = None, name_field: str = "username") -> Response:
    def matter(tx: Transaction, frame: Frame) -> bool:
        if not setting_up.waits(tx):
            raise LemmyError("site_already_exists")
        return setting_up.admits(tx, visit.viewer, token)

    frame, admitted = await visit.read(matter)
    if not admitted:
        raise Refused(403, "Open the address that the program printed at its first start, or log in as the admin that it made up.")
    kept = {name: text for name, text in form.items() if not name.startswith("password")}
    errors = forms.faults(error, {**_FIELDS, "invalid_name": name_field, "slurs": name_field}) if error else {}
    return visit.page(
        frame,
        "setup.html",
        status=400 if error else 200,
        with_form=True,
        checks=checks(visit),
        registration=REGISTRATION,
        token=token,
        form=kept,
        errors=errors,
    )
