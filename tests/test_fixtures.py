"""The tests' own plumbing holds what it promises."""

import gzip

import psycopg
import pytest

from tests import conftest, postgres


@pytest.mark.postgres
def test_each_database_is_empty_and_knows_letters_beyond_ascii(bare_postgres_url: str) -> None:
    with psycopg.connect(bare_postgres_url) as connection:
        assert connection.execute("SELECT lower('ÄÖ'), count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == ("äö", 0)


@pytest.mark.postgres
def test_copies_of_a_built_database_do_not_see_each_other_and_it_is_built_once(postgres_server: postgres.Postgres) -> None:
    built = []

    def build(url: str) -> None:
        built.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE word (text TEXT)")

    first, second = (postgres_server.copy_of("words", build) for _ in range(2))
    with psycopg.connect(first) as one, psycopg.connect(second) as other:
        one.execute("INSERT INTO word VALUES ('only here')")
        one.commit()
        assert other.execute("SELECT count(*) FROM word").fetchone() == (0,)
    assert len(built) == 1
    postgres_server.drop(first)
    postgres_server.drop(second)


def test_a_missing_program_fails_in_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception):
        conftest._program("a-program-nobody-has")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        conftest._program("a-program-nobody-has")


@pytest.mark.parametrize("packed", [gzip.compress(b"text", mtime=1), gzip.compress(b"text", mtime=2)])
def test_the_name_of_a_case_does_not_tell_when_it_was_made(request: pytest.FixtureRequest, packed: bytes) -> None:
    assert request.node.name.split("[")[1].strip("01]") == "packed"
    assert gzip.decompress(packed) == b"text"
