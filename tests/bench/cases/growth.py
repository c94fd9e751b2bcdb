"""What the same piece of work costs on data sets of different size: steps of SQLite's machine, and processor time.

Each is asked a minute after its newest post: sets are made one after the other, the largest in a quarter of an hour, and an hour without a
post would change what ranked lists read.

What is compared are answers of the same size: where the smallest set has three posts of the last hour, a page of twenty tells nothing of
growth, it is another page. So growth is counted from the smallest set that answers as much as the largest, where there is one.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
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
from lemmy_lite.storage.sqlite import SqliteSession
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

_TIMES = 21
_READ, _WRITE = 0.10, 0.15


class Probe(NamedTuple):
    """A piece of work, which answers how many things it gives, and the exponent that it may have."""

    name: str
    work: Callable[[Transaction], int]
    most: float


class Cost(NamedTuple):
    """What it takes, in the middle of some times, and how many things it gives."""

    steps: float
    milliseconds: float
    given: int


async def exponents(bench: Bench) -> list[Figure]:
    """Each read and write on every data set that there is; the exponent is that between the smallest and the largest."""
    folders = {name: folder for name in SIZES if (folder := is_there(name)) is not None}
    for folder in folders.values():
        await brought_up(folder)
    with on_core(SERVER_CORE):
        costs = measured({name: folder / "lemmy.db" for name, folder in folders.items()})
    figures = _sizes(folders)
    for name, (found, most) in costs.items():
        given = {size: cost.given for size, cost in found.items()}
        for measure, unit in (("steps", "steps"), ("milliseconds", "ms CPU")):
            figures += grown("h1", name, unit, {size: getattr(cost, measure) for size, cost in found.items()}, given, most)
    if "L" not in folders:
        missing = Metric("exponent to L", "", Kind.COUNT)
        figures.append(Figure("h1", "a million posts", missing, (), why="there is no data set L: scripts/bench --size L h1 makes it"))
    return figures


def grown(case: str, name: str, unit: str, values: Mapping[str, float], given: Mapping[str, int], most: float) -> list[Figure]:
    """The figures of one cost: on each set, the smallest first, and its exponent from the first that gives as much as the largest,
    or else from the one before it."""
    figures = [Figure(case, name, Metric(f"on {size}", unit, Kind.COUNT), (float(value),)) for size, value in values.items()]
    large = list(values)[-1]
    smaller = list(values)[:-1]
    if smaller:
        small = next((size for size in smaller if given[size] >= given[large]), smaller[-1])
        exponent = log(max(values[large], 1e-9) / max(values[small], 1e-9)) / log(SIZES[large].posts / SIZES[small].posts)
        metric = Metric(f"exponent of {unit}, {small} to {large}", "", Kind.COUNT, Target(most=most))
        why = "" if given[small] >= given[large] else f"it gives {given[large]} things on {large} and {given[small]} on {small}"
        figures.append(Figure(case, name, metric, (exponent,), why=why))
    return figures


def _sizes(folders: Mapping[str, Path]) -> list[Figure]:
    """Bytes of the database for each post, with its comments and votes: the size is a straight line when they stay what they are. Less is
    no fault: the largest set has a fifth as many people for each post."""
    each = {size: (folder / "lemmy.db").stat().st_size / SIZES[size].posts for size, folder in folders.items()}
    figures = [Figure("h1", "size of the database", Metric(f"on {size}", "B/post", Kind.COUNT), (value,)) for size, value in each.items()]
    if len(each) > 1:
        small, large = next(iter(each)), list(each)[-1]
        metric = Metric(f"{large} by {small}", "", Kind.COUNT, Target(most=1.1))
        figures.append(Figure("h1", "size of the database", metric, (each[large] / each[small],)))
    return figures


def measured(paths: Mapping[str, Path]) -> dict[str, tuple[dict[str, Cost], float]]:
    """What every probe takes on each data set, which stay as they are, and the exponent that it may have.

    The sets take turns at each probe: a processor that is slower for a while, as a neighbour's work makes it, is so for all of them.
    """
    with ExitStack() as opened:
        sets = {}
        for size, path in paths.items():
            connection = opened.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            connection.execute("PRAGMA cache_size = -16000")
            connection.execute("PRAGMA foreign_keys = ON")
            sets[size] = DataSet(connection, path)
        last = list(sets.values())[-1]
        return {name: (_costs(sets, name), probe.most) for name, probe in last.probes.items()}


def end(connection: Asked) -> Micros:
    """The moment at which a data set is asked."""
    return int(_value(connection, "SELECT MAX(published) FROM post_aggregates")) + MINUTE


class DataSet:
    """A data set, asked by one connection at the moment `now`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.now = end(connection)
        self.probes = {probe.name: probe for probe in probes(connection, _url(path))}

    def counted(self, name: str) -> tuple[int, int]:
        """The steps of a probe, once the page cache knows it, and how many things it gives."""
        session = CountingSession(self._connection)
        given = self._once(session, name)
        session.ticks = 0
        self._once(session, name)
        self._connection.set_progress_handler(None, 0)
        return session.ticks * 10, given

    def timed(self, name: str) -> float:
        """Seconds of the processor that a probe takes."""
        session = SqliteSession(self._connection)
        begun = time.thread_time()
        self._once(session, name)
        return time.thread_time() - begun

    def _once(self, session: SqliteSession, name: str) -> int:
        self._connection.execute("BEGIN")
        try:
            tx = Transaction(session, self.now)
            given = self.probes[name].work(tx)
            gathering.finish(tx)
        finally:
            self._connection.execute("ROLLBACK")
        return given


