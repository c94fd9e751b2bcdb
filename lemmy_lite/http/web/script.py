"""What the script of our pages (assets/static/site.js) asks for: small JSON answers, and the page that explains its keys.

They belong to the site and its cookie, not to the API, whose contract has nothing as small.
"""

from collections.abc import Mapping
from typing import Final

from lemmy_lite.domain import notification
from lemmy_lite.domain import search as searching
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.http.ratelimit import Bucket
from lemmy_lite.http.response import Response, json_response
from lemmy_lite.http.web.template_language import DOMAIN, sentences
from lemmy_lite.http.web.visit import Visit
from lemmy_lite.model import web_address
from lemmy_lite.model.community import Community
from lemmy_lite.model.listing import ListingType, SearchType, SortType
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import translations
from lemmy_lite.text.figures import compact

MOST_NAMES: Final = 8
LEAST_LETTERS: Final = 2
"""Of a name before it is completed: one letter fits thousands."""


WORDS: Final[Mapping[str, str]] = {
    "unread": "unread",
    "copy": "Copy the link",
    "copied": "The link is copied.",
    "sure": "{what}: are you sure?",
    "sending": "sending…",
    "describe": "Now describe the picture for people who do not see it.",
    "failed": "The picture could not be taken.",
    "names": "Names",
    "close": "Close",
}
"""What the script says, by its own names. Every other word on a page comes with the page."""

PAIRS: Final = (("Save", "Unsave"), ("Mark as read", "Mark as unread"), ("Hide from my lists", "Show in lists again"))
"""Words of buttons that a press turns into each other."""


async def words(visit: Visit) -> Response:
    """`GET /words?language=de`: WORDS and PAIRS in the language of the page that asks, kept by the browser for a day."""
    said = sentences(translations.best(DOMAIN, visit.query.get("language", "")[:20]))
    own = {name: said(text) for name, text in WORDS.items()}
    found = {**own, "pairs": [[said(text) for text in pair] for pair in PAIRS]}
    return json_response(found, headers={"cache-control": "private, max-age=86400"})


async def unread(visit: Visit) -> Response:
    """`GET /inbox/unread`: how much is new, as a number and as the bell shows it. Raises incorrect_login."""
    me = visit.me
    number = sum(await visit.site.database.read(notification.unread, me.id))
    return _json({"unread": number, "words": compact(number)})


async def mentions(visit: Visit) -> Response:
    """`GET /mentions?q=@an` or `!te`: names that go on like this, written as a text calls them. Raises incorrect_login."""
    me, asked = visit.me, visit.query.get("q", "")[:100]
    sign, begun = asked[:1], asked[1:].partition("@")[0].lower()
    if sign not in ("@", "!") or len(begun) < LEAST_LETTERS:
        return _json([])
    visit.site.limiter.take(Bucket.MESSAGE, visit.request.address)
    kind = SearchType.USERS if sign == "@" else SearchType.COMMUNITIES
    query = SearchQuery(q=begun, type=kind, listing=ListingType.ALL, sort=SortType.TOP_ALL, limit=3 * MOST_NAMES)

    def names(tx: Transaction) -> list[str]:
        found = searching.search(tx, visit.site.context, me, query)
        actors: list[Person | Community] = [view.person for view in found.users] + [view.community for view in found.communities]
        # A name is found by any part of it, and by the displayed one; what begins as typed comes first.
        actors.sort(key=lambda actor: not actor.name.lower().startswith(begun))
        return [f"{sign}{actor.name}@{web_address.parts(actor.actor_id).netloc}" for actor in actors]

    wanted = asked.lower()
    found = await visit.site.database.read(names)
    return _json([name for name in found if "@" not in wanted[1:] or name.lower().startswith(wanted)][:MOST_NAMES])


async def keyboard(visit: Visit) -> Response:
    """`GET /keyboard`: the keys, for whom they are on and for everybody else."""
    return visit.page(await visit.frame(), "keyboard.html")


def _json(value: object) -> Response:
    return json_response(value, headers={"cache-control": "no-store"})
