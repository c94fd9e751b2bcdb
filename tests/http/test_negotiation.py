"""Page or document, and which language."""

import pytest

from lemmy_lite.http.negotiation import Kind, languages, negotiate

LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        LD,
        f"application/activity+json, {LD}",  # Mastodon
        "application/activity+json, application/ld+json, */*;q=0.1",
        "application/activity+json, */*",
        "application/activity+json;q=0.2, */*",
        "application/json, text/plain, */*",
        "APPLICATION/Activity+JSON",
        "text/html;q=0.5, application/activity+json",
        "application/activity+json, text/html",
        "application/*",
        "text/*, application/ld+json",
    ],
)
def test_a_server_gets_the_document(accept: str) -> None:
    assert negotiate(accept) is Kind.ACTIVITY


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "text/html",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",  # Firefox
        "text/html, application/activity+json",
        "text/html, application/activity+json;q=0.9",
        "application/activity+json;q=0, */*",
        "application/activity+json;q=0",
        "text/html, application/*",
        "image/png",
        ";;;,,,=q",
        "application/activity+json-nearly",
    ],
)
def test_a_person_gets_the_page(accept: str | None) -> None:
    assert negotiate(accept) is Kind.HTML


@pytest.mark.parametrize("quality", ["x", "", "nan", "-1", "1e999", "0.5.5"])
def test_a_malformed_quality_is_no_error(quality: str) -> None:
    assert negotiate(f"text/html;q={quality}") is Kind.HTML


def test_languages_come_best_first() -> None:
    assert languages("de;q=0.5, en-GB, fr;q=0.9, xx;q=0, *;q=0.1") == ("en-GB", "fr", "de", "*")
    assert languages(None) == ()
    assert languages("*") == ("*",)


def test_of_many_languages_the_best_are_kept() -> None:
    assert len(languages(",".join(f"a{number}" for number in range(500)), most=20)) == 20
