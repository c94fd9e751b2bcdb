"""What scheduled work needs: who was active where and when last, texts that wait to be overwritten, and when a job ran last. And how
many wrong codes of the second factor an account has seen.

One row for each person and community, not one for each day: whoever was active within a week is who was active last within a week. So
the table stays small, and a vote writes to it at most once an hour. It refers to no person, as the index for that would be written as
often; people's rows do not go, but for applicants who were refused, and these have not been active.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE active_person (
  community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE,
  person_id {int} NOT NULL,
  local {bool} NOT NULL,
  last {int} NOT NULL,
  PRIMARY KEY (community_id, person_id)
) {clustered};
INSERT INTO active_person (community_id, person_id, local, last)
  SELECT deed.community_id, deed.person_id, person.local, MAX(deed.published) / 3600000000 * 3600000000
    FROM (SELECT community_id, creator_id AS person_id, published FROM post
          UNION ALL SELECT post.community_id, comment.creator_id, comment.published FROM comment JOIN post ON post.id = comment.post_id
          UNION ALL SELECT post.community_id, post_vote.person_id, post_vote.published FROM post_vote JOIN post ON post.id = post_id
          UNION ALL SELECT post.community_id, comment_vote.person_id, comment_vote.published FROM comment_vote
            JOIN comment ON comment.id = comment_vote.comment_id JOIN post ON post.id = comment.post_id) deed
    JOIN person ON person.id = deed.person_id WHERE NOT person.bot_account
   GROUP BY deed.community_id, deed.person_id, person.local;
CREATE INDEX post_deleted ON post (updated) WHERE deleted;
CREATE INDEX comment_deleted ON comment (updated) WHERE deleted;
ALTER TABLE local_user ADD COLUMN totp_2fa_failures {int} NOT NULL DEFAULT 0;
ALTER TABLE local_user ADD COLUMN totp_2fa_failing_since {int} NOT NULL DEFAULT 0;
CREATE TABLE job_run (name TEXT PRIMARY KEY, finished {int} NOT NULL);
"""

MIGRATION = Migration(number=3, name="upkeep", shared=_SHARED)
