"""Counts a data set again, the slow way: every counter beside what a count of the rows gives."""

from tests.bench.data.loading import Loader

_VISIBLE = "NOT {0}.removed AND NOT {0}.deleted"
_POST, _COMMENT = _VISIBLE.format("post"), _VISIBLE.format("comment")
_POST_VOTE = "FROM post_vote v WHERE v.post_id = a.post_id"
_COMMENT_VOTE = "FROM comment_vote v WHERE v.comment_id = a.comment_id"
_OWN_COMMENTS = f"FROM comment WHERE comment.post_id = a.post_id AND {_COMMENT}"
_OF_COMMUNITY = f"FROM post WHERE post.community_id = a.community_id AND {_POST}"

COUNTERS: dict[str, tuple[str, str, str]] = {
    "upvotes of posts": ("post_aggregates", "upvotes", f"SELECT COUNT(*) {_POST_VOTE} AND v.score = 1"),
    "downvotes of posts": ("post_aggregates", "downvotes", f"SELECT COUNT(*) {_POST_VOTE} AND v.score = -1"),
    "scores of posts": ("post_aggregates", "score", f"SELECT COALESCE(SUM(v.score), 0) {_POST_VOTE}"),
    "comments of posts": ("post_aggregates", "comments", f"SELECT COUNT(*) {_OWN_COMMENTS}"),
    "newest comments": (
        "post_aggregates",
        "newest_comment_time",
        "SELECT COALESCE(MAX(comment.published), a.published) FROM comment WHERE comment.post_id = a.post_id",
    ),
    "times of Active": (
        "post_aggregates",
        "newest_comment_time_necro",
        """SELECT COALESCE(MAX(comment.published), a.published) FROM comment WHERE comment.post_id = a.post_id
              AND comment.creator_id <> a.creator_id AND comment.published < a.published + 172800000000""",
    ),
    "upvotes of comments": ("comment_aggregates", "upvotes", f"SELECT COUNT(*) {_COMMENT_VOTE} AND v.score = 1"),
    "downvotes of comments": ("comment_aggregates", "downvotes", f"SELECT COUNT(*) {_COMMENT_VOTE} AND v.score = -1"),
    "scores of comments": ("comment_aggregates", "score", f"SELECT COALESCE(SUM(v.score), 0) {_COMMENT_VOTE}"),
    "answers to comments": (
        "comment_aggregates",
        "child_count",
        f"""SELECT COUNT(*) FROM comment JOIN comment above ON above.id = a.comment_id
             WHERE comment.post_id = above.post_id AND comment.path LIKE above.path || '.%' AND {_COMMENT}""",
    ),
    "posts of people": ("person_aggregates", "post_count", f"SELECT COUNT(*) FROM post WHERE post.creator_id = a.person_id AND {_POST}"),
    "comments of people": (
        "person_aggregates",
        "comment_count",
        f"SELECT COUNT(*) FROM comment WHERE comment.creator_id = a.person_id AND {_COMMENT}",
    ),
    "posts of communities": ("community_aggregates", "posts", f"SELECT COUNT(*) {_OF_COMMUNITY}"),
    "comments of communities": (
        "community_aggregates",
        "comments",
        f"""SELECT COUNT(*) FROM comment JOIN post ON post.id = comment.post_id
             WHERE post.community_id = a.community_id AND {_POST} AND {_COMMENT}""",
    ),
    "followers here": (
        "community_aggregates",
        "subscribers_local",
        """SELECT COUNT(*) FROM community_follower JOIN person ON person.id = person_id AND person.local
            WHERE community_follower.community_id = a.community_id""",
    ),
    "followers of ours": (
        "community_aggregates",
        "subscribers",
        """SELECT CASE WHEN community.local THEN (SELECT COUNT(*) FROM community_follower f WHERE f.community_id = a.community_id)
                       ELSE a.subscribers END
             FROM community WHERE community.id = a.community_id""",
    ),
    "people here": ("site_aggregates", "users", "SELECT COUNT(*) FROM local_user"),
    "posts here": ("site_aggregates", "posts", f"SELECT COUNT(*) FROM post WHERE post.local AND {_POST}"),
    "comments here": ("site_aggregates", "comments", f"SELECT COUNT(*) FROM comment WHERE comment.local AND {_COMMENT}"),
    "communities here": ("site_aggregates", "communities", "SELECT COUNT(*) FROM community WHERE community.local"),
}
"""What is counted: the table and column that hold the counter, and the count of rows it must equal, for the row `a`."""

_TWICE = ("community_id", "creator_id", "published", "nsfw", "language_id", "featured_community", "featured_local")


def differences(loader: Loader) -> list[str]:
    """A line for each counter that some row has wrong, and for each fact of a post that its two tables tell differently."""
    found = []
    for name, (table, column, count) in COUNTERS.items():
        wrong = loader.execute(f"SELECT COUNT(*) FROM {table} a WHERE a.{column} <> ({count})")[0][0]
        if wrong:
            found.append(f"{name}: {wrong} rows of {table} differ")
    differs = " OR ".join(f"post.{column} <> a.{column}" for column in _TWICE)
    wrong = loader.execute(
        f"SELECT COUNT(*) FROM post JOIN post_aggregates a ON a.post_id = post.id WHERE {differs} OR a.listed <> ({_POST})"
    )[0][0]
    return [*found, f"{wrong} posts differ from what lists know of them"] if wrong else found
