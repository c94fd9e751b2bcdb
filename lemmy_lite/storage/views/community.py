"""Communities as one viewer sees them. Which communities, and in which order, is listing's part (community_listing.py)."""

from lemmy_lite.model.community import Community, CommunityAggregates, CommunityFollowerView, CommunityModeratorView, CommunityView
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views.person import PERSON, person_shape

SUBSCRIBED = "CASE WHEN follow.person_id IS NULL THEN 'NotSubscribed' WHEN follow.pending THEN 'Pending' ELSE 'Subscribed' END"
"""SubscribedType of the viewer, given `follow`, the viewer's row of community_follower or none."""


def community_shape(alias: str = "community") -> Shape[Community]:
    """A community read from table `community` under an alias."""
    return Shape(Community, alias)


COMMUNITY = community_shape()
COMMUNITY_VIEW: Shape[CommunityView] = Shape(
    CommunityView,
    community=COMMUNITY,
    subscribed=SUBSCRIBED,
    blocked="block.person_id IS NOT NULL",
    counts=Shape(CommunityAggregates, "community_aggregates"),
    banned_from_community="ban.person_id IS NOT NULL",
)
_FROM = """
  FROM community
  JOIN community_aggregates ON community_aggregates.community_id = community.id
  LEFT JOIN community_follower follow ON follow.community_id = community.id AND follow.person_id = :viewer
  LEFT JOIN community_block block ON block.community_id = community.id AND block.person_id = :viewer
  LEFT JOIN community_person_ban ban ON ban.community_id = community.id AND ban.person_id = :viewer
"""
MODERATOR_VIEW: Shape[CommunityModeratorView] = Shape(CommunityModeratorView, community=COMMUNITY, moderator=person_shape())
FOLLOWER_VIEW: Shape[CommunityFollowerView] = Shape(CommunityFollowerView, community=COMMUNITY, follower=PERSON)


def by_ids(tx: Transaction, viewer: PersonId | None, ids: list[CommunityId]) -> list[CommunityView]:
    """The communities with these ids, in their order, whatever their state: the caller has chosen what may be seen."""
    if not ids:
        return []
    rows = tx.all(f"SELECT {COMMUNITY_VIEW.columns} {_FROM} WHERE community.id AMONG :ids", ids=list(ids), viewer=viewer or 0)
    found = {row[0]: row for row in rows}
    return [COMMUNITY_VIEW.build(found[number]) for number in ids if number in found]


def view(tx: Transaction, viewer: PersonId | None, community_id: CommunityId) -> CommunityView | None:
    """One community, whatever its state."""
    found = by_ids(tx, viewer, [community_id])
    return found[0] if found else None


def moderators(tx: Transaction, community_id: CommunityId) -> list[CommunityModeratorView]:
    """The moderators of a community, the top one first."""
    rows = tx.all(
        f"""SELECT {MODERATOR_VIEW.columns} FROM community_moderator
              JOIN community ON community.id = community_moderator.community_id
              JOIN person ON person.id = community_moderator.person_id
             WHERE community_moderator.community_id = :id ORDER BY community_moderator.published, community_moderator.id""",
        id=community_id,
    )
    return [MODERATOR_VIEW.build(row) for row in rows]


def moderated_by(tx: Transaction, person_id: PersonId, viewer: PersonId | None = None) -> list[CommunityModeratorView]:
    """What a person moderates, oldest appointment first; local-only communities for those who are logged in."""
    rows = tx.all(
        f"""SELECT {MODERATOR_VIEW.columns} FROM community_moderator
              JOIN community ON community.id = community_moderator.community_id
              JOIN person ON person.id = community_moderator.person_id
             WHERE community_moderator.person_id = :id AND NOT community.deleted AND NOT community.removed
               AND (community.visibility = 'Public' OR :viewer > 0)
             ORDER BY community_moderator.published, community_moderator.id""",
        id=person_id,
        viewer=viewer or 0,
    )
    return [MODERATOR_VIEW.build(row) for row in rows]


def followed_by(tx: Transaction, person_id: PersonId) -> list[CommunityFollowerView]:
    """What a person follows, by title; pending ones too, as Lemmy lists them."""
    rows = tx.all(
        f"""SELECT {FOLLOWER_VIEW.columns} FROM community_follower
              JOIN community ON community.id = community_follower.community_id
              JOIN person ON person.id = community_follower.person_id
             WHERE community_follower.person_id = :id AND NOT community.deleted AND NOT community.removed
             ORDER BY community.title, community.id""",
        id=person_id,
    )
    return [FOLLOWER_VIEW.build(row) for row in rows]
