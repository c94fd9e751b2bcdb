"""From what went wrong to what is answered: the only place that knows status numbers.

A surface turns the Failure into its own words: JSON on the API, a page on the site. The rules (security.md, 18 and 23): bad input is
never a 5xx, our own trouble always is, with a hint when to come back, and nobody but the log sees a traceback.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from lemmy_lite.model.errors import LemmyError
from lemmy_lite.storage.errors import Conflict, StorageError, Trouble, TryAgain
from lemmy_lite.text.translations import phrase

logger = logging.getLogger("lemmy_lite.http")


class Refused(Exception):
    """HTTP itself says no: a path, method, size, pace or form that no handler was asked about.

    `message` is public.
    """

    def __init__(self, status: int, message: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


class Unrouted(Refused):
    """No route of ours has this path (404) or this method (405; 404 where Lemmy hides it)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a client may know of an error: status, Lemmy's code, the public message that goes beside it, a sentence for people.

    `routed` is false when no handler was found for the path and method.
    """

    status: int
    code: str
    message: str | None
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)
    routed: bool = True


STORAGE_STATUS: Mapping[Trouble, tuple[int, int, str]] = {
    Trouble.BUSY: (503, 2, "The server is busy. Please try again in a moment."),
    Trouble.FULL: (507, 60, "The server's disk is full. Reading works, writing has to wait."),
    Trouble.BROKEN: (503, 60, "The database is out of order."),
    Trouble.DAMAGED: (503, 600, "The database is out of order."),
    Trouble.CLOSED: (503, 5, "The server is restarting. Please try again in a moment."),
}
"""Status, seconds after which to come back, and the sentence. Never a 4xx: Lemmy peers take that as final and drop what they sent."""

DISK_FULL = "disk_full"
"""Our own code: Lemmy has none for a disk that is full."""

REFUSALS: Mapping[int, str] = {
    400: "The request could not be read.",
    403: "This is not allowed from where the request comes.",
    404: "There is nothing at this address.",
    405: "This address does not answer this kind of request.",
    408: "The request took too long to arrive.",
    413: "That is too large.",
    503: "The server is restarting. Please try again in a moment.",
}
"""What people read where HTTP itself refuses."""


def status_of(error: LemmyError) -> int:
    """401 belongs to incorrect_login alone; a missing row behind a look-up by name or a change is 404; all else is 400."""
    if error.code == "incorrect_login":
        return 401
    return 404 if error.missing else 400


def failure_of(error: BaseException, request_id: str) -> Failure:
    """What is answered to an exception. What we did not foresee goes to the log with its traceback and the request's id."""
    match error:
        case LemmyError():
            if error.cause is not None:
                logger.debug("[%s] %s: %s", request_id, error, error.cause)
            seconds = getattr(error, "seconds", None)  # RateLimited knows when it is worth trying again
            headers = {} if seconds is None else {"retry-after": str(seconds)}
            return Failure(status_of(error), error.code, error.message, error.sentence, headers)
        case Refused():
            sentence = REFUSALS.get(error.status, "The request was refused.")
            routed = not isinstance(error, Unrouted)
            return Failure(error.status, "unknown", error.message or sentence, sentence, error.headers, routed)
        case StorageError():
            logger.log(logging.INFO if error.trouble is Trouble.FULL else logging.ERROR, "[%s] database: %s", request_id, error)
            status, seconds, sentence = STORAGE_STATUS[error.trouble]
            code = DISK_FULL if error.trouble is Trouble.FULL else "unknown"
            return Failure(status, code, sentence, sentence, {"retry-after": str(seconds)})
        case TryAgain():
            status, seconds, sentence = STORAGE_STATUS[Trouble.BUSY]
            return Failure(status, "unknown", sentence, sentence, {"retry-after": str(seconds)})
        case Conflict():
            # Two requests made the same thing at once and the schema let one win.
            logger.warning("[%s] conflict: %s", request_id, error)
            sentence = "This exists already, or what it belongs to is gone."
            return Failure(400, "unknown", sentence, sentence)
        case _:
            logger.error("[%s] unforeseen", request_id, exc_info=error)
            sentence = phrase("Something went wrong on our side. The log of the server has it under {id}.", id=request_id)
            return Failure(500, "unknown", sentence, sentence)
