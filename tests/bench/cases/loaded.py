"""Memory under load: everybody at once, an upload of twelve megapixels, a bomb; and the same with no more than 128 MB to be had."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress

from PIL import Image

from tests.bench import serving
from tests.bench.bench import LIST, Bench, copied, token
from tests.bench.cases import footprint, writes
from tests.bench.data.sizes import COMMON_WORD, LONG_THREAD, PAGE_THREAD, RARE_WORD, VOTERS
from tests.bench.figures import Figure, Kind, Metric, Target
from tests.bench.load import Load, Run, posted, request
from tests.bench.machine import Limited, limited, memory
from tests.bench.serving import Server

LIMIT = 128 * 2**20
PER_SECOND = 100
_SECONDS_BETWEEN = 0.25
_PATIENCE = 120.0
_BOUNDARY = "bench-bench-bench"


async def all_of_it(bench: Bench) -> list[Figure]:
    """Idle first, each in a process of its own; then under load; then under load with a limit."""
    return [*await footprint.idle(bench), *await _loaded(bench), *await _limited(bench)]


async def _loaded(bench: Bench) -> list[Figure]:
    with copied(bench.size) as folder:
        async with serving.program(folder) as server:
            requests = await _requests(bench, server.load)
            async with _watched(server) as seen:
                run = await _mixed(server.load, requests, bench.load_seconds)
            small = Metric("PSS at most", "MB", Kind.COUNT, Target(most=120))
            what = f"{bench.load_seconds / 60:.3g} minutes of {PER_SECOND} mixed requests a second"
            found = [
                Figure("f1", what, small, (max(seen),)),
                Figure("f1", what, Metric("PSS in the end", "MB", Kind.COUNT), (seen[-1],)),
                Figure("f1", what, Metric("answered", "req/s", Kind.COUNT), (run.rate,)),
            ]
            jwt = await token(server.load, "admin")
            for name, picture, wanted, most in _pictures():
                async with _watched(server) as seen:
                    answer = await server.load.ask(_upload(picture, jwt), _PATIENCE)
                metric = Metric("PSS at most", "MB", Kind.COUNT, Target(most=most))
                good = answer.status < 300 if wanted else 400 <= answer.status < 500
                why = "" if good else f"answered {answer.status}: {answer.body[:100]!r}"
                found.append(Figure("f1", name, metric, (max(seen),) if good else (), why=why))
    return found


async def _limited(bench: Bench) -> list[Figure]:
    """An hour is asked for; `--minutes 60` makes it one."""
    what = f"{bench.load_seconds / 60:.3g} minutes of the same load under 128 MB"
    killed = Metric("killed for want of memory", "", Kind.COUNT, Target(most=0))
    with copied(bench.size) as folder:
        async with serving.program(folder) as server:
            requests = await _requests(bench, server.load)
            with ExitStack() as stack:
                try:
                    group = stack.enter_context(limited(server.pid, LIMIT))
                except OSError as error:
                    why = f"no control group can be made here ({error}): as root, or under systemd-run -p MemoryMax=128M"
                    return [Figure("f1", what, killed, (), why=why)]
                try:
                    async with _watched(server) as seen:
                        run = await _mixed(server.load, requests, bench.load_seconds)
                except (OSError, TimeoutError) as error:
                    return [Figure("f1", what, killed, (max(1.0, float(group.killed)),), why=f"it stopped answering: {error!r}")]
                return _under(what, killed, group, seen, run)


def _under(what: str, killed: Metric, group: Limited, seen: Sequence[float], run: Run) -> list[Figure]:
    return [
        Figure("f1", what, killed, (float(group.killed),)),
        Figure("f1", what, Metric("PSS at most", "MB", Kind.COUNT, Target(most=120)), (max(seen),)),
        Figure("f1", what, Metric("held at most, page cache too", "MB", Kind.COUNT, Target(most=128)), (group.most,)),
        Figure("f1", what, Metric("answered", "req/s", Kind.COUNT), (run.rate,)),
        Figure("f1", what, Metric("p99", "ms", Kind.TIME), (run.percentile(99),)),
    ]


async def _mixed(load: Load, requests: Sequence[Sequence[bytes]], seconds: float) -> Run:
    return await load.run(requests, seconds=seconds, most=10**9, pause=len(requests) / PER_SECOND)


async def _requests(bench: Bench, load: Load) -> list[list[bytes]]:
    """What sixteen connections ask, each in a turn of its own: lists, threads, pages, searches and feeds, by strangers and members; votes
    and comments."""
    long, page = bench.thread(LONG_THREAD), bench.thread(PAGE_THREAD)
    shown = [row[0] for row in bench.rows(writes.TARGETS["post"])[:400]]
    connections = []
    for number, voter in enumerate(VOTERS):
        jwt = await token(load, voter)
        own = {"Authorization": f"Bearer {jwt}"}
        turn: list[bytes] = []
        for place, post in enumerate(shown[number :: len(VOTERS)]):
            sort = ("Active", "Hot", "New", "TopDay", "Scaled", "TopAll")[place % 6]
            turn += [
                request("GET", f"{LIST}{sort}"),
                request("GET", f"/api/v3/post/list?type_=Subscribed&limit=20&sort={sort}", **own),
                request("GET", "/", Accept="text/html", Accept_Encoding="gzip"),
                request("GET", f"/post/{post}", Accept="text/html", Cookie=f"jwt={jwt}"),
                request("GET", f"/api/v3/comment/list?post_id={long if place % 8 == 0 else page}&max_depth=8", **own),
                posted("/api/v3/post/like", {"post_id": post, "score": 1 if place % 2 else -1}, jwt),
                request("GET", f"/api/v3/search?q={COMMON_WORD if place % 4 else RARE_WORD}&limit=10", **own),
                posted("/api/v3/comment", {"post_id": post, "content": f"Thought *{place}* of {voter}"}, jwt),
                request("GET", "/feeds/all.xml?sort=Active"),
                request("GET", "/api/v3/community/list?sort=Hot&limit=20", **own),
            ]
        connections.append(turn[number * 7 :] + turn[: number * 7])
    return connections


@asynccontextmanager
async def _watched(server: Server) -> AsyncIterator[list[float]]:
    """The PSS of all processes of a server, several times a second, and once more at the end."""
    seen = [memory(server.pid)["pss"]]

    async def watch() -> None:
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN)
            seen.append(memory(server.pid)["pss"])

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()
        with suppress(OSError):  # it may be gone
            seen.append(memory(server.pid)["pss"])


def _pictures() -> list[tuple[str, bytes, bool, float]]:
    """Name, bytes, whether it is to be taken, and megabytes at most."""
    photo, bomb = io.BytesIO(), io.BytesIO()
    Image.effect_noise((4000, 3000), 60).convert("RGB").save(photo, "JPEG", quality=80)
    Image.new("1", (10_000, 10_000)).save(bomb, "PNG")
    return [
        ("during an upload of 12 megapixels", photo.getvalue(), True, 200),
        ("during a bomb of 100 megapixels, refused", bomb.getvalue(), False, 200),
    ]


def _upload(picture: bytes, jwt: str) -> bytes:
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="images[]"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
    )
    body = head + picture + f"\r\n--{_BOUNDARY}--\r\n".encode()
    lines = [
        "POST /pictrs/image HTTP/1.1",
        "Host: localhost:8536",
        f"Authorization: Bearer {jwt}",
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
