"""Reading: lists, threads and pages, by strangers and by members, over HTTP."""

from collections.abc import Mapping, Sequence

from lemmy_lite.model.listing import SortType
from tests.bench.bench import LIST, Bench
from tests.bench.cases.floors import CONNECTIONS, CONSTANT, EMPTY
from tests.bench.data.sizes import LONG_THREAD, PAGE_THREAD, READERS
from tests.bench.figures import Figure, Kind, Metric, Target, Workload
from tests.bench.load import Load, WrongAnswer, request
from tests.bench.machine import usage

_BYTES = Metric("bytes", "kB", Kind.COUNT)
_P50 = Metric("p50", "ms", Kind.TIME)
_P99 = Metric("p99", "ms", Kind.TIME)
_CPU = Metric("CPU", "ms", Kind.TIME)
"""Processor time of the server for one answer. Where others use the machine as well, this is what to look at: it does not count waiting."""


def asking(case: str, name: str, bench: Bench, requests: Sequence[Sequence[bytes]], *metrics: Metric, load: Load | None = None) -> Workload:
    """A workload that asks on one connection for each list of requests, for a second, and measures those of rate, p50, p99, CPU and bytes
    that are wanted."""
    clients = load or bench.load

    async def block() -> Mapping[str, float]:
        before = usage(bench.server.pid)
        run = await clients.run(requests)
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
    """Every sort of All; then Local and the busiest community by Active."""
    rate = Metric("rate", "req/s", Kind.RATE, Target(least=0.6, of_floor=True), CONSTANT)
    lists = {f"All {sort}": f"{LIST}{sort}" for sort in SortType}
    busiest = bench.rows("SELECT community_id FROM community_aggregates ORDER BY posts DESC LIMIT 1")[0][0]
    lists["Local Active"] = "/api/v3/post/list?type_=Local&limit=20&sort=Active"
    lists["community Active"] = f"/api/v3/post/list?community_id={busiest}&limit=20&sort=Active"
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
    """A thread of 1,000 comments in each order, and one cut at depth 3."""
    thread = f"/api/v3/comment/list?post_id={bench.thread(LONG_THREAD)}&type_=All&max_depth="
    found: list[Workload | Figure] = []
    for sort in ("Hot", "Top", "New", "Old", "Controversial"):
        target = request("GET", f"{thread}200&sort={sort}")
        found.append(asking("a5", f"thread of 1,000, {sort}", bench, [[target]], _P50, _P99, _CPU, _BYTES))
    shown = (await bench.load.ask(request("GET", f"{thread}200&sort=Hot"))).json()["comments"]
    if len(shown) != 1_000:
        raise WrongAnswer(f"a thread of 1,000 comments shows {len(shown)}")
    found.append(asking("a5", "thread of 1,000, depth 3", bench, [[request("GET", f"{thread}3&sort=Hot")]], _P50, _BYTES))
    return found


async def lookups(bench: Bench) -> list[Workload | Figure]:
    """Lists of communities and one post; the search where it answers."""
    targets = {"communities, Hot": "/api/v3/community/list?type_=All&sort=Hot&limit=20"}
    targets["one post"] = f"/api/v3/post?id={bench.thread(LONG_THREAD)}"
    found: list[Workload | Figure] = [
        asking("a6", name, bench, [[request("GET", target)]], _P50, _P99, _CPU, _BYTES) for name, target in targets.items()
    ]
    within = Metric("p50", "ms", Kind.TIME, Target(most=20))
    for word in ("station", "quokkasaurus"):
        target = request("GET", f"/api/v3/search?q={word}&type_=All&limit=20")
        answer = await bench.load.ask(target)
        if answer.status == 200:
            if not answer.json()["posts"]:
                raise WrongAnswer(f"the search finds no post with {word}, and there are some")
            found.append(asking("a6", f"search {word}", bench, [[target]], within, _P99, _CPU))
        else:
            found.append(Figure("a6", f"search {word}", within, (), why=f"/api/v3/search answers {answer.status}"))
    return found


async def pages(bench: Bench) -> list[Workload | Figure]:
    """The web site as a browser asks for it, gzip allowed."""
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
    return found
