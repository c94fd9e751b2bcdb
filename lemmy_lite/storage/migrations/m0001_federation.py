"""The part of the first schema about images, actors and activities."""

SQL = """
CREATE TABLE local_image (
  alias TEXT PRIMARY KEY,
  link TEXT NOT NULL,
  delete_token TEXT NOT NULL,
  local_user_id {int} REFERENCES local_user ON DELETE CASCADE,
  published {int} NOT NULL,
  file TEXT,
  source TEXT,
  bytes {int} NOT NULL DEFAULT 0
);
CREATE INDEX local_image_user ON local_image (local_user_id, published);
CREATE INDEX local_image_published ON local_image (published) WHERE local_user_id IS NOT NULL;
CREATE INDEX local_image_file ON local_image (file) WHERE file IS NOT NULL;
CREATE TABLE image_use (
  alias TEXT NOT NULL REFERENCES local_image ON DELETE CASCADE,
  noun TEXT NOT NULL,
  number {int} NOT NULL,
  PRIMARY KEY (alias, noun, number)
) {clustered};
CREATE INDEX image_use_by_noun ON image_use (noun, number);
CREATE TABLE remote_image (link TEXT PRIMARY KEY, published {int} NOT NULL);
CREATE TABLE image_details (link TEXT PRIMARY KEY, width {int} NOT NULL, height {int} NOT NULL, content_type TEXT NOT NULL);

CREATE TABLE actor (
  ap_id TEXT PRIMARY KEY,
  person_id {int} UNIQUE REFERENCES person ON DELETE CASCADE,
  community_id {int} UNIQUE REFERENCES community ON DELETE CASCADE,
  site_id {int} UNIQUE REFERENCES site ON DELETE CASCADE,
  instance_id {int} NOT NULL REFERENCES instance,
  inbox_url TEXT NOT NULL,
  shared_inbox_url TEXT,
  last_refreshed_at {int} NOT NULL,
  public_key TEXT NOT NULL,
  private_key TEXT
);
CREATE TABLE sent_activity (
  id {id},
  ap_id TEXT NOT NULL UNIQUE,
  published {int} NOT NULL,
  sensitive {bool} NOT NULL,
  actor_ap_id TEXT NOT NULL,
  object_ap_id TEXT,
  community_id {int},
  everyone {bool} NOT NULL DEFAULT {false},
  inboxes TEXT NOT NULL DEFAULT '[]',
  data {blob} NOT NULL
);
CREATE INDEX sent_activity_published ON sent_activity (published);
CREATE TABLE delivery (
  instance_id {int} PRIMARY KEY REFERENCES instance ON DELETE CASCADE,
  last_successful_id {int} NOT NULL,
  last_successful_published_time {int},
  fail_count {int} NOT NULL DEFAULT 0,
  failing_since {int},
  last_retry {int},
  next_retry {int},
  asleep {bool} NOT NULL DEFAULT {false}
);
CREATE TABLE inbox_activity (
  id {id},
  ap_id TEXT NOT NULL UNIQUE,
  host TEXT NOT NULL,
  actor_ap_id TEXT NOT NULL,
  received {int} NOT NULL,
  attempts {int} NOT NULL DEFAULT 0,
  parked TEXT,
  data {blob} NOT NULL
);
CREATE INDEX inbox_activity_waiting ON inbox_activity (host, id) WHERE parked IS NULL;
CREATE TABLE received_activity (ap_id TEXT PRIMARY KEY, published {int} NOT NULL) {clustered};
CREATE INDEX received_activity_published ON received_activity (published);
CREATE TABLE tombstone (ap_id TEXT PRIMARY KEY, actor_ap_id TEXT NOT NULL, published {int} NOT NULL) {clustered};
"""
