"""What the same piece of work costs on data sets of different size: steps of SQLite's machine, and processor time.

Each is asked a minute after its newest post: sets are made one after the other, the largest in a quarter of an hour, and an hour without a
post would change what ranked lists read.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from math import log
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import quote

from lemmy_lite.context import Context
from lemmy_lite.domain import comment, comment_listing, community_listing, post, post_listing, search, vote
from lemmy_lite.domain.comment_listing import CommentQuery
from lemmy_lite.domain.community_listing import CommunityQuery
from lemmy_lite.domain.post_listing import PostQuery
from lemmy_lite.domain.search import SearchQuery
from lemmy_lite.federation.inbox import applying, voting
from lemmy_lite.federation.inbox.verified import parse
from lemmy_lite.model.clock import MINUTE, Clock, Micros
from lemmy_lite.model.comment import CommentForm
from lemmy_lite.model.ids import CommunityId, PostId
from lemmy_lite.model.listing import CommentSortType, ListingType, SortType
from lemmy_lite.model.post import PostForm
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage import gathering
from lemmy_lite.storage.history import History
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment as comments
from lemmy_lite.storage.tables import person
from tests.bench import wear
from tests.bench.bench import Bench
from tests.bench.counting import CountingSession
from tests.bench.data.seed import settings
from tests.bench.data.sizes import COMMON_WORD, PAGE_THREAD, RARE_WORD, SIZES
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.machine import SERVER_CORE, on_core
from tests.bench.serving import brought_up, is_there
from tests.bench.smoke import viewer
from tests.bench.wear import Asked
from tests.evidence import evidence_of

_TIMES = 7
_READ, _WRITE = 0.10, 0.15


class Probe(NamedTuple):
    """A piece of work and the exponent that it may have."""

    name: str
    work: Callable[[Transaction], Any]
    most: float


class Cost(NamedTuple):
    """What it takes, in the middle of some times."""

    steps: float
    milliseconds: float


async def exponents(bench: Bench) -> list[Figure]:
    """Each read and write on every data set that there is; the exponent is that between the smallest and the largest."""
    folders = {name: folder for name in SIZES if (folder := is_there(name)) is not None}
    for folder in folders.values():
        await brought_up(folder)
    with on_core(SERVER_CORE):
        costs = {name: measured(folder / "lemmy.db") for name, folder in folders.items()}
    small, large = (SIZES[list(folders)[place]] for place in (0, -1))
    figures: list[Figure] = []
    for name, (_, most) in costs[large.name].items():
        for measure, unit in (("steps", "steps"), ("milliseconds", "ms CPU")):
            values = {size: getattr(found[name][0], measure) for size, found in costs.items()}
            figures += [Figure("h1", name, Metric(f"on {size}", unit, Kind.COUNT), (value,)) for size, value in values.items()]
            if small is not large:
                grown = log(max(values[large.name], 1e-9) / max(values[small.name], 1e-9)) / log(large.posts / small.posts)
                what = Metric(f"exponent of {unit}, {small.name} to {large.name}", "", Kind.COUNT, Target(most=most))
                figures.append(Figure("h1", name, what, (grown,)))
    if "L" not in costs:
        missing = Metric("exponent to L", "", Kind.COUNT)
        figures.append(Figure("h1", "a million posts", missing, (), why="there is no data set L: scripts/bench --size L h1 makes it"))
    return figures


def measured(path: Path) -> dict[str, tuple[Cost, float]]:
    """What every probe takes on a data set, which stays as it is, and the exponent that it may have."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA foreign_keys = ON")
        now = end(connection)
        return {probe.name: (_cost(connection, probe.work, now), probe.most) for probe in probes(connection, _url(path))}


def end(connection: Asked) -> Micros:
    """The moment at which a data set is asked."""
    return int(_value(connection, "SELECT MAX(published) FROM post_aggregates")) + MINUTE


def _cost(connection: sqlite3.Connection, work: Callable[[Transaction], Any], now: Micros) -> Cost:
    counting = CountingSession(connection)

    def once() -> None:
        connection.execute("BEGIN")
        try:
            tx = Transaction(counting, now)
            work(tx)
            gathering.finish(tx)
        finally:
            connection.execute("ROLLBACK")

    once()  # the page cache knows it now
    counting.ticks = 0
    once()
    steps = counting.ticks * 10
    connection.set_progress_handler(None, 0)
    taken = []
    for _ in range(_TIMES):
        begun = time.thread_time()
        once()
        taken.append(time.thread_time() - begun)
    return Cost(steps, median(taken) * 1000)


def probes(connection: Asked, url: str) -> list[Probe]:
    """What is done to a data set, here and on Postgres."""
    context = _context(url)
    return [*_lists(connection), *_lookups(connection, context), *_writes(connection, context)]


