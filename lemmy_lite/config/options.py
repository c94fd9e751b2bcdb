# ruff: noqa: RUF009  every default below is the call that declares the option: that is the shape of this table
"""Every option, declared once: the field is the name and the type, `option(…)` the kind with its bounds, the default and the help.

To add one, write its field into the section it belongs to; reading, `check-config` and `lemmy.hjson.example` follow by themselves.
Lemmy's keys are those of its release 0.19 (api-v3.json, "config"); sections and keys that Lemmy lacks are our own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote, unquote

from lemmy_lite.config import kinds
from lemmy_lite.config.image import Images, Pictrs
from lemmy_lite.config.kinds import Endpoint, IPNetwork, ResolverMap
from lemmy_lite.config.option import option, optional_section, required, section
from lemmy_lite.config.same_origin import same_origin
from lemmy_lite.config.tls import Tls

DATABASE_PARTS = ("user", "password", "host", "port", "database")
"""Keys of `database` that mean Postgres by being there (DESIGN §8)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Database:
    uri: str | None = option(
        kinds.database_uri(),
        None,
        "Where the rows live; replaces the five parts below. Without it and without them: SQLite in data_dir.",
        environment="LEMMY_DATABASE_URL",
        secret=True,
        example="postgresql:///lemmy?user=lemmy&host=/var/run/postgresql",
    )
    user: str = option(kinds.text(), "lemmy", "User name on Postgres. Naming any of the five parts chooses Postgres.")
    password: str = option(kinds.text(0), "password", "Password on Postgres.", secret=True)
    host: str = option(kinds.text(), "localhost", "Host of Postgres, or the folder of its socket.")
    port: int = option(kinds.whole(1, 65535), 5432, "Port of Postgres.")
    database: str = option(kinds.text(), "lemmy", "Name of the database on Postgres.")
    pool_size: int = option(kinds.whole(1, 1000, "connections"), 30, "Most connections to Postgres at once.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Email:
    smtp_server: Endpoint = required(kinds.endpoint(), "Host and port of the mail server.", example="localhost:25")
    smtp_login: str | None = option(kinds.text(0), None, "Login name there.", example="lemmy")
    smtp_password: str | None = option(
        kinds.text(0), None, "Password there.", environment="LEMMY_SMTP_PASSWORD", secret=True, example="a password"
    )
    smtp_from_address: str = required(kinds.mailbox(), "Sender of all mails.", example="noreply@example.com")
    tls_type: str = required(kinds.choice("none", "tls", "starttls"), "How the connection is encrypted.", example="none")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """How the queue of mails behaves; the server itself is named in `email`, Lemmy's own section."""

    # What a free account at most providers may send; more would get the sender's address refused.
    per_minute: int = option(kinds.whole(1, 6000, "mails"), 30, "Most mails that are sent in a minute; the others wait their turn.")
    timeout: int = option(kinds.duration("1 second", "5 minutes"), 30, "Time for each step of the talk with the mail server.")
    ca_file: Path | None = option(
        kinds.file(), None, "Certificates of authorities to trust besides the system's, for a mail server of one's own.", example="ca.pem"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Setup:
    admin_username: str = required(kinds.text(3, 20), "Name of the first admin.", example="admin", applies="first start")
    admin_password: str = required(
        kinds.text(10, 60), "Password of the first admin.", example="ten characters or more", secret=True, applies="first start"
    )
    site_name: str = required(kinds.text(1, 20), "Name of the site; can be changed on the site.", example="My Lemmy", applies="first start")
    admin_email: str | None = option(
        kinds.mailbox(), None, "Mail address of the first admin.", example="admin@example.com", applies="first start"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Prometheus:
    bind: str = required(kinds.ip_address(), "Address on which metrics are served.", example="127.0.0.1")
    port: int = required(kinds.whole(1, 65535), "Port on which metrics are served.", example=10002)


@dataclass(frozen=True, kw_only=True, slots=True)
class Federation:
    """Bounds of what others may cost us (design rules 1 to 3, 6 and 22). Times are seconds, sizes bytes."""

    # Lemmy's default is 1, which delivers 3.3 activities a second at a round trip of 300 ms. Four keep up with the busiest hosts,
    # and order per object is kept by us at any number (DESIGN §5).
    concurrent_sends_per_instance: int = option(kinds.whole(1, 127, "requests"), 10, "Deliveries under way to one instance at a time.")
    allow_private_addresses: bool = option(
        kinds.boolean(), False, "Lets federation and previews reach plain http, any port and private networks: for laboratories only."
    )
    # Mastodon calls it secure mode. Off, as in Lemmy: peers that do not sign their requests (older ones, and search engines) see nothing.
    require_signed_fetch: bool = option(
        kinds.boolean(),
        False,
        "Shows posts, people and communities only to instances that sign their requests and are not blocked; a private site always does.",
    )
    fetch_requests: int = option(kinds.whole(1, 1000, "requests"), 100, "Requests that one received activity or look-up may cause.")
    fetch_bytes: int = option(kinds.size("64 KiB", "64 MiB"), 2**20, "Largest document that is fetched, after decompression.")
    fetch_seconds: int = option(kinds.whole(1, 120, "seconds"), 10, "Time for one fetch, from the name look-up to the last byte.")
    redirects: int = option(kinds.whole(0, 10, "hops"), 3, "Redirects that a fetch follows; every hop is checked anew.")
    signature_window_past: int = option(kinds.duration("1 minute", "1 day"), 3600, "Oldest signature that is accepted.")
    signature_window_future: int = option(
        kinds.duration("0 seconds", "1 hour"), 300, "How far the sender's clock may be ahead of ours in a signature."
    )
    inbox_workers: int = option(kinds.whole(1, 64, "hosts"), 4, "Sending hosts whose activities are applied at the same time.")
    backoff_max: int = option(kinds.duration("1 second", "7 days"), 86_400, "Longest pause between two tries to reach an instance.")
    asleep_after: int = option(kinds.duration("1 hour", "90 days"), 259_200, "Failing this long, an instance gets one probe a day.")
    # A peer that was away for a week still gets all it missed; Lemmy keeps its own log as long.
    log_kept_days: int = option(kinds.whole(7, 365, "days"), 7, "How long sent activities are kept for instances that were away.")
    # A hundred posts are what people scroll through before they ask "is this all?", and some 3 MB with their comments.
    backfill_posts: int = option(
        kinds.whole(0, 100_000, "posts"), 100, "Older posts that are fetched of a community that somebody here begins to follow."
    )
    backfill_comments_per_post: int = option(kinds.whole(0, 10_000, "comments"), 50, "Older comments that are fetched of each such post.")
    # Each comment is asked for at its own id, and each new author: a busy community of a hundred posts takes about 5,000 requests.
    backfill_requests: int = option(kinds.whole(10, 1_000_000, "requests"), 5000, "Requests that filling one community may take.")
    backfill_bytes: int = option(kinds.size("1 MiB", "100 GiB"), 64 * 2**20, "Bytes that filling one community may bring, decompressed.")
    # Lemmy allows a client 180 reads a minute by default; others are there as well.
    backfill_rate: int = option(kinds.whole(1, 100, "requests"), 2, "Requests a second that filling asks of one instance.")
    backfill_requests_per_host: int = option(
        kinds.whole(10, 10_000_000, "requests"), 20_000, "Requests a day that filling asks of one instance."
    )
    # Peers repeat for days what they could not deliver; an hour is what a restart or an update may take without asking around.
    catch_up_after: int = option(
        kinds.duration("1 minute", "90 days"), 3600, "Having received nothing for so long, this instance asks at its start what it missed."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Storage:
    synchronous: str = option(
        kinds.choice("full", "normal"),
        "full",
        "full: what was acknowledged survives a power cut. normal: fewer writes, but a power cut may lose the last seconds.",
    )
    # Two readers filled two cores in the prototype.
    readers: int = option(kinds.whole(1, 16, "threads"), 2, "Threads that read from SQLite.")
    cache_size: int = option(
        kinds.size("1 MiB", "4 GiB"), 8 * 2**20, "Page caches of all SQLite connections together: half for the writer."
    )
    commit_batch: int = option(kinds.whole(1, 10_000, "units of work"), 256, "Most units of work that share one commit.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Http:
    body_limit: int = option(kinds.size("64 KiB", "64 MiB"), 2 * 2**20, "Largest request body, uploads apart.")
    upload_limit: int = option(kinds.size("64 KiB", "1 GiB"), 20 * 10**6, "Largest uploaded file.")
    request_timeout: int = option(kinds.duration("1 second", "5 minutes"), 30, "Time in which a client must have sent its request.")
    trusted_proxies: tuple[IPNetwork, ...] = option(
        kinds.networks(),
        kinds.networks().read(["127.0.0.0/8", "::1/128"]),
        "Peers whose X-Forwarded-For is believed; the client's address is the right-most entry that is not one of these.",
    )
    socket_mode: int = option(kinds.mode(), 0o660, "Who may open the Unix sockets named in bind: owner, group, others.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """What everything together may take. What leaves first stands in domain/disk.py; what this site's people made never leaves."""

    # A node that nobody set up for its disk must not fill it either; a number is for who shares the disk with others.
    budget: int | None = option(
        kinds.size("32 MiB", "100 TB"),
        None,
        "What database, pictures and all else in data_dir may take; old things from elsewhere leave first. "
        "Without it, or null: so much that a tenth of the disk stays free.",
        example="8 GB",
    )
    floor: int = option(
        kinds.size("1 MiB", "1 TB"), 64 * 2**20, "Free space below which nothing new is taken in, so that reading and deleting go on."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Feeds:
    websub_hub: str | None = option(
        kinds.url("https", "http"),
        None,
        "A WebSub hub that is told of new posts, so that feed readers hear of them at once; it learns when something is posted.",
        example="https://pubsubhubbub.appspot.com/",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    front: str | None = option(
        kinds.text(1, 255),
        None,
        "Name of a local community whose posts are the front page, written out in full as in a blog; the lists of the forum are at /forum.",
        example="notes",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """Backups by themselves, beside the running instance; `lemmy-lite backup` makes one at any time."""

    to: Path = required(
        kinds.folder(),
        "Folder of the backups, best on another disk; only what is new is written. Naming another needs `service install` again.",
        example="/mnt/backup",
    )
    every: int = option(kinds.duration("1 hour", "30 days"), 86_400, "How often.")
    passphrase_file: Path | None = option(
        kinds.folder(),
        None,
        "File whose first line seals the backups; without it they hold all keys in clear.",
        example="/etc/lemmy_lite/passphrase",
    )
    keep_daily: int = option(kinds.whole(1, 1000, "days"), 7, "Days of which the newest backup is kept.")
    keep_weekly: int = option(kinds.whole(0, 1000, "weeks"), 4, "Weeks of which the newest backup is kept.")
    keep_monthly: int = option(kinds.whole(0, 1000, "months"), 6, "Months of which the newest backup is kept.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tor:
    """A hidden service beside the public name. Its listener believes no proxy, as everybody on Tor can write such headers."""

    control: str | None = option(
        kinds.text(),
        None,
        "Tor's control port, host:port or a socket's path: the service is made through it.",
        example="127.0.0.1:9051",
    )
    control_password: str | None = option(
        kinds.text(0), None, "Password of the control port; without it Tor's cookie is read.", secret=True, example="a password"
    )
    onion: str | None = option(
        kinds.onion(),
        None,
        "Name of the hidden service, shown to Tor Browser on the public site; learned by itself through control.",
        example="abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion",
    )
    bind: str = option(kinds.ip_address(), "127.0.0.1", "Address at which Tor finds us.")
    port: int = option(kinds.whole(1, 65535), 8537, "Port at which Tor finds us.")
    announce: bool = option(kinds.boolean(), True, "Sends Onion-Location with the pages of the public name.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    level: str = option(
        kinds.choice("error", "warning", "info", "debug", aliases={"warn": "warning", "trace": "debug", "off": "error"}),
        "info",
        "Least weight of what is logged.",
        environment="RUST_LOG",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """One process of several on the same Postgres; Lemmy's command-line flags of the same names. They share the work by themselves, and who
    numbers the sending processes by hand, as in Lemmy, has them keep to that."""

    disable_scheduled_tasks: bool = option(
        kinds.boolean(), False, "Leaves scheduled tasks to another process.", environment="LEMMY_DISABLE_SCHEDULED_TASKS"
    )
    disable_http_server: bool = option(kinds.boolean(), False, "Serves no requests.", environment="LEMMY_DISABLE_HTTP_SERVER")
    disable_activity_sending: bool = option(
        kinds.boolean(), False, "Leaves deliveries to another process.", environment="LEMMY_DISABLE_ACTIVITY_SENDING"
    )
    federate_process_index: int = option(
        kinds.whole(1, 1000), 1, "Which of the sending processes this is, counted from 1.", environment="LEMMY_FEDERATE_PROCESS_INDEX"
    )
    federate_process_count: int = option(
        kinds.whole(1, 1000, "processes"), 1, "How many processes send.", environment="LEMMY_FEDERATE_PROCESS_COUNT"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Testing:
    """What only the environment can say, and all but `fast_federation` only under LEMMY_LITE_TEST=1 (DESIGN §8)."""

    enabled: bool = option(kinds.boolean(), False, "Allows the two knobs below.", environment="LEMMY_LITE_TEST", in_file=False)
    resolve: ResolverMap | None = option(
        kinds.resolver_map(), None, "Names with fixed addresses.", environment="LEMMY_LITE_TEST_RESOLVE", in_file=False
    )
    allow_nets: tuple[IPNetwork, ...] = option(
        kinds.networks(), (), "Networks that count as public.", environment="LEMMY_LITE_TEST_ALLOW_NETS", in_file=False
    )
    fast_federation: bool = option(
        kinds.boolean(), False, "Shortens every wait of federation.", environment="LEMMY_TEST_FAST_FEDERATION", in_file=False
    )


@dataclass(frozen=True)
class Origin:
    """Where a configuration came from.

    `source`: the file, None without one. `given`: dotted names that are not at their default, with who set them. `warnings`: one
    line each, to be shown at start.
    """

    source: str | None = None
    given: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All options. Made by `config.load` and `config.read`, never changed afterwards."""

    hostname: str = option(
        kinds.hostname(),
        "localhost:8536",
        "The public name of this instance. It is part of every address and must not change once others know it.",
    )
    bind: tuple[str, ...] = option(
        kinds.places(),
        ("0.0.0.0",),
        'Where to listen. "::" is all of IPv4 and IPv6. A socket is for a proxy on this machine: whoever may open it is believed about '
        "the client's address.",
    )
    port: int = option(
        kinds.whole(1, 65535),
        8536,
        "Port on which to listen; with the section tls 443, where none is given.",
        environment="LEMMY_LITE_PORT",
    )
    tls_enabled: bool = option(
        kinds.boolean(), True, "Whether the outside world reaches the instance by https, through a proxy or the section tls."
    )
    cors_origin: str | None = option(
        kinds.text(0),
        None,
        "The one origin whose pages may call the API, or *.",
        environment="LEMMY_CORS_ORIGIN",
        example="https://example.com",
    )
    json_logging: bool = option(kinds.boolean(), False, "Writes logs as JSON, one object a line.")
    opentelemetry_url: str | None = option(
        kinds.url("http", "https"), None, "Collector of traces.", ignored="lemmy_lite sends no traces; see prometheus"
    )
    data_dir: Path = option(
        kinds.folder(),
        Path("lemmy-data"),
        "Folder of everything that must be kept: lemmy.db, images/, backups/.",
        environment="STATE_DIRECTORY",
        environment_yields=True,
    )
    socks_proxy: str | None = option(
        kinds.url("socks5", "socks5h"),
        None,
        "Proxy for all outgoing requests. socks5h:// has it look names up, for Tor alone: any other could be led into its own network by"
        " names that strangers choose. With socks5:// names are looked up here, and every address is judged.",
        secret=True,
        example="socks5h://127.0.0.1:9050",
    )
    database: Database = section(Database, "Where the rows live. SQLite needs nothing here.")
    setup: Setup | None = optional_section(Setup, "The first admin and site. Without it an admin is made up and shown once.")
    email: Email | None = optional_section(Email, "How mails are sent. Without it none are.")
    mail: Mail = section(Mail, "How fast mails are sent, and whom to trust.")
    pictrs: Pictrs | None = optional_section(Pictrs, "Images, under Lemmy's old name. null turns images off.", present=True)
    prometheus: Prometheus | None = optional_section(Prometheus, "Metrics on a port of their own. Without it there are none.")
    federation: Federation = section(Federation, "How much other servers may cost this one.")
    storage: Storage = section(Storage, "How SQLite is used.")
    http: Http = section(Http, "What clients may send.")
    tls: Tls | None = optional_section(Tls, "Speaking https without a proxy. Without it a proxy does, or nobody.")
    images: Images = section(Images, "The image store.")
    disk: Disk = section(Disk, "What all of it may take of the disk.")
    feeds: Feeds = section(Feeds, "What readers subscribe to.")
    site: Site = section(Site, "What stands on the front page.")
    backup: Backup | None = optional_section(Backup, "Backups by themselves. Without it there are those that you make.")
    tor: Tor | None = optional_section(Tor, "A hidden service. Without it there is none.")
    log: Log = section(Log, "What is logged.")
    process: Process = section(Process, "Sharing the work among several processes on Postgres.")
    testing: Testing = section(Testing, "For tests only.")
    origin: Origin = field(default_factory=Origin, compare=False, repr=False)

    @property
    def protocol(self) -> Literal["http", "https"]:
        """The scheme of all own URLs."""
        return "https" if self.tls_enabled else "http"

    @property
    def base_url(self) -> str:
        """What every own URL and id starts with, without a slash at its end. From here and never from a Host header (design rule 17)."""
        return f"{self.protocol}://{self.hostname}"

    @property
    def domain(self) -> str:
        """The hostname without its port, as allow and block lists and instance rows have it; webfinger and ids keep the port."""
        return self.hostname.partition(":")[0]

    def local(self, url: str) -> bool:
        """Whether a URL has our origin: scheme, host and port as a whole (design rule 4). What is malformed or has a login is not ours."""
        return same_origin(url, self.base_url)

    @property
    def image_mode(self) -> str:
        """None, StoreLinkPreviews or ProxyAllImages, Lemmy's older key respected; None as well when images are off."""
        if self.pictrs is None:
            return "None"
        legacy = self.pictrs.cache_external_link_previews
        return self.pictrs.image_mode if legacy is None else "StoreLinkPreviews" if legacy else "None"

    @property
    def database_uri(self) -> str:
        """`postgresql://…`, `postgres://…` or `sqlite:///absolute/path`: the URI, else the parts if one was named, else data_dir."""
        database = self.database
        if database.uri is not None:
            return database.uri
        if any(f"database.{part}" in self.origin.given for part in DATABASE_PARTS):
            host = f"[{database.host}]" if ":" in database.host else quote(database.host, safe="")
            login = f"{quote(database.user, safe='')}:{quote(database.password, safe='')}"
            return f"postgresql://{login}@{host}:{database.port}/{quote(database.database, safe='')}"
        return "sqlite://" + quote(str(self.data_dir.absolute() / "lemmy.db"))

    @property
    def sqlite_path(self) -> Path | None:
        """The file of the SQLite database, or None on Postgres. SQLAlchemy's four slashes mean the same as three."""
        scheme, _, path = self.database_uri.partition("://")
        return Path("/" + unquote(path).lstrip("/")) if scheme == "sqlite" else None
