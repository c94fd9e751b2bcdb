"""How far each community of another instance has been filled with what was said there before we knew it."""

from enum import StrEnum
from typing import Any

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommunityId
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows


class Phase(StrEnum):
    """What is next: the newest posts and what belongs to the community; then, for one that somebody here follows, the older posts."""

    FRONT = "front"
    OLDER = "older"
    DONE = "done"


class Backfill(Struct, kw_only=True):
    """One community's filling.

    `cursor` is the page that comes next. `since` is set while what was missed in an absence is fetched, back to that moment. `posts`,
    `comments`, `requests` and `bytes` (decoded) are those of the first filling. `trouble` says why it pauses, or ended early.
    """

    community_id: CommunityId
    phase: Phase
    cursor: str | None = None
    since: Micros | None = None
    posts: int = 0
    comments: int = 0
    requests: int = 0
    bytes: int = 0
    started: Micros
    updated: Micros
    next_try: Micros
    failures: int = 0
    trouble: str | None = None


BACKFILL = Shape(Backfill, "backfill")

_FOLLOWED = """EXISTS (SELECT 1 FROM community_follower JOIN person ON person.id = community_follower.person_id
                        WHERE community_follower.community_id = {community} AND person.local)"""
_WANTED = f"(since IS NOT NULL OR phase = 'front' OR phase = 'older' AND {_FOLLOWED.format(community='backfill.community_id')})"
# The first two words let both databases use the index of what is not finished.
_OPEN = f"(phase <> 'done' OR since IS NOT NULL) AND {_WANTED}"


def get(tx: Transaction, community_id: CommunityId) -> Backfill | None:
    """The filling of one community, if it has ever begun."""
    row = tx.one(f"SELECT {BACKFILL.columns} FROM backfill WHERE community_id = :id", id=community_id)
    return BACKFILL.build(row) if row else None


def all_of_them(tx: Transaction) -> list[Backfill]:
    """Every filling, the latest first."""
    return [BACKFILL.build(row) for row in tx.all(f"SELECT {BACKFILL.columns} FROM backfill ORDER BY updated DESC, community_id")]


def begin(tx: Transaction, community_id: CommunityId) -> None:
    """A community has become known; what began earlier goes on."""
    tx.run(
        """INSERT INTO backfill (community_id, phase, started, updated, next_try) VALUES (:id, 'front', :now, :now, :now)
           ON CONFLICT (community_id) DO NOTHING""",
        id=community_id,
        now=tx.now,
    )


def not_begun(tx: Transaction) -> list[CommunityId]:
    """Communities elsewhere that somebody here follows and whose filling never began.

    Asked at each wake, so it begins with the numbers alone: the row of a community, with its texts, is a page or more.
    """
    return tx.column(
        f"""SELECT id FROM community
             WHERE id IN (SELECT id FROM community EXCEPT SELECT community_id FROM backfill)
               AND NOT local AND NOT deleted AND NOT removed AND {_FOLLOWED.format(community="community.id")} ORDER BY id"""
    )


def begin_all(tx: Transaction, community_ids: list[CommunityId], apart: Micros) -> None:
    """Begin for several communities, so far apart from each other."""
    for number, community_id in enumerate(community_ids):
        begin(tx, community_id)
        save(tx, community_id, next_try=tx.now + number * apart)


def catch_up(tx: Transaction, since: Micros, apart: Micros, domain: str | None = None) -> int:
    """Fetch what was missed after a moment in every followed community (of one instance); answers in how many.

    A walk that is to go further back already stays as it is.
    """
    followed: list[CommunityId] = tx.column(
        f"""SELECT backfill.community_id FROM backfill JOIN community ON community.id = backfill.community_id
              JOIN instance ON instance.id = community.instance_id
             WHERE phase <> 'front' AND (since IS NULL OR since > :since) AND {_FOLLOWED.format(community="community.id")}
               AND COALESCE(:domain, instance.domain) = instance.domain ORDER BY backfill.community_id""",
        since=since,
        domain=domain,
    )
    for number, community_id in enumerate(followed):
        save(tx, community_id, since=since, next_try=tx.now + number * apart, failures=0)
    return len(followed)


def due(tx: Transaction, limit: int) -> list[CommunityId]:
    """Communities whose filling is to go on now, those that wait longest first."""
    return tx.column(
        f"SELECT community_id FROM backfill WHERE {_OPEN} AND next_try <= :now ORDER BY next_try LIMIT :limit", now=tx.now, limit=limit
    )


def get_due(tx: Transaction, community_id: CommunityId) -> Backfill | None:
    """The filling of one community, if it is to go on now."""
    row = tx.one(
        f"SELECT {BACKFILL.columns} FROM backfill WHERE community_id = :id AND {_OPEN} AND next_try <= :now", id=community_id, now=tx.now
    )
    return BACKFILL.build(row) if row else None


def next_due(tx: Transaction) -> Micros | None:
    """When there is something to do next."""
    moment: Micros | None = tx.value(f"SELECT MIN(next_try) FROM backfill WHERE {_OPEN}")
    return moment


def save(tx: Transaction, community_id: CommunityId, **values: Any) -> None:
    """Change columns of a filling by name."""
    rows.update(tx, "backfill", "community_id", community_id, updated=tx.now, **values)
