"""The bench's small form for the test run: size S, counts alone, within a minute."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from lemmy_lite.domain import comment_listing, post_listing
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.post_listing import PostPage, PostQuery
from lemmy_lite.model.clock import Clock
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import local_user, person
from tests.bench.bench import Bench, prepared
from tests.bench.cases import inbound, one_host, outbound, pictures, wearing
from tests.bench.cases.wearing import PACE
from tests.bench.counting import Counts, reading
from tests.bench.data.sizes import LONG_THREAD, READERS
from tests.bench.figures import Case, Figure, Kind, Metric, Target
from tests.bench.load import WrongAnswer, posted, request
from tests.bench.machine import usage
from tests.bench.serving import brought_up, data_set

CASES = (
    Case("lists", "lists of posts through the verbs: statements, rows, steps", "counts", "≤ 4 statements", ""),
    Case("thread", "a thread of 1,000 comments through the verb", "counts", "≤ 4 statements", ""),
    Case("wear", "votes of others, ten a second, on S: bytes given to write calls, growth", "counts", "", ""),
    Case("http", "answers of the server: bytes, bytes written by votes", "counts", "", ""),
)

_STATEMENTS = Metric("statements", "", Kind.COUNT, Target(most=4))
_ROWS = Metric("rows", "", Kind.COUNT)
_STEPS = Metric("steps", "", Kind.COUNT)
_LENGTH = Metric("bytes", "kB", Kind.COUNT)
_VOTES = 200
OTHERS_VOTES = 2_000


def figures(say: Callable[[str], None]) -> list[Figure]:
    """Every count. The server's come with a reason instead of values when it does not start."""
    say("data")
    path = data_set("S") / "lemmy.db"
    asyncio.run(brought_up(path.parent))
    say("counts")
    return [*lists(path), *thread(path), *asyncio.run(wear(say)), *asyncio.run(_over_http(say)), *asyncio.run(_between_instances(say))]


def viewer(tx: Transaction, name: str) -> Viewer:
    """The viewer that a member is after logging in."""
    found = person.local_by_name(tx, name)
    account = local_user.of_person(tx, found.id) if found else None
    if found is None or account is None:
        raise LookupError(name)
    display = local_user.vote_display(tx, account.id)
    return Viewer(person=found, local_user=account, vote_display=display, languages=(), session="")


def listed(path: Path, query: PostQuery, name: str | None = None) -> tuple[PostPage, Counts]:
    """One page of a list as a member, or as a stranger, gets it, and what it took."""
    clock = Clock()
    with reading(path) as counted:
        reader = counted(lambda tx: viewer(tx, name))[0] if name else None
        return counted(lambda tx: post_listing.page(tx, History(clock.now), reader, query))


def lists(path: Path) -> list[Figure]:
    """Every sort for strangers, and Subscribed for members with few and many communities."""
    found = []
    for listing in (ListingType.ALL, ListingType.LOCAL):
        for sort in SortType:
            taken = listed(path, PostQuery(listing=listing, sort=sort, limit=20))
            found += _counted("lists", f"{listing} {sort}", taken[0], taken[1])
    for name in READERS:
        for listing in (ListingType.ALL, ListingType.SUBSCRIBED):
            taken = listed(path, PostQuery(listing=listing, sort=SortType.HOT, limit=20), name)
            found += _counted("lists", f"{listing} Hot, {name}", taken[0], taken[1])
    return found


def thread(path: Path) -> list[Figure]:
    """The whole thread of a thousand comments."""
    with reading(path) as counted:
        number = counted(lambda tx: tx.value("SELECT id FROM post WHERE name = :name", name=LONG_THREAD))[0]

        def whole(tx: Transaction) -> list[CommentView]:
            return comment_listing.listing(tx, None, CommentQuery(post_id=PostId(number), max_depth=200, listing=ListingType.ALL))

        shown, taken = counted(whole)
    return _counted("thread", "1,000 comments", shown, taken)


def _counted(case: str, name: str, answer: object, taken: Counts) -> list[Figure]:
    length = len(msgspec.json.encode(answer)) / 1000
    pairs = ((_STATEMENTS, taken.statements), (_ROWS, taken.rows), (_STEPS, taken.steps), (_LENGTH, length))
    return [Figure(case, name, metric, (float(value),)) for metric, value in pairs]


async def wear(say: Callable[[str], None]) -> list[Figure]:
    """What votes of other instances write, so many that most of them wait for each other."""
    say("votes of others")
    return [figure._replace(case="wear") for figure in await wearing.votes_on("S", OTHERS_VOTES, PACE)]


async def _over_http(say: Callable[[str], None]) -> list[Figure]:
    say("server")
    async with prepared("S") as bench:
        front = await bench.load.ask(request("GET", "/api/v3/post/list?type_=All&sort=Active&limit=20"))
        smaller = await bench.load.ask(request("GET", "/api/v3/post/list?type_=All&sort=Active&limit=20", Accept_Encoding="gzip"))
        found = [
            Figure("http", "front page", _LENGTH, (len(front.body) / 1000,)),
            Figure("http", "front page, gzip", _LENGTH, (len(smaller.body) / 1000,)),
        ]
        return [*found, await _votes(bench)]


async def _between_instances(say: Callable[[str], None]) -> list[Figure]:
    say("c1 and d1")
    between = [*await inbound.counted(), *await outbound.counted()]
    say("d3, e3")
    return [*between, *await one_host.counted(), *pictures.cached(1_000, 5_000, 2**20)]


async def _votes(bench: Bench) -> Figure:
    """What votes one after the other hand to write calls: the log, without checkpoints or what the file system adds."""
    token = await bench.token("voter_01")
    posts = [row[0] for row in bench.rows(f"SELECT post_id FROM post_aggregates WHERE listed ORDER BY post_id DESC LIMIT {_VOTES}")]
    before = usage(bench.server.pid)
    for number in posts:
        answer = await bench.load.ask(posted("/api/v3/post/like", {"post_id": number, "score": -1}, token))
        if answer.status != 200:
            raise WrongAnswer(f"a vote: {answer.status} {answer.body[:200]!r}")
    written = usage(bench.server.pid).called - before.called
    return Figure("http", f"{_VOTES} votes one by one", Metric("written", "B/vote", Kind.COUNT), (written / _VOTES,))
