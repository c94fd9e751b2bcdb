"""The caller's own account: login, settings, passwords, second factor."""

from lemmy_lite.http.api_v3.wire.bounds import Email, LanguageId, ShortText
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.site import PostListingMode
from lemmy_lite.model.struct import Struct


class Login(Struct, kw_only=True):
    """`POST /user/login`."""

    username_or_email: str
    password: str
    totp_2fa_token: str | None = None


class LoginResponse(Struct, kw_only=True):
    """The answer of login, register and changePassword; `jwt` is absent while the e-mail or the application is pending."""

    jwt: str | None = None
    registration_created: bool
    verify_email_sent: bool


class CaptchaResponse(Struct, kw_only=True):
    """A captcha: picture and spoken digits in base64, and the id to send back with the answer."""

    png: str
    wav: str
    uuid: str


class GetCaptchaResponse(Struct, kw_only=True):
    """The answer of getCaptcha."""

    ok: CaptchaResponse | None = None


class SaveUserSettings(Struct, kw_only=True):
    """`PUT /user/save_user_settings`."""

    show_nsfw: bool | None = None
    blur_nsfw: bool | None = None
    auto_expand: bool | None = None
    theme: ShortText | None = None
    default_sort_type: SortType | None = None
    default_listing_type: ListingType | None = None
    interface_language: ShortText | None = None
    avatar: str | None = None
    banner: str | None = None
    display_name: str | None = None
    email: Email | None = None
    bio: str | None = None
    matrix_user_id: str | None = None
    show_avatars: bool | None = None
    send_notifications_to_email: bool | None = None
    bot_account: bool | None = None
    show_bot_accounts: bool | None = None
    show_read_posts: bool | None = None
    discussion_languages: list[LanguageId] | None = None
    open_links_in_new_tab: bool | None = None
    infinite_scroll_enabled: bool | None = None
    post_listing_mode: PostListingMode | None = None
    enable_keyboard_navigation: bool | None = None
    enable_animated_images: bool | None = None
    collapse_bot_comments: bool | None = None
    show_scores: bool | None = None
    show_upvotes: bool | None = None
    show_downvotes: bool | None = None
    show_upvote_percentage: bool | None = None


class ChangePassword(Struct, kw_only=True):
    """`PUT /user/change_password`."""

    new_password: str
    new_password_verify: str
    old_password: str


class PasswordReset(Struct, kw_only=True):
    """`POST /user/password_reset`."""

    email: Email


class PasswordChangeAfterReset(Struct, kw_only=True):
    """`POST /user/password_change`."""

    token: str
    password: str
    password_verify: str


class VerifyEmail(Struct, kw_only=True):
    """`POST /user/verify_email`."""

    token: str


class DeleteAccount(Struct, kw_only=True):
    """`POST /user/delete_account`."""

    password: str
    delete_content: bool


class GenerateTotpSecretResponse(Struct, kw_only=True):
    """The answer of generateTotpSecret."""

    totp_secret_url: str


class UpdateTotp(Struct, kw_only=True):
    """`POST /user/totp/update`."""

    totp_token: str
    enabled: bool


class UpdateTotpResponse(Struct, kw_only=True):
    """The answer of updateTotp."""

    enabled: bool
