"""Operations on the caller's own account."""

from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import notification
from lemmy_lite.domain.local_user import Entry
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.http.api_v3.wire.local_user import Login, LoginResponse, SaveUserSettings
from lemmy_lite.http.api_v3.wire.notification import GetUnreadCountResponse
from lemmy_lite.http.api_v3.wire.registration import Register
from lemmy_lite.http.auth import COOKIE
from lemmy_lite.http.response import Response, json_response
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.local_user import LoginToken, SettingsForm
from lemmy_lite.model.registration import RegistrationForm

_SUCCESS = SuccessResponse(success=True)


async def register(call: Call, form: Register) -> LoginResponse:
    """Ask for an account."""
    return _entered(await accounts.register(call.database, call.context, form_of(RegistrationForm, form), call.visitor))


async def login(call: Call, form: Login) -> LoginResponse:
    """Begin a session."""
    entry = await accounts.login(call.database, call.context, form.username_or_email, form.password, form.totp_2fa_token, call.visitor)
    return _entered(entry)


async def logout(call: UserCall) -> Response:
    """End the session that was shown, and take the cookie that some clients set."""
    await call.database.write(accounts.logout, call.viewer)
    response = json_response(_SUCCESS)
    response.headers.append(("set-cookie", f"{COOKIE}=; Max-Age=0; Path=/"))
    return response


async def validate_auth(call: Call) -> SuccessResponse:
    """Whether the token counts: the one operation that says so."""
    if call.viewer is None:
        raise LemmyError("not_logged_in")
    return _SUCCESS


async def list_logins(call: UserCall) -> list[LoginToken]:
    """One's own sessions, newest first."""
    return await call.database.read(accounts.sessions, call.viewer)


async def save_user_settings(call: UserCall, form: SaveUserSettings) -> SuccessResponse:
    """Change settings and profile."""
    await call.database.write(accounts.save_settings, call.context, call.viewer, form_of(SettingsForm, form))
    return _SUCCESS


async def get_unread_count(call: UserCall) -> GetUnreadCountResponse:
    """How much waits in the inbox."""
    replies, mentions, messages = await call.database.read(notification.unread, call.viewer.id)
    return GetUnreadCountResponse(replies=replies, mentions=mentions, private_messages=messages)


def _entered(entry: Entry) -> LoginResponse:
    return LoginResponse(jwt=entry.jwt, registration_created=entry.registration_created, verify_email_sent=entry.verify_email_sent)
