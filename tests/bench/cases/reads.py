"""Reading: lists, threads and pages, by strangers and by members, over HTTP."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from statistics import median
from urllib.parse import quote

import msgspec

from lemmy_lite.domain.search import MOST_FOUND
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.ids import PostId
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.views import comment_thread
from lemmy_lite.storage.views.comment_listing import CommentQuery
from tests.bench.bench import LIST, Bench
from tests.bench.cases.floors import CONNECTIONS, CONSTANT, EMPTY
from tests.bench.counting import reading
from tests.bench.data.sizes import COMMON_WORD, LONG_THREAD, PAGE_THREAD, RARE_WORD, READERS
from tests.bench.figures import Figure, Kind, Metric, Target, Workload
from tests.bench.load import Load, WrongAnswer, request
from tests.bench.machine import SERVER_CORE, on_core, usage

_BYTES = Metric("bytes", "kB", Kind.COUNT)
_P50 = Metric("p50", "ms", Kind.TIME)
_P99 = Metric("p99", "ms", Kind.TIME)
_CPU = Metric("CPU", "ms", Kind.TIME)
"""Processor time of the server for one answer. Where others use the machine as well, this is what to look at: it does not count waiting."""


def asking(case: str, name: str, bench: Bench, requests: Sequence[Sequence[bytes]], *metrics: Metric, load: Load | None = None) -> Workload:
    """A workload that asks on one connection for each list of requests, for half a second, and measures those of rate, p50, p99, CPU and
    bytes that are wanted."""
    clients = load or bench.load

    async def block() -> Mapping[str, float]:
        before = usage(bench.server.pid)
        run = await clients.run(requests, seconds=0.5)
        cpu = usage(bench.server.pid).cpu_seconds - before.cpu_seconds
        number = max(1, len(run.latencies))
        return {
            "rate": run.rate,
            "p50": run.percentile(50),
            "p99": run.percentile(99),
            "CPU": cpu / number * 1000,
            "bytes": run.received / number / 1000,
        }

    return Workload(case, name, metrics, block)


async def anonymous_lists(bench: Bench) -> list[Workload | Figure]:
    """Every sort of All, Local and the busiest community."""
    rate = Metric("rate", "req/s", Kind.RATE, Target(least=0.6, of_floor=True), CONSTANT)
    busiest = bench.rows("SELECT community_id FROM community_aggregates ORDER BY posts DESC LIMIT 1")[0][0]
    places = {"All": "type_=All", "Local": "type_=Local", "community": f"community_id={busiest}"}
    lists = {f"{place} {sort}": f"/api/v3/post/list?{asked}&limit=20&sort={sort}" for place, asked in places.items() for sort in SortType}
    found: list[Workload | Figure] = []
    for name, target in lists.items():
        found.append(asking("a1", f"list {name}", bench, [[request("GET", target)]] * CONNECTIONS, rate, _P50, _P99, _CPU, _BYTES))
    return found


async def unchanged_lists(bench: Bench) -> list[Workload | Figure]:
    """A client that holds the front page asks whether it changed."""
    metric = Metric("rate", "req/s", Kind.RATE, Target(least=0.8, of_floor=True), EMPTY)
    front = await bench.load.ask(request("GET", f"{LIST}Active"))
    if "etag" not in front.headers:
        return [Figure("a2", "unchanged front page", metric, (), why="answers carry no ETag yet")]
    known = request("GET", f"{LIST}Active", If_None_Match=front.headers["etag"])
    return [asking("a2", "unchanged front page", bench, [[known]] * CONNECTIONS, metric)]


async def members_lists(bench: Bench) -> list[Workload | Figure]:
    """All and Subscribed by accounts that differ only in how many communities they follow; one client, so that p50 is service time."""
    cpu = Metric("CPU", "ms", Kind.TIME, Target(most=3))
    found: list[Workload | Figure] = []
    for account, number in READERS.items():
        token = await bench.token(account)
        for kind in ("All", "Subscribed"):
            target = f"/api/v3/post/list?type_={kind}&limit=20&sort=Active"
            own = [request("GET", target, Authorization=f"Bearer {token}")]
            found.append(asking("a3", f"{kind}, {number} subscriptions", bench, [own], _P50, _P99, cpu))
    return found


async def threads(bench: Bench) -> list[Workload | Figure]:
    """A thread of 1,000 comments in each order, a sub-tree of it, and one cut at depth 3. The floor reads and encodes the thread's rows,
    without HTTP, order, tree or rights."""
    thread = f"/api/v3/comment/list?post_id={bench.thread(LONG_THREAD)}&type_=All&max_depth="
    found: list[Workload | Figure] = [_rows_of_a_thread(bench)]
    cpu = Metric("CPU", "ms", Kind.TIME, Target(most=2, of_floor=True), "floor, thread of 1,000: CPU")
    for sort in ("Hot", "Top", "New", "Old", "Controversial"):
        target = request("GET", f"{thread}200&sort={sort}")
        found.append(asking("a5", f"thread of 1,000, {sort}", bench, [[target]], _P50, _P99, cpu, _BYTES))
    top = bench.rows(
        f"""SELECT comment_id FROM comment_aggregates JOIN comment ON comment.id = comment_id
             WHERE post_id = {bench.thread(LONG_THREAD)} ORDER BY child_count DESC LIMIT 1"""
    )[0][0]
    token = await bench.token("reader_0")  # what strangers ask for is kept in memory unless it is as large as the whole thread
    below = request("GET", f"/api/v3/comment/list?parent_id={top}&type_=All&max_depth=200&sort=Hot", Authorization=f"Bearer {token}")
    found.append(asking("a5", "the largest sub-tree of it", bench, [[below]], _P50, _P99, _CPU, _BYTES))
    shown = (await bench.load.ask(request("GET", f"{thread}200&sort=Hot"))).json()["comments"]
    if len(shown) != 1_000:
        raise WrongAnswer(f"a thread of 1,000 comments shows {len(shown)}")
    found.append(asking("a5", "thread of 1,000, depth 3", bench, [[request("GET", f"{thread}3&sort=Hot")]], _P50, _BYTES))
    return found


def _rows_of_a_thread(bench: Bench) -> Workload:
    number = PostId(bench.thread(LONG_THREAD))

    def block() -> float:
        rounds = 10
        with on_core(SERVER_CORE), reading(bench.folder / "lemmy.db", counts=False) as read:
            before = time.process_time()
            for _ in range(rounds):
                msgspec.json.encode(read(lambda tx: _thread(tx, number))[0])
            return (time.process_time() - before) / rounds * 1000

    async def run() -> Mapping[str, float]:
        return {"CPU": await asyncio.to_thread(block)}

    return Workload("floor", "floor, thread of 1,000", (_CPU,), run)


def _thread(tx: Transaction, number: PostId) -> list[CommentView]:
    query = CommentQuery(post_id=number, max_depth=200)
    place = comment_thread.setting(tx, None, query)
    if place is None:
        raise WrongAnswer("the long thread is gone")
    lines = comment_thread.lines(tx, None, query, ListingType.ALL, place)
    authors = comment_thread.creators(tx, None, place.community.id, {line.comment.creator_id for line in lines})
    return [comment_thread.view(place, line, authors[line.comment.creator_id]) for line in lines]


async def lookups(bench: Bench) -> list[Workload | Figure]:
    """Lists of communities, one post, things found by their address, and searches for a common and a rare word; by a member, as answers to
    strangers are kept in memory."""
    token = await bench.token("voter_15")
    targets = {"communities, Hot": "/api/v3/community/list?type_=All&sort=Hot&limit=20"}
    targets["one post"] = f"/api/v3/post?id={bench.thread(LONG_THREAD)}"
    found: list[Workload | Figure] = [
        asking("a6", name, bench, [[request("GET", target, Authorization=f"Bearer {token}")]], _P50, _P99, _CPU, _BYTES)
        for name, target in targets.items()
    ]
    soon = Metric("CPU", "ms", Kind.TIME, Target(most=1))
    for kind, column in (("post", "ap_id"), ("comment", "ap_id"), ("community", "actor_id")):
        address = bench.rows(f"SELECT {column} FROM {kind} WHERE NOT local ORDER BY id DESC LIMIT 1")[0][0]
        target = request("GET", f"/api/v3/resolve_object?q={quote(str(address), safe='')}", Authorization=f"Bearer {token}")
        if (await bench.load.ask(target)).status != 200:
            raise WrongAnswer(f"no {kind} is found by its address")
        found.append(asking("a6", f"resolve a {kind}", bench, [[target]], _P50, _P99, soon))
    within = Metric("p50", "ms", Kind.TIME, Target(most=20))
    for word in (COMMON_WORD, RARE_WORD):
        found.append(_words_alone(bench, word))
        target = request("GET", f"/api/v3/search?q={word}&type_=All&limit=20", Authorization=f"Bearer {token}")
        answer = await bench.load.ask(target)
        if answer.status == 200:
            if not answer.json()["posts"]:
                raise WrongAnswer(f"the search finds no post with {word}, and there are some")
            found.append(asking("a6", f"search {word}", bench, [[target]], within, _P99, _CPU))
        else:
            found.append(Figure("a6", f"search {word}", within, (), why=f"/api/v3/search answers {answer.status}"))
    return found


def _words_alone(bench: Bench, word: str) -> Workload:
    """What SQLite takes for the newest posts and comments that have a word, as many as a search looks at, and nothing else."""
    newest = "SELECT rowid FROM {0} WHERE {0} MATCH ? ORDER BY rowid DESC LIMIT ?"

    def block() -> float:
        with on_core(SERVER_CORE), closing(sqlite3.connect(f"file:{bench.folder}/lemmy.db?mode=ro", uri=True)) as connection:
            times = []
            for _ in range(20):
                begun = time.thread_time()
                for table in ("post_terms", "comment_terms"):
                    connection.execute(newest.format(table), (f'"{word}"', MOST_FOUND)).fetchall()
                times.append(time.thread_time() - begun)
        return median(times) * 1000

    async def run() -> Mapping[str, float]:
        return {"CPU": await asyncio.to_thread(block)}

    return Workload("a6", f"FTS5 alone, {word}", (Metric("CPU", "ms", Kind.TIME),), run)


async def pages(bench: Bench) -> list[Workload | Figure]:
    """The web site as a browser asks for it, gzip allowed, by strangers and by a member, and the feed of the front page."""
    found: list[Workload | Figure] = []
    for name, path, most in (("front page", "/", 60), ("post with 200 comments", f"/post/{bench.thread(PAGE_THREAD)}", 40)):
        rate = Metric("rate", "req/s", Kind.RATE, Target(least=1000))
        size = Metric("bytes", "kB", Kind.COUNT, Target(most=most))
        asked = request("GET", path, Accept="text/html", Accept_Encoding="gzip")
        answer = await bench.load.ask(asked)
        if answer.status == 200:
            found.append(asking("a7", name, bench, [[asked]] * CONNECTIONS, rate, _P50, _CPU, size))
        else:
            found.append(Figure("a7", name, rate, (), why=f"{path} answers {answer.status}"))
    token = await bench.token("reader_86")
    for name, path in (
        ("front page, member", "/"),
        ("post with 200 comments, member", f"/post/{bench.thread(PAGE_THREAD)}"),
        ("feed of All", "/feeds/all.xml?sort=Active"),
    ):
        asked = request("GET", path, Accept="text/html", Cookie=f"jwt={token}" if name.endswith("member") else "theme=dark")
        if (answer := await bench.load.ask(asked)).status != 200:
            raise WrongAnswer(f"{path}: {answer.status}")
        found.append(asking("a7", name, bench, [[asked]], _P50, _P99, _CPU, _BYTES))
    return found
