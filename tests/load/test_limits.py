"""Everything at its limits: the longest texts, the deepest and longest threads, the most follows; every address answers, within bounds.

Somebody follows and moderates COMMUNITIES, each with the longest description; one post has a thread that fills pages with the longest
comments and a chain as deep as can be; everything is as long as `text.names.LIMITS` allows.
"""

import html
import json
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import quote

import pytest

from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import community as communities
from lemmy_lite.domain import post as posts
from lemmy_lite.domain import private_message as messages
from lemmy_lite.domain import vote
from lemmy_lite.domain.comment import MOST_ANCESTORS
from lemmy_lite.domain.comment_listing import LEAST_WHOLE, MOST_WITHOUT_A_POST, WHOLE_CHARACTERS
from lemmy_lite.http.web.comments import MOST_ON_A_PAGE
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, person, site
from lemmy_lite.text import markdown
from lemmy_lite.text.names import LIMITS, MOST_MATRIX_ID
from tests.http.asgi import Answer, ask
from tests.http.test_nothing_leaks import api_addresses, document_addresses, feed_addresses, page_addresses
from tests.http.web import lab
from tests.http.web.lab import Place, Reader

COMMUNITIES: Final = 60
COMMENTS: Final = MOST_ON_A_PAGE + 10
POSTS: Final = 52
MEGABYTE: Final = 2**20


