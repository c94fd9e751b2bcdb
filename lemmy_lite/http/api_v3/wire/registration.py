"""Registration and applications."""

from lemmy_lite.http.api_v3.wire.bounds import Email, Int64, LongText, PersonId, RegistrationApplicationId, ShortText
from lemmy_lite.model.registration import RegistrationApplicationView
from lemmy_lite.model.struct import Struct


class Register(Struct, kw_only=True):
    """`POST /user/register`."""

    username: str
    password: str
    password_verify: str
    show_nsfw: bool | None = None
    email: Email | None = None
    captcha_uuid: ShortText | None = None
    captcha_answer: ShortText | None = None
    honeypot: str | None = None
    answer: LongText | None = None


class GetRegistrationApplication(Struct, kw_only=True):
    """`GET /admin/registration_application`."""

    person_id: PersonId


class ListRegistrationApplications(Struct, kw_only=True):
    """`GET /admin/registration_application/list`."""

    unread_only: bool | None = None
    page: Int64 | None = None
    limit: Int64 | None = None


class ListRegistrationApplicationsResponse(Struct, kw_only=True):
    """The answer of listRegistrationApplications."""

    registration_applications: list[RegistrationApplicationView]


class ApproveRegistrationApplication(Struct, kw_only=True):
    """`PUT /admin/registration_application/approve`."""

    id: RegistrationApplicationId
    approve: bool
    deny_reason: LongText | None = None


class RegistrationApplicationResponse(Struct, kw_only=True):
    """The answer of approveRegistrationApplication and getRegistrationApplication."""

    registration_application: RegistrationApplicationView


class GetUnreadRegistrationApplicationCountResponse(Struct, kw_only=True):
    """The answer of getUnreadRegistrationApplicationCount."""

    registration_applications: int
