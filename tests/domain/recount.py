"""Every counter against a recount from the rows it counts."""

from lemmy_lite.storage.query import Transaction

_COUNTS = "NOT {0}.deleted AND NOT {0}.removed"

CHECKS = {
    "votes of posts": """
        SELECT a.post_id, a.upvotes, a.downvotes, a.score,
               (SELECT COUNT(*) FROM post_vote v WHERE v.post_id = a.post_id AND v.score = 1),
               (SELECT COUNT(*) FROM post_vote v WHERE v.post_id = a.post_id AND v.score = -1),
               (SELECT COALESCE(SUM(v.score), 0) FROM post_vote v WHERE v.post_id = a.post_id) FROM post_aggregates a""",
    "votes of comments": """
        SELECT a.comment_id, a.upvotes, a.downvotes, a.score,
               (SELECT COUNT(*) FROM comment_vote v WHERE v.comment_id = a.comment_id AND v.score = 1),
               (SELECT COUNT(*) FROM comment_vote v WHERE v.comment_id = a.comment_id AND v.score = -1),
               (SELECT COALESCE(SUM(v.score), 0) FROM comment_vote v WHERE v.comment_id = a.comment_id) FROM comment_aggregates a""",
    "comments of posts": f"""
        SELECT a.post_id, a.comments,
               (SELECT COUNT(*) FROM comment c WHERE c.post_id = a.post_id AND {_COUNTS.format("c")}) FROM post_aggregates a""",
    "descendants of comments": f"""
        SELECT a.comment_id, a.child_count,
               (SELECT COUNT(*) FROM comment c WHERE c.path LIKE self.path || '.%' AND {_COUNTS.format("c")})
          FROM comment_aggregates a JOIN comment self ON self.id = a.comment_id""",
    "listed posts": f"""
        SELECT a.post_id, CASE WHEN a.listed THEN 1 ELSE 0 END, CASE WHEN {_COUNTS.format("p")} THEN 1 ELSE 0 END
          FROM post_aggregates a JOIN post p ON p.id = a.post_id""",
    "communities": f"""
        SELECT a.community_id, a.posts, a.comments, a.subscribers, a.subscribers_local,
               (SELECT COUNT(*) FROM post p WHERE p.community_id = a.community_id AND {_COUNTS.format("p")}),
               (SELECT COUNT(*) FROM comment c JOIN post p ON p.id = c.post_id
                 WHERE p.community_id = a.community_id AND {_COUNTS.format("p")} AND {_COUNTS.format("c")}),
               (SELECT COUNT(*) FROM community_follower f WHERE f.community_id = a.community_id),
               (SELECT COUNT(*) FROM community_follower f JOIN person ON person.id = f.person_id
                 WHERE f.community_id = a.community_id AND person.local)
          FROM community_aggregates a""",
    "people": f"""
        SELECT a.person_id, a.post_count, a.comment_count,
               (SELECT COUNT(*) FROM post p WHERE p.creator_id = a.person_id AND {_COUNTS.format("p")}),
               (SELECT COUNT(*) FROM comment c WHERE c.creator_id = a.person_id AND {_COUNTS.format("c")}) FROM person_aggregates a""",
    "the site": f"""
        SELECT a.site_id, a.posts, a.comments, a.communities,
               (SELECT COUNT(*) FROM post p WHERE p.local AND {_COUNTS.format("p")}),
               (SELECT COUNT(*) FROM comment c WHERE c.local AND {_COUNTS.format("c")}),
               (SELECT COUNT(*) FROM community g WHERE g.local AND {_COUNTS.format("g")}) FROM site_aggregates a""",
    "paths": """
        SELECT c.id, c.path, CASE WHEN parent.id IS NULL THEN '0' ELSE parent.path END || '.' || c.id FROM comment c
          LEFT JOIN comment parent ON c.path = parent.path || '.' || c.id""",
}
"""Each row: an id, the stored values, then as many recounted ones."""


def differences(tx: Transaction) -> list[str]:
    """What does not agree, in words; empty when all is well."""
    found = []
    for name, sql in CHECKS.items():
        for row in tx.all(sql):
            half = (len(row) - 1) // 2
            stored, counted = row[1 : 1 + half], row[1 + half :]
            if tuple(stored) != tuple(counted):
                found.append(f"{name}: {row[0]} has {stored}, should have {counted}")
    return found
