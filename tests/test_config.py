"""What an administrator writes, and what the instance makes of it."""

import operator
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite import config
from lemmy_lite.cli.main import main
from lemmy_lite.config.kinds import duration, size, written
from lemmy_lite.config.option import Section, declared, every_option

ROOT = Path(__file__).parent.parent
HOST = {"hostname": "example.com"}


def problems(*args: object, **kwargs: object) -> tuple[str, ...]:
    with pytest.raises(config.ConfigError) as caught:
        config.read(*args, **kwargs)  # type: ignore[arg-type]  # wrong types are what these tests are about
    return caught.value.lines


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
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_that_names_it(tmp_path, content, line):
    file = tmp_path / "lemmy.hjson"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(config.ConfigError) as caught:
        config.load(str(file), environment={})
    assert caught.value.lines == (f"{file}: {line}",)


def test_a_byte_order_mark_of_a_windows_editor_does_no_harm(tmp_path):
    file = tmp_path / "lemmy.hjson"
    file.write_bytes(b"\xef\xbb\xbf{hostname: example.com\r\n}")
    assert config.load(str(file), environment={}).hostname == "example.com"


def test_a_key_written_twice_is_refused_as_lemmy_refuses_it():
    with pytest.raises(config.ConfigError) as caught:
        config.parse("{hostname: a.example\nhostname: b.example\n}")
    assert caught.value.lines == ("hostname: is written twice in one section",)


# Lemmy's file as it is

LEMMY_FILE = """
{
  # as a container set-up has it
  database: {
    host: postgres
    user: lemmy
    password: "p@ss:/word"
    pool_size: 5
  }
  hostname: "lemmy.example"
  bind: "0.0.0.0"
  port: 8536
  tls_enabled: true
  pictrs: { url: "http://pictrs:8080/", api_key: "my key", image_mode: "ProxyAllImages", upload_timeout: 60 }
  email: {
    smtp_server: "postfix:25"
    smtp_from_address: "Lemmy <noreply@lemmy.example>"
    tls_type: "none"
  }
  setup: { admin_username: "lemmy", admin_password: "lemmylemmy", site_name: "lemmy-dev", admin_email: null }
  prometheus: { bind: "127.0.0.1", port: 10002 }
  federation: { concurrent_sends_per_instance: 1 }
  cors_origin: "*"
  json_logging: true
  opentelemetry_url: "http://otel:4137"
  slur_filter: "old"
}
"""


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


# The name


@pytest.mark.parametrize("values", [{}, {"hostname": "unset"}, {"port": "abc"}])
def test_a_file_must_say_the_hostname(values):
    assert any(line.startswith("hostname: ") and "such as example.com" in line for line in problems(values))


@pytest.mark.parametrize(
    "name",
    ["https://example.com", "example.com/", "user@example.com", "exa mple.com", "example.com # mine", "münchen.example", "", "a" * 64, 5,
     "example.com.", "-a.example", "example.com:", "example.com:0", "example.com:65536", "example.com:443", "[::1]:80",
     ".".join(["a"] * 200)],
)  # fmt: skip
def test_a_hostname_is_a_host_and_perhaps_a_port(name):
    assert [line.partition(":")[0] for line in problems({"hostname": name})] == ["hostname"]


def test_the_domain_has_no_port_and_the_addresses_do():
    loaded = config.read({"hostname": "Lemmy-Alpha:8541", "tls_enabled": False})
    assert (loaded.hostname, loaded.domain, loaded.base_url) == ("lemmy-alpha:8541", "lemmy-alpha", "http://lemmy-alpha:8541")


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "https://example.com/post/1", "https://example.com:443/post/1?x#y", "https://EXAMPLE.com/"],
)
def test_a_url_of_the_own_origin_is_local(url):
    assert config.read(HOST).local(url)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://example.com:8443/", "https://example.com.evil.test/", "https://evil.test/example.com", "example.com",
     "https://sub.example.com/", "https://example.com@evil.test/", "https://user@example.com/", "https://evil.test\\@example.com/",
     "https://exam\nple.com/", "https://example.com\\.evil.test/", "https://[::1/", "https://example.com:port/", "https://example.com:99999/",
     "//example.com/", "", "https://", "https://example.com./", " https://example.com/"],
)  # fmt: skip
def test_a_url_of_any_other_origin_is_not_local(url):
    assert not config.read(HOST).local(url)


