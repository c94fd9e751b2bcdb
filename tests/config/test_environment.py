"""Variables of the environment, secrets of systemd, and the knobs of tests."""

import pytest

from lemmy_lite import config
from tests.config.files import HOST, problems


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
