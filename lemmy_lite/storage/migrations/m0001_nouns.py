"""Every noun of the contract.

Counters stand in narrow tables apart from bodies, so that a vote rewrites a short row; flags stand before long texts, so that a scan
need not read overflow pages. No column holds a rank that merely decays (DESIGN §4). Timestamps are microseconds UTC.
"""

from lemmy_lite.storage.migrations.migration import Migration

_SHARED = """
CREATE TABLE secret (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE instance (
  id {id},
  domain TEXT NOT NULL UNIQUE,
  published {int} NOT NULL,
  updated {int},
  software TEXT,
  version TEXT
);
CREATE TABLE federation_allowlist (instance_id {int} PRIMARY KEY REFERENCES instance ON DELETE CASCADE, published {int} NOT NULL);
CREATE TABLE federation_blocklist (instance_id {int} PRIMARY KEY REFERENCES instance ON DELETE CASCADE, published {int} NOT NULL);

CREATE TABLE person (
  id {id},
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  instance_id {int} NOT NULL REFERENCES instance,
  local {bool} NOT NULL,
  banned {bool} NOT NULL DEFAULT {false},
  ban_expires {int},
  deleted {bool} NOT NULL DEFAULT {false},
  bot_account {bool} NOT NULL DEFAULT {false},
  published {int} NOT NULL,
  updated {int},
  actor_id TEXT NOT NULL UNIQUE,
  display_name TEXT,
  avatar TEXT,
  banner TEXT,
  matrix_user_id TEXT,
  bio TEXT
);
CREATE UNIQUE INDEX person_local_name ON person (name_folded) WHERE local;
CREATE INDEX person_name ON person (name_folded, instance_id);
CREATE INDEX person_ban_expiry ON person (ban_expires) WHERE ban_expires IS NOT NULL;
CREATE TABLE person_aggregates (
  person_id {int} PRIMARY KEY REFERENCES person ON DELETE CASCADE,
  post_count {int} NOT NULL DEFAULT 0,
  comment_count {int} NOT NULL DEFAULT 0
);

CREATE TABLE site (
  id {id},
  name TEXT NOT NULL,
  instance_id {int} NOT NULL UNIQUE REFERENCES instance,
  published {int} NOT NULL,
  updated {int},
  actor_id TEXT NOT NULL UNIQUE,
  inbox_url TEXT NOT NULL,
  public_key TEXT NOT NULL,
  last_refreshed_at {int} NOT NULL,
  icon TEXT,
  banner TEXT,
  description TEXT,
  content_warning TEXT,
  sidebar TEXT,
  html TEXT,
  html_version {int} NOT NULL DEFAULT 0
);
CREATE TABLE local_site (
  id {id},
  site_id {int} NOT NULL UNIQUE REFERENCES site,
  site_setup {bool} NOT NULL DEFAULT {false},
  enable_downvotes {bool} NOT NULL DEFAULT {true},
  enable_nsfw {bool} NOT NULL DEFAULT {true},
  community_creation_admin_only {bool} NOT NULL DEFAULT {false},
  require_email_verification {bool} NOT NULL DEFAULT {false},
  application_question TEXT DEFAULT 'to verify that you are human, please explain why you want to create an account on this site',
  private_instance {bool} NOT NULL DEFAULT {false},
  default_theme TEXT NOT NULL DEFAULT 'browser',
  default_post_listing_type TEXT NOT NULL DEFAULT 'Local',
  legal_information TEXT,
  hide_modlog_mod_names {bool} NOT NULL DEFAULT {true},
  application_email_admins {bool} NOT NULL DEFAULT {false},
  slur_filter_regex TEXT,
  actor_name_max_length {int} NOT NULL DEFAULT 20,
  federation_enabled {bool} NOT NULL DEFAULT {true},
  captcha_enabled {bool} NOT NULL DEFAULT {false},
  captcha_difficulty TEXT NOT NULL DEFAULT 'medium',
  published {int} NOT NULL,
  updated {int},
  registration_mode TEXT NOT NULL DEFAULT 'RequireApplication',
  reports_email_admins {bool} NOT NULL DEFAULT {false},
  federation_signed_fetch {bool} NOT NULL DEFAULT {false},
  default_post_listing_mode TEXT NOT NULL DEFAULT 'List',
  default_sort_type TEXT NOT NULL DEFAULT 'Active'
);
CREATE TABLE local_site_rate_limit (
  local_site_id {int} PRIMARY KEY REFERENCES local_site ON DELETE CASCADE,
  message {int} NOT NULL DEFAULT 180,
  message_per_second {int} NOT NULL DEFAULT 60,
  post {int} NOT NULL DEFAULT 6,
  post_per_second {int} NOT NULL DEFAULT 600,
  register {int} NOT NULL DEFAULT 10,
  register_per_second {int} NOT NULL DEFAULT 3600,
  image {int} NOT NULL DEFAULT 6,
  image_per_second {int} NOT NULL DEFAULT 3600,
  comment {int} NOT NULL DEFAULT 6,
  comment_per_second {int} NOT NULL DEFAULT 600,
  search {int} NOT NULL DEFAULT 60,
  search_per_second {int} NOT NULL DEFAULT 600,
  import_user_settings {int} NOT NULL DEFAULT 1,
  import_user_settings_per_second {int} NOT NULL DEFAULT 86400,
  published {int} NOT NULL,
  updated {int}
);
CREATE TABLE site_aggregates (
  site_id {int} PRIMARY KEY REFERENCES site ON DELETE CASCADE,
  users {int} NOT NULL DEFAULT 0,
  posts {int} NOT NULL DEFAULT 0,
  comments {int} NOT NULL DEFAULT 0,
  communities {int} NOT NULL DEFAULT 0,
  users_active_day {int} NOT NULL DEFAULT 0,
  users_active_week {int} NOT NULL DEFAULT 0,
  users_active_month {int} NOT NULL DEFAULT 0,
  users_active_half_year {int} NOT NULL DEFAULT 0
);
CREATE TABLE site_language (site_id {int} NOT NULL, language_id {int} NOT NULL, PRIMARY KEY (site_id, language_id)) {clustered};
CREATE TABLE tagline (
  id {id},
  local_site_id {int} NOT NULL REFERENCES local_site ON DELETE CASCADE,
  content TEXT NOT NULL,
  published {int} NOT NULL,
  updated {int}
);
CREATE TABLE local_site_url_blocklist (id {id}, url TEXT NOT NULL UNIQUE, published {int} NOT NULL, updated {int});
CREATE TABLE custom_emoji (
  id {id},
  local_site_id {int} NOT NULL REFERENCES local_site ON DELETE CASCADE,
  shortcode TEXT NOT NULL UNIQUE,
  image_url TEXT NOT NULL UNIQUE,
  alt_text TEXT NOT NULL,
  category TEXT NOT NULL,
  published {int} NOT NULL,
  updated {int}
);
CREATE TABLE custom_emoji_keyword (
  custom_emoji_id {int} NOT NULL REFERENCES custom_emoji ON DELETE CASCADE, keyword TEXT NOT NULL, PRIMARY KEY (custom_emoji_id, keyword)
) {clustered};

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

CREATE TABLE local_image (
  alias TEXT PRIMARY KEY,
  delete_token TEXT NOT NULL,
  local_user_id {int} REFERENCES local_user ON DELETE CASCADE,
  published {int} NOT NULL
);
CREATE INDEX local_image_user ON local_image (local_user_id, published);
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
CREATE TABLE tombstone (ap_id TEXT PRIMARY KEY, actor_ap_id TEXT NOT NULL, published {int} NOT NULL) {clustered}
"""

# The first person and the first community of a fresh Lemmy have id 2, and clients' tests know it (behaviour.md, "API").
_SQLITE = "INSERT INTO sqlite_sequence (name, seq) VALUES ('person', 1), ('community', 1)"
_POSTGRES = "ALTER TABLE person ALTER COLUMN id RESTART WITH 2; ALTER TABLE community ALTER COLUMN id RESTART WITH 2"

MIGRATION = Migration(number=1, name="every noun of the contract", shared=_SHARED + ";", sqlite=_SQLITE, postgres=_POSTGRES)
