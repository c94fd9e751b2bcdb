"""The part of the first schema about accounts, communities, and who follows, moderates, bans and blocks."""

SQL = """
CREATE TABLE local_user (
  id {id},
  person_id {int} NOT NULL UNIQUE REFERENCES person ON DELETE CASCADE,
  password_encrypted TEXT NOT NULL,
  email TEXT UNIQUE,
  show_nsfw {bool} NOT NULL DEFAULT {false},
  theme TEXT NOT NULL DEFAULT 'browser',
  default_sort_type TEXT NOT NULL DEFAULT 'Active',
  default_listing_type TEXT NOT NULL DEFAULT 'Local',
  interface_language TEXT NOT NULL DEFAULT 'browser',
  show_avatars {bool} NOT NULL DEFAULT {true},
  send_notifications_to_email {bool} NOT NULL DEFAULT {false},
  show_scores {bool} NOT NULL DEFAULT {true},
  show_bot_accounts {bool} NOT NULL DEFAULT {true},
  show_read_posts {bool} NOT NULL DEFAULT {true},
  email_verified {bool} NOT NULL DEFAULT {false},
  accepted_application {bool} NOT NULL DEFAULT {false},
  open_links_in_new_tab {bool} NOT NULL DEFAULT {false},
  blur_nsfw {bool} NOT NULL DEFAULT {true},
  auto_expand {bool} NOT NULL DEFAULT {false},
  infinite_scroll_enabled {bool} NOT NULL DEFAULT {false},
  admin {bool} NOT NULL DEFAULT {false},
  admin_since {int},
  post_listing_mode TEXT NOT NULL DEFAULT 'List',
  totp_2fa_secret TEXT,
  totp_2fa_enabled {bool} NOT NULL DEFAULT {false},
  totp_2fa_last_step {int} NOT NULL DEFAULT 0,
  enable_keyboard_navigation {bool} NOT NULL DEFAULT {false},
  enable_animated_images {bool} NOT NULL DEFAULT {true},
  collapse_bot_comments {bool} NOT NULL DEFAULT {false},
  last_donation_notification {int} NOT NULL,
  vote_score {bool} NOT NULL DEFAULT {false},
  vote_upvotes {bool} NOT NULL DEFAULT {true},
  vote_downvotes {bool} NOT NULL DEFAULT {true},
  vote_upvote_percentage {bool} NOT NULL DEFAULT {false}
);
CREATE INDEX local_user_admin ON local_user (admin_since, id) WHERE admin;
CREATE TABLE local_user_language (local_user_id {int} NOT NULL REFERENCES local_user ON DELETE CASCADE, language_id {int} NOT NULL,
  PRIMARY KEY (local_user_id, language_id)) {clustered};
CREATE TABLE login_token (
  token_hash TEXT PRIMARY KEY,
  local_user_id {int} NOT NULL REFERENCES local_user ON DELETE CASCADE,
  published {int} NOT NULL,
  ip TEXT,
  user_agent TEXT
);
CREATE INDEX login_token_user ON login_token (local_user_id, published);
CREATE TABLE password_reset_request (
  id {id}, token_hash TEXT NOT NULL UNIQUE, local_user_id {int} NOT NULL REFERENCES local_user ON DELETE CASCADE, published {int} NOT NULL
);
CREATE INDEX password_reset_request_user ON password_reset_request (local_user_id);
CREATE TABLE email_verification (
  id {id}, local_user_id {int} NOT NULL REFERENCES local_user ON DELETE CASCADE, email TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE,
  published {int} NOT NULL
);
CREATE INDEX email_verification_user ON email_verification (local_user_id);
CREATE TABLE registration_application (
  id {id},
  local_user_id {int} NOT NULL UNIQUE REFERENCES local_user ON DELETE CASCADE,
  answer TEXT NOT NULL,
  admin_id {int} REFERENCES person ON DELETE SET NULL,
  deny_reason TEXT,
  published {int} NOT NULL
);
CREATE TABLE captcha_answer (uuid TEXT PRIMARY KEY, answer TEXT NOT NULL, published {int} NOT NULL);

CREATE TABLE community (
  id {id},
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  instance_id {int} NOT NULL REFERENCES instance,
  local {bool} NOT NULL,
  removed {bool} NOT NULL DEFAULT {false},
  deleted {bool} NOT NULL DEFAULT {false},
  nsfw {bool} NOT NULL DEFAULT {false},
  hidden {bool} NOT NULL DEFAULT {false},
  visibility TEXT NOT NULL DEFAULT 'Public',
  posting_restricted_to_mods {bool} NOT NULL DEFAULT {false},
  published {int} NOT NULL,
  updated {int},
  actor_id TEXT NOT NULL UNIQUE,
  followers_url TEXT NOT NULL,
  moderators_url TEXT,
  featured_url TEXT,
  outbox_url TEXT,
  title TEXT NOT NULL,
  icon TEXT,
  banner TEXT,
  description TEXT,
  html TEXT,
  html_version {int} NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX community_local_name ON community (name_folded) WHERE local;
CREATE INDEX community_name ON community (name_folded, instance_id);
CREATE INDEX community_instance ON community (instance_id);
CREATE TABLE community_aggregates (
  community_id {int} PRIMARY KEY REFERENCES community ON DELETE CASCADE,
  subscribers {int} NOT NULL DEFAULT 0,
  subscribers_local {int} NOT NULL DEFAULT 0,
  posts {int} NOT NULL DEFAULT 0,
  comments {int} NOT NULL DEFAULT 0,
  published {int} NOT NULL,
  users_active_day {int} NOT NULL DEFAULT 0,
  users_active_week {int} NOT NULL DEFAULT 0,
  users_active_month {int} NOT NULL DEFAULT 0,
  users_active_half_year {int} NOT NULL DEFAULT 0
);
CREATE TABLE community_language (community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE, language_id {int} NOT NULL,
  PRIMARY KEY (community_id, language_id)) {clustered};
CREATE TABLE community_follower (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE,
  published {int} NOT NULL,
  pending {bool} NOT NULL DEFAULT {false},
  PRIMARY KEY (person_id, community_id)
) {clustered};
CREATE INDEX community_follower_community ON community_follower (community_id, person_id);
CREATE TABLE community_moderator (
  id {id},
  community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE,
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  published {int} NOT NULL,
  UNIQUE (community_id, person_id)
);
CREATE INDEX community_moderator_person ON community_moderator (person_id);
CREATE TABLE community_person_ban (
  community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE,
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  published {int} NOT NULL,
  expires {int},
  PRIMARY KEY (community_id, person_id)
) {clustered};
CREATE INDEX community_person_ban_person ON community_person_ban (person_id);
CREATE INDEX community_person_ban_expiry ON community_person_ban (expires) WHERE expires IS NOT NULL;

CREATE TABLE person_block (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  target_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  published {int} NOT NULL,
  PRIMARY KEY (person_id, target_id)
) {clustered};
CREATE INDEX person_block_target ON person_block (target_id);
CREATE TABLE community_block (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  community_id {int} NOT NULL REFERENCES community ON DELETE CASCADE,
  published {int} NOT NULL,
  PRIMARY KEY (person_id, community_id)
) {clustered};
CREATE INDEX community_block_community ON community_block (community_id);
CREATE TABLE instance_block (
  person_id {int} NOT NULL REFERENCES person ON DELETE CASCADE,
  instance_id {int} NOT NULL REFERENCES instance ON DELETE CASCADE,
  published {int} NOT NULL,
  PRIMARY KEY (person_id, instance_id)
) {clustered};
"""
