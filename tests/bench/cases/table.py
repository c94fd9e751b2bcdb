"""All workloads of the plan (performance.md, part 3), written or not: none is left out of a report."""

from tests.bench.cases import (
    disturbed,
    floors,
    footprint,
    growth,
    growth_postgres,
    inbound,
    loaded,
    one_host,
    outage,
    outbound,
    pictures,
    reads,
    walks,
    wearing,
    writes,
)
from tests.bench.figures import Case

CASES = (
    Case("floor", "constant answers through the same stack; SQLite alone", "req/s, commits/s", "", "", timed=floors.stack),
    Case(
        "a1",
        "anonymous post/list, each sort of All, Local, a community; page 1, warm",
        "req/s, p99",
        "≥ 60 % of a constant answer of the same size through the same stack",
        "constant answer",
        timed=reads.anonymous_lists,
    ),
    Case("a2", "the same, unchanged by ETag", "req/s", "≥ 80 % of an empty answer", "empty answer", timed=reads.unchanged_lists),
    Case(
        "a3",
        "member's All and Subscribed with 0, 86, 500 subscriptions",
        "p50, CPU",
        "≤ 3 ms CPU; no number of subscriptions > 3 × another",
        "Postgres with Lemmy's schema",
        timed=reads.members_lists,
        yet="the peer on Postgres",
    ),
    Case(
        "a4",
        "pages 2, 20, 200 by cursor with votes arriving",
        "p50 against page 1; repeats and omissions",
        "≤ 2 × page 1; none repeated",
        "page 1",
        once=walks.walks,
        timed=walks.depths,
        yet="omissions (tests/domain/test_kept_walk.py)",
    ),
    Case(
        "a5",
        "thread of 1,000 comments in 5 sorts; sub-tree; max_depth",
        "p50",
        "≤ 2 × query and encoding alone",
        "6.1 ms for 820 kB",
        timed=reads.threads,
    ),
    Case(
        "a6",
        "community list, search by a rare and a common word, resolve_object",
        "p50, p99",
        "search ≤ 20 ms at 1M posts, resolve ≤ 1 ms",
        "FTS5 query alone",
        timed=reads.lookups,
    ),
    Case(
        "a7",
        "web: front page, post with 200 comments; RSS",
        "req/s, bytes",
        "front ≤ 60 kB, post ≤ 40 kB, ≥ 1k req/s",
        "PieFed's 29 kB post page",
        timed=reads.pages,
    ),
    Case(
        "b1",
        "post vote, comment vote, comment, post; 1 and 16 clients; durable",
        "p50, p99, writes/s, bytes written",
        "p99 ≤ 50 ms; ≥ 2,000 votes/s",
        "SQLite, one row a commit",
        timed=writes.all_writes,
    ),
    Case(
        "b2",
        "reads while 500 writes/s run, checkpoints among them, and during a backup",
        "p99 against reads alone",
        "≤ 2 ×",
        "reads alone",
        timed=disturbed.reads,
    ),
    Case(
        "c1",
        "in: rounds of 3,000 announced activities from 50 hosts, signed; 5 % unknown people, 5 % repeated, 2 % badly signed",
        "accepted/s, in effect/s",
        "≥ 60 % of signatures and HTTP alone",
        "signatures and HTTP alone",
        once=inbound.accepted,
    ),
    Case(
        "c2",
        "in: one of 50 hosts stalls 8 s on each fetch of a person",
        "rate of the other 49",
        "loses < 5 %",
        "without the stall",
        once=outage.stalled,
    ),
    Case("c3", "in: a backlog of 500k after an outage", "minutes to zero", "≤ 3 min", "Lemmy: days at 200 ms RTT", once=outage.backlog),
    Case(
        "d1",
        "out: one post to 1,000 hosts, 10 % refusing, 5 % hanging, answers after 80 ms in the middle",
        "time until 99 % of the living have it, CPU, PSS",
        "~2 s",
        "signing alone: 0.3 ms each",
        once=outbound.one_post,
    ),
    Case(
        "d2",
        "out: 10k votes to one host at 300 ms RTT",
        "activities/s, order, memory",
        "≥ 8/RTT, 0 out of order, memory flat",
        "Lemmy: 1/RTT",
        once=one_host.far,
    ),
    Case("d3", "out: kill -9 in the middle, restart", "lost, doubled, time", "0 lost, doubled ≤ under way", "", once=one_host.killed),
    Case(
        "e1",
        "100k votes of others, then 100k activities of all kinds, 10 a second: file growth, bytes written, commits",
        "MB, B each",
        "≤ 600 B per vote at 10/s, ≤ 4 MB; ≤ 25 MB of all kinds",
        "Lemmy 4-14 kB",
        once=wearing.activities,
    ),
    Case(
        "e2",
        "one idle hour with fresh posts",
        "bytes written",
        "< 1 MB",
        "Lemmy ~1 GB",
        once=wearing.idle,
        beside=True,
    ),
    Case(
        "e3",
        "image cache: 20k pictures offered to a budget that holds a third of them, all in a hundredth of their size",
        "disk, hit rate, cost of a put",
        "never > budget + 1 file; within 5 % of the oracle",
        "least recently used leave first",
        once=pictures.cache,
    ),
    Case(
        "f1",
        "PSS of all processes: idle, under mixed load, during a 12 MP upload, a bomb; under a limit of 128 MB",
        "MB",
        "idle ≤ 70, loaded ≤ 120, upload ≤ 200",
        "GoToSocial 250-350",
        once=loaded.all_of_it,
    ),
    Case(
        "g1",
        "start to the first 200 on /api/v3/site; source, executable; S and the size measured",
        "s, MB",
        "source ≤ 1.5 s, executable ≤ 2.5 s and ≤ 40 MB (issue 2)",
        "import floor ~0.45 s",
        once=footprint.starts,
    ),
    Case(
        "h1",
        "reads and writes through the verbs on all data sets that are there, without HTTP",
        "exponent of log cost / log N",
        "≤ 0.10 reads, ≤ 0.15 writes; size linear ± 10 %",
        "B-tree depth",
        once=growth.exponents,
    ),
    Case(
        "h1-postgres",
        "the same on Postgres, on S and the size measured",
        "exponent of log pages / log N",
        "≤ 0.10 reads, ≤ 0.15 writes",
        "B-tree depth",
        once=growth_postgres.exponents,
    ),
)


def chosen(names: tuple[str, ...]) -> tuple[Case, ...]:
    """The cases of these names, or of a letter as `a`, with their floors; without names, or by `all`, all. Raises KeyError for others."""
    if "all" in names:
        return CASES
    for name in names:
        if not any(case.id == name or case.id[:1] == name for case in CASES):
            raise KeyError(name)
    return tuple(
        case for case in CASES if not names or case.id == "floor" or case.id in names or (case.id != "floor" and case.id[:1] in names)
    )
