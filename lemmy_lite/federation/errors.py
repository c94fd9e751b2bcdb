"""Why something received or fetched comes to nothing. None of these texts holds a secret; they go to the log, hosts see codes."""


class Refused(Exception):
    """Final: asking again would be refused again. `code` is a stable word for answers, logs and tests."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence


class Gone(Refused):
    """The origin says that the object was deleted."""

    def __init__(self, ap_id: str) -> None:
        super().__init__("gone", f"{ap_id} has been deleted")


class TryLater(Exception):
    """The trouble may pass: a host does not answer, or we are too busy."""


class Needs(Exception):
    """A transaction met an actor or object that is not here: fetch and store `ap_id` first, then run it again.

    With `document_only` the document itself is wanted as evidence from its own origin, not its row.
    """

    def __init__(self, ap_id: str, *, document_only: bool = False) -> None:
        super().__init__(ap_id)
        self.ap_id = ap_id
        self.document_only = document_only