def test_plain_http_and_a_port_are_part_of_the_origin():
    loaded = config.read({"hostname": "localhost:8536", "tls_enabled": False})
    assert loaded.local("http://localhost:8536/c/main")
    assert not loaded.local("http://localhost/c/main")
    assert not loaded.local("https://localhost:8536/c/main")


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ({"hostname": "localhost"}, ["hostname"]),
        ({"hostname": "localhost", "tls_enabled": False}, []),
        ({"hostname": "example.com", "tls_enabled": False}, ["tls_enabled"]),
        ({"hostname": "abcdef.onion", "tls_enabled": False}, []),
        ({"hostname": "example.com", "federation": {"allow_private_addresses": True}}, ["federation.allow_private_addresses"]),
    ],
)
def test_what_will_surprise_is_said_at_start(values, warned):
    assert [line.partition(":")[0] for line in config.read(values).origin.warnings] == warned


# Where the rows live


@pytest.mark.parametrize("part", ["user", "password", "host", "database"])
def test_naming_any_part_of_a_postgres_address_means_postgres(part):
    assert config.read(HOST | {"database": {part: "x"}}).database_uri.startswith("postgresql://")


def test_the_size_of_the_pool_alone_does_not_mean_postgres():
    loaded = config.read(HOST | {"database": {"pool_size": 5}})
    assert loaded.sqlite_path is not None
    assert [line.partition(":")[0] for line in loaded.origin.warnings] == ["database.pool_size"]


def test_a_uri_wins_over_the_parts_and_the_environment_over_both():
    values = HOST | {"database": {"uri": "postgresql:///a", "host": "b"}}
    assert config.read(values).database_uri == "postgresql:///a"
    assert config.read(values, environment={"LEMMY_DATABASE_URL": "sqlite:///c/d.db"}).sqlite_path == Path("/c/d.db")


@pytest.mark.parametrize("host", ["/var/run/postgresql", "::1"])
def test_a_socket_folder_and_an_ipv6_host_are_written_as_libpq_reads_them(host):
    uri = config.read(HOST | {"database": {"host": host}}).database_uri
    assert uri in ("postgresql://lemmy:password@%2Fvar%2Frun%2Fpostgresql:5432/lemmy", "postgresql://lemmy:password@[::1]:5432/lemmy")


@pytest.mark.parametrize("uri", ["sqlite:///srv/a b/lemmy.db", "sqlite:////srv/a%20b/lemmy.db"])
def test_a_sqlite_file_is_named_by_its_absolute_path(uri):
    assert config.read(HOST | {"database": {"uri": uri}}).sqlite_path == Path("/srv/a b/lemmy.db")


@pytest.mark.parametrize("uri", ["sqlite://lemmy.db", "sqlite:///", "sqlite:///a?mode=ro", "mysql://a/b", "postgres", 5, ""])
def test_a_uri_of_no_known_database_is_refused_without_showing_it(uri):
    (line,) = problems(HOST | {"database": {"uri": uri}})
    assert line.startswith("database.uri: (hidden) is not postgresql://")


def test_a_folder_with_odd_characters_keeps_its_name(tmp_path):
    folder = tmp_path / "a b%20c?#"
    assert config.read(HOST | {"data_dir": str(folder)}).sqlite_path == folder / "lemmy.db"


def test_the_state_directory_of_systemd_yields_to_the_file():
    environment = {"STATE_DIRECTORY": "/var/lib/lemmy-lite:/var/lib/other"}
    assert config.read(HOST, environment=environment).data_dir == Path("/var/lib/lemmy-lite")
    assert config.read(HOST | {"data_dir": "/srv/lemmy"}, environment=environment).data_dir == Path("/srv/lemmy")


# Values


