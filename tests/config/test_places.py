"""The name of an instance, where its rows live, and where it listens."""

from pathlib import Path

import pytest

from lemmy_lite import config
from tests.config.files import HOST, problems

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


def test_an_instance_of_tor_alone_looks_no_name_up(tmp_path):
    onion = {"hostname": "abcdef.onion", "tls_enabled": False}
    assert config.read(onion | {"socks_proxy": "socks5h://127.0.0.1:9050"}).socks_proxy
    with pytest.raises(config.ConfigError, match="write socks5h://"):
        config.read(onion | {"socks_proxy": "socks5://127.0.0.1:9050"})


def test_who_gives_tor_addresses_is_told_that_names_are_looked_up_here():
    def warned(proxy):
        return [line for line in config.read(HOST | {"socks_proxy": proxy}).origin.warnings if line.startswith("socks_proxy: ")]

    for proxy in ("socks5://127.0.0.1:9050", "SOCKS5://me:hunter2@localhost:9150", "socks5://[::1]:9050", "socks5://127.8.0.1:9050"):
        [line] = warned(proxy)
        assert "looked up here" in line
        assert "socks5h://" in line
        assert "hunter2" not in line
    for proxy in ("socks5h://127.0.0.1:9050", "socks5://127.0.0.1:1080", "socks5://192.168.1.2:9050", "socks5://proxy.example:9050"):
        assert warned(proxy) == []


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


# Where it listens


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
