"""Which instances know a person of ours, as far as they have something of them to show."""

from lemmy_lite.model.ids import PersonId
from lemmy_lite.storage.query import Transaction


def inboxes(tx: Transaction, person_id: PersonId) -> list[str]:
    """The inboxes to be told when a person changes their profile: of those who follow them, of the communities elsewhere in which they
    wrote, of the followers of those here, and of the people to whom they sent messages. Found by indexes; nobody else is told.
    """
    return tx.column(
        """WITH wrote_in AS (SELECT community_id FROM post WHERE creator_id = :person
                             UNION SELECT post.community_id FROM comment JOIN post ON post.id = comment.post_id
                                    WHERE comment.creator_id = :person)
           SELECT DISTINCT COALESCE(actor.shared_inbox_url, actor.inbox_url) FROM actor WHERE actor.private_key IS NULL AND (
             actor.person_id IN (SELECT follower_id FROM person_follower WHERE person_id = :person)
             OR actor.community_id IN (SELECT community_id FROM wrote_in)
             OR actor.person_id IN (SELECT community_follower.person_id FROM community_follower
                                      JOIN community ON community.id = community_follower.community_id
                                     WHERE community.id IN (SELECT community_id FROM wrote_in) AND community.local
                                       AND community.visibility = 'Public' AND NOT community_follower.pending)
             OR actor.person_id IN (SELECT recipient_id FROM private_message WHERE creator_id = :person)) ORDER BY 1""",
        person=person_id,
    )
