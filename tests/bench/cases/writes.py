"""Writing: votes and comments of members, acknowledged when they are durable."""

from collections.abc import Mapping, Sequence
from itertools import count

from tests.bench.bench import Bench
from tests.bench.cases.floors import COMMITS
from tests.bench.data.sizes import VOTERS
from tests.bench.figures import Figure, Kind, Metric, Target, Workload
from tests.bench.load import posted
from tests.bench.machine import usage

_SPREAD = 7919  # a prime, so that clients vote on different posts
_RATE = Metric("rate", "votes/s", Kind.RATE, Target(least=2000), COMMITS)
_ACKNOWLEDGED = Metric("p99", "ms", Kind.TIME, Target(most=50))
_WRITTEN = Metric("written", "B each", Kind.COUNT)


async def votes(bench: Bench) -> list[Workload | Figure]:
    """Votes on posts and on comments by 1 and by 16 accounts, each on a connection of its own, no vote twice the same."""
    tokens = [await bench.token(voter) for voter in VOTERS]
    found: list[Workload | Figure] = []
    for kind in ("post", "comment"):
        # What is gone refuses votes; the newest thousands are what people vote on.
        ids = [row[0] for row in bench.rows(TARGETS[kind])]
        for clients in (1, 16):
            wanted = [requests(kind, ids, token, number) for number, token in enumerate(tokens[:clients])]
            found.append(_writing("b1", f"{kind} votes, {clients} clients", bench, wanted, _RATE))
    return found


TARGETS = {
    "post": "SELECT post_id FROM post_aggregates WHERE listed ORDER BY post_id DESC LIMIT 5000",
    "comment": """SELECT comment.id FROM comment JOIN post ON post.id = comment.post_id
                   WHERE NOT post.removed AND NOT post.deleted AND NOT comment.removed AND NOT comment.deleted
                   ORDER BY comment.id DESC LIMIT 5000""",
}


def requests(kind: str, ids: Sequence[int], token: str, number: int) -> list[bytes]:
    """An upvote and later a downvote for each target, so that going round never repeats a vote."""
    turned = [ids[(place + number * _SPREAD) % len(ids)] for place in range(len(ids))]
    return [posted(f"/api/v3/{kind}/like", {f"{kind}_id": target, "score": score}, token) for score in (1, -1) for target in turned]


def _writing(case: str, name: str, bench: Bench, wanted: Sequence[Sequence[bytes]], rate: Metric) -> Workload:
    taken = count()

    async def block() -> Mapping[str, float]:
        before = usage(bench.server.pid)
        run = await bench.load.run(wanted, start=next(taken) * 997)
        after, number = usage(bench.server.pid), max(1, len(run.latencies))
        return {
            "rate": run.rate,
            "p50": run.percentile(50),
            "p99": run.percentile(99),
            "CPU": (after.cpu_seconds - before.cpu_seconds) / number * 1000,
            "written": (after.written - before.written) / number,
        }

    return Workload(case, name, (rate, Metric("p50", "ms", Kind.TIME), _ACKNOWLEDGED, Metric("CPU", "ms", Kind.TIME), _WRITTEN), block)


async def comments(bench: Bench) -> list[Workload | Figure]:
    """Comments by 1 and by 16 accounts on the newest posts."""
    tokens = [await bench.token(voter) for voter in VOTERS]
    posts = [row[0] for row in bench.rows(TARGETS["post"])]
    rate = Metric("rate", "comments/s", Kind.RATE)
    found: list[Workload | Figure] = []
    for clients in (1, 16):
        wanted = [
            [
                posted("/api/v3/comment", {"post_id": post, "content": f"What *{number}* thinks of {post}"}, token)
                for post in posts[number::16][:200]
            ]
            for number, token in enumerate(tokens[:clients])
        ]
        found.append(_writing("b1", f"comments, {clients} clients", bench, wanted, rate))
    return found


async def posts(bench: Bench) -> list[Workload | Figure]:
    """Posts by 1 and by 16 accounts in the busiest community that is at home here."""
    tokens = [await bench.token(voter) for voter in VOTERS]
    home = bench.rows(
        "SELECT community_id FROM community_aggregates JOIN community c ON c.id = community_id WHERE c.local ORDER BY posts DESC"
    )[0][0]
    rate = Metric("rate", "posts/s", Kind.RATE)
    found: list[Workload | Figure] = []
    for clients in (1, 16):
        wanted = [
            [
                posted("/api/v3/post", {"name": f"News {number} of {turn}", "community_id": home, "body": "*So*."}, token)
                for turn in range(200)
            ]
            for number, token in enumerate(tokens[:clients])
        ]
        found.append(_writing("b1", f"posts, {clients} clients", bench, wanted, rate))
    return found


async def all_writes(bench: Bench) -> list[Workload | Figure]:
    """Votes, then comments, then posts."""
    return [*await votes(bench), *await comments(bench), *await posts(bench)]