def _costs(sets: Mapping[str, DataSet], name: str) -> dict[str, Cost]:
    counts = {size: each.counted(name) for size, each in sets.items()}
    taken: dict[str, list[float]] = {size: [] for size in sets}
    for _ in range(_TIMES):
        for size, each in sets.items():
            taken[size].append(each.timed(name))
    return {size: Cost(steps, median(taken[size]) * 1000, given) for size, (steps, given) in counts.items()}


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
        found.append(Probe(f"comments, All {sort}", partial(_comments, query=query), _READ))
    thread = PostId(_value(connection, f"SELECT id FROM post WHERE name = '{PAGE_THREAD}'"))
    asked = CommentQuery(post_id=thread, max_depth=200, listing=ListingType.ALL)
    return [*found, Probe("thread of 200", partial(_comments, query=asked), _READ)]


def _page(tx: Transaction, query: PostQuery) -> int:
    reader = viewer(tx, "reader_86") if query.listing is ListingType.SUBSCRIBED else None
    return len(post_listing.page(tx, History(lambda: tx.now), reader, query).posts)


def _comments(tx: Transaction, query: CommentQuery) -> int:
    return len(comment_listing.listing(tx, None, query))


def _communities(tx: Transaction, query: CommunityQuery) -> int:
    return len(community_listing.listing(tx, None, query))


def _found(tx: Transaction, context: Context, query: SearchQuery) -> int:
    found = search.search(tx, context, None, query)
    return len(found.posts) + len(found.comments) + len(found.communities) + len(found.users)


def _lookups(connection: Asked, context: Context) -> list[Probe]:
    found = []
    for sort in (SortType.HOT, SortType.ACTIVE, SortType.TOP_ALL):
        query = CommunityQuery(listing=ListingType.ALL, sort=sort, limit=20)
        found.append(Probe(f"communities, {sort}", partial(_communities, query=query), _READ))
    for word in (COMMON_WORD, RARE_WORD):
        for sort in (SortType.HOT, SortType.TOP_ALL):
            wanted = SearchQuery(q=word, sort=sort, limit=20)
            found.append(Probe(f"search {word}, {sort}", partial(_found, context=context, query=wanted), _READ))
    address = str(_value(connection, "SELECT ap_id FROM comment WHERE NOT local ORDER BY id DESC LIMIT 1"))
    found.append(Probe("comment by address", partial(_addressed, ap_id=address), _READ))
    return found


def _addressed(tx: Transaction, ap_id: str) -> int:
    return int(comments.by_ap_id(tx, ap_id) is not None)


def _writes(connection: Asked, context: Context) -> list[Probe]:
    of_post = PostId(_value(connection, "SELECT MAX(post_id) FROM post_aggregates WHERE listed"))
    home = CommunityId(_value(connection, "SELECT id FROM community WHERE local ORDER BY id LIMIT 1"))

    def voting(tx: Transaction) -> int:
        actor = person.local_by_name(tx, "voter_01")
        assert actor is not None
        vote.cast(tx, actor, post.existing(tx, of_post), -1)
        return 1

    def answering(tx: Transaction) -> int:
        actor = person.local_by_name(tx, "voter_01")
        assert actor is not None
        comment.create(tx, context, actor, CommentForm(post_id=of_post, content="What I *think* of it."))
        return 1

    def posting(tx: Transaction) -> int:
        actor = person.local_by_name(tx, "voter_01")
        assert actor is not None
        post.create(tx, context, actor, PostForm(name="News", community_id=home, body="It is *so*."))
        return 1

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


def _receive(tx: Transaction, context: Context, document: dict[str, Any]) -> int:
    applying.apply_at_once(tx, evidence_of(document), context, document, parse(document), voting.is_vote(document))
    return 1


def _url(path: Path) -> str:
    return f"sqlite://{quote(str(path))}"


def _context(url: str) -> Context:
    clock = Clock()
    net = Client(NetOptions(user_agent="bench"))
    return Context(config=settings(url), clock=clock, net=net, jwt_secret="", history=History(clock.now))


def _value(connection: Asked, statement: str) -> Any:
    return connection.execute(statement).fetchone()[0]