def text(words: str, most: int) -> str:
    """The longest text of some words."""
    return (words * (most // len(words) + 1))[:most]


BODY: Final = "Some *text*, with a [link](https://a.test/x). " + text("More words & <more>. ", LIMITS["post body"].most - 50)
COMMENT: Final = text("What I think of <it>, at length. ", LIMITS["comment"].most)
SIDEBAR: Final = text("- a rule that *everybody* knows\n", LIMITS["community description"].most)
TITLE: Final = text("A title & more ", LIMITS["post title"].most).strip()
ALT: Final = text("What the picture shows, ", LIMITS["alt text"].most)
BIO: Final = "b" * LIMITS["bio"].most
MATRIX: Final = f"@{'m' * (MOST_MATRIX_ID - 8)}:m.test"

_SAME: Final = "https://example.test/" + "p" * 1900
_VIEW: Final = 4096
"""Bytes of what a view has beside its texts: some eighty fields of ids, dates, counts, names and addresses."""
_ENTRY: Final = len(html.escape(markdown.render(BODY))) + len(html.escape(markdown.render(COMMENT))) + 4 * len(_SAME) + _VIEW
"""Characters of an entry of a feed: HTML within XML, of a post or of a comment, and the address that it shows and leads to."""

BOUNDS: Final = {
    "page": 8 * MEGABYTE,
    "list": max(LEAST_WHOLE, WHOLE_CHARACTERS // len(BODY + SIDEBAR + COMMENT))
    * (sum(len(json.dumps(each)) for each in (BODY, SIDEBAR, COMMENT, TITLE, ALT, *[_SAME] * 7, BIO, MATRIX)) + _VIEW),
    "document": 2 * MEGABYTE,
    "feed": 50 * _ENTRY,
}
"""Bytes before compression, all texts being ASCII. A page shows at most 250 comments of 10,000 characters. The longest list is a whole
thread, which repeats its post and its community with each comment, and ends at so many characters or comments (comment_listing). A feed
has 50 entries, the most of `limit`."""


class Stage(NamedTuple):
    """The site, who has most of everything, and what addresses can hold."""

    place: Place
    heavy: Reader
    ids: dict[str, list[str]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with lab.site(tmp_path_factory.mktemp("limits")) as place:
        heavy = place.person("heavy")
        other = place.person("other")
        place.write(_fill, place, heavy, other)
        yield Stage(place, place.log_in("heavy"), place.read(_ids))


def _fill(tx: Transaction, place: Place, heavy: Person, other: Person) -> None:
    context, pair = place.instance.context, place._keys[0]
    limits = dict.fromkeys(("message", "search", "post", "comment", "register", "image"), 10**9)
    tx.run(f"UPDATE local_site_rate_limit SET {', '.join(f'{name} = :{name}' for name in limits)}", **limits)
    site.update(tx, site.local(tx).site_id, sidebar=SIDEBAR, description="d" * LIMITS["site description"].most)
    for each in (heavy, other):
        person.update(tx, each.id, bio=BIO, display_name="n" * 255, avatar=_SAME, banner=_SAME, matrix_user_id=MATRIX)
    account = local_user.of_person(tx, heavy.id)
    assert account is not None
    local_user.update(tx, account.id, admin=True, admin_since=tx.now)
    homes = [
        communities.create(
            tx,
            context,
            heavy,
            CommunityForm(name=f"home_{number}", title="t" * 255, icon=_SAME, banner=_SAME, description=SIDEBAR if number < 20 else None),
            pair,
        )
        for number in range(COMMUNITIES)
    ]
    first = [
        posts.create(tx, context, heavy, PostForm(name=TITLE, body=BODY, url=_SAME, alt_text=ALT, community_id=homes[number % 20].id))
        for number in range(POSTS)
    ]
    top = first[0]
    chain = None
    for number in range(COMMENTS):
        said = comments.create(tx, context, other if number % 2 else heavy, CommentForm(post_id=top.id, content=COMMENT))
        chain = chain or said.id
        if number % 50 == 0:
            vote.cast(tx, other, said, -1)
    for _ in range(MOST_ANCESTORS - 1):
        chain = comments.create(tx, context, other, CommentForm(post_id=top.id, parent_id=chain, content=COMMENT)).id
    for number in range(60):
        messages.create(tx, context, other if number % 2 else heavy, heavy.id if number % 2 else other.id, COMMENT)


def _ids(tx: Transaction) -> dict[str, list[str]]:
    """A few of each kind, the heaviest among them."""

    def few(statement: str) -> list[str]:
        return [str(each) for each in tx.column(statement)]

    return {
        "post": few("SELECT id FROM post ORDER BY id LIMIT 2"),
        "comment": few("SELECT id FROM (SELECT id FROM comment ORDER BY id LIMIT 1) AS a UNION SELECT MAX(id) FROM comment"),
        "community": few("SELECT id FROM community ORDER BY id LIMIT 2"),
        "community_name": few("SELECT name FROM community ORDER BY id LIMIT 2"),
        "person": few("SELECT id FROM person ORDER BY id LIMIT 3"),
        "person_name": few("SELECT name FROM person ORDER BY id LIMIT 3"),
        "ap_id": few("SELECT ap_id FROM post ORDER BY id LIMIT 1"),
        "activity": [],
    }


def asked(stage: Stage, address: str, headers: list[tuple[str, str]]) -> Answer:
    return stage.place.run(ask(stage.place.application, "GET", address, headers=[("host", "hearth.test"), *headers]))


@pytest.mark.parametrize("who", ["stranger", "heavy"])
def test_every_address_answers_at_its_limits_without_a_fault_and_within_bounds(who: str, stage: Stage) -> None:
    token = stage.heavy.cookies["session"] if who == "heavy" else None
    bearer = [("authorization", f"Bearer {token}")] if token else []
    cookie = [("accept", "text/html"), *([("cookie", f"session={token}")] if token else [])]
    beyond = [
        f"/api/v3/{path}"
        for path in (
            "post/list?limit=50&page=1000000",
            f"comment/list?post_id={stage.ids['post'][0]}&max_depth=1000",
            f"comment/list?post_id={stage.ids['post'][0]}&limit=50&page=9",
            f"comment/list?type_=All&limit={MOST_WITHOUT_A_POST}",
            "community/list?limit=50&page=100",
            f"search?q={quote('*' * 500)}&limit=50",
            f"search?q={quote('text ' * 99)}&type_=All&limit=50",
            "user?username=heavy&limit=50&page=2",
        )
    ]
    surfaces = {
        "list": ([*api_addresses(stage.ids), *beyond], bearer),
        "page": (page_addresses(stage.ids), cookie),
        "document": (document_addresses(stage.ids), [("accept", "application/activity+json")]),
        "feed": (feed_addresses(stage.ids, token), []),
    }
    wrong, largest = [], {}
    for surface, (addresses, headers) in surfaces.items():
        for address in addresses:
            answer = asked(stage, address, headers)
            if answer.status >= 500:
                wrong.append(f"{answer.status} {address}")
            if len(answer.body) > BOUNDS[surface]:
                wrong.append(f"{len(answer.body) / MEGABYTE:.1f} MB {address}")
            largest[surface] = max(largest.get(surface, (0, "")), (len(answer.body), address))
    print(largest)  # noqa: T201  # shown where the test fails
    assert wrong == []
    if who == "heavy":
        assert largest["page"][0] > MEGABYTE, "the limits were reached"
        assert all(largest[surface][0] > BOUNDS[surface] / 2 for surface in ("list", "feed")), "so the bounds say something"
