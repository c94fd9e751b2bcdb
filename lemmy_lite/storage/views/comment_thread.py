"""A thread: the comments of one post, or those below one comment.

It is read whole, by one range over (post_id, id), and put in order by domain/comment_listing.py. Its post and community are read once and
each author once, for a row that holds all has some eighty columns.
"""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.comment import Comment, CommentAggregates, CommentView
from lemmy_lite.model.community import Community, CommunityVisibility, SubscribedType
from lemmy_lite.model.ids import CommunityId, PersonId
from lemmy_lite.model.listing import ListingType
from lemmy_lite.model.person import Person
from lemmy_lite.model.post import Post
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.views import beside
from lemmy_lite.storage.views.comment import shown
from lemmy_lite.storage.views.comment_listing import SITE, CommentQuery, Site, tastes, values
from lemmy_lite.storage.views.community import SUBSCRIBED
from lemmy_lite.storage.views.counted import counted
from lemmy_lite.storage.views.person import person_shape


class Setting(Struct):
    """Where a thread takes place, as the viewer stands to it. `parent_path` is that of the comment asked for."""

    post: Post
    community: Community
    subscribed: SubscribedType
    banned_from_community: bool
    moderated: bool
    blocked: bool
    site: Site
    parent_path: str | None


class Line(Struct):
    """A comment of a thread without what it shares with others. `saved_at` and `my_vote` are the viewer's; `html` is the stored rendering,
    where it was asked for."""

    comment: Comment
    counts: CommentAggregates
    saved_at: Micros | None
    my_vote: int | None
    html: str | None
    html_version: int


class Creator(Struct):
    """An author in one community, as the viewer stands to them."""

    person: Person
    banned_from_community: bool
    is_moderator: bool
    is_admin: bool
    blocked: bool


_SETTING = Shape(
    Setting,
    post=beside.POST,
    community=beside.COMMUNITY,
    subscribed=SUBSCRIBED,
    banned_from_community="ban.person_id IS NOT NULL",
    moderated="EXISTS (SELECT 1 FROM community_moderator WHERE community_id = community.id AND person_id = :viewer)",
    blocked="""EXISTS (SELECT 1 FROM community_block WHERE person_id = :viewer AND community_id = community.id)
            OR EXISTS (SELECT 1 FROM instance_block WHERE person_id = :viewer AND instance_id = community.instance_id)""",
    site=SITE,
    parent_path="parent.path",
)
_CREATOR = Shape(
    Creator,
    person=person_shape("creator"),
    banned_from_community="ban.person_id IS NOT NULL",
    is_moderator="role.person_id IS NOT NULL",
    is_admin="COALESCE(account.admin, FALSE)",
    blocked="block.person_id IS NOT NULL",
)


def _line_shape(html: str, html_version: str) -> Shape[Line]:
    return Shape(
        Line,
        comment=Shape(Comment, "comment", content=shown("comment.content")),
        counts=Shape(CommentAggregates, "counts"),
        saved_at="saved.published",
        my_vote="vote.score",
        html=html,
        html_version=html_version,
    )


_LINE = _line_shape("NULL", "0")
_LINE_WITH_HTML = _line_shape(shown("comment.html"), "comment.html_version")


def setting(tx: Transaction, viewer: Viewer | None, query: CommentQuery) -> Setting | None:
    """Where the thread of `query.parent_id`, else of `query.post_id`, takes place; None when there is no such comment or post."""
    start = "FROM comment parent JOIN post ON post.id = parent.post_id"
    if query.parent_id is None:
        start = "FROM post LEFT JOIN comment parent ON parent.id = 0"
    row = tx.one(
        f"""SELECT {_SETTING.columns} {start}
              JOIN community ON community.id = post.community_id
              LEFT JOIN community_follower follow ON follow.community_id = community.id AND follow.person_id = :viewer
              LEFT JOIN community_person_ban ban ON ban.community_id = community.id AND ban.person_id = :viewer
                AND (ban.expires IS NULL OR ban.expires > :now)
              LEFT JOIN local_site ON local_site.id > 0
             WHERE {"post.id" if query.parent_id is None else "parent.id"} = :number""",
        number=query.post_id if query.parent_id is None else query.parent_id,
        viewer=viewer.id if viewer else 0,
        now=tx.now,
    )
    return _SETTING.build(row) if row else None


