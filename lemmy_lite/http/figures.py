"""The figures of this instance, one line each: for the metrics now, for the dashboard and `stats` as well."""

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import NamedTuple

from lemmy_lite import __version__
from lemmy_lite.context import Context
from lemmy_lite.domain import disk, site
from lemmy_lite.domain.backup import keeping
from lemmy_lite.domain.figures import Machine, machine
from lemmy_lite.domain.wear import Pace, pace
from lemmy_lite.federation.service import Federation
from lemmy_lite.http.kept import Kept
from lemmy_lite.http.metrics import Figure, Spread, counter, gauge
from lemmy_lite.http.traffic import BUCKETS, Count, Traffic
from lemmy_lite.model.clock import SECOND, Micros
from lemmy_lite.model.job_run import JobSpent
from lemmy_lite.model.site import SiteAggregates
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.processes import SHARES
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import delivery, mail


class Running(NamedTuple):
    """The working parts whose figures are shown where they run: federation, and what scheduled jobs have cost by name."""

    federation: Federation | None = None
    jobs: Mapping[str, JobSpent] = {}


class _Rows(NamedTuple):
    """What has to be asked of the database, in one look."""

    counts: SiteAggregates
    mails: int
    oldest_mail: Micros | None
    silent: tuple[Micros | None, Micros | None]
    wear: Pace | None


def _rows(tx: Transaction, context: Context) -> _Rows:
    return _Rows(site.view(tx).counts, *mail.queue(tx), delivery.failing_since(tx), pace(tx, context))


async def gather(
    context: Context, database: Database, traffic: Traffic, kept: Kept | None = None, running: Running | None = None
) -> list[Figure | Spread]:
    """Everything that is shown."""
    rows = await database.read(_rows, context)
    running = running or Running()
    counts, now = rows.counts, context.clock.now()
    readers, free = database.readers
    return [
        Figure("lemmy_lite_info", "The version that runs.", {(__version__, database.dialect.name): 1}, ("version", "database")),
        gauge("lemmy_db_pool_max_connections", "Database connections for reading.", readers),
        gauge("lemmy_db_pool_connections", "Database connections that are open.", readers),
        gauge("lemmy_db_pool_available_connections", "Database connections that are free.", free),
        counter("lemmy_lite_commits", "Commits of the writer; many writes share one.", database.commits),
        *_processes(database),
        *_requests(traffic),
        *_kept(kept),
        *_pictures(context),
        Figure(
            "lemmy_lite_site",
            "What this site has.",
            {
                ("users",): counts.users,
                ("posts",): counts.posts,
                ("comments",): counts.comments,
                ("communities",): counts.communities,
            },
            ("of",),
        ),
        Figure(
            "lemmy_lite_active_users",
            "People of this site who wrote or voted within a time.",
            {
                ("day",): counts.users_active_day,
                ("week",): counts.users_active_week,
                ("month",): counts.users_active_month,
                ("half_year",): counts.users_active_half_year,
            },
            ("within",),
        ),
        *_delivery(running.federation, rows, now),
        *_jobs(running.jobs),
        gauge("lemmy_lite_mail_waiting", "Mails that wait to be sent.", rows.mails),
        gauge("lemmy_lite_mail_oldest_seconds", "How long the oldest of them waits.", _seconds(rows.oldest_mail, now)),
        *_disk(machine(context), context),
        *_wear(rows.wear),
        *_backup(context),
    ]


def _processes(database: Database) -> list[Figure | Spread]:
    """How the processes of one instance share the work; on SQLite there is one."""
    processes = database.processes
    return [
        gauge("lemmy_lite_processes", "Processes that run this instance.", processes.number),
        gauge("lemmy_lite_process_leads", "1 where this one does the scheduled work.", processes.leads),
        gauge("lemmy_lite_process_shares", f"How many of {SHARES} shares of the other instances it tells.", len(processes.shares)),
    ]


def _requests(traffic: Traffic) -> list[Figure | Spread]:
    """Lemmy's two metrics of requests, under its names and labels."""
    counts = [((line.endpoint, line.method, str(line.status)), count) for line, count in traffic.counts.items()]
    labels = ("endpoint", "method", "status")
    return [
        Figure("lemmy_api_http_requests", "Requests answered.", {names: float(count.number) for names, count in counts}, labels, "counter"),
        Spread(
            "lemmy_api_http_requests_duration_seconds",
            "How long requests took, from the head to the end of the answer.",
            {names: (_bounded(count), count.seconds) for names, count in counts},
            labels,
        ),
    ]


def _kept(kept: Kept | None) -> list[Figure | Spread]:
    if kept is None:
        return []
    values: dict[tuple[str, ...], float] = {("hit",): kept.hits, ("miss",): kept.misses}
    return [Figure("lemmy_lite_kept_answers", "Questions of strangers answered from memory, or anew.", values, ("outcome",), "counter")]


