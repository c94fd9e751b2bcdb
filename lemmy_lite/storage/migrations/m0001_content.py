"""The part of the first schema about posts, comments, votes, marks, notes, messages, reports and the log of moderation."""

SQL = """
CREATE TABLE post (
  id {id},
  creator_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE,
  local {bool} NOT NULL,
  removed {bool} NOT NULL DEFAULT {false},
  deleted {bool} NOT NULL DEFAULT {false},
  locked {bool} NOT NULL DEFAULT {false},
  nsfw {bool} NOT NULL DEFAULT {false},
  featured_community {bool} NOT NULL DEFAULT {false},
  featured_local {bool} NOT NULL DEFAULT {false},
  language_id {int} NOT NULL DEFAULT 0,
  published {int} NOT NULL,
  updated {int},
  ap_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  url TEXT,
  url_content_type TEXT,
  thumbnail_url TEXT,
  custom_thumbnail TEXT,
  alt_text TEXT,
  embed_title TEXT,
  embed_description TEXT,
  embed_video_url TEXT,
  body TEXT,
  html TEXT,
  html_version {int} NOT NULL DEFAULT 0
);
CREATE INDEX post_creator ON post (creator_id, published);
CREATE INDEX post_url ON post (url) WHERE url IS NOT NULL;
CREATE TABLE post_aggregates (
  post_id {int} PRIMARY KEY REFERENCES post ON DELETE CASCADE,
  community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE,
  creator_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  published {int} NOT NULL,
  listed {bool} NOT NULL DEFAULT {true},
  nsfw {bool} NOT NULL DEFAULT {false},
  language_id {int} NOT NULL DEFAULT 0,
  featured_community {bool} NOT NULL DEFAULT {false},
  featured_local {bool} NOT NULL DEFAULT {false},
  score {int} NOT NULL DEFAULT 0,
  upvotes {int} NOT NULL DEFAULT 0,
  downvotes {int} NOT NULL DEFAULT 0,
  comments {int} NOT NULL DEFAULT 0,
  newest_comment_time {int} NOT NULL,
  newest_comment_time_necro {int} NOT NULL,
  controversy {real} NOT NULL DEFAULT 0
);
CREATE INDEX post_by_published ON post_aggregates (published, post_id);
CREATE INDEX post_by_activity ON post_aggregates (newest_comment_time_necro, post_id);
CREATE INDEX post_by_newest_comment ON post_aggregates (newest_comment_time, post_id);
CREATE INDEX post_by_score ON post_aggregates (score, published, post_id);
CREATE INDEX post_by_comments ON post_aggregates (comments, published, post_id);
CREATE INDEX post_by_controversy ON post_aggregates (controversy, published, post_id) WHERE controversy > 0;
CREATE INDEX post_by_community ON post_aggregates (community_id, published, post_id);
CREATE INDEX post_by_community_activity ON post_aggregates (community_id, newest_comment_time_necro, post_id);
CREATE INDEX post_by_creator ON post_aggregates (creator_id, published, post_id);
CREATE INDEX post_featured_in_community ON post_aggregates (community_id) WHERE featured_community;
CREATE INDEX post_featured_locally ON post_aggregates (post_id) WHERE featured_local;

CREATE TABLE comment (
  id {id},
  post_id {int} NOT NULL REFERENCES post ON DELETE CASCADE,
  creator_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  local {bool} NOT NULL,
  removed {bool} NOT NULL DEFAULT {false},
  deleted {bool} NOT NULL DEFAULT {false},
  distinguished {bool} NOT NULL DEFAULT {false},
  language_id {int} NOT NULL DEFAULT 0,
  published {int} NOT NULL,
  updated {int},
  path TEXT NOT NULL,
  ap_id TEXT NOT NULL UNIQUE,
  content TEXT NOT NULL,
  html TEXT,
  html_version {int} NOT NULL DEFAULT 0
);
CREATE INDEX comment_post ON comment (post_id, id);
CREATE INDEX comment_creator ON comment (creator_id, published);
CREATE INDEX comment_published ON comment (published, id);
CREATE TABLE comment_aggregates (
  comment_id {int} PRIMARY KEY REFERENCES comment ON DELETE CASCADE,
  score {int} NOT NULL DEFAULT 0,
  upvotes {int} NOT NULL DEFAULT 0,
  downvotes {int} NOT NULL DEFAULT 0,
  child_count {int} NOT NULL DEFAULT 0,
  published {int} NOT NULL
);
CREATE INDEX comment_by_score ON comment_aggregates (score, comment_id);

CREATE TABLE post_vote (
  post_id {int} NOT NULL REFERENCES post ON DELETE CASCADE,
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  score {small} NOT NULL,
  published {int} NOT NULL,
  local {bool} NOT NULL,
  PRIMARY KEY (post_id, person_id)
) {clustered};
CREATE INDEX post_vote_person ON post_vote (person_id, published, post_id) WHERE local;
CREATE TABLE comment_vote (
  comment_id {int} NOT NULL REFERENCES comment ON DELETE CASCADE,
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  score {small} NOT NULL,
  published {int} NOT NULL,
  local {bool} NOT NULL,
  PRIMARY KEY (comment_id, person_id)
) {clustered};
CREATE INDEX comment_vote_person ON comment_vote (person_id, published, comment_id) WHERE local;
CREATE TABLE post_saved (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  post_id {int} NOT NULL REFERENCES post ON DELETE CASCADE,
  published {int} NOT NULL,
  PRIMARY KEY (person_id, post_id)
) {clustered};
CREATE INDEX post_saved_post ON post_saved (post_id);
CREATE TABLE comment_saved (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  comment_id {int} NOT NULL REFERENCES comment ON DELETE CASCADE,
  published {int} NOT NULL,
  PRIMARY KEY (person_id, comment_id)
) {clustered};
CREATE INDEX comment_saved_comment ON comment_saved (comment_id);
CREATE TABLE post_read (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  post_id {int} NOT NULL REFERENCES post ON DELETE CASCADE,
  published {int} NOT NULL,
  read_comments {int},
  marked {bool} NOT NULL DEFAULT {true},
  PRIMARY KEY (person_id, post_id)
) {clustered};
CREATE INDEX post_read_post ON post_read (post_id);
CREATE TABLE post_hidden (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  post_id {int} NOT NULL REFERENCES post ON DELETE CASCADE,
  published {int} NOT NULL,
  PRIMARY KEY (person_id, post_id)
) {clustered};
CREATE INDEX post_hidden_post ON post_hidden (post_id);

CREATE TABLE comment_reply (
  id {id},
  recipient_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  comment_id {int} NOT NULL REFERENCES comment ON DELETE CASCADE,
  read {bool} NOT NULL DEFAULT {false},
  published {int} NOT NULL,
  UNIQUE (recipient_id, comment_id)
);
CREATE INDEX comment_reply_comment ON comment_reply (comment_id);
CREATE INDEX comment_reply_unread ON comment_reply (recipient_id) WHERE NOT read;
CREATE TABLE person_mention (
  id {id},
  recipient_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  comment_id {int} NOT NULL REFERENCES comment ON DELETE CASCADE,
  read {bool} NOT NULL DEFAULT {false},
  published {int} NOT NULL,
  UNIQUE (recipient_id, comment_id)
);
CREATE INDEX person_mention_comment ON person_mention (comment_id);
CREATE INDEX person_mention_unread ON person_mention (recipient_id) WHERE NOT read;
CREATE TABLE private_message (
  id {id},
  creator_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  recipient_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  deleted {bool} NOT NULL DEFAULT {false},
  removed {bool} NOT NULL DEFAULT {false},
  read {bool} NOT NULL DEFAULT {false},
  local {bool} NOT NULL,
  published {int} NOT NULL,
  updated {int},
  ap_id TEXT NOT NULL UNIQUE,
  content TEXT NOT NULL
);
CREATE INDEX private_message_recipient ON private_message (recipient_id, published);
CREATE INDEX private_message_creator ON private_message (creator_id, published);

CREATE TABLE post_report (
  id {id},
  creator_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  post_id {int} NOT NULL REFERENCES post ON DELETE CASCADE,
  original_post_name TEXT NOT NULL,
  original_post_url TEXT,
  original_post_body TEXT,
  reason TEXT NOT NULL,
  resolved {bool} NOT NULL DEFAULT {false},
  resolver_id {int} REFERENCES person ON DELETE SET NULL,
  published {int} NOT NULL,
  updated {int},
  UNIQUE (post_id, creator_id)
);
CREATE TABLE comment_report (
  id {id},
  creator_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  comment_id {int} NOT NULL REFERENCES comment ON DELETE CASCADE,
  original_comment_text TEXT NOT NULL,
  reason TEXT NOT NULL,
  resolved {bool} NOT NULL DEFAULT {false},
  resolver_id {int} REFERENCES person ON DELETE SET NULL,
  published {int} NOT NULL,
  updated {int},
  UNIQUE (comment_id, creator_id)
);
CREATE TABLE private_message_report (
  id {id},
  creator_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  private_message_id {int} NOT NULL REFERENCES private_message ON DELETE CASCADE,
  original_pm_text TEXT NOT NULL,
  reason TEXT NOT NULL,
  resolved {bool} NOT NULL DEFAULT {false},
  resolver_id {int} REFERENCES person ON DELETE SET NULL,
  published {int} NOT NULL,
  updated {int},
  UNIQUE (private_message_id, creator_id)
);

CREATE TABLE modlog (
  id {id},
  kind TEXT NOT NULL,
  mod_person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  other_person_id {int} REFERENCES person ON DELETE CASCADE,
  community_id {int} REFERENCES community ON DELETE CASCADE,
  post_id {int} REFERENCES post ON DELETE CASCADE,
  comment_id {int} REFERENCES comment ON DELETE CASCADE,
  flag {bool} NOT NULL DEFAULT {true},
  in_community {bool} NOT NULL DEFAULT {false},
  expires {int},
  when_ {int} NOT NULL,
  reason TEXT
);
CREATE INDEX modlog_kind ON modlog (kind, id);
CREATE INDEX modlog_community ON modlog (community_id) WHERE community_id IS NOT NULL;
CREATE INDEX modlog_person ON modlog (other_person_id) WHERE other_person_id IS NOT NULL;
CREATE INDEX modlog_post ON modlog (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX modlog_comment ON modlog (comment_id) WHERE comment_id IS NOT NULL;
"""
