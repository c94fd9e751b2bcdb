"""What reads a text to its end is done ahead of the unit of work that asks for it, where the text is long.

The longest post, written so as to be costly, takes a third of a second to be read as markdown, five times that on a small board, and
everybody's writes would wait for it. So a unit of work reads short texts itself and finds what was made of the long ones, or is undone, and
runs again when it has been made (storage/aside.py). Views read for themselves, as nobody waits for those.
"""

from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeVar

from lemmy_lite.model import web_address
from lemmy_lite.storage.aside import OURS
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import markdown

T = TypeVar("T")

_NOWHERE = "nowhere"


def of_text(tx: Transaction, text: str, what: Hashable, make: Callable[[str], T], *, of: str | None = None) -> T:
    """What `make` makes of a text and of nothing else but what `what` says. `of` is the id of what came from elsewhere, None for ours.

    Raises what `make` raises, and Unready.
    """
    if not takes_long(tx, text):
        return make(text)
    host = OURS if of is None else web_address.host(of) or _NOWHERE
    return tx.made((what, text), partial(make, text), host=host, size=len(text))


def takes_long(tx: Transaction, text: str) -> bool:
    """Whether a text is read ahead: it is long, and others wait for this unit of work."""
    return tx.ready is not None and not markdown.is_cheap(text)


def html(tx: Transaction, text: str, options: markdown.Options) -> str:
    """A text of ours as HTML. Raises Unready."""
    return of_text(tx, text, ("html", options), lambda source: markdown.render(source, options))
