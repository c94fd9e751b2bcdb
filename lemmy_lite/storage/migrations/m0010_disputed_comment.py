"""An index that leads to the comments people are divided over, for lists of comments by Controversial (domain/README.md).

It holds a comment once both sides have voted, by the smaller number of votes: most votes change only the larger one and do not write it.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE INDEX comment_by_dispute ON comment_aggregates ({least}(upvotes, downvotes), comment_id) WHERE upvotes > 0 AND downvotes > 0;
"""

MIGRATION = Migration(number=10, name="disputed comments", shared=_SHARED)
