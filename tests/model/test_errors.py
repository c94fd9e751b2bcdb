"""Errors: stable codes, public sentences, private causes."""

import pytest

from lemmy_lite.model.errors import ERRORS, LemmyError


def test_a_wrong_code_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no_such_code"):
        LemmyError("no_such_code")


def test_a_message_is_refused_where_the_api_sends_none() -> None:
    with pytest.raises(ValueError, match="without a message"):
        LemmyError("slurs", "the word was …")


def test_a_code_that_always_has_a_message_falls_back_to_its_sentence() -> None:
    assert LemmyError("unknown").message == ERRORS["unknown"].sentence
    assert LemmyError("unknown", "limit must lie between 1 and 50").message == "limit must lie between 1 and 50"


def test_a_refused_application_may_have_no_reason() -> None:
    error = LemmyError("registration_denied")
    assert error.message is None
    assert error.sentence == "Your application was refused."
    assert LemmyError("registration_denied", "too short").sentence == "too short"


def test_the_cause_stays_out_of_what_is_shown() -> None:
    error = LemmyError("couldnt_find_post", cause="post 7 is removed", missing=True)
    assert "removed" not in f"{error} {error!r} {error.sentence}"
    assert (error.cause, error.missing) == ("post 7 is removed", True)


def test_every_sentence_is_one_a_person_can_read() -> None:
    for code, kind in ERRORS.items():
        assert kind.sentence[0].isupper(), code
        assert kind.sentence.endswith("."), code
        assert "_" not in kind.sentence, code
