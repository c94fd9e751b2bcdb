"""What activities of other instances write to the disk: announced one after the other to an instance on a copy of a data set, in a process
of its own, at a pace that the clock alone follows, so that a day of them takes minutes. Bytes are those of /proc/self/io.

`python -m tests.bench.wear FILE NUMBER PACE votes|mixed` prints what was counted as JSON; the file is changed.
"""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol

from lemmy_lite.context import Context
from lemmy_lite.domain import active_users, vote_merging
from lemmy_lite.federation.inbox import applying, voting
from lemmy_lite.federation.inbox.verified import parse
from lemmy_lite.federation.outbox import subscriber
from lemmy_lite.model.clock import DAY, HOUR, SECOND, Clock
from lemmy_lite.net.client import Client
from lemmy_lite.net.options import NetOptions
from lemmy_lite.storage import gathering
from lemmy_lite.storage.database import Database, open_database
from lemmy_lite.storage.history import History
from lemmy_lite.storage.migrations.runner import migrate
from tests.bench.data.seed import settings
from tests.evidence import evidence_of

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


COMMENTS, POSTS, DELETED = 0.14, 0.03, 0.03
"""Of what is `mixed`, as in case c1: parts that are no votes."""
_WORDS = ["one", "of", "the", "words", "that", "people", "say", "when", "they", "talk", "about", "stations", "quickly"]


class Worn(NamedTuple):
    """What was counted. `written` went to the disk's queue, `called` to write calls; `grown` are bytes of the database's file, the log
    folded back; `synced` is how often the writer waited for the disk. `by` parts `written` by what it was for: taking activities in,
    `merging` votes into their tables, `noting` voters, and `folding` the log of SQLite back in the end."""

    votes: int
    written: int
    called: int
    grown: int
    synced: int
    by: dict[str, int]


class _Meter:
    """Bytes written by what they were for. What SQLite folds back in a commit counts for that commit."""

    def __init__(self) -> None:
        self.by = dict.fromkeys(("taking in", "merging", "noting", "folding"), 0)
        self._last = counted()[0]

    def to(self, name: str) -> None:
        """All since the last call."""
        now = counted()[0]
        self.by[name] += now - self._last
        self._last = now


class Asked(Protocol):
    """A database that answers a plain question: a connection of SQLite, or one that takes the same words."""

    def execute(self, statement: str, values: Mapping[str, Any] = ..., /) -> Any:
        """Run it; answers a cursor."""


class Pace:
    """A clock that goes on by one vote at a time."""

    def __init__(self, start: int) -> None:
        self.moment = start

    def now(self) -> int:
        """The time of the vote in hand."""
        self.moment += 1
        return self.moment


def activities(connection: Asked, number: int, *, mixed: bool) -> Iterator[dict[str, Any]]:
    """Announced votes on what was written last: two thirds on the tenth that is newest; few people cast most of them. With `mixed` a fifth
    are comments, posts, and deletions of such comments."""
    newest = connection.execute("SELECT MAX(published) FROM post").fetchone()[0]
    targets = connection.execute(_TARGETS, {"since": newest - 7 * DAY}).fetchall()
    people = [row[0] for row in connection.execute("SELECT actor_id FROM person WHERE NOT local ORDER BY id")]
    neighbours: dict[str, list[str]] = {}
    for person in people if mixed else ():
        neighbours.setdefault(_origin(person), []).append(person)
    chance = Random(number)
    cast: list[dict[str, Any]] = []
    written: list[tuple[str, str, str]] = []
    serial = 0
    while True:
        serial += 1
        part = chance.random() if mixed else 1.0
        if part < COMMENTS + POSTS + DELETED:
            target, home, _ = targets[int(len(targets) * chance.random() ** 4.2)]
            # People of the community's own host: what others write is fetched from their homes, and nobody lives there.
            own = neighbours.get(_origin(home))
            if own is None:
                continue
            author = own[int(len(own) * chance.random() ** 3)]
            if part < DELETED and written:
                gone, author, home = written.pop(chance.randrange(len(written)))
                inner = {**_activity("Delete", author, home, serial, number), "object": gone}
            else:
                made = _written(chance, author, home, serial, target if part < COMMENTS + DELETED else None)
                written = [*written[-50:], (made["id"], author, home)]
                inner = {**_activity("Create", author, home, serial, number), "object": made}
        elif cast and chance.random() < TAKEN_BACK:
            before = cast.pop(chance.randrange(len(cast)))
            inner = {**_activity("Undo", before["actor"], before["audience"], serial, number), "object": before}
        else:
            target, home, _ = targets[int(len(targets) * chance.random() ** 4.2)]
            voter = people[int(len(people) * chance.random() ** 3)]
            inner = {**_activity("Like" if chance.random() < 0.93 else "Dislike", voter, home, serial, number), "object": target}
            cast = [*cast[-50:], inner]
        yield {**_activity("Announce", inner["audience"], inner["audience"], serial, number), "object": inner}


