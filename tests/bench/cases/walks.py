"""Turning pages: by cursor to depth, while votes arrive."""

from collections.abc import Mapping
from urllib.parse import quote

from tests.bench.bench import LIST, Bench
from tests.bench.figures import Figure, Kind, Metric, Target, Workload
from tests.bench.load import posted, request

_DEPTHS = (1, 2, 20, 200)
_SORTS = ("Active", "Hot", "Scaled", "New", "TopAll")


async def walks(bench: Bench) -> list[Figure]:
    """Walks of 200 pages of twenty posts, a vote between any two pages: how often a post comes twice."""
    voter = await bench.token("voter_16")
    found = []
    for sort in _SORTS:
        seen, repeated, cursor = set[int](), 0, ""
        for number in range(max(_DEPTHS)):
            answer = (await bench.load.ask(request("GET", f"{LIST}{sort}{cursor}"))).json()
            shown = [view["post"]["id"] for view in answer["posts"]]
            repeated += len(seen.intersection(shown))
            seen.update(shown)
            if not shown or "next_page" not in answer:
                break
            cursor = f"&page_cursor={quote(answer['next_page'])}"
            vote = {"post_id": shown[number % len(shown)], "score": 1 if number % 3 else -1}
            await bench.load.ask(posted("/api/v3/post/like", vote, voter))
        pages = Metric("repeated posts", "posts", Kind.COUNT, Target(most=0))
        found.append(Figure("a4", f"walk of {number + 1} pages, {sort}", pages, (float(repeated),)))
    return found


async def depths(bench: Bench) -> list[Workload | Figure]:
    """Pages 1, 2, 20 and 200 by Active, by a member, as answers to strangers are kept; the first is what the others are compared with."""
    found: list[Workload | Figure] = []
    member = {"Authorization": f"Bearer {await bench.token('voter_15')}"}
    cursor = ""
    for page in range(1, max(_DEPTHS) + 1):
        target = request("GET", f"{LIST}Active{cursor}", **member)
        if page in _DEPTHS:
            found.append(_page(bench, page, target))
        answer = (await bench.load.ask(target)).json()
        if "next_page" not in answer:
            break
        cursor = f"&page_cursor={quote(answer['next_page'])}"
    return found


def _page(bench: Bench, page: int, target: bytes) -> Workload:
    metric = Metric("p50", "ms", Kind.TIME, Target(most=2, of_floor=True), "page 1: p50") if page > 1 else Metric("p50", "ms", Kind.TIME)

    async def block() -> Mapping[str, float]:
        return {"p50": (await bench.load.run([[target]], seconds=0.5)).percentile(50)}

    return Workload("a4", f"page {page}", (metric,), block)
