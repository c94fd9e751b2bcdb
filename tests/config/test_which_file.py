"""Where a configuration is read from: a file, none, or Lemmy's own as it is."""

from pathlib import Path

import pytest

from lemmy_lite import config
from lemmy_lite.config.option import every_option
from tests.config.files import HOST, LEMMY_FILE

# Without a file


def test_no_configuration_at_all_is_an_instance_for_this_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = config.load(environment={})
    assert loaded.base_url == "http://localhost:8536"
    assert loaded.data_dir == tmp_path / "lemmy-data"
    assert loaded.sqlite_path == tmp_path / "lemmy-data" / "lemmy.db"
    assert loaded.setup is None
    assert loaded.origin.source is None
    assert loaded.origin.warnings == ()


def test_the_port_of_the_command_line_is_part_of_the_addresses_when_there_is_no_file():
    assert config.read(None, overrides={"port": 9000}).base_url == "http://localhost:9000"


def test_an_absent_flag_of_the_command_line_overrides_nothing():
    assert config.read(HOST | {"port": 9000}, overrides={"port": None}).port == 9000


def test_initialize_with_default_settings_passes_over_the_file(tmp_path):
    file = tmp_path / "lemmy.hjson"
    file.write_text("{hostname: example.com\n}")
    loaded = config.load(str(file), environment={"LEMMY_INITIALIZE_WITH_DEFAULT_SETTINGS": "", "LEMMY_DATABASE_URL": "postgres:///x"})
    assert (loaded.hostname, loaded.database_uri) == ("localhost:8536", "postgres:///x")


# Which file


def test_the_file_is_the_named_one_then_that_of_the_environment_then_the_usual_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    for name in ("config/config.hjson", "by-environment.hjson", "named.hjson"):
        (tmp_path / name).write_text(f"hostname: {Path(name).stem}.example")
    environment = {"LEMMY_CONFIG_LOCATION": "by-environment.hjson"}
    assert config.load(environment={}).hostname == "config.example"
    assert config.load(environment=environment).hostname == "by-environment.example"
    assert config.load("named.hjson", environment=environment).hostname == "named.example"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"hostname: \xff", "is not UTF-8 text"),
        (b"[1, 2]", "is not an object with keys and values"),
        (b"{hostname: a.example\n", "line 2, column 1: Bad key name (eof)"),
        (b"a: " + b"[" * 100_000, "is nested too deeply"),
        (b"/*", "cannot be read (IndexError): is a comment not closed, or a number huge?"),
        (b"[1e400", "cannot be read (OverflowError): is a comment not closed, or a number huge?"),
        (b"port: " + b"9" * 5000, "cannot be read (ValueError): is a comment not closed, or a number huge?"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_that_names_it(tmp_path, content, line):
    file = tmp_path / "lemmy.hjson"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(config.ConfigError) as caught:
        config.load(str(file), environment={})
    assert caught.value.lines == (f"{file}: {line}",)


def test_a_password_that_became_the_value_of_the_key_above_it_is_not_shown():
    with pytest.raises(config.ConfigError) as caught:
        config.parse("hostname:\n  database: { password: hunter2 }\n")
    assert "hunter2" not in str(caught.value)
    assert "hostname: (hidden) is not" in str(caught.value)


def test_a_byte_order_mark_of_a_windows_editor_does_no_harm(tmp_path):
    file = tmp_path / "lemmy.hjson"
    file.write_bytes(b"\xef\xbb\xbf{hostname: example.com\r\n}")
    assert config.load(str(file), environment={}).hostname == "example.com"


def test_a_key_written_twice_is_refused_as_lemmy_refuses_it():
    with pytest.raises(config.ConfigError) as caught:
        config.parse("{hostname: a.example\nhostname: b.example\n}")
    assert caught.value.lines == ("hostname: is written twice in one section",)


# Lemmy's file as it is


def test_the_file_of_a_lemmy_instance_is_read_as_it_is():
    loaded = config.parse(LEMMY_FILE)
    assert loaded.base_url == "https://lemmy.example"
    assert loaded.database_uri == "postgresql://lemmy:p%40ss%3A%2Fword@postgres:5432/lemmy"
    assert loaded.sqlite_path is None
    assert loaded.database.pool_size == 5
    assert loaded.setup is not None
    assert (loaded.setup.admin_username, loaded.setup.admin_email) == ("lemmy", None)
    assert loaded.email is not None
    assert loaded.email.smtp_server == ("postfix", 25)
    assert loaded.prometheus == config.Prometheus(bind="127.0.0.1", port=10002)
    assert loaded.federation.concurrent_sends_per_instance == 1
    assert (loaded.cors_origin, loaded.json_logging, loaded.image_mode) == ("*", True, "ProxyAllImages")


def test_keys_of_lemmy_without_a_meaning_here_warn_once_each():
    warned = [line.partition(":")[0] for line in config.parse(LEMMY_FILE).origin.warnings]
    assert sorted(warned) == ["opentelemetry_url", "pictrs.api_key", "pictrs.upload_timeout", "pictrs.url", "slur_filter"]


def test_every_key_of_the_contract_is_an_option():
    contract = """database.uri database.user database.password database.host database.port database.database database.pool_size
        pictrs.url pictrs.api_key pictrs.cache_external_link_previews pictrs.image_mode pictrs.proxy_bypass_domains
        pictrs.upload_timeout pictrs.max_thumbnail_size email.smtp_server email.smtp_login email.smtp_password
        email.smtp_from_address email.tls_type setup.admin_username setup.admin_password setup.site_name setup.admin_email
        hostname bind port tls_enabled federation.concurrent_sends_per_instance prometheus.bind prometheus.port cors_origin
        json_logging opentelemetry_url"""
    assert set(contract.split()) <= dict(every_option(config.Config)).keys()


@pytest.mark.parametrize(
    ("pictrs", "mode"),
    [
        ({}, "StoreLinkPreviews"),
        ({"image_mode": "None"}, "None"),
        ({"image_mode": "ProxyAllImages", "cache_external_link_previews": True}, "StoreLinkPreviews"),
        ({"image_mode": "ProxyAllImages", "cache_external_link_previews": False}, "None"),
        (None, "None"),
    ],
)
def test_the_older_key_for_previews_wins_over_the_image_mode(pictrs, mode):
    assert config.read(HOST | {"pictrs": pictrs}).image_mode == mode
