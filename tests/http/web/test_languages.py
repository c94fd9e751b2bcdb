"""The site in many languages: catalogues that fit what the site says, and readers who get the language they wish."""

import re
from collections.abc import Callable

import jinja2
import jinja2.nodes
import msgspec
import pytest

from lemmy_lite import assets
from lemmy_lite.http.web import template_language
from lemmy_lite.http.web.render import words_of
from lemmy_lite.text import figures, translations
from lemmy_lite.text.translations import Sentences, phrase, phrases
from tests.http.asgi import Answer
from tests.http.web import gallery, sample, sentences
from tests.http.web.lab import Place, Reader
from tests.http.web.test_pages import CASES, Document, templates

LANGUAGES = sorted(translations.languages("web") - {"en"})
CATALOGUES = [(domain, language) for domain in sentences.DOMAINS for language in LANGUAGES]


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def test_the_site_speaks_twelve_languages() -> None:
    assert set(LANGUAGES) == {"ar", "de", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "zh"}


@pytest.mark.parametrize(("domain", "language"), CATALOGUES)
def test_a_catalogue_holds_nothing_that_nobody_says(domain: str, language: str) -> None:
    assert translations.catalogue(domain, language).every <= set(sentences.DOMAINS[domain]())


@pytest.mark.parametrize(("domain", "language"), CATALOGUES)
def test_a_translation_has_the_placeholders_of_its_sentence_and_no_markup(domain: str, language: str) -> None:
    said = translations.catalogue(domain, language)
    for sentence, text in said.sentences.items():
        assert _placeholders(text) == _placeholders(sentence), sentence
    for sentence, forms in said.forms.items():
        # A form for one or two may do without the number: "two posts" is one word in Arabic.
        assert all(_placeholders(form) | {"count"} == _placeholders(sentence) | {"count"} for form in forms), sentence
    for text in [*said.sentences.values(), *(form for forms in said.forms.values() for form in forms)]:
        assert not re.search(r"<\s*[a-z/!]|&\w+;", text, re.IGNORECASE), text
        assert text == text.strip(), text


@pytest.mark.parametrize(("domain", "language"), CATALOGUES)
def test_what_counts_has_every_plural_form_of_the_language(domain: str, language: str) -> None:
    said = translations.catalogue(domain, language)
    wanted = sentences.DOMAINS[domain]()
    for sentence, forms in said.forms.items():
        assert len(forms) == said.number_of_forms, sentence
        assert said.plurals[sentence] == wanted[sentence]
    assert {said.form(number) for number in range(200)} == set(range(said.number_of_forms))
    assert not [sentence for sentence in said.sentences if wanted[sentence] is not None]


@pytest.mark.parametrize(("domain", "language"), CATALOGUES)
def test_a_language_says_everything(domain: str, language: str, record_property: Callable[[str, object], None]) -> None:
    """But for what was written in the last days: a new sentence waits for its translators in English."""
    lacking = sentences.missing(domain, language)
    record_property("sentences that are read in English", len(lacking))
    assert len(lacking) < len(sentences.DOMAINS[domain]()) * 0.02


def test_templates_have_no_words_of_their_own() -> None:
    """Whatever they show stands in the catalogues: a label that somebody forgot to put into `_()` would be English everywhere."""
    known = set(sentences.of_site()) | set(filter(None, sentences.of_site().values())) | set(sentences.of_errors())
    for path in sorted((assets.folder() / "templates").glob("*.html")):
        for constant in jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(jinja2.nodes.Const):
            words = constant.value
            if isinstance(words, str) and " " in words.strip() and words not in ("light dark", "private message"):
                assert words in known, f"{path.name}:{constant.lineno}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_everybody_sees_is_translated(language: str) -> None:
    said = translations.catalogue("web", language)
    shown = {"Log in", "Sign up", "Search", "Communities", "Reply", "Save", "Settings", "Upvote", "Password", "Subscribe", "Not found"}
    counted = {"{count} comment", "{count} reply", "{count} min ago", "{count} h ago"}
    assert shown <= set(said.sentences)
    assert counted <= set(said.forms)


