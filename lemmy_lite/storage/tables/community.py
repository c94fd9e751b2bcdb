"""Communities with their counters and languages."""

from typing import Any, NamedTuple

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.ids import CommunityId, InstanceId, LanguageId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows, search_text

COMMUNITY = Shape(Community, "community")
_BY_ID = f"SELECT {COMMUNITY.columns} FROM community WHERE id = :key"


class Collections(NamedTuple):
    """Where a remote community's collections lie, all of its own origin."""

    moderators: str | None
    featured: str | None
    outbox: str | None
    followers: str | None


def insert(
    tx: Transaction,
    *,
    name: str,
    title: str,
    actor_id: str,
    instance_id: InstanceId,
    local: bool,
    published: Micros | None = None,
    subscribers: int = 0,
    **values: Any,
) -> Community:
    """Enter a community with its counters. Other columns may be given by name. `published` defaults to now.

    `subscribers` is the count that a remote community's home told; ours start at nobody.
    """
    when = tx.now if published is None else published
    number = rows.insert(
        tx,
        "community",
        name=name,
        name_folded=name.lower(),
        title=title,
        actor_id=actor_id,
        instance_id=instance_id,
        local=local,
        published=when,
        **values,
    )
    tx.run(
        "INSERT INTO community_aggregates (community_id, published, subscribers) VALUES (:id, :published, :subscribers)",
        id=number,
        published=when,
        subscribers=subscribers,
    )
    search_text.enter(tx, search_text.COMMUNITY, number, {"name": name, "title": title})
    return existing(tx, CommunityId(number))


def get(tx: Transaction, community_id: CommunityId) -> Community | None:
    """The community with this id."""
    return _one(tx, "id = :key", key=community_id)


def existing(tx: Transaction, community_id: CommunityId) -> Community:
    """The community of a row that a foreign key keeps there."""
    community = get(tx, community_id)
    if community is None:
        raise LookupError(f"community {community_id}")
    return community


def by_actor_id(tx: Transaction, actor_id: str) -> Community | None:
    """The community whose ActivityPub id this is."""
    found = _one(tx, "actor_id = :key", key=actor_id)
    if found is not None:
        tx.recall_as(("community",), _BY_ID, found, key=found.id)
    return found


def local_by_name(tx: Transaction, name: str) -> Community | None:
    """A local community by name, without regard to case; deleted and removed ones too."""
    return _one(tx, "name_folded = :key AND local", key=name.lower())


def by_name(tx: Transaction, name: str, host: str) -> Community | None:
    """A community by name and home, without regard to case. `host` has the port where the home's addresses have one: instances that share a
    domain are told apart by it."""
    row = tx.one(
        f"""SELECT {COMMUNITY.columns} FROM community WHERE name_folded = :name
               AND instance_id = (SELECT id FROM instance WHERE domain = :domain)
             ORDER BY CASE WHEN actor_id LIKE :place THEN 0 ELSE 1 END, id LIMIT 1""",
        name=name.lower(),
        domain=host.lower().partition(":")[0],
        place=f"%://{host.lower()}/%",
    )
    found = COMMUNITY.build(row) if row else None
    return found if found is None or ":" not in host or f"://{host.lower()}/" in found.actor_id else None


def update(tx: Transaction, community_id: CommunityId, **values: Any) -> None:
    """Change columns of a community; what is searched follows."""
    with search_text.following(tx, search_text.COMMUNITY, community_id, values):
        rows.update(tx, "community", "id", community_id, **values)


def collections(tx: Transaction, community_id: CommunityId) -> Collections:
    """Where the collections of a community lie."""
    row = tx.one("SELECT moderators_url, featured_url, outbox_url, followers_url FROM community WHERE id = :id", id=community_id)
    return Collections(*row) if row else Collections(None, None, None, None)


def count(
    tx: Transaction, community_id: CommunityId, *, posts: int = 0, comments: int = 0, subscribers: int = 0, subscribers_local: int = 0
) -> None:
    """Add to a community's counters."""
    by = {"posts": posts, "comments": comments, "subscribers": subscribers, "subscribers_local": subscribers_local}
    rows.add(tx, "community_aggregates", "community_id", community_id, **by)


def set_subscribers(tx: Transaction, community_id: CommunityId, subscribers: int) -> None:
    """What the home of a remote community says of its followers."""
    tx.run("UPDATE community_aggregates SET subscribers = :number WHERE community_id = :id", number=subscribers, id=community_id)


def html(tx: Transaction, community_id: CommunityId) -> tuple[str | None, int]:
    """The rendered description and the version of the renderer that made it."""
    row = tx.one("SELECT html, html_version FROM community WHERE id = :id", id=community_id)
    return (row[0], row[1]) if row else (None, 0)


def languages(tx: Transaction, community_id: CommunityId) -> list[LanguageId]:
    """The languages of a community; empty when all are enabled."""
    sql = "SELECT language_id FROM community_language WHERE community_id = :id ORDER BY language_id"
    return list(tx.recalled_all(("community_language", "community"), sql, lambda found: tuple(row[0] for row in found), id=community_id))


def set_languages(tx: Transaction, community_id: CommunityId, wanted: list[LanguageId]) -> None:
    """Replace the languages of a community; an empty list enables all."""
    tx.run("DELETE FROM community_language WHERE community_id = :id", id=community_id)
    tx.run_many(
        "INSERT INTO community_language (community_id, language_id) VALUES (:community, :language)",
        [{"community": community_id, "language": language} for language in sorted(set(wanted))],
    )


def limit_languages(tx: Transaction) -> None:
    """Take from local communities the languages that the site lacks; those left with none, or open to all, get the site's."""
    offered = "SELECT language_id FROM site_language JOIN local_site USING (site_id)"
    tx.run(
        f"""DELETE FROM community_language
             WHERE community_id IN (SELECT id FROM community WHERE local) AND language_id NOT IN ({offered})"""
    )
    tx.run(
        f"""INSERT INTO community_language (community_id, language_id)
            SELECT community.id, offered.language_id FROM community CROSS JOIN ({offered}) AS offered
             WHERE community.local AND NOT EXISTS (SELECT 1 FROM community_language WHERE community_id = community.id)"""
    )


def _one(tx: Transaction, condition: str, **values: Any) -> Community | None:
    return tx.recalled(("community",), f"SELECT {COMMUNITY.columns} FROM community WHERE {condition}", COMMUNITY.build, **values)