@pytest.mark.parametrize("value", ["abc", 0, 65536, -1, 8536.5, True, None, [], {}, "9" * 5000, "8536 # comment"])
def test_a_port_is_a_whole_number_between_1_and_65535(value):
    (line,) = problems(HOST | {"port": value})
    assert re.fullmatch(r"port: .{1,70} is not a whole number between 1 and 65535", line)


def test_a_value_of_the_wrong_type_is_named_with_what_is_allowed():
    assert problems(HOST | {"port": "abc"}) == ('port: "abc" is not a whole number between 1 and 65535',)
    assert problems(HOST | {"log": {"level": "loud"}}) == ('log.level: "loud" is not one of error, warning, info, debug',)
    assert problems(HOST | {"federation": 7}) == ("federation: 7 is not a section, federation: { … }",)


@pytest.mark.parametrize(
    ("text", "count"),
    [("2 GB", 2_000_000_000), ("2GiB", 2**31), ("1.5 gb", 1_500_000_000), (2_000_000_000, 2_000_000_000), ("2000000000", 2_000_000_000)],
)
def test_a_size_may_have_a_unit(text, count):
    assert config.read(HOST | {"images": {"budget": text}}).images.budget == count


@pytest.mark.parametrize("text", ["2 XB", "GB", "-2 GB", "1e9", "1 B", 1.5, True, "2 GB 3", "1" * 400, "0.0000001 GB", None, "٣ GB"])
def test_a_size_of_no_meaning_is_refused(text):
    (line,) = problems(HOST | {"images": {"budget": text}})
    assert line.endswith('is not a number of bytes or a size such as "16 MiB", between 16 MiB and 100 TB')


@pytest.mark.parametrize(
    ("text", "seconds"), [("1 hour", 3600), ("90 min", 5400), ("2h", 7200), (60, 60), ("3600", 3600), ("1 day", 86_400)]
)
def test_a_duration_may_have_a_unit(text, seconds):
    assert config.read(HOST | {"federation": {"signature_window_past": text}}).federation.signature_window_past == seconds


@given(st.integers(0, 10**14))
def test_a_size_reads_back_as_it_is_written(count):
    kind = size("0 B", "1000 TB")
    assert kind.read(kind.write(count)) == count


@given(st.integers(0, 10**9))
def test_a_duration_reads_back_as_it_is_written(seconds):
    kind = duration("0 seconds", "100000 days")
    assert kind.read(kind.write(seconds)) == seconds


def test_a_password_of_digits_has_to_stand_in_quotes():
    values = HOST | {"setup": {"admin_username": "admin", "admin_password": 1234567890, "site_name": "Site"}}
    assert problems(values) == ("setup.admin_password: (hidden) is not text of 10 to 60 characters; write it in quotes",)


def test_a_line_feed_cannot_be_smuggled_into_a_mail():
    email = {"smtp_server": "localhost:25", "smtp_from_address": "a@example.com\nBcc: b@example.com", "tls_type": "none"}
    (line,) = problems(HOST | {"email": email})
    assert line.startswith("email.smtp_from_address: ")
    assert "\n" not in line


def test_networks_are_lists_of_networks_or_addresses():
    loaded = config.read(HOST | {"http": {"trusted_proxies": ["10.0.0.0/8", "::1"]}})
    assert [str(network) for network in loaded.http.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    (line,) = problems(HOST | {"http": {"trusted_proxies": ["10.0.0.1/8"]}})
    assert line.endswith("the address has bits beyond its mask")


def test_out_of_the_box_only_this_machine_is_a_trusted_proxy():
    assert [str(network) for network in config.read(HOST).http.trusted_proxies] == ["127.0.0.0/8", "::1/128"]


# Keys


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"tls_enable": True}, "tls_enable: true is set, but there is no such option; the nearest is tls_enabled"),
        (
            {"federation": {"fetch_request": 3}},
            "federation.fetch_request: 3 is set, but there is no such option; the nearest is federation.fetch_requests",
        ),
        ({"level": "debug"}, 'level: "debug" is set, but there is no such option; the nearest is log.level'),
        ({"log": {"xyzzy": 1}}, "log.xyzzy: 1 is set, but there is no such option; allowed here: level"),
        ({"testing": {"enabled": True}}, None),
        ({"testing": None}, None),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(values, line):
    (found,) = problems(HOST | values)
    assert found == line or (line is None and found.startswith("testing: "))


