"""What a line of the table says."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.browser.deeds.scene import Scene

Typed = str | bool | bytes
"""What is put into a field: a text or the value of a choice, a box ticked or not, a file."""


class Added(StrEnum):
    """What script makes of a deed. Without script, all are plain forms that lead to a page."""

    NOTHING = "the form is sent as it stands"
    IN_PLACE = "sent from the page, which stays"
    ASKED = "asked about first, as something would be lost"
    LOOKED = "shown in the page, which stays"
    OPENED = "the form opens where one reads, and is sent as it stands"


class Deed(NamedTuple):
    """One deed. Texts in braces are things of the scene: `/post/{post}`.

    `form` is the form's route in the table of the site, `wish` the field or button by which it says what is wished.
    `who` does it at the page `at`, goes `through` these links, fills `fields` in, and presses the button `press` (both CSS).
    Then the database answers `asked` with `answer`, the first value of the first row, None where there is no row.
    `keys` are shortcuts that do it, typed on that page; without any, it is reached by Tab and pressed by Enter.
    `before` are statements that make the case, as other servers or time would.
    """

    name: str
    form: str
    wish: str
    who: str
    at: str
    press: str
    asked: str
    answer: object
    fields: "Mapping[str, Typed | Callable[[Scene], Typed]]" = MappingProxyType({})
    added: Added = Added.NOTHING
    keys: str = ""
    through: tuple[str, ...] = ()
    before: tuple[str, ...] = ()


class Reading(NamedTuple):
    """A way to read. `who` is at the page `at` and follows the link or presses the button `press`, after filling `fields` in.

    Then the address is `to`, and the page lists what the API answers to `call` with `given`: `kind` names the views (`posts`, `comments`).
    Without a call, `sees` (CSS) is on the page, and `kind` in its words.
    """

    name: str
    who: str
    at: str
    press: str
    to: str
    kind: str = ""
    call: str = ""
    given: Mapping[str, object] = MappingProxyType({})
    sees: str = "main h1"
    fields: Mapping[str, Typed] = MappingProxyType({})
    before: tuple[str, ...] = ()
