"""The way out of notifications by mail: one click, from the mail program or on a page, without logging in (RFC 8058)."""

from lemmy_lite.domain import mail
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response
from lemmy_lite.http.web.visit import Visit


async def leave_form(visit: Visit) -> Response:
    """`GET /unsubscribe/TOKEN`: a page with one button, as programs that look at mails follow every link.

    Raises LemmyError token_not_found, as does `leave`.
    """
    frame, account = await visit.read(lambda tx, _frame: mail.subscriber(tx, visit.site.context, visit.request.parameters["token"]))
    return visit.page(frame, "unsubscribe.html", with_form=True, done=not account.send_notifications_to_email, path=visit.request.path)


async def leave(visit: Visit) -> Response:
    """`POST /unsubscribe/TOKEN`: no more notifications by mail.

    Mail programs send this without cookies and without having seen the page, so there is no form token to ask for: what stands in the
    address is the proof, and all that it opens. The body, `List-Unsubscribe=One-Click`, says nothing new and is not read.
    """
    visit.site.limiter.take(Bucket.MESSAGE, visit.request.address)
    await visit.site.database.write(mail.unsubscribe, visit.site.context, visit.request.parameters["token"])
    return visit.page(await visit.frame(), "unsubscribe.html", done=True, path=visit.request.path)