def test_all_problems_are_found_at_once():
    values = {"hostname": "", "port": 0, "nonsense": 1, "email": {}, "storage": {"readers": 0, "cache_size": "huge"}}
    starts = [line.partition(":")[0] for line in problems(values)]
    required = ["email.smtp_server", "email.smtp_from_address", "email.tls_type"]
    assert sorted(starts) == sorted(["hostname", "port", "nonsense", *required, "storage.readers", "storage.cache_size"])


@pytest.mark.parametrize(
    "values",
    [
        {"setup": {"admin_username": "admin", "admin_password": "hunter2", "site_name": "Site"}},
        {"setup": {"admin_username": "admin", "admin_pasword": "hunter2hunter2", "site_name": "Site"}},
        {"emial": {"smtp_password": "hunter2"}},
        {"email": ["hunter2", {"smtp_password": "hunter2"}]},
        {"database": {"uri": "mysql://user:hunter2@host/name"}},
        {"database": {"url": "postgresql://user:hunter2@host/name"}},
        {"api_kay": "hunter2"},
        {"jwt": {"secret": "hunter2"}},
        {"socks_proxy": "http://user:hunter2@localhost:80"},
    ],
)
def test_no_problem_shows_a_secret(values):
    assert "hunter2" not in "\n".join(problems(HOST | values))


def test_the_python_name_of_a_configuration_shows_no_secret():
    loaded = config.parse(LEMMY_FILE, environment={"LEMMY_DATABASE_URL": "postgresql://user:hunter2@host/name"})
    assert "hunter2" not in repr(loaded)
    assert "lemmylemmy" not in repr(loaded)


_KEYS = st.sampled_from(sorted({part for name, _ in every_option(config.Config) for part in name.split(".")} | {"x", ""}))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS | st.text(), _VALUES, max_size=6))
def test_whatever_is_written_is_understood_or_refused_in_single_lines(values):
    try:
        loaded = config.read(values)
    except config.ConfigError as error:
        lines = error.lines
    else:
        lines = loaded.origin.warnings
        assert loaded.local(loaded.base_url)
        assert config.describe(loaded)
    assert not any(line.splitlines() != [line] for line in lines)


# The environment


def test_variables_of_lemmy_win_over_the_file():
    email = {"smtp_server": "localhost:25", "smtp_from_address": "a@example.com", "tls_type": "none", "smtp_password": "old"}
    loaded = config.read(
        HOST | {"cors_origin": "https://old.example", "email": email, "log": {"level": "info"}},
        environment={
            "LEMMY_CORS_ORIGIN": "https://new.example",
            "LEMMY_SMTP_PASSWORD": "new",
            "LEMMY_DISABLE_SCHEDULED_TASKS": "true",
            "LEMMY_DISABLE_HTTP_SERVER": "1",
            "LEMMY_DISABLE_ACTIVITY_SENDING": "false",
            "LEMMY_FEDERATE_PROCESS_INDEX": "2",
            "LEMMY_FEDERATE_PROCESS_COUNT": "3",
            "LEMMY_TEST_FAST_FEDERATION": "1",
            "RUST_LOG": "lemmy_server=trace,warn",
        },
    )
    assert loaded.cors_origin == "https://new.example"
    assert loaded.email is not None
    assert loaded.email.smtp_password == "new"
    assert loaded.process == config.Process(
        disable_scheduled_tasks=True,
        disable_http_server=True,
        disable_activity_sending=False,
        federate_process_index=2,
        federate_process_count=3,
    )
    assert loaded.testing.fast_federation
    assert loaded.log.level == "warning"


def test_an_empty_variable_counts_as_absent():
    environment = {"LEMMY_CORS_ORIGIN": "", "LEMMY_DATABASE_URL": "", "LEMMY_FEDERATE_PROCESS_COUNT": ""}
    assert config.read(HOST | {"cors_origin": "*"}, environment=environment).cors_origin == "*"