@pytest.mark.parametrize("language", ["de", "ja", "ar"])
@pytest.mark.parametrize("name", ["front", "post", "settings", "signup", "modlog", "reports"])
def test_a_page_says_its_language_and_direction(name: str, language: str) -> None:
    case = CASES[name]
    frame = msgspec.structs.replace(case.frame(gallery.READERS["moderator"]), language=language)
    document = Document(templates().render(case.template, frame, **case.data))
    html = document.all("html")[0]
    assert (html["lang"], html["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    assert sentences_of(language)["Settings"] in templates().render(case.template, frame, **case.data)


def test_addresses_and_what_forms_send_are_the_same_in_every_language() -> None:
    """But for the tag of a blog that names a post's language: it stands where that is not the language of the page."""
    for name, case in CASES.items():
        assert _machinery(name, "de") == _machinery(name, "en"), case.template


def _machinery(name: str, language: str) -> list[tuple[str, str | None, str | None]]:
    case = CASES[name]
    frame = msgspec.structs.replace(case.frame(gallery.READERS["moderator"]), language=language)
    document = Document(templates().render(case.template, frame, **case.data))
    sent = ("a", "form", "option", "button", "input", "select", "textarea")
    keys = ("href", "action", "name", "value")
    ours = [(tag, each) for tag, each in document.elements if tag in sent and not (each.get("href") or "").startswith("/language/")]
    return [(tag, key, each.get(key)) for tag, each in ours for key in keys]


def sentences_of(language: str) -> Sentences:
    return template_language.sentences(language)


def test_a_sentence_keeps_hostile_values_as_text() -> None:
    shown = str(words_of("de")["marked"]("answers {comment}", comment="<script>"))
    assert shown == "antwortet auf &lt;script&gt;"


def test_phrases_are_said_in_the_language_of_the_page_with_what_they_hold() -> None:
    said = sentences_of("de")
    assert said(phrase("Nothing could be had from this address. {why}", why=phrase("There is no such post."))) == (
        "Von dieser Adresse war nichts zu bekommen. Diesen Beitrag gibt es nicht."
    )
    assert said(phrases("{count} reply", "{count} replies", 1200)) == "1.200 Antworten"
    assert said("What nobody has translated.") == "What nobody has translated."
    assert sentences_of("en").plural("{count} reply", "{count} replies", 1) == "1 reply"


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("ru", 1, "1 ответ"),
        ("ru", 3, "3 ответа"),
        ("ru", 25, "25 ответов"),
        ("ru", 2_851, "2,8\xa0тыс. ответов"),
        ("pl", 2, "2 odpowiedzi"),
        ("ar", 2_850, "2.8\xa0ألف رد"),
        ("ja", 7, "返信 7 件"),
        ("fr", 0, "0 réponse"),
        ("pt", 0, "0 resposta"),
        ("nl", 0, "0 antwoorden"),
    ],
)
def test_languages_count_in_their_own_way(language: str, number: int, words: str) -> None:
    assert sentences_of(language).plural("{count} reply", "{count} replies", number) == words


@pytest.mark.parametrize(("language", "words"), [("de", "gerade eben"), ("ar", "الآن"), ("en", "just now")])
def test_a_time_of_this_minute_is_told_in_words(language: str, words: str) -> None:
    case = CASES["front"]
    frame = msgspec.structs.replace(case.frame(None), language=language)
    fresh = sample.post_view(1, published=sample.NOW)
    assert f">{words}</time>" in templates().render(case.template, frame, **{**case.data, "posts": [fresh]})


def test_numbers_and_dates_are_written_as_is_usual() -> None:
    assert figures.compact(1_250_000, "de") == "1,2\xa0Mio."
    assert figures.compact(999_999, "ja") == "99万"
    assert [figures.compact(-2, language) for language in ("en", "de", "ar")] == ["−2", "−2", "\u200e−2"]
    assert figures.day(sample.NOW, "de") == "22. November 2026"
    assert figures.day(sample.NOW, "ja") == "2026年11月22日"


class Abroad(Reader):
    """A browser with languages of its own."""

    def __init__(self, place: Place, languages: str) -> None:
        super().__init__(place)
        self.languages = languages

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        return super()._once(method, path, body, {**headers, "accept-language": self.languages})


def test_strangers_read_the_language_of_their_browser_each_from_a_copy_of_its_own(place: Place) -> None:
    german, swiss, english, plain = (Abroad(place, tags) for tags in ("de", "de-CH, fr;q=0.8", "en-GB, de;q=0.2", "xx"))
    first = german.get("/communities")
    assert '<html lang="de" dir="ltr"' in first.html
    assert "accept-language" in first.answer.headers["vary"]
    assert "Communitys" in first.html
    assert swiss.get("/communities").html == first.html
    other = english.get("/communities")
    assert '<html lang="en"' in other.html
    assert plain.get("/communities").html == other.html == place.stranger().get("/communities").html
    assert '<html lang="ar" dir="rtl"' in Abroad(place, "ar-EG").get("/communities").html


def test_members_read_the_language_they_have_set(place: Place) -> None:
    reader = place.member("polyglot", interface_language="fr")
    assert '<html lang="fr"' in reader.get("/").html
    page = reader.get("/settings")
    page.submit(page.form(field="interface_language"), interface_language="ja")
    assert '<html lang="ja"' in reader.get("/").html


def test_an_error_is_told_in_the_language_of_the_reader(place: Place) -> None:
    assert "Diesen Beitrag gibt es nicht." in Abroad(place, "de").get("/post/999999").html
