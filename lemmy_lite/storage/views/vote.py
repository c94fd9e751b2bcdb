"""Who voted on what: for moderators and admins."""

import json

from lemmy_lite.model.paging import Page
from lemmy_lite.model.vote import VoteView
from lemmy_lite.storage.pending import KINDS
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables.vote import MOMENT, Kind
from lemmy_lite.storage.views.person import person_shape

VOTE_VIEW: Shape[VoteView] = Shape(
    VoteView, creator=person_shape("creator"), creator_banned_from_community="ban.person_id IS NOT NULL", score="vote.score"
)
_JOINED: dict[Kind, str] = {
    "post": "vote JOIN post ON post.id = vote.post_id",
    "comment": "vote JOIN comment ON comment.id = vote.comment_id JOIN post ON post.id = comment.post_id",
}
_OWN = {kind: f"SELECT {kind}_id, person_id, score, {MOMENT} AS moment FROM {kind}_vote WHERE {kind}_id = :number" for kind in KINDS}
_STORED = {kind: f"FROM ({_OWN[kind]}) {_JOINED[kind]}" for kind in KINDS}
# Only SQLite has votes that wait.
_AND_WAITING = {
    kind: f"""FROM ({_OWN[kind]} AND person_id NOT IN (SELECT json_extract(value, '$[0]') FROM json_each(:waiting))
                     UNION ALL
                     SELECT :number, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
                       FROM json_each(:waiting) WHERE json_extract(value, '$[1]') <> 0) {_JOINED[kind]}"""
    for kind in KINDS
}


def likes(tx: Transaction, kind: Kind, number: int, page: Page) -> list[VoteView]:
    """The votes on the post or comment with this id, downvotes first, then the older vote first. The caller has asked whether the
    viewer moderates there. Votes that wait in the log stand among the others."""
    waiting = tx.pending.of((kind, number)).values() if tx.pending else []
    rows = tx.all(
        f"""SELECT {VOTE_VIEW.columns} {(_AND_WAITING if waiting else _STORED)[kind]}
              JOIN person creator ON creator.id = vote.person_id
              LEFT JOIN community_person_ban ban ON ban.community_id = post.community_id AND ban.person_id = vote.person_id
                AND (ban.expires IS NULL OR ban.expires > :now)
             WHERE vote.{kind}_id = :number
             ORDER BY vote.score, vote.moment, vote.person_id LIMIT :limit OFFSET :offset""",
        number=number,
        waiting=json.dumps([(ballot.person_id, ballot.score, ballot.moment) for ballot in waiting]),
        now=tx.now,
        limit=page.limit,
        offset=page.offset,
    )
    return [VOTE_VIEW.build(row) for row in rows]
