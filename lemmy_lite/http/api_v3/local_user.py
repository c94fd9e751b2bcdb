"""Operations on the caller's own account."""

from lemmy_lite.domain import email_address, leaving, notification, second_factor
from lemmy_lite.domain import local_user as accounts
from lemmy_lite.domain import password as passwords
from lemmy_lite.domain.local_user import Entry
from lemmy_lite.http.api_v3.call import Call, UserCall
from lemmy_lite.http.api_v3.wire.answer import SuccessResponse
from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.http.api_v3.wire.local_user import (
    ChangePassword,
    DeleteAccount,
    GenerateTotpSecretResponse,
    Login,
    LoginResponse,
    PasswordChangeAfterReset,
    PasswordReset,
    SaveUserSettings,
    UpdateTotp,
    UpdateTotpResponse,
    VerifyEmail,
)
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


async def change_password(call: UserCall, form: ChangePassword) -> LoginResponse:
    """Set a new password; every session ends and a new one begins."""
    jwt = await passwords.change(
        call.database, call.context, call.viewer, form.old_password, form.new_password, form.new_password_verify, call.visitor
    )
    return LoginResponse(jwt=jwt, registration_created=False, verify_email_sent=False)


async def password_reset(call: Call, form: PasswordReset) -> SuccessResponse:
    """Ask for the mail with which a new password can be set."""
    await passwords.request_reset(call.database, call.context, form.email)
    return _SUCCESS


async def password_change_after_reset(call: Call, form: PasswordChangeAfterReset) -> SuccessResponse:
    """Set a new password with the token of that mail."""
    await passwords.set_by_token(call.database, call.context, form.token, form.password, form.password_verify)
    return _SUCCESS


async def verify_email(call: Call, form: VerifyEmail) -> SuccessResponse:
    """Prove an address with the token that was sent to it."""
    await call.database.write(email_address.verify, form.token)
    return _SUCCESS


async def delete_account(call: UserCall, form: DeleteAccount) -> SuccessResponse:
    """Leave for good."""
    await leaving.delete_account(call.database, call.context, call.viewer, form.password, delete_content=form.delete_content)
    return _SUCCESS


async def generate_totp_secret(call: UserCall) -> GenerateTotpSecretResponse:
    """Prepare the second factor."""
    return GenerateTotpSecretResponse(totp_secret_url=await call.database.write(second_factor.prepare, call.viewer))


async def update_totp(call: UserCall, form: UpdateTotp) -> UpdateTotpResponse:
    """Turn the second factor on or off."""
    enabled = await second_factor.switch(call.database, call.viewer, form.totp_token, enabled=form.enabled)
    return UpdateTotpResponse(enabled=enabled)


async def donation_dialog_shown(call: UserCall) -> SuccessResponse:
    """Do not ask for a donation again for a while."""
    await call.database.write(accounts.note_donation_dialog, call.viewer)
    return _SUCCESS


async def get_unread_count(call: UserCall) -> GetUnreadCountResponse:
    """How much waits in the inbox."""
    replies, mentions, messages = await call.database.read(notification.unread, call.viewer.id)
    return GetUnreadCountResponse(replies=replies, mentions=mentions, private_messages=messages)


def _entered(entry: Entry) -> LoginResponse:
    return LoginResponse(jwt=entry.jwt, registration_created=entry.registration_created, verify_email_sent=entry.verify_email_sent)
