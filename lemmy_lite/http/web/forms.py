"""What a form sent: names to texts, and the sentence beside each field that was refused."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from lemmy_lite.http.errors import Refused
from lemmy_lite.http.request import Request
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.struct import Struct

Form = Mapping[str, str]
F = TypeVar("F", bound=Struct)

MOST_FIELDS = 300
"""Fields of a form: the largest of ours ticks one box for each of some 180 languages."""

FIELD_OF: Final[Mapping[str, str]] = {
    "invalid_post_title": "name",
    "invalid_url": "url",
    "invalid_url_scheme": "url",
    "url_length_overflow": "url",
    "blocked_url": "url",
    "alt_text_length_overflow": "alt_text",
    "pictrs_response_error": "picture",
    "language_not_allowed": "language_id",
    "couldnt_find_community": "community",
    "only_mods_can_post_in_community": "community",
    "banned_from_community": "community",
    "community_already_exists": "name",
    "user_already_exists": "username",
    "email_already_exists": "email",
    "email_required": "email",
    "invalid_password": "password",
    "passwords_do_not_match": "password_verify",
    "registration_application_answer_required": "answer",
    "captcha_incorrect": "captcha_answer",
    "missing_totp_token": "totp_2fa_token",
    "incorrect_totp_token": "totp_2fa_token",
    "invalid_display_name": "display_name",
    "bio_length_overflow": "bio",
    "invalid_matrix_id": "matrix_user_id",
}
"""Beside which field a refusal is shown; what is not listed, or whose field the form does not have, stands above the form."""


class Sent(dict[str, str]):
    """What a form sent: of a name sent twice the last counts, and `several` has them all."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._pairs: list[tuple[str, str]] = []
        for name, text in pairs:
            self.add(name, text)

    def add(self, name: str, text: str) -> None:
        """One more field."""
        self[name] = text
        self._pairs.append((name, text))

    def several(self, name: str) -> list[str]:
        """Every text that came under a name, in the order sent."""
        return [text for each, text in self._pairs if each == name]


def several(form: Form, name: str) -> list[str]:
    """Every text that a form sent under a name: of boxes ticked, of a list in which several were chosen."""
    return form.several(name) if isinstance(form, Sent) else [form[name]] if name in form else []


async def sent(request: Request) -> Sent:
    """The fields of a form. Raises Refused 400 for what is no form, 413 when it is too large."""
    media = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise Refused(400)
    try:
        pairs = parse_qsl((await request.body()).decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Refused(400) from error
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise Refused(400)  # Postgres cannot store it, and nobody can type it
    # Browsers send line breaks as CR LF; markdown and every limit count them as one character.
    return Sent((name, value.replace("\r\n", "\n")) for name, value in pairs)


WORDS: Final = ("name", "title", "url", "body", "content", "description", "bio", "answer", "reason", "sidebar")
"""Fields in which people write at length: these are given back where a form cannot be shown once more."""


def words(form: Form) -> list[str]:
    """What somebody wrote into a form, so that it is not lost with it."""
    return [form[name] for name in WORDS if form.get(name)]


def faults(error: LemmyError, fields: Mapping[str, str] | None = None) -> dict[str, str]:
    """The sentence of a refusal beside its field. `fields` overrides the table for one form, code by code."""
    field = (fields or {}).get(error.code, FIELD_OF.get(error.code, ""))
    return {field: error.sentence}


def into(kind: type[F], *parts: Mapping[str, Any]) -> F:
    """A domain's form made of fields gathered from several places."""
    fields: dict[str, Any] = {}
    for part in parts:
        fields |= part
    return kind(**fields)


def ticked(form: Form, name: str) -> bool:
    """Whether a box was ticked: a box that is not ticked is not sent."""
    return form.get(name) == "true"


def number(text: str | None, *, least: int = 1, most: int = 2**31 - 1) -> int | None:
    """A whole number within bounds, or None for anything else."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 10:
        return None
    found = int(text)
    return found if least <= found <= most else None
