"""Answers that belong to no noun."""

from msgspec import UNSET, UnsetType

from lemmy_lite.model.struct import Struct


class SuccessResponse(Struct, kw_only=True):
    """It worked, and there is nothing to show."""

    success: bool


class LemmyErrorType(Struct, kw_only=True):
    """The body of every refusal: a code of `model.errors`, with a public message where the table allows one."""

    error: str
    message: str | UnsetType | None = UNSET
