"""Applications for an account."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from lemmy_lite.model.ids import LocalUserId, PersonId, RegistrationApplicationId
from lemmy_lite.model.local_user import LocalUser
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct


class RegistrationApplication(Struct, kw_only=True):
    """What somebody answered when asking for an account, and what became of it."""

    id: RegistrationApplicationId
    local_user_id: LocalUserId
    answer: str
    admin_id: PersonId | None = None
    deny_reason: str | None = None
    published: datetime


class RegistrationApplicationView(Struct, kw_only=True):
    """An application as admins see it."""

    registration_application: RegistrationApplication
    creator_local_user: LocalUser
    creator: Person
    admin: Person | None = None


class RegistrationForm(Struct, kw_only=True):
    """The form that asks for an account. `honeypot` is a field that people do not see; it must stay empty."""

    username: str
    password: str
    password_verify: str
    show_nsfw: bool | UnsetType = UNSET
    email: str | UnsetType = UNSET
    captcha_uuid: str | UnsetType = UNSET
    captcha_answer: str | UnsetType = UNSET
    honeypot: str | UnsetType = UNSET
    answer: str | UnsetType = UNSET
