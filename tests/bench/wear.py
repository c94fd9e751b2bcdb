"""What votes of other instances write to the disk: announced one after the other to an instance on a copy of a data set, in a process of
its own, at a pace that the clock alone follows, so that a day of votes takes a minute. Bytes are those of /proc/self/io.

`python -m tests.bench.wear FILE VOTES PACE` prints what was counted as JSON; the file is changed.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.domain import active_users, vote_merging
from lemmy_lite.federation.inbox import applying
from lemmy_lite.federation.outbox import subscriber
from lemmy_lite.model.clock import DAY, HOUR, SECOND, Clock
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage import gathering
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.migrations.runner import migrate
from tests.bench.data.seed import settings

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
VOTERS_EVERY = 6 * HOUR
TAKEN_BACK = 0.02
"""Part of the stream that takes back a vote of a moment ago."""

_TARGETS = """
SELECT post.ap_id, community.actor_id, post.published FROM post JOIN community ON community.id = post.community_id
 WHERE post.published > :since AND {alive}
UNION ALL
SELECT comment.ap_id, community.actor_id, comment.published FROM comment JOIN post ON post.id = comment.post_id
  JOIN community ON community.id = post.community_id WHERE comment.published > :since AND {alive}
 ORDER BY 3 DESC
""".format(
    alive="""NOT post.removed AND NOT post.deleted AND NOT community.local AND community.id IN (
               SELECT community_id FROM community_follower JOIN person ON person.id = person_id WHERE person.local)"""
)


class Worn(NamedTuple):
    """What was counted. `written` went to the disk's queue, `called` to write calls; `grown` are bytes of file and log together, the log
    folded back; `synced` is how often the writer waited for the disk."""

    votes: int
    written: int
    called: int
    grown: int
    synced: int


class Pace:
    """A clock that goes on by one vote at a time."""

    def __init__(self, start: int) -> None:
        self.moment = start

    def now(self) -> int:
        """The time of the vote in hand."""
        self.moment += 1
        return self.moment


def votes(connection: sqlite3.Connection, number: int) -> Iterator[dict[str, Any]]:
    """Announced votes on what was written last: two thirds on the tenth that is newest; few people cast most of them."""
    newest = connection.execute("SELECT MAX(published) FROM post").fetchone()[0]
    targets = connection.execute(_TARGETS, {"since": newest - 7 * DAY}).fetchall()
    people = [row[0] for row in connection.execute("SELECT actor_id FROM person WHERE NOT local ORDER BY id")]
    chance = Random(number)
    cast: list[dict[str, Any]] = []
    serial = 0
    while True:
        serial += 1
        if cast and chance.random() < TAKEN_BACK:
            before = cast.pop(chance.randrange(len(cast)))
            inner = {**_activity("Undo", before["actor"], before["audience"], serial, number), "object": before}
        else:
            target, home, _ = targets[int(len(targets) * chance.random() ** 4.2)]
            voter = people[int(len(people) * chance.random() ** 3)]
            inner = {**_activity("Like" if chance.random() < 0.93 else "Dislike", voter, home, serial, number), "object": target}
            cast = [*cast[-50:], inner]
        yield {**_activity("Announce", inner["audience"], inner["audience"], serial, number), "object": inner}


def _activity(kind: str, actor: str, home: str, serial: int, number: int) -> dict[str, Any]:
    name = f"{Random(serial * 1000 + number).getrandbits(122):031x}"
    origin = "/".join(actor.split("/")[:3])
    found = {"id": f"{origin}/activities/{kind.lower()}/{name}", "type": kind, "actor": actor, "to": [PUBLIC], "cc": [home]}
    return found if kind == "Announce" else {**found, "audience": home}


async def wear(path: Path, number: int, pace: int, seed: int = 1) -> Worn:
    """Apply so many votes, `pace` of them a second, each second's together as they come in while the commit waits for the disk."""
    url = f"sqlite://{path.absolute()}"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    made = votes(connection, seed)
    clock = Pace(Clock().now())
    database = await open_database(url, Clock(clock.now))
    try:
        await migrate(database)
        context = Context(
            config=settings(url),
            clock=Clock(clock.now),
            net=Client(NetOptions(user_agent="bench")),
            jwt_secret="",
            history=History(clock.now),
        )
        database.within(context.history.within)
        database.within(active_users.within)
        database.within(subscriber.within(context))
        database.after(context.history.after)
        await _folded(database)
        before, commits, size = counted(), database.commits, path.stat().st_size
        done, noted = 0, clock.moment
        while done < number:
            batch = [next(made) for _ in range(min(pace, number - done))]
            await asyncio.gather(*(database.write(partial(_apply, context=context, document=each)) for each in batch))
            done += len(batch)
            clock.moment += SECOND
            await vote_merging.merge(database)
            if clock.moment >= noted + VOTERS_EVERY:
                noted = clock.moment
                await vote_merging.note_voters(database)
        while len(database.pending):
            await database.write(gathering.merge)
        await vote_merging.note_voters(database)
        await _folded(database)
        after = counted()
        return Worn(number, after[0] - before[0], after[1] - before[1], path.stat().st_size - size, database.commits - commits)
    finally:
        await database.close()
        connection.close()


def _apply(tx: Any, context: Context, document: dict[str, Any]) -> None:
    applying.apply_at_once(tx, context, document["id"], document)


async def _folded(database: Database) -> None:
    await database.maintain(lambda session: session.fetch("PRAGMA wal_checkpoint(TRUNCATE)", {}))


def counted() -> tuple[int, int]:
    """Bytes that this process has sent to the disk's queue, and to write calls."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"]), int(fields["wchar"])


if __name__ == "__main__":
    found = asyncio.run(wear(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    print(json.dumps(found._asdict()))  # noqa: T201  # the answer of this process
