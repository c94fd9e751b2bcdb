"""Who posted, commented or voted in which community, and in which hour last, counted from 1970. Bots are left out, as Lemmy counts
people."""

from typing import Final, NamedTuple

from lemmy_lite.model.clock import DAY, HOUR, Micros
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.storage.pending import KINDS, Kind
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import comment, post, vote

SPANS: Final = {"day": DAY, "week": 7 * DAY, "month": 30 * DAY, "half_year": 182 * DAY}

_NOTE = """INSERT INTO active_person (community_id, person_id, local, last)
    SELECT {community}, person.id, person.local, {moment} / :hour FROM {source} JOIN person ON person.id = {person}
     WHERE {key} = :id AND NOT person.bot_account
    ON CONFLICT (community_id, person_id) DO UPDATE SET last = excluded.last WHERE active_person.last < excluded.last"""
_POST = _NOTE.format(
    community="post.community_id", moment="LEAST(post.published, :now)", source="post", person="post.creator_id", key="post.id"
)
_COMMENT = _NOTE.format(
    community="post.community_id",
    moment="LEAST(comment.published, :now)",
    source="comment JOIN post ON post.id = comment.post_id",
    person="comment.creator_id",
    key="comment.id",
)
_VOTE = """INSERT INTO active_person (community_id, person_id, local, last)
    SELECT :community, person.id, person.local, :hour FROM person WHERE person.id = :person AND NOT person.bot_account
    ON CONFLICT (community_id, person_id) DO UPDATE SET last = excluded.last WHERE active_person.last < excluded.last"""
_PLACES: Final = {
    "post": "SELECT id, community_id, creator_id FROM post WHERE id AMONG :ids",
    "comment": """SELECT comment.id, post.community_id, comment.creator_id FROM comment JOIN post ON post.id = comment.post_id
                   WHERE comment.id AMONG :ids""",
}
_POST_VOTES, _COMMENT_VOTES = (f"SELECT {kind}_id, person_id, {vote.MOMENT} AS moment FROM {kind}_vote" for kind in KINDS)
_WITHIN = ", ".join(f"COUNT(*) FILTER (WHERE last >= :{name}) AS {name}" for name in SPANS)


class Active(NamedTuple):
    """How many people were active within each span."""

    day: int
    week: int
    month: int
    half_year: int


def post_written(tx: Transaction, post_id: PostId) -> None:
    """A post's author was active when it was published, which is long ago for some that are received."""
    tx.run(_POST, id=post_id, now=tx.now, hour=HOUR)


def comment_written(tx: Transaction, comment_id: CommentId) -> None:
    """The same for a comment."""
    tx.run(_COMMENT, id=comment_id, now=tx.now, hour=HOUR)


