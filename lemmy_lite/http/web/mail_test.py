"""The tab of mail: how mails leave, what waits, and a test mail with the server's own answer."""

from typing import Final

from lemmy_lite.domain import mail_test, permissions
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import site_fields
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.mail import smtp
from lemmy_lite.mail.smtp import MailError
from lemmy_lite.mail.told import Told
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import mail
from lemmy_lite.text.translations import Phrase, phrase

LONGEST: Final = 254
"""Characters of a mail address (RFC 5321, 4.5.3.1.3)."""


async def tab(visit: Visit, form: Form | None = None, errors: dict[str, str] | None = None, said: str | None = None) -> Response:
    """`GET /admin?tab=mail`."""
    config = visit.site.context.config

    def matter(tx: Transaction, frame: Frame) -> int:
        permissions.require(tx, "site.edit", visit.me.person)
        return mail.queue(tx)[0]

    frame, waiting = await visit.read(matter)
    return visit.page(
        frame,
        "admin_mail.html",
        status=400 if errors else 200,
        tabs=site_fields.ALL_TABS,
        tab="mail",
        set_up=config.email is not None,
        how=_phrase(smtp.description(config)),
        warnings=[_phrase(warning) for warning in smtp.warnings(config)],
        waiting=waiting,
        said=said,
        form=form or {"address": visit.me.local_user.email or ""},
        errors=errors or {},
    )


async def send(visit: Visit, form: Form) -> Response:
    """`POST /admin/mail`: send a test mail to `address`, and show what the server says, whatever that is."""
    me, config, address = visit.me, visit.site.context.config, form.get("address", "").strip()
    await visit.site.database.read(permissions.require, "site.edit", me.person)
    visit.site.limiter.take(Bucket.MESSAGE, visit.request.address)
    if config.email is None or not address:
        return await tab(visit, form, {"address": "Where should it go?"} if config.email else {"": "No mail server is configured."})
    try:
        said = await mail_test.send(config, address[:LONGEST], me.local_user.interface_language)
    except MailError as error:
        return await tab(visit, form, {"address": _phrase(error.told)})
    return await tab(visit, form, said=said)


def _phrase(told: Told) -> Phrase:
    """The same for the language of the page."""
    return phrase(told.sentence, **{name: _phrase(value) if isinstance(value, Told) else value for name, value in told.values.items()})