def _written(chance: Random, author: str, home: str, serial: int, answered: str | None) -> dict[str, Any]:
    """A comment, or a post where it answers nothing; its text has 120 bytes in the middle, one in twenty 900 and more."""
    words = " ".join(chance.choices(_WORDS, k=max(2, int(chance.lognormvariate(4.79, 1.22) / 5.5))))[:10_000]
    found = {
        "id": f"{_origin(author)}/{'comment' if answered else 'post'}/9{serial:09}",
        "type": "Note" if answered else "Page",
        "attributedTo": author,
        "to": [PUBLIC] if answered else [home, PUBLIC],
        "cc": [home],
        "audience": home,
        "content": f"<p>{words}</p>",
        "mediaType": "text/html",
    }
    return {**found, "inReplyTo": answered} if answered else {**found, "name": f"About number {serial}"}


def _origin(ap_id: str) -> str:
    return "/".join(ap_id.split("/")[:3])


def _activity(kind: str, actor: str, home: str, serial: int, number: int) -> dict[str, Any]:
    name = f"{Random(serial * 1000 + number).getrandbits(122):031x}"
    found = {"id": f"{_origin(actor)}/activities/{kind.lower()}/{name}", "type": kind, "actor": actor, "to": [PUBLIC], "cc": [home]}
    return found if kind == "Announce" else {**found, "audience": home}


async def wear(path: Path, number: int, pace: int, seed: int = 1, *, mixed: bool = False) -> Worn:
    """Apply so many activities, `pace` of them a second, each second's together as they come in while the commit waits for the disk."""
    url = f"sqlite://{path.absolute()}"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    made = activities(connection, seed, mixed=mixed)
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
        done, noted, meter = 0, clock.moment, _Meter()
        while done < number:
            batch = [next(made) for _ in range(min(pace, number - done))]
            await asyncio.gather(*(database.write(partial(_apply, context=context, document=each)) for each in batch))
            done += len(batch)
            clock.moment += SECOND
            if database.pending.due(clock.moment):
                meter.to("taking in")
                await vote_merging.merge(database)
                meter.to("merging")
            if clock.moment >= noted + VOTERS_EVERY:
                noted = clock.moment
                meter.to("taking in")
                await vote_merging.note_voters(database)
                meter.to("noting")
        meter.to("taking in")
        while len(database.pending):
            await database.write(gathering.merge)
        meter.to("merging")
        await vote_merging.note_voters(database)
        meter.to("noting")
        await _folded(database)
        meter.to("folding")
        after = counted()
        grown = path.stat().st_size - size
        return Worn(number, after[0] - before[0], after[1] - before[1], grown, database.commits - commits, meter.by)
    finally:
        await database.close()
        connection.close()


def _apply(tx: Any, context: Context, document: dict[str, Any]) -> None:
    applying.apply_at_once(tx, evidence_of(document), context, document, parse(document), voting.is_vote(document))


async def _folded(database: Database) -> None:
    await database.maintain(lambda session: session.fetch("PRAGMA wal_checkpoint(TRUNCATE)", {}))


def counted() -> tuple[int, int]:
    """Bytes that this process has sent to the disk's queue, and to write calls."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"]), int(fields["wchar"])


if __name__ == "__main__":
    found = asyncio.run(wear(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), mixed=sys.argv[4] == "mixed"))
    print(json.dumps(found._asdict()))  # noqa: T201  # the answer of this process
