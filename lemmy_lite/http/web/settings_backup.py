"""Moving house: what one takes along, what one brings, and leaving for good."""

import msgspec

from lemmy_lite.domain import feed, settings_backup
from lemmy_lite.domain import leaving as accounts_end
from lemmy_lite.http.errors import Refused
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import JSON, Response, redirect
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.http.web.pictures import SETTINGS_FILE
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.settings_backup import UserSettingsImport
from lemmy_lite.storage.query import Transaction

PATH = "/settings/data"
FEEDS = (("front", "What I follow"), ("inbox", "My inbox"), ("saved", "What I saved"))
"""The feeds with a private address: the part of it that names them, and their names."""
NO_BACKUP = "This is no file of settings that this site or a Lemmy has exported."
NO_FILE = "Choose the file that was exported."


async def data(visit: Visit) -> Response:
    """`GET /settings/data`."""
    notice = "Your settings are taken in. What your lists name is being looked up and appears in the next minutes."
    return await _page(visit, {}, notice if visit.query.get("done") == "import" else None)


async def export(visit: Visit) -> Response:
    """`GET /settings/export`: the file that this and every other Lemmy takes in."""
    found = await visit.site.database.read(settings_backup.export, visit.me)
    name = f"{visit.me.person.name}-lemmy-settings.json"
    response = Response(200, msgspec.json.format(msgspec.json.encode(found), indent=2), JSON)
    response.headers.append(("content-disposition", f"attachment; filename*=UTF-8''{_quoted(name)}"))
    return response


def _quoted(name: str) -> str:
    """A file name as RFC 8187 writes it: names may be Arabic."""
    kept = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in name.encode())


async def take_in(visit: Visit, form: Form) -> Response:
    """`POST /settings/import`: take over such a file, once a day."""
    me = visit.me
    if not form.get(SETTINGS_FILE):
        return await _page(visit, {SETTINGS_FILE: NO_FILE})
    try:
        file = msgspec.json.decode(form[SETTINGS_FILE], type=UserSettingsImport)
    except (msgspec.MsgspecError, RecursionError):
        return await _page(visit, {SETTINGS_FILE: NO_BACKUP})
    try:
        visit.site.limiter.take(Bucket.IMPORT_USER_SETTINGS, visit.request.address)
        await visit.site.database.write(settings_backup.take_in, visit.site.context, me, file)
    except LemmyError as error:
        return await _page(visit, {SETTINGS_FILE: error.sentence})
    visit.site.federation.take_in(me.id, file)
    return redirect(f"{PATH}?done=import")


async def leave(visit: Visit, form: Form) -> Response:
    """`POST /settings/delete_account`: asks for the password once more."""
    visit.site.limiter.take(Bucket.REGISTER, visit.request.address)
    if not forms.ticked(form, "sure"):
        return await _page(visit, {"sure": "Tick this box if you mean it."})
    try:
        content = forms.ticked(form, "delete_content")
        password = form.get("password", "")
        await accounts_end.delete_account(visit.site.database, visit.site.context, visit.me, password, delete_content=content)
    except LemmyError as error:
        sentence = "This is not your password." if error.code == "incorrect_login" else error.sentence
        return await _page(visit, {"password": sentence})
    response = redirect("/")
    visit.site.cookies.leave(response)
    return response


async def change_feeds(visit: Visit, form: Form) -> Response:
    """`POST /settings/feeds`: new private addresses (`renew`), or none any more (`revoke`)."""
    if "renew" in form:
        await visit.site.database.write(feed.renew_key, visit.site.context, visit.me)
    elif "revoke" in form:
        await visit.site.database.write(feed.revoke_key, visit.me)
    else:
        raise Refused(400)
    return redirect(f"{PATH}#feeds")


async def _page(visit: Visit, errors: dict[str, str], notice: str | None = None) -> Response:
    def matter(tx: Transaction, frame: Frame) -> str | None:
        return feed.key(tx, visit.site.context, visit.me)

    frame, key = await visit.read(matter)
    base = f"{visit.site.context.config.base_url}/feeds"
    feeds = tuple((words, f"{base}/{part}/{key}.xml") for part, words in FEEDS) if key else ()
    return visit.page(frame, "data.html", status=400 if errors else 200, notice=notice, form={}, errors=errors, feeds=feeds)