def open_to(place: Setting, viewer: Viewer | None, listing: ListingType | None, community_id: CommunityId | None) -> bool:
    """Whether a list of this kind takes comments from there: what the conditions of comment_listing.py say in SQL."""
    community, followed = place.community, place.subscribed is not SubscribedType.NOT_SUBSCRIBED
    if community_id is not None and community_id != community.id:
        return False
    if viewer is None and community.visibility is not CommunityVisibility.PUBLIC:
        return False
    if listing is ListingType.MODERATOR_VIEW:
        return place.moderated
    if place.blocked or (listing is ListingType.LOCAL and not community.local):
        return False
    return listing is None or followed or (not community.hidden and listing is not ListingType.SUBSCRIBED)


def lines(
    tx: Transaction, viewer: Viewer | None, query: CommentQuery, listing: ListingType | None, place: Setting, *, with_html: bool = False
) -> list[Line]:
    """The comments of a thread that pass the filters, in no order: one statement however many there are.

    `listing` is the kind of list, None for one that takes from any place, hidden communities too.
    """
    shape = _LINE_WITH_HTML if with_html else _LINE
    within = ""
    if place.parent_path is not None:
        within = "AND comment.id >= :parent AND (comment.path = :path OR comment.path LIKE :below)"
    rows = tx.all(
        f"""SELECT {shape.columns} FROM comment
              JOIN comment_aggregates counts ON counts.comment_id = comment.id
              LEFT JOIN comment_saved saved ON saved.comment_id = comment.id AND saved.person_id = :viewer
              LEFT JOIN comment_vote vote ON vote.comment_id = comment.id AND vote.person_id = :viewer
             WHERE comment.post_id = :post {within} {tastes(viewer, query, listing)}""",
        post=place.post.id,
        parent=query.parent_id,
        path=place.parent_path,
        below=f"{place.parent_path}.%",
        **values(tx, viewer, query, place.parent_path or "0"),
    )
    build = shape.build
    return counted(tx, [build(row) for row in rows])


def creators(tx: Transaction, viewer: Viewer | None, community_id: CommunityId, ids: set[PersonId]) -> dict[PersonId, Creator]:
    """The authors with these ids, as they stand in a community."""
    if not ids:
        return {}
    rows = tx.all(
        f"""SELECT {_CREATOR.columns} FROM person creator
              LEFT JOIN local_user account ON account.person_id = creator.id
              LEFT JOIN community_moderator role ON role.community_id = :community AND role.person_id = creator.id
              LEFT JOIN community_person_ban ban ON ban.community_id = :community AND ban.person_id = creator.id
                AND (ban.expires IS NULL OR ban.expires > :now)
              LEFT JOIN person_block block ON block.person_id = :viewer AND block.target_id = creator.id
             WHERE creator.id AMONG :ids""",
        community=community_id,
        viewer=viewer.id if viewer else 0,
        now=tx.now,
        ids=sorted(ids),
    )
    return {row[0]: _CREATOR.build(row) for row in rows}


def view(place: Setting, line: Line, creator: Creator) -> CommentView:
    """The view of a line of a thread; post, community and person are shared with the other lines."""
    return CommentView(
        comment=line.comment,
        creator=creator.person,
        post=place.post,
        community=place.community,
        counts=line.counts,
        creator_banned_from_community=creator.banned_from_community,
        banned_from_community=place.banned_from_community,
        creator_is_moderator=creator.is_moderator,
        creator_is_admin=creator.is_admin,
        subscribed=place.subscribed,
        saved=line.saved_at is not None,
        creator_blocked=creator.blocked,
        my_vote=line.my_vote,
    )