def test_a_password_in_the_environment_does_not_set_up_mail_by_itself():
    assert config.read(HOST, environment={"LEMMY_SMTP_PASSWORD": "x"}).email is None


def test_a_secret_that_systemd_hands_over_wins_over_the_file_and_yields_to_the_variable(tmp_path):
    email = {"smtp_server": "localhost:25", "smtp_from_address": "a@example.com", "tls_type": "none", "smtp_password": "old"}
    (tmp_path / "lemmy_lite.email.smtp_password").write_text("from the store\n")
    (tmp_path / "lemmy_lite.port").write_text("1")  # no secret
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    loaded = config.read(HOST | {"email": email}, environment=environment)
    assert loaded.email is not None
    assert (loaded.email.smtp_password, loaded.port) == ("from the store", 8536)
    assert ("email.smtp_password", "(hidden)", "credential") in config.describe(loaded)
    loaded = config.read(HOST | {"email": email}, environment=environment | {"LEMMY_SMTP_PASSWORD": "new"})
    assert loaded.email is not None
    assert loaded.email.smtp_password == "new"
    assert config.read(HOST, environment=environment).email is None
    (tmp_path / "lemmy_lite.email.smtp_password").write_bytes(b"\xff")
    assert problems(HOST, environment=environment) == (
        "email.smtp_password (by the credential lemmy_lite.email.smtp_password): cannot be read: is not UTF-8 text",
    )


def test_a_wrong_variable_is_named_in_the_line():
    assert problems(HOST, environment={"LEMMY_FEDERATE_PROCESS_COUNT": "many"}) == (
        'process.federate_process_count (by LEMMY_FEDERATE_PROCESS_COUNT): "many" is not a whole number of processes between 1 and 1000',
    )


def test_a_process_is_one_of_the_processes():
    (line,) = problems(HOST | {"process": {"federate_process_index": 3, "federate_process_count": 2}})
    assert line.startswith("process.federate_process_index: 3 is not ")


def test_the_knobs_of_tests_are_refused_outside_of_tests():
    environment = {"LEMMY_LITE_TEST_RESOLVE": "a.test=127.0.2.1", "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.2.0/24"}
    lines = problems(HOST, environment=environment | {"LEMMY_LITE_TEST": "0"})
    assert [line.partition(":")[0] for line in lines] == ["LEMMY_LITE_TEST_RESOLVE", "LEMMY_LITE_TEST_ALLOW_NETS"]
    assert all("LEMMY_LITE_TEST=1" in line for line in lines)


def test_the_knobs_of_tests_are_typed_and_loud():
    loaded = config.read(
        HOST,
        environment={
            "LEMMY_LITE_TEST": "1",
            "LEMMY_LITE_TEST_RESOLVE": "A.test=127.0.2.1, a.test=::1 ,b.test=127.0.2.2,dns=127.0.0.1:5399",
            "LEMMY_LITE_TEST_ALLOW_NETS": "127.0.2.0/24,::1",
        },
    )
    assert loaded.testing.resolve is not None
    assert {name: [str(one) for one in found] for name, found in loaded.testing.resolve.names.items()} == {
        "a.test": ["127.0.2.1", "::1"],
        "b.test": ["127.0.2.2"],
    }
    assert loaded.testing.resolve.dns == config.Endpoint("127.0.0.1", 5399)
    assert [str(network) for network in loaded.testing.allow_nets] == ["127.0.2.0/24", "::1/128"]
    assert [line.partition(":")[0] for line in loaded.origin.warnings] == ["LEMMY_LITE_TEST"]


@pytest.mark.parametrize("text", ["a.test", "a.test=", "=127.0.0.1", "a.test=b.test", "a b=127.0.0.1", "dns=127.0.0.1", "dns=127.0.0.1:0"])
def test_a_map_of_names_that_cannot_be_read_is_refused(text):
    (line,) = problems(HOST, environment={"LEMMY_LITE_TEST": "1", "LEMMY_LITE_TEST_RESOLVE": text})
    assert line.startswith("testing.resolve (by LEMMY_LITE_TEST_RESOLVE): ")


# The example file


