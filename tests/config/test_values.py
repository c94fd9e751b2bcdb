"""Values and keys: what is understood, and how what is not is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lemmy_lite import config
from lemmy_lite.config.kinds import duration, size
from lemmy_lite.config.option import every_option
from tests.config.files import HOST, LEMMY_FILE, problems

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
        {"setup": {"admin_username": "xd: hunter2"}},
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