def _lists(connection: Asked) -> list[Probe]:
    busiest = CommunityId(_value(connection, "SELECT community_id FROM community_aggregates ORDER BY posts DESC LIMIT 1"))
    queries = {f"All {sort}": PostQuery(listing=ListingType.ALL, sort=sort, limit=20) for sort in SortType}
    for sort in (SortType.ACTIVE, SortType.HOT, SortType.SCALED, SortType.TOP_ALL):
        queries[f"Local {sort}"] = PostQuery(listing=ListingType.LOCAL, sort=sort, limit=20)
        queries[f"busiest community {sort}"] = PostQuery(community_id=busiest, sort=sort, limit=20)
        queries[f"Subscribed 86 {sort}"] = PostQuery(listing=ListingType.SUBSCRIBED, sort=sort, limit=20)
    found = [Probe(f"posts, {name}", partial(_page, query=query), _READ) for name, query in queries.items()]
    for sort in (CommentSortType.HOT, CommentSortType.TOP, CommentSortType.NEW):
        query = CommentQuery(listing=ListingType.ALL, sort=sort, limit=20)
        found.append(Probe(f"comments, All {sort}", partial(comment_listing.listing, viewer=None, query=query), _READ))
    thread = PostId(_value(connection, f"SELECT id FROM post WHERE name = '{PAGE_THREAD}'"))
    asked = CommentQuery(post_id=thread, max_depth=200, listing=ListingType.ALL)
    return [*found, Probe("thread of 200", partial(comment_listing.listing, viewer=None, query=asked), _READ)]


def _page(tx: Transaction, query: PostQuery) -> object:
    reader = viewer(tx, "reader_86") if query.listing is ListingType.SUBSCRIBED else None
    return post_listing.page(tx, History(lambda: tx.now), reader, query)


def _lookups(connection: Asked, context: Context) -> list[Probe]:
    found = []
    for sort in (SortType.HOT, SortType.ACTIVE, SortType.TOP_ALL):
        query = CommunityQuery(listing=ListingType.ALL, sort=sort, limit=20)
        found.append(Probe(f"communities, {sort}", partial(community_listing.listing, viewer=None, query=query), _READ))
    for word in (COMMON_WORD, RARE_WORD):
        for sort in (SortType.HOT, SortType.TOP_ALL):
            wanted = SearchQuery(q=word, sort=sort, limit=20)
            found.append(Probe(f"search {word}, {sort}", partial(search.search, context=context, viewer=None, query=wanted), _READ))
    address = str(_value(connection, "SELECT ap_id FROM comment WHERE NOT local ORDER BY id DESC LIMIT 1"))
    found.append(Probe("comment by address", partial(comments.by_ap_id, ap_id=address), _READ))
    return found


def _writes(connection: Asked, context: Context) -> list[Probe]:
    of_post = PostId(_value(connection, "SELECT MAX(post_id) FROM post_aggregates WHERE listed"))
    home = CommunityId(_value(connection, "SELECT id FROM community WHERE local ORDER BY id LIMIT 1"))

    def voting(tx: Transaction) -> None:
        actor = person.local_by_name(tx, "voter_01")
        assert actor is not None
        vote.cast(tx, actor, post.existing(tx, of_post), -1)

    def answering(tx: Transaction) -> None:
        actor = person.local_by_name(tx, "voter_01")
        assert actor is not None
        comment.create(tx, context, actor, CommentForm(post_id=of_post, content="What I *think* of it."))

    def posting(tx: Transaction) -> None:
        actor = person.local_by_name(tx, "voter_01")
        assert actor is not None
        post.create(tx, context, actor, PostForm(name="News", community_id=home, body="It is *so*."))

    made = wear.activities(connection, 1, mixed=True)
    firsts: dict[str, dict[str, Any]] = {}
    for document in made:
        kind = document["object"]["type"]
        inner = document["object"]["object"]
        firsts.setdefault(inner["type"] if isinstance(inner, dict) else kind, document)
        if {"Like", "Note", "Page"} <= firsts.keys():
            break
    received = [
        Probe(f"receive {name}", partial(_receive, context=context, document=firsts[kind]), _WRITE)
        for name, kind in (("a vote", "Like"), ("a comment", "Note"), ("a post", "Page"))
    ]
    return [Probe("vote", voting, _WRITE), Probe("comment", answering, _WRITE), Probe("post", posting, _WRITE), *received]


def _receive(tx: Transaction, context: Context, document: dict[str, Any]) -> None:
    applying.apply_at_once(tx, evidence_of(document), context, document, parse(document), voting.is_vote(document))


def _url(path: Path) -> str:
    return f"sqlite://{quote(str(path))}"


def _context(url: str) -> Context:
    clock = Clock()
    net = Client(NetOptions(user_agent="bench"))
    return Context(config=settings(url), clock=clock, net=net, jwt_secret="", history=History(clock.now))


def _value(connection: Asked, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]
