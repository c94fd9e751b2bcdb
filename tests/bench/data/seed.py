"""Fills a new database with a data set: the first start by the program's own verbs, then rows in bulk."""

import asyncio
import sys
import time
from pathlib import Path
from random import Random
from urllib.parse import unquote, urlsplit

import click

from lemmy_lite import config
from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, passwords, tokens
from lemmy_lite.domain import site
from lemmy_lite.model.clock import Clock
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage.database import open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.migrations.runner import migrate
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import search_text, secret
from tests.bench.data.batch import Ground
from tests.bench.data.content import Content
from tests.bench.data.loading import Loader, opened
from tests.bench.data.population import Population
from tests.bench.data.progress import Progress
from tests.bench.data.prose import Prose
from tests.bench.data.rows_content import ContentRows
from tests.bench.data.rows_people import PeopleRows
from tests.bench.data.sizes import COMMENTS_PER_POST, PASSWORD, SIZES, VOTES_PER_POST, Size

HOSTNAME = "localhost:8536"
_KEY_PAIRS = 4
_NO_LIMIT = 1_000_000_000
GATHERED = 8 * 2**20
"""Bytes of the index that are gathered before they are written: few parts are made of it, so that merging them takes little time."""
_ENTERED_AT_ONCE = 500  # by search_text.enter_all


class NotEmpty(Exception):
    """The database holds posts already; nothing was changed."""


def settings(url: str, hostname: str = HOSTNAME) -> config.Config:
    """The configuration under which a data set is made, and a server for it is started: plain http, and the admin `admin`."""
    folder = Path(unquote(urlsplit(url).path)).parent if url.startswith("sqlite:") else Path("lemmy-data")
    return config.read(
        {
            "hostname": hostname,
            "tls_enabled": False,
            "data_dir": str(folder),
            "database": {"uri": url},
            "setup": {"admin_username": "admin", "admin_password": PASSWORD, "site_name": "lemmy_lite"},
        }
    )


def seed(url: str, size: Size, number: int, *, hostname: str = HOSTNAME, out: Progress | None = None) -> None:
    """Make a data set in a new or empty database. `number` is the random seed: the same one gives the same rows, but for keys and the
    moment at which they end, which is now. Raises NotEmpty, and what the first start raises."""
    total = size.posts * (3 + 3 * COMMENTS_PER_POST + VOTES_PER_POST) + 3 * size.people
    progress = out or Progress(total)
    base_url = asyncio.run(_first_start(settings(url, hostname)))
    with opened(url) as loader:
        ground = _ground(loader, base_url)
        progress.say("people and threads")
        population = Population(size, number)
        content = Content(size, population, ground.now, number)
        prose = Prose(Random(f"{number} words"))
        pairs = [keys.generate_key_pair() for _ in range(_KEY_PAIRS)]
        contents = ContentRows(ground, population, content, prose, number)
        people = PeopleRows(ground, population, prose, passwords.hash_password(PASSWORD), pairs, number)
        for rows in (people, contents):
            for batch in rows.batches():
                progress.say(batch.table)
                loader.load(batch, progress.over(batch.rows))
        _settle_site(loader, contents)
        _make_findable(loader, ground, progress)
        for step in loader.finish():
            progress.say(step)
    progress.close(f"{size.posts:,} posts, {len(content.comments):,} comments, {content.votes:,} votes; log in as admin, {PASSWORD}")


async def _first_start(loaded: config.Config) -> str:
    """The schema, the site and its admin; nothing where they are there. Answers what every own address begins with."""
    clock = Clock()
    database = await open_database(loaded.database_uri, clock, readers=1)
    try:
        await migrate(database)
        if not await database.read(site.exists):
            jwt_secret = tokens.new_jwt_secret()
            net = Client(NetOptions(user_agent="lemmy_lite"))  # not used: nothing leaves this machine
            context = Context(config=loaded, clock=clock, net=net, jwt_secret=jwt_secret, history=History(clock.now))
            hashed, site_keys, admin_keys = passwords.hash_password(PASSWORD), keys.generate_key_pair(), keys.generate_key_pair()

            def found(tx: Transaction) -> None:
                secret.get_or_create(tx, "jwt", jwt_secret)
                site.found(tx, context, site_keys, "lemmy_lite")
                site.appoint_first_admin(tx, context, "admin", hashed, admin_keys, None)

            await database.write(found)
    finally:
        await database.close()
    return loaded.base_url


def _ground(loader: Loader, base_url: str) -> Ground:
    if loader.execute("SELECT 1 FROM post LIMIT 1"):
        raise NotEmpty("the database holds posts already: give a new file or an empty database")
    row = loader.execute(
        """SELECT (SELECT instance_id FROM site JOIN local_site ON local_site.site_id = site.id),
                  (SELECT MAX(id) FROM instance) + 1, (SELECT MAX(id) FROM person) + 1"""
    )[0]
    instance, first_instance, first_person = row
    now = time.time_ns() // 1000
    return Ground(base_url, own_instance=instance, first_instance=first_instance, first_person=first_person, first_community=2, now=now)


def _make_findable(loader: Loader, ground: Ground, progress: Progress) -> None:
    """Enter everything into the index of the search by the program's own function, which takes longer than the rows themselves."""
    tx = Transaction(loader.session, ground.now)
    loader.gather(GATHERED)
    firsts = ((search_text.PERSON, ground.first_person), (search_text.COMMUNITY, 1), (search_text.POST, 1), (search_text.COMMENT, 1))
    for noun, first in firsts:
        progress.say(f"search for {noun.table}")
        after: int | None = first - 1
        while after is not None:
            after = search_text.enter_all(tx, noun, after)
            progress.advance(_ENTERED_AT_ONCE)
    loader.gather(None)


def _settle_site(loader: Loader, contents: ContentRows) -> None:
    """Counters of the site; sorts and lists of everything for those who are not logged in; and no rate limits, as the load comes from one
    address."""
    counters = contents.site_counters()
    loader.execute(f"UPDATE site_aggregates SET {', '.join(f'{name} = :{name}' for name in counters)}", counters)
    kinds = ("message", "post", "register", "image", "comment", "search", "import_user_settings")
    loader.execute(f"UPDATE local_site_rate_limit SET {', '.join(f'{kind} = {_NO_LIMIT}, {kind}_per_second = 1' for kind in kinds)}")
    loader.execute("UPDATE local_site SET default_post_listing_type = 'All', registration_mode = 'Open'")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--size", "name", type=click.Choice(list(SIZES)), required=True, help="10 thousand, 100 thousand or a million posts.")
@click.option("--to", "url", required=True, metavar="URL", help="sqlite:///FOLDER/lemmy.db, or postgresql://… as a superuser.")
@click.option("--seed", "number", default=1, show_default=True, help="Another number gives another data set.")
@click.option("--hostname", default=HOSTNAME, show_default=True, help="What the instance is called; part of every address.")
def main(name: str, url: str, number: int, hostname: str) -> None:
    """Fill a new database with people, communities, posts, comments and votes."""
    try:
        seed(url, SIZES[name], number, hostname=hostname)
    except (NotEmpty, config.ConfigError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
