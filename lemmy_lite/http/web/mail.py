"""The way out of notifications by mail: one click, from the mail program or on a page, without logging in (RFC 8058)."""

from lemmy_lite.domain import mail
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response
from lemmy_lite.http.web.visit import Visit


async def leave_form(visit: Visit) -> Response:
    """`GET /unsubscribe/TOKEN`: a page with one button, as programs that look at mails follow every link.

    Raises LemmyError token_not_found, as does `leave`.
    """
    frame, found = await visit.read(lambda tx, _frame: mail.subscription(tx, visit.site.context, visit.request.parameters["token"]))
    return visit.page(frame, "unsubscribe.html", with_form=True, digest=found.digest, done=found.ended, path=visit.request.path)


async def leave(visit: Visit) -> Response:
    """`POST /unsubscribe/TOKEN`: no more notifications by mail, or no more digests: whatever the mail was.

    Mail programs send this without cookies and without having seen the page, so there is no form token to ask for: what stands in the
    address is the proof, and all that it opens. The body, `List-Unsubscribe=One-Click`, says nothing new and is not read.
    """
    visit.site.limiter.take(Bucket.MESSAGE, visit.request.address)
    found = await visit.site.database.write(mail.unsubscribe, visit.site.context, visit.request.parameters["token"])
    return visit.page(await visit.frame(), "unsubscribe.html", digest=found.digest, done=True, path=visit.request.path)
