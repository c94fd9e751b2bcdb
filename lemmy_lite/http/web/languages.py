"""The languages a form offers."""

from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.viewer import Viewer


def offered(viewer: Viewer) -> list[tuple[int, str]]:
    """Number and name of the languages that the reader chose to see; none where all are, as 184 names help nobody."""
    return [(number, LANGUAGES[number].name) for number in viewer.languages if 0 <= number < len(LANGUAGES)]
