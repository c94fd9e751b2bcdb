"""The settings of the site as forms: one table of every field, and its way from the stored value to the form and back.

Each tab of the administration is a form of its own that sends its own fields alone, so saving one never touches another.
"""

from collections.abc import Container, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from lemmy_lite.http.web import choices, forms
from lemmy_lite.http.web.forms import Form
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.site import PostListingMode, RegistrationMode, SiteForm, SiteView
from lemmy_lite.model.struct import Struct
from lemmy_lite.text.translations import phrase

Pairs = Sequence[tuple[str, str]]


class Kind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    AREA = "area"
    MARKDOWN = "markdown"
    BOX = "box"
    CHOICE = "choice"
    NUMBER = "number"
    LINES = "lines"
    TAGLINES = "taglines"
    LANGUAGES = "languages"
    PICTURE = "picture"


class Field(NamedTuple):
    """One setting: its name in SiteForm, how it is filled in, what it is called. `most` bounds a text's characters or a number."""

    name: str
    kind: Kind
    label: str
    hint: str = ""
    pairs: Pairs = ()
    least: int = 0
    most: int = 2**31 - 1


class Group(NamedTuple):
    """Fields under one heading."""

    legend: str
    fields: tuple[Field, ...]


THEME: Final = "default_theme"
LISTING_MODES: Final = (("List", "A list"), ("Card", "Cards"), ("SmallCard", "Small cards"))
REGISTRATION: Final = (("Open", "Everybody, at once"), ("RequireApplication", "Who applies and is accepted"), ("Closed", "Nobody"))
CAPTCHAS: Final = (("easy", "Easy"), ("medium", "Medium"), ("hard", "Hard"))

_BUCKETS: Final = (
    ("message", "Forms and calls", "Everything that is not counted below."),
    ("post", "New posts and communities", ""),
    ("comment", "New comments", ""),
    ("register", "Logins and registrations", ""),
    ("image", "Uploads", ""),
    ("search", "Searches", ""),
)

TABS: Final[Mapping[str, tuple[str, tuple[Group, ...]]]] = {
    "site": (
        "Site",
        (
            Group(
                "What it is called",
                (
                    Field("name", Kind.TEXT, "Name", most=20),
                    Field("description", Kind.TEXT, "In one sentence", most=150),
                    Field("sidebar", Kind.MARKDOWN, "About and rules", "Stands beside the front page.", most=50_000),
                    Field("icon", Kind.PICTURE, "Icon"),
                    Field("banner", Kind.PICTURE, "Banner"),
                    Field("content_warning", Kind.MARKDOWN, "Content warning", "Shown to visitors first. Sites for adults need it."),
                    Field("legal_information", Kind.MARKDOWN, "Legal information", "Stands on the page /legal.", most=50_000),
                ),
            ),
            Group(
                "How it looks at first",
                (
                    Field(THEME, Kind.CHOICE, "Colours", pairs=choices.THEMES),
                    Field("default_post_listing_type", Kind.CHOICE, "The front page shows", pairs=choices.LISTINGS[1:]),
                    Field("default_sort_type", Kind.CHOICE, "Sorted by", pairs=choices.SORTS),
                    Field("default_post_listing_mode", Kind.CHOICE, "Posts as", pairs=LISTING_MODES),
                ),
            ),
            Group(
                "What is allowed",
                (
                    Field("enable_downvotes", Kind.BOX, "Downvotes"),
                    Field("enable_nsfw", Kind.BOX, "Posts and communities marked NSFW"),
                    Field("community_creation_admin_only", Kind.BOX, "Only admins create communities"),
                    Field("private_instance", Kind.BOX, "Private: only members read"),
                    Field("hide_modlog_mod_names", Kind.BOX, "The moderation log does not name moderators"),
                ),
            ),
        ),
    ),
    "registration": (
        "Joining",
        (
            Group(
                "Who may join",
                (
                    Field("registration_mode", Kind.CHOICE, "New accounts are for", pairs=REGISTRATION),
                    Field("application_question", Kind.MARKDOWN, "Question to applicants", most=5000),
                    Field("require_email_verification", Kind.BOX, "An address must be confirmed", "Needs a mail server."),
                    Field("captcha_enabled", Kind.BOX, "A picture puzzle keeps robots out"),
                    Field("captcha_difficulty", Kind.CHOICE, "The puzzle is", pairs=CAPTCHAS),
                    Field(
                        "actor_name_max_length", Kind.NUMBER, "Longest name", "Characters, of people and communities.", least=3, most=255
                    ),
                ),
            ),
            Group(
                "Mail to admins",
                (
                    Field("application_email_admins", Kind.BOX, "Tell admins of new applications"),
                    Field("reports_email_admins", Kind.BOX, "Tell admins of new reports"),
                ),
            ),
        ),
    ),
    "rules": (
        "Filters",
        (
            Group(
                "What nobody may write",
                (
                    Field(
                        "slur_filter_regex",
                        Kind.TEXT,
                        "Words that are refused",
                        "A regular expression, as (bad|worse). Texts from elsewhere are taken with the words blotted out.",
                        most=20_000,
                    ),
                    Field("blocked_urls", Kind.LINES, "Links that are refused", "One address a line."),
                ),
            ),
        ),
    ),
    "languages": (
        "Languages",
        (
            Group(
                "Languages of this site",
                (Field("discussion_languages", Kind.LANGUAGES, "Ticked ones can be chosen for posts", "None ticked means all."),),
            ),
        ),
    ),
    "federation": (
        "Federation",
        (
            Group(
                "Other servers",
                (
                    Field("federation_enabled", Kind.BOX, "Exchange posts with other servers"),
                    Field("blocked_instances", Kind.LINES, "Servers that are kept out", "One a line."),
                    Field(
                        "allowed_instances",
                        Kind.LINES,
                        "Only these servers",
                        "One a line. As soon as one stands here, all others are kept out.",
                    ),
                ),
            ),
        ),
    ),
    "rate_limits": (
        "Limits",
        tuple(
            Group(
                words,
                (
                    Field(f"rate_limit_{bucket}", Kind.NUMBER, "As many", hint, most=1_000_000),
                    Field(f"rate_limit_{bucket}_per_second", Kind.NUMBER, "in so many seconds", least=1, most=31_536_000),
                ),
            )
            for bucket, words, hint in _BUCKETS
        ),
    ),
    "taglines": (
        "Taglines",
        (Group("Taglines", (Field("taglines", Kind.TAGLINES, "One of them stands above the front page, another each time"),)),),
    ),
}
"""The tabs that are one form: words of the tab, and its fields. `federation_debug` is left out: it has had no meaning since Lemmy 0.17."""

