"""The table of languages."""

from lemmy_lite.model.language import LANGUAGE_OF_CODE, LANGUAGES, UNDETERMINED


def test_the_id_of_a_language_is_its_place() -> None:
    assert [language.id for language in LANGUAGES] == list(range(184))


def test_languages_are_found_by_code() -> None:
    assert LANGUAGE_OF_CODE["de"].name == "Deutsch"
    assert LANGUAGE_OF_CODE["und"].id == UNDETERMINED
    assert len(LANGUAGE_OF_CODE) == len(LANGUAGES)