def test_the_example_file_is_the_generated_one():
    assert (ROOT / "lemmy.hjson.example").read_text(encoding="utf-8") == config.example(), (
        "refresh it: python -m lemmy_lite.config > lemmy.hjson.example"
    )


def test_the_example_as_it_stands_is_the_defaults():
    assert config.parse(config.example()) == config.read(HOST)


def test_every_option_stands_in_the_example():
    lines = config.example()
    for name, option in every_option(config.Config):
        key = name.rpartition(".")[2]
        if option.in_file and not option.ignored:
            assert re.search(rf"^ *#?{key}: ", lines, re.MULTILINE), name
        if option.in_file and option.environment:
            assert option.environment in lines


def test_a_default_shown_in_the_example_is_the_default():
    """Takes the # from one line at a time, so that each value is read by itself."""
    lines = config.example().splitlines()
    shown = [number for number, line in enumerate(lines) if re.match(r" +#\w+: (?!\{)", line)]
    checked = 0
    for number in shown:
        key = lines[number].strip().removeprefix("#").partition(":")[0]
        text = "\n".join([*lines[:number], lines[number].replace("#", "", 1), *lines[number + 1 :]])
        name = ".".join([*_sections_around(lines, number), key])
        if "#" in name:  # a switched-off section: its keys cannot stand alone
            continue
        loaded = config.parse(text)
        option = dict(every_option(config.Config))[name]
        value = operator.attrgetter(name)(loaded)
        expected = option.default.absolute() if isinstance(option.default, Path) else option.default
        assert value == (option.kind.read(option.example) if option.example is not None else expected), name
        assert name in loaded.origin.given
        checked += 1
    assert checked >= 40


def _sections_around(lines, number):
    """The sections that a line stands in, the outermost first."""
    found, indent = [], len(lines[number]) - len(lines[number].lstrip())
    for line in reversed(lines[:number]):
        opening = re.match(r"( *)(#?\w+): \{$", line)
        if opening and len(opening[1]) < indent:
            found, indent = [opening[2], *found], len(opening[1])
    return found


def test_a_section_that_is_switched_off_in_the_example_can_be_switched_on():
    text = config.example()
    for name, entry in declared(config.Config):
        if isinstance(entry, Section) and entry.nullable and not entry.present:
            block = re.search(rf"^  #{name}: \{{\n.*?^  #\}}\n", text, re.MULTILINE | re.DOTALL)
            assert block is not None, name
            switched_on = re.sub(r"^( *)#(?! )", r"\1", block[0], flags=re.MULTILINE)
            assert getattr(config.parse(text.replace(block[0], switched_on)), name) is not None


def test_the_pages_of_the_example_are_narrow_enough_to_read():
    assert max(map(len, config.example().splitlines())) <= 140


def test_every_default_is_allowed_by_its_own_bounds():
    for name, option in every_option(config.Config):
        if option.default is not None:
            assert option.kind.read(option.kind.write(option.default)) == option.default, name
        if option.example is not None:
            assert written(option.kind, option.kind.read(option.example))


# check-config


def run_check(tmp_path: Path, content: str, **environment: str):
    file = tmp_path / "lemmy.hjson"
    file.write_text(content, encoding="utf-8")
    return CliRunner(env=environment).invoke(main, ["check-config", "--config", str(file)])


def test_check_config_says_what_it_understood_and_who_said_it(tmp_path):
    result = run_check(tmp_path, LEMMY_FILE, LEMMY_CORS_ORIGIN="https://front.example")
    assert result.exit_code == 0
    assert re.search(r'^hostname +"lemmy.example" +file$', result.stdout, re.MULTILINE)
    assert re.search(r'^cors_origin +"https://front.example" +LEMMY_CORS_ORIGIN$', result.stdout, re.MULTILINE)
    assert re.search(r"^storage.readers +2 +default$", result.stdout, re.MULTILINE)
    assert "Warning: pictrs.url: has no effect" in result.stderr