ALL_TABS: Final = (
    ("dashboard", "Overview"),
    *((name, words) for name, (words, _) in TABS.items()),
    ("emoji", "Emoji"),
    ("people", "People"),
    ("uploads", "Uploads"),
    ("mail", "Mail"),
)
"""Every tab of /admin by its name in the address."""

_ENUMS: Final[Mapping[str, type[StrEnum]]] = {
    "default_post_listing_type": ListingType,
    "default_sort_type": SortType,
    "default_post_listing_mode": PostListingMode,
    "registration_mode": RegistrationMode,
}

FIELD_OF: Final[Mapping[str, str]] = {
    "site_name_required": "name",
    "site_name_length_overflow": "name",
    "site_description_length_overflow": "description",
    "application_question_required": "application_question",
    "invalid_regex": "slur_filter_regex",
    "permissive_regex": "slur_filter_regex",
    "invalid_name": "actor_name_max_length",
    "language_not_allowed": "discussion_languages",
    "pictrs_response_error": "icon_file",
}
"""Beside which field a refusal of the verb is shown."""


class Lists(Struct, kw_only=True):
    """What the site keeps as lists."""

    discussion_languages: Sequence[int]
    blocked_urls: Sequence[str]
    taglines: Sequence[str]
    allowed_instances: Sequence[str]
    blocked_instances: Sequence[str]


class WrongNumbers(LemmyError):
    """Fields of numbers that hold something else; `sentences` by field."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__("unknown", "A number is out of its bounds.")
        self.sentences = sentences


def fields_of(tab: str) -> list[Field]:
    """The fields of a tab in their order."""
    return [field for group in TABS[tab][1] for field in group.fields]


def shown(tab: str, view: SiteView, lists: Lists) -> dict[str, Any]:
    """What stands in a tab's form before anything is typed: texts, a ticked box as `true`, lists of chosen things as lists."""
    return {field.name: _shown(field, view, lists) for field in fields_of(tab)}


def _shown(field: Field, view: SiteView, lists: Lists) -> Any:
    if field.kind is Kind.LINES:
        return "\n".join(getattr(lists, field.name))
    if field.kind in (Kind.TAGLINES, Kind.LANGUAGES):
        return [str(each) for each in getattr(lists, field.name)]
    if field.name.startswith("rate_limit_"):
        return str(getattr(view.local_site_rate_limit, field.name.removeprefix("rate_limit_")))
    stored = getattr(view.local_site, field.name, None) if hasattr(view.local_site, field.name) else getattr(view.site, field.name)
    if field.kind is Kind.BOX:
        return "true" if stored else ""
    return "" if stored is None else str(stored)


def typed(tab: str, form: Form) -> dict[str, Any]:
    """A form as it was sent, for showing it again."""
    several = {field.name: forms.several(form, field.name) for field in fields_of(tab) if field.kind in (Kind.TAGLINES, Kind.LANGUAGES)}
    return {**form, **several}


def wanted(tab: str, form: Form, themes: Container[str] = ()) -> SiteForm:
    """The wish of a tab's form; `themes` are those of the data folder. Raises WrongNumbers."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields_of(tab):
        text = form.get(field.name, "").strip()
        match field.kind:
            case Kind.BOX:
                values[field.name] = forms.ticked(form, field.name)
            case Kind.NUMBER:
                found = forms.number(text, least=field.least, most=field.most)
                if found is None:
                    wrong[field.name] = phrase("A whole number from {least} to {most}.", least=field.least, most=field.most)
                values[field.name] = found
            case Kind.CHOICE:
                if text in dict(field.pairs) or (field.name == THEME and text in themes):
                    values[field.name] = _ENUMS[field.name](text) if field.name in _ENUMS else text
            case Kind.LINES:
                values[field.name] = [line.strip() for line in text.splitlines() if line.strip()]
            case Kind.TAGLINES:
                values[field.name] = [line.strip() for line in forms.several(form, field.name) if line.strip()]
            case Kind.LANGUAGES:
                values[field.name] = _languages(forms.several(form, field.name))
            case Kind.PICTURE:
                if text or forms.ticked(form, f"no_{field.name}"):
                    values[field.name] = text
            case _:
                values[field.name] = text
    if wrong:
        raise WrongNumbers(wrong)
    return SiteForm(**values)


def _languages(texts: Sequence[str]) -> list[LanguageId]:
    """Numbers of languages; raises language_not_allowed for what is none."""
    found = [forms.number(text, least=0, most=len(LANGUAGES) - 1) for text in texts]
    if None in found:
        raise LemmyError("language_not_allowed")
    return [LanguageId(number) for number in found if number is not None]