def _delivery(federation: Federation | None, rows: _Rows, now: Micros) -> list[Figure | Spread]:
    """How telling others goes, and how what others tell is taken."""
    if federation is None:
        return []
    of = federation.figures()
    states: dict[tuple[str, ...], float] = {
        ("told",): of.told,
        ("under_way",): of.under_way,
        ("failing",): of.failing - of.asleep,
        ("asleep",): of.asleep,
    }
    awake, asleep = rows.silent
    lags: dict[tuple[str, ...], float] = {
        ("under_way",): _seconds(of.oldest_under_way, now),
        ("failing",): _seconds(awake, now),
        ("asleep",): _seconds(asleep, now),
    }
    refused: dict[tuple[str, ...], float] = {(reason,): number for reason, number in of.inbox_refused.items()}
    return [
        Figure("lemmy_lite_delivery_instances", "Instances by how telling them goes.", states, ("state",)),
        Figure(
            "lemmy_lite_delivery_lag_seconds",
            "How long an instance has waited for news, or been silent, at most.",
            lags,
            ("state",),
        ),
        gauge("lemmy_lite_inbox_waiting", "Received activities that are not in effect yet.", of.inbox_waiting),
        gauge("lemmy_lite_inbox_lanes", "Instances whose activities wait.", of.inbox_lanes),
        Figure("lemmy_lite_inbox_refusals", "Activities turned away at the door.", refused, ("reason",), "counter"),
        gauge("lemmy_lite_clock_doubted", "1 while federation waits because our clock is not believed.", of.clock_doubt is not None),
    ]


def _jobs(jobs: Mapping[str, JobSpent]) -> list[Figure | Spread]:
    def by_name(value: Callable[[JobSpent], float]) -> dict[tuple[str, ...], float]:
        return {(name,): value(spent) for name, spent in jobs.items()}

    labels = ("job",)
    return [
        Figure("lemmy_lite_job_runs", "How often scheduled jobs ran.", by_name(lambda spent: spent.runs), labels, "counter"),
        Figure("lemmy_lite_job_failures", "How often they failed.", by_name(lambda spent: spent.failures), labels, "counter"),
        Figure("lemmy_lite_job_seconds", "How long they took altogether.", by_name(lambda spent: spent.seconds), labels, "counter"),
        Figure("lemmy_lite_job_latest_seconds", "How long the latest run took.", by_name(lambda spent: spent.latest), labels),
    ]


def _seconds(since: Micros | None, now: Micros) -> float:
    return 0.0 if since is None else max(0, now - since) / SECOND


def _bounded(count: Count) -> list[tuple[str, float]]:
    return list(zip([*map(str, BUCKETS), "+Inf"], map(float, accumulate(count.buckets)), strict=True))


def _pictures(context: Context) -> list[Figure | Spread]:
    if context.images is None:
        return []
    budget = context.images.budget
    return [
        Figure(
            "lemmy_lite_images_bytes",
            "What pictures take: uploads stay, the cache leaves by least recent use.",
            {("uploads",): context.images.uploads.bytes, ("cache",): budget.cached},
            ("of",),
        ),
        gauge("lemmy_lite_images_budget_bytes", "What pictures may take (images.budget).", budget.limit),
        Figure(
            "lemmy_lite_images_cache",
            "Looks into the cache of pictures, and files that left it to make room.",
            {("hit",): budget.hits, ("miss",): budget.misses, ("eviction",): budget.evictions},
            ("outcome",),
            "counter",
        ),
    ]


def _disk(machine: Machine, context: Context) -> list[Figure | Spread]:
    """What the data takes, and what this process has written to the disk: SD cards die of that."""
    found: list[Figure | Spread] = []
    if machine.database is not None:
        sizes: dict[tuple[str, ...], float] = {("main",): machine.database, ("wal",): machine.wal or 0}
        found.append(Figure("lemmy_lite_database_bytes", "Size of the database's files.", sizes, ("file",)))
    if machine.written is not None:  # not every system tells; the line is missing then, not 0
        found.append(counter("lemmy_lite_written_bytes", "Bytes this process and its children had written to the disk.", machine.written))
    if machine.used is not None and machine.budget is not None and context.room is not None:
        gone: dict[tuple[str, ...], float] = {(step.name,): context.room.let_go.get(step.name, 0) for step in disk.STEPS}
        found += [
            gauge("lemmy_lite_disk_used_bytes", "What the data takes: database, pictures and all else in data_dir.", machine.used),
            gauge("lemmy_lite_disk_budget_bytes", "What it may take now (disk.budget, or what the disk has).", machine.budget),
            gauge("lemmy_lite_disk_free_bytes", "What is free on its disk.", machine.free),
            gauge("lemmy_lite_disk_shut", "1 while nothing new is taken in, as there is no room.", machine.shut is not None),
            counter("lemmy_lite_disk_turned_away", "What people wanted to add meanwhile.", context.room.turned_away),
            Figure("lemmy_lite_disk_let_go", "Things that left the disk to stay within the budget.", gone, ("step",), "counter"),
        ]
    return found


def _wear(pace: Pace | None) -> list[Figure | Spread]:
    """Bytes a day: the meter of an SD card."""
    if pace is None:
        return []
    values: dict[tuple[str, ...], float] = {("program",): pace.program}
    if pace.device is not None:
        values["device",] = pace.device
    return [
        Figure(
            "lemmy_lite_written_bytes_per_day",
            "Bytes written a day, of the last month: by this program, by all on its disk.",
            values,
            ("by",),
        ),
        gauge("lemmy_lite_written_today_bytes", "Bytes written since midnight (UTC) by this program.", pace.today),
    ]


def _backup(context: Context) -> list[Figure | Spread]:
    known = keeping.record(context.config)
    if not known.tried:
        return []
    return [
        gauge("lemmy_lite_backup_timestamp_seconds", "When the last good backup was made; 0 is never.", known.good / SECOND),
        gauge("lemmy_lite_backup_bytes", "What the last good backup holds.", known.bytes),
        Figure(
            "lemmy_lite_backup_failing",
            "1 where the last backup, or the last drill with one, failed.",
            {("backup",): float(known.trouble is not None), ("drill",): float(known.drill_trouble is not None)},
            ("what",),
        ),
    ]
