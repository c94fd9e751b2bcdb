"""Why something received or fetched comes to nothing. None of these texts holds a secret; they go to the log, hosts see codes.

What is remembered and raised again is `afresh()`: an exception keeps what it passed through, documents too, and more each time.
"""


class Refused(Exception):
    """Final: asking again would be refused again. `code` is a stable word for answers, logs and tests."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence

    def afresh(self) -> "Refused":
        """The same refusal, that was never raised."""
        return Refused(self.code, self.sentence)


class Gone(Refused):
    """The origin says that the object was deleted; `for_good` where it said so (410, Tombstone) and did not merely find nothing (404)."""

    def __init__(self, ap_id: str, *, for_good: bool = True) -> None:
        super().__init__("gone", f"{ap_id} has been deleted")
        self.ap_id = ap_id
        self.for_good = for_good

    def afresh(self) -> "Gone":
        """The same, that was never raised."""
        return Gone(self.ap_id, for_good=self.for_good)


class LeadsHere(Exception):
    """An address of somebody else's leads to something of ours."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class TryLater(Exception):
    """The trouble may pass: a host does not answer, or we are too busy. `seconds` is how long the host asked us to wait (Retry-After)."""

    def __init__(self, sentence: str, *, seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.seconds = seconds

    def afresh(self) -> "TryLater":
        """The same trouble, that was never raised."""
        return TryLater(self.sentence, seconds=self.seconds)


class Behind(Exception):
    """Something of the same host came before and has not had its effect: this one must not overtake it."""


class Needs(Exception):
    """A transaction met an actor or object that is not here: fetch and store `ap_id` first, then run it again.

    With `document_only` the document itself is wanted as evidence from its own origin, not its row; if `optional`, it can be done without.
    """

    def __init__(self, ap_id: str, *, document_only: bool = False, optional: bool = False) -> None:
        super().__init__(ap_id)
        self.ap_id = ap_id
        self.document_only = document_only
        self.optional = optional


class NeedsText(Needs):
    """A transaction met foreign HTML that nobody has converted: have it done aside, then run it again. `ap_id` is the object's."""

    def __init__(self, ap_id: str, html: str) -> None:
        super().__init__(ap_id)
        self.html = html