def test_check_config_shows_no_secret(tmp_path):
    result = run_check(tmp_path, LEMMY_FILE, LEMMY_DATABASE_URL="postgresql://lemmy:hunter2@host/lemmy?sslpassword=hunter3&a=b")
    assert result.exit_code == 0
    for secret in ("hunter2", "hunter3", "lemmylemmy", "p@ss", "p%40ss", "my key"):
        assert secret not in result.output
    assert "postgresql://lemmy:(hidden)@host/lemmy?sslpassword=(hidden)&a=b" in result.stdout


def test_check_config_prints_one_line_per_problem_and_exits_2(tmp_path):
    result = run_check(tmp_path, "{hostname: example.com\nport: abc\nnonsense: 1\n}")
    assert result.exit_code == 2
    assert result.stdout == ""
    starts = [line.partition(":")[0] for line in result.stderr.splitlines()]
    assert starts == ["nonsense", "port"]


def test_check_config_passes_over_its_own_example(tmp_path):
    result = run_check(tmp_path, config.example())
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("::", ("::",)),
        ("[::1]", ("::1",)),
        (["0.0.0.0", "0:0::0"], ("0.0.0.0", "::")),
        ("unix:/run/lemmy.sock", ("unix:/run/lemmy.sock",)),
        (["127.0.0.1", "unix:/run/lemmy.sock"], ("127.0.0.1", "unix:/run/lemmy.sock")),
    ],
)
def test_it_listens_on_addresses_and_sockets(given, understood):
    assert config.read(HOST | {"bind": given}).bind == understood


@pytest.mark.parametrize("given", ["", "localhost", "unix:", "unix:relative", "unix:/" + "x" * 110, [], ["::", "::"], 5, "0.0.0.0:80"])
def test_what_is_no_place_to_listen_is_refused(given):
    with pytest.raises(config.ConfigError, match=r"^bind: "):
        config.read(HOST | {"bind": given})


def test_the_mode_of_a_socket_is_read_as_chmod_reads_it():
    for mode in ("0660", "660", 660):
        assert config.read(HOST | {"http": {"socket_mode": mode}}).http.socket_mode == 0o660
    for mode in ("0999", "rw", 8, True):
        with pytest.raises(config.ConfigError):
            config.read(HOST | {"http": {"socket_mode": mode}})


AUTOMATIC = {"automatic": True, "terms_agreed": True}


def test_whoever_speaks_https_does_so_on_the_port_of_the_name():
    assert config.read({"hostname": "example.com", "tls": AUTOMATIC}).port == 443
    assert config.read({"hostname": "example.com:8443", "tls": AUTOMATIC}).port == 8443
    assert config.read({"hostname": "example.com", "port": 9000, "tls": AUTOMATIC}).port == 9000
    assert config.read({"hostname": "example.com"}).port == 8536
    assert config.read({"hostname": "example.com", "tls": None}).port == 8536


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"tls": {}}, "tls.certificate, tls.key: is not set"),
        ({"tls": {"certificate": "/a.pem"}}, "tls.key: is not set"),
        ({"tls": {**AUTOMATIC, "certificate": "/a.pem"}}, "tls.certificate: has no place beside"),
        ({"tls": {"automatic": True}}, "tls.terms_agreed: must be true"),
        ({"tls": {**AUTOMATIC, "http_port": 0}}, "tls.http_port: 0 leaves no way"),
        ({"tls": {**AUTOMATIC, "http_port": 443}}, "tls.http_port: 443 is the port of https as well"),
        ({"tls": AUTOMATIC, "tls_enabled": False}, "tls: is set, but tls_enabled"),
        ({"tls": AUTOMATIC, "bind": "unix:/run/a.sock"}, "tls: has no address to listen on"),
        ({"tls": AUTOMATIC, "hostname": "raspberrypi.local"}, 'tls.automatic: no authority knows "raspberrypi.local"'),
        ({"tls": AUTOMATIC, "hostname": "192.0.2.1"}, "tls.automatic: no authority knows"),
    ],
)
def test_a_section_tls_that_cannot_be_meant_is_refused_with_what_to_do(more, word):
    with pytest.raises(config.ConfigError) as refused:
        config.read({"hostname": "example.com", **more})
    assert any(line.startswith(word) for line in refused.value.lines), refused.value.lines
