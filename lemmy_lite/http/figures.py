"""The figures of this instance, one line each: for the metrics now, for the dashboard and `stats` as well."""

from pathlib import Path

from lemmy_lite import __version__
from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.domain import site
from lemmy_lite.http.metrics import Figure, counter, gauge
from lemmy_lite.http.traffic import Traffic
from lemmy_lite.storage.database import Database

_IO = Path("/proc/self/io")


async def gather(context: Context, database: Database, traffic: Traffic) -> list[Figure]:
    """Everything that is shown."""
    counts = (await database.read(site.view)).counts
    readers, free = database.readers
    return [
        Figure("lemmy_lite_info", "The version that runs.", {(__version__, database.dialect.name): 1}, ("version", "database")),
        gauge("lemmy_db_pool_max_connections", "Database connections for reading.", readers),
        gauge("lemmy_db_pool_connections", "Database connections that are open.", readers),
        gauge("lemmy_db_pool_available_connections", "Database connections that are free.", free),
        counter("lemmy_lite_commits", "Commits of the writer; many writes share one.", database.commits),
        Figure(
            "lemmy_lite_requests",
            "Requests answered, by surface and status.",
            {(surface, str(status)): float(number) for (surface, status), number in list(traffic.answers.items())},
            ("surface", "status"),
            "counter",
        ),
        Figure(
            "lemmy_lite_request_seconds",
            "Time spent on requests, by surface.",
            {(surface,): seconds for surface, seconds in list(traffic.seconds.items())},
            ("surface",),
            "counter",
        ),
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
        *_disk(context.config),
    ]


def _disk(config: Config) -> list[Figure]:
    """What the data takes, and what this process has written to the disk: SD cards die of that."""
    found = []
    if (path := config.sqlite_path) is not None:
        sizes: dict[tuple[str, ...], float] = {("main",): _size(path), ("wal",): _size(path.with_name(f"{path.name}-wal"))}
        found.append(Figure("lemmy_lite_database_bytes", "Size of the database's files.", sizes, ("file",)))
    try:
        fields = dict(line.split(": ") for line in _IO.read_text().splitlines())
        found.append(counter("lemmy_lite_written_bytes", "Bytes this process had written to the disk.", int(fields["write_bytes"])))
    except (OSError, KeyError, ValueError):
        pass  # not every system tells; the line is missing then, not 0
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