def voted(tx: Transaction, person_id: PersonId, post_id: PostId, comment_id: CommentId | None) -> None:
    """A person voted just now on a post or on a comment below it. The vote that everything has from its author is none: what was
    written years ago and is fetched now would make its author active today. The writer remembers who was noted in this hour."""
    of = post.get(tx, post_id)
    on = of if comment_id is None else comment.get(tx, comment_id)
    if of is None or on is None or on.creator_id == person_id:
        return
    noted = {"community": of.community_id, "person": person_id, "hour": tx.now // HOUR}
    if not tx.knows(_VOTE, **noted):
        tx.run(_VOTE, **noted)
        tx.recall_as(("active_person",), _VOTE, True, **noted)


def places(tx: Transaction, kind: Kind, numbers: list[int]) -> dict[int, tuple[CommunityId, PersonId]]:
    """In which community some posts or comments are, and whose they are."""
    return {row[0]: (row[1], row[2]) for row in tx.all(_PLACES[kind], ids=numbers)}


def note(tx: Transaction, active: list[tuple[CommunityId, PersonId, int]]) -> None:
    """People who were active in communities, and in which hour, counted from 1970."""
    tx.run_many(
        """INSERT INTO active_person (community_id, person_id, local, last)
           SELECT community.id, person.id, person.local, :last FROM person, community
            WHERE person.id = :person AND community.id = :community AND NOT person.bot_account
           ON CONFLICT (community_id, person_id) DO UPDATE SET last = excluded.last WHERE active_person.last < excluded.last""",
        [{"community": community_id, "person": person_id, "last": last} for community_id, person_id, last in active],
    )


def on_site(tx: Transaction) -> Active:
    """How many people of this site were active anywhere."""
    row = tx.one(
        f"SELECT {_WITHIN} FROM (SELECT person_id, MAX(last) AS last FROM active_person WHERE local GROUP BY person_id) mine",
        **_since(tx.now),
    )
    return Active(*row) if row else Active(0, 0, 0, 0)


def changed_communities(tx: Transaction) -> list[tuple[CommunityId, Active]]:
    """Those communities whose stored counts are not what is counted now. One pass over a narrow table in its own order."""
    rows = tx.all(
        f"""SELECT stored.community_id, COALESCE(day, 0), COALESCE(week, 0), COALESCE(month, 0), COALESCE(half_year, 0)
              FROM community_aggregates stored
              LEFT JOIN (SELECT community_id, {_WITHIN} FROM active_person GROUP BY community_id) counted
                     ON counted.community_id = stored.community_id
             WHERE users_active_day <> COALESCE(day, 0) OR users_active_week <> COALESCE(week, 0)
                OR users_active_month <> COALESCE(month, 0) OR users_active_half_year <> COALESCE(half_year, 0)
             ORDER BY stored.community_id""",
        **_since(tx.now),
    )
    return [(row[0], Active(*row[1:])) for row in rows]


def store_on_site(tx: Transaction, active: Active) -> None:
    """Keep the site's counts. There is one local site, hence one row; it is written only when it changes."""
    tx.run(
        """UPDATE site_aggregates SET users_active_day = :day, users_active_week = :week, users_active_month = :month,
                  users_active_half_year = :half_year
            WHERE users_active_day <> :day OR users_active_week <> :week OR users_active_month <> :month
               OR users_active_half_year <> :half_year""",
        **active._asdict(),
    )


def store_in_communities(tx: Transaction, counts: list[tuple[CommunityId, Active]]) -> None:
    """Keep communities' counts."""
    tx.run_many(
        """UPDATE community_aggregates SET users_active_day = :day, users_active_week = :week, users_active_month = :month,
                  users_active_half_year = :half_year WHERE community_id = :id""",
        [{"id": number, **active._asdict()} for number, active in counts],
    )


def forget(tx: Transaction) -> int:
    """Drop who was not active for longer than any count looks back; answers how many."""
    return tx.run("DELETE FROM active_person WHERE last < :before", before=_since(tx.now)["half_year"])


def _since(now: Micros) -> dict[str, int]:
    """The hour in which each span began: what is stored is the hour of a deed, so a deed counts up to an hour longer than in Lemmy."""
    return {name: (now - span) // HOUR for name, span in SPANS.items()}


def note_all(tx: Transaction, since: Micros) -> None:
    """Note everybody who was active since then, from the rows themselves: for a database that came by another way than deeds."""
    tx.run(
        f"""INSERT INTO active_person (community_id, person_id, local, last)
           SELECT deed.community_id, deed.person_id, person.local, MAX(LEAST(deed.published, :now)) / :hour
             FROM (SELECT community_id, creator_id AS person_id, published FROM post WHERE published >= :since
                   UNION ALL SELECT post.community_id, comment.creator_id, comment.published FROM comment
                     JOIN post ON post.id = comment.post_id WHERE comment.published >= :since
                   UNION ALL SELECT post.community_id, voted.person_id, voted.moment FROM ({_POST_VOTES}) voted
                     JOIN post ON post.id = voted.post_id WHERE voted.moment >= :since
                   UNION ALL SELECT post.community_id, voted.person_id, voted.moment FROM ({_COMMENT_VOTES}) voted
                     JOIN comment ON comment.id = voted.comment_id JOIN post ON post.id = comment.post_id
                    WHERE voted.moment >= :since) deed
             JOIN person ON person.id = deed.person_id WHERE NOT person.bot_account
            GROUP BY deed.community_id, deed.person_id, person.local
           ON CONFLICT DO NOTHING""",
        now=tx.now,
        hour=HOUR,
        since=since,
    )
