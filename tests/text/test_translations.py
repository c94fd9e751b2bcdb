"""Catalogues say the same in each language: every sentence is there, and none has lost or gained a placeholder."""

import re
from pathlib import Path

import pytest

from lemmy_lite.domain import mail_wording
from lemmy_lite.text import translations

SENTENCES = list(mail_wording.sentences())
LANGUAGES = sorted(translations.languages("mail") - {"en"})


def _placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)\}", text))


def test_mails_are_written_in_every_language_of_the_site() -> None:
    assert translations.languages("mail") == translations.languages("web")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_missing_or_has_lost_a_placeholder(language: str) -> None:
    for sentence in SENTENCES:
        values = {name: f"<{name}>" for name in _placeholders(sentence)}
        translated = translations.said("mail", language, sentence, **values)
        assert translated != sentence.format(**values), f"{sentence!r} is not translated"
        assert all(value in translated for value in values.values()), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_no_sentence_that_nobody_says(language: str, checkout: Path) -> None:
    text = (checkout / "assets/locale" / language / "mail.po").read_text(encoding="utf-8")
    keys = [key for key in re.findall(r'^msgid "(.*)"$', text, re.MULTILINE) if key]
    assert sorted(keys) == sorted(SENTENCES)


@pytest.mark.parametrize(
    ("wanted", "found"), [("de", "de"), ("de-AT", "de"), ("DE_at", "de"), ("xx", "en"), ("browser", "en"), ("", "en"), ("../de", "en")]
)
def test_a_language_is_found_by_its_tag_else_english(wanted: str, found: str) -> None:
    assert translations.best("mail", wanted) == found


def test_what_is_not_translated_is_said_in_english_and_values_are_left_as_they_are() -> None:
    assert translations.said("mail", "de", "Nobody translated {what}.", what="{this}") == "Nobody translated {this}."
    assert translations.said("mail", "xx", "Hello {name},", name="Ada") == "Hello Ada,"
