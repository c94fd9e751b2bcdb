"""Ways to read: sorts, filters, views, searches; each compared with what the API answers."""

from collections.abc import Iterator

from lemmy_lite.http.web import choices
from tests.browser.deeds.deed import Reading


def _sorts() -> Iterator[Reading]:
    """Every sort of lists of posts."""
    for value, _ in choices.SORTS:
        yield Reading(
            f"sort posts by {value}", "ann", "/c/{home}", f".sorts a[href*='sort={value}']", "/c/{home}?sort=" + value,
            "posts", "/post/list", {"community_name": "{home}", "sort": value, "limit": 20},
        )  # fmt: skip


def _comment_sorts() -> Iterator[Reading]:
    for value, _ in choices.COMMENT_SORTS:
        yield Reading(
            f"sort comments by {value}", "ann", "/post/{post}", f"#comments nav a[href*='sort={value}']", "/post/{post}?sort=" + value,
            sees="#c{comment}", kind="buy them",
        )  # fmt: skip


READINGS = (
    *_sorts(),
    *_comment_sorts(),
    Reading("read what is local", "ann", "/", "nav a[href*='listingType=Local']", "/?listingType=Local", "posts", "/post/list",
            {"type_": "Local", "limit": 20}),
    Reading("read what one follows", "ann", "/", "nav a[href*='listingType=Subscribed']", "/?listingType=Subscribed", "posts",
    "/post/list",
            {"type_": "Subscribed", "limit": 20}),
    Reading("read all comments", "ann", "/?listingType=All", "nav a[href*='dataType=Comment']", "/?listingType=All&dataType=Comment",
    "comments",
            "/comment/list", {"type_": "All", "limit": 20, "sort": "Hot"}),
    Reading("show what was read", "ann", "/c/{home}", ".bar .menu a[href*='showRead']", "/c/{home}?showRead=false", "posts", "/post/list",
            {"community_name": "{home}", "show_read": False, "limit": 20}),
    Reading("see cards", "ann", "/c/{home}", ".bar .menu a[href*='postListingMode=Card']", "/c/{home}?postListingMode=Card",
    sees=".list.cards"),
    Reading("read a thread as a chat", "ann", "/post/{post}", "#comments a[href*='view=Flat']", "/post/{post}?view=Flat&sort=Hot",
            sees="#c{comment}", kind="buy them"),
    Reading("read one thread", "ann", "/post/{post}", "#c{comment} .when", "/comment/{comment}", sees="#comments > .notice",
    kind="You see one thread."),
    Reading("search posts", "ann", "/search", "form.seek .button.main", "/search?q=pills", "posts", "/search",
            {"q": "pills", "type_": "All", "limit": 20}, fields={"q": "pills"}),
    Reading("search people", "ann", "/search?q=mona_{mode}", "nav a[href*='type=Users']", "/search?q=mona_{mode}&type=Users",
            sees="article a[href='/u/mona_{mode}']"),
    Reading("search by author", "ann", "/search?q=pills", "form.seek .button.main", "/search?q=pills&community=&creator=eve_{mode}",
            "posts", "/search", {"q": "pills", "type_": "All", "creator_id": "{eve}", "limit": 20}, fields={"creator": "eve_{mode}"}),
    Reading("find a community", "ann", "/communities", "form.seek .button", "/search?type=Communities&q=home_{mode}",
            sees="article a[href='/c/{home}']", fields={"q": "home_{mode}"}),
    Reading("sort communities", "ann", "/communities?listingType=All", "nav a[href*='sort=Old']", "/communities?listingType=All&sort=Old",
            sees="article a[href='/c/{home}']"),
    Reading("read what somebody wrote", "ann", "/u/eve_{mode}", "nav a[href*='view=Comments']", "/u/eve_{mode}?view=Comments&sort=New",
            sees="#c{comment}"),
    Reading("read what one saved", "ann", "/u/ann_{mode}", "nav a[href*='view=Saved']", "/u/ann_{mode}?view=Saved&sort=New"),
    Reading("read all of the inbox", "ann", "/inbox", ".tabs a[href*='view=All']", "/inbox?view=All", sees="#r{reply}"),
    Reading("read messages alone", "ann", "/inbox?view=All", ".tabs a[href*='type=Messages']", "/inbox?type=Messages&view=All",
            sees="#m{message}"),
    Reading("look into the moderation log", "ann", "/modlog", ".sieve .button", "/modlog?actionType=ModLockPost&community=&mod=&user=",
            sees=".log", fields={"actionType": "ModLockPost"}),
    Reading("see who voted", "mona", "/post/{post}/moderate", "main a[href$='/votes']", "/post/{post}/votes", sees=".ballot"),
    Reading("see the keys", "ann", "/settings", "main a[href='/keyboard']", "/keyboard", sees="table.keys"),
    Reading("see the servers", "ann", "/", ".foot a[href='/instances']", "/instances"),
)  # fmt: skip
