"""The choices a reader has in lists, worded for people: a table each of (value of API v3, words)."""

from collections.abc import Iterable
from functools import cache

from lemmy_lite.http.web.template_language import DOMAIN
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.text import translations

LISTINGS = (("Subscribed", "Subscribed"), ("Local", "Local"), ("All", "All"))
MODERATED = ("ModeratorView", "Moderated")

MODES = (("List", "List"), ("SmallCard", "Small cards"), ("Card", "Cards"))
"""How a list shows posts (PostListingMode)."""

MAIN_SORTS = (("Active", "Active"), ("Hot", "Hot"), ("Scaled", "Scaled"), ("New", "New"))
"""The sorts that stand in the open; the rest is one click away."""


def language(number: int, of_page: str) -> str:
    """The name of a text's language, where it is told and is not that of the page."""
    found = LANGUAGES[number] if 0 < number < len(LANGUAGES) else None
    return found.name if found is not None and found.code != of_page else ""


TOP_SORTS = (
    ("TopHour", "Top of the hour"),
    ("TopSixHour", "Top of 6 hours"),
    ("TopTwelveHour", "Top of 12 hours"),
    ("TopDay", "Top of the day"),
    ("TopWeek", "Top of the week"),
    ("TopMonth", "Top of the month"),
    ("TopThreeMonths", "Top of 3 months"),
    ("TopSixMonths", "Top of 6 months"),
    ("TopNineMonths", "Top of 9 months"),
    ("TopYear", "Top of the year"),
    ("TopAll", "Top of all time"),
)

OTHER_SORTS = (
    ("MostComments", "Most comments"),
    ("NewComments", "New comments"),
    ("Controversial", "Controversial"),
    ("Old", "Oldest"),
)

MORE_SORTS = TOP_SORTS + OTHER_SORTS
SORTS = MAIN_SORTS + MORE_SORTS
SORT_WORDS = dict(SORTS)

COMMENT_SORTS = (("Hot", "Hot"), ("Top", "Top"), ("New", "New"), ("Old", "Old"), ("Controversial", "Controversial"))

COMMENT_VIEWS = (("Tree", "Tree"), ("Flat", "Chat"))

COMMUNITY_SORTS = (
    ("TopMonth", "Active"),
    ("TopDay", "Busy today"),
    ("TopAll", "Most subscribers"),
    ("MostComments", "Most comments"),
    ("New", "New"),
    ("Old", "Oldest"),
)

SEARCH_TYPES = (
    ("All", "Everything"),
    ("Posts", "Posts"),
    ("Comments", "Comments"),
    ("Communities", "Communities"),
    ("Users", "People"),
    ("Url", "Links"),
)

PROFILE_VIEWS = (("Overview", "Overview"), ("Posts", "Posts"), ("Comments", "Comments"))

THEMES = (
    ("browser", "As the device wishes"),
    ("litely", "Light"),
    ("darkly", "Dark"),
    ("litely-red", "Light, red"),
    ("darkly-red", "Dark, red"),
    ("darkly-pureblack", "Black"),
    ("paper", "Paper"),
    ("contrast", "High contrast"),
)
"""Values are theme names of lemmy-ui where it has one, so that an account's choice means the same in both."""


def themes(own: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Ours and those of the data folder, whose names are their words."""
    return (*THEMES, *((name, name.replace("-", " ").capitalize()) for name in own))


THEME_COLOURS = {
    "browser": None,
    "litely": "light",
    "darkly": "dark",
    "litely-red": "light red",
    "darkly-red": "dark red",
    "darkly-pureblack": "dark black",
    "paper": "light paper",
    "contrast": "light contrast",
}
"""The words of `data-theme` in site.css: the first says whether it is light or dark, the second what is special."""


@cache
def interface_languages() -> tuple[tuple[str, str], ...]:
    """The languages that our pages speak, each by its own name, as lemmy-ui's setting names them."""
    offered = translations.languages(DOMAIN)
    own = {each.code: each.name for each in LANGUAGES} | {"ar": "العربية"}
    return (("browser", "As the browser wishes"), *sorted((code, own.get(code, code)) for code in offered))


DIGESTS = (("0", "Never"), ("1", "Every day"), ("7", "Every week"))

DENSITIES = (("", "Comfortable"), ("-compact", "Compact"))

VISIBILITIES = (("Public", "Everyone, on every server"), ("LocalOnly", "Only people with an account here"))
