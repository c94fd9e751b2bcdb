"""Who voted on what: for moderators and admins."""

from lemmy_lite.model.paging import Page
from lemmy_lite.model.vote import VoteView
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables.vote import Kind
from lemmy_lite.storage.views.person import person_shape

VOTE_VIEW: Shape[VoteView] = Shape(
    VoteView, creator=person_shape("creator"), creator_banned_from_community="ban.person_id IS NOT NULL", score="vote.score"
)
_VOTED: dict[Kind, str] = {
    "post": "FROM post_vote vote JOIN post ON post.id = vote.post_id",
    "comment": "FROM comment_vote vote JOIN comment ON comment.id = vote.comment_id JOIN post ON post.id = comment.post_id",
}


def likes(tx: Transaction, kind: Kind, number: int, page: Page) -> list[VoteView]:
    """The votes on the post or comment with this id, downvotes first, then the older vote first. The caller has asked whether the
    viewer moderates there."""
    rows = tx.all(
        f"""SELECT {VOTE_VIEW.columns} {_VOTED[kind]}
              JOIN person creator ON creator.id = vote.person_id
              LEFT JOIN community_person_ban ban ON ban.community_id = post.community_id AND ban.person_id = vote.person_id
                AND (ban.expires IS NULL OR ban.expires > :now)
             WHERE vote.{kind}_id = :number
             ORDER BY vote.score, vote.published, vote.person_id LIMIT :limit OFFSET :offset""",
        number=number,
        now=tx.now,
        limit=page.limit,
        offset=page.offset,
    )
    return [VOTE_VIEW.build(row) for row in rows]
