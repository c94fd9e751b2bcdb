"""The site does not start with a form of which nobody has said what it asks the table of permissions; nor does the inbox."""

import pytest

from lemmy_lite.federation.inbox import asked as of_inbox
from lemmy_lite.http.web import asked
from lemmy_lite.http.web.routes import FORMS, GUARDED

PATHS = [path for path, _ in (*FORMS, *GUARDED)]


def test_every_form_and_guarded_page_says_what_it_asks() -> None:
    asked.check(PATHS)
    of_inbox.check(of_inbox.ASKS)


def test_a_form_that_nobody_has_thought_about_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(asked.Unasked, match="/admin/everything"):
        asked.check([*PATHS, "/admin/everything"])
    with pytest.raises(asked.Unasked, match="/create_post"):
        asked.check([path for path in PATHS if path != "/create_post"])
    monkeypatch.setitem(asked.ASKS, "/create_post", ("post.invent",))  # type: ignore[arg-type]
    with pytest.raises(asked.Unasked, match=r"post\.invent"):
        asked.check(PATHS)


def test_an_activity_that_nobody_has_thought_about_stops_the_start() -> None:
    with pytest.raises(of_inbox.Unasked, match="Arrive"):
        of_inbox.check([*of_inbox.ASKS, "Arrive"])
