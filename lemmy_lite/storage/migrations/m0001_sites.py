"""The part of the first schema about instances, persons and the site: who there is."""

SQL = """
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
"""
