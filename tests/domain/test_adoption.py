"""A Lemmy 0.19 is taken over: from its Postgres or a dump, into either kind of database, whole or in many attempts."""

import asyncio
import gzip
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lemmy_lite import config
from lemmy_lite.config import Config
from lemmy_lite.crypto import passwords, tokens
from lemmy_lite.domain.adoption.rows import adopt
from lemmy_lite.model.clock import Clock, micros
from lemmy_lite.storage.connections import session
from lemmy_lite.storage.errors import SchemaError, StorageError
from lemmy_lite.storage.lemmy.plan import NOT_TAKEN, PLAN
from lemmy_lite.storage.migrations.runner import migrate_at
from tests import postgres
from tests.storage import lemmy_rows, lemmy_tables
from tests.storage.lemmy_rows import BASE, HOST, NASTY

Fetch = Callable[[str], list[tuple[Any, ...]]]


def quietly(_: str, __: int, ___: int) -> None:
    """Nobody watches."""


def build(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(lemmy_tables.schema().encode())
        lemmy_rows.fill(connection)
        # A post that was purged: its number was given out.
        connection.execute("SELECT setval('post_id_seq', 500), setval('person_id_seq', 40)")


@pytest.fixture
def lemmy(postgres_server: postgres.Postgres) -> Iterator[str]:
    """The database of a Lemmy."""
    url = postgres_server.copy_of("lemmy", build)
    yield url
    postgres_server.drop(url)


def settings(folder: Path, database_url: str | None = None, **changed: Any) -> Config:
    values = {"hostname": HOST, "data_dir": str(folder / "data"), **changed}
    return config.read(values | ({"database": {"uri": database_url}} if database_url else {}), environment={})


def dump(url: str, target: Path, *options: str) -> Path:
    program = postgres.programs() / "bin/pg_dump"
    environment = {"PATH": os.environ["PATH"]}
    subprocess.run([program, *options, "--no-owner", "-f", target, url], check=True, env=environment, capture_output=True)
    return target


def everything(of: Config) -> dict[str, list[tuple[Any, ...]]]:
    """All that was taken over, and all that was made of it."""
    with session(of.database_uri, read_only=True) as found:
        tables = sorted({step.target for step in PLAN} | {"active_person", "adoption"})
        return {table: sorted(found.fetch(f"SELECT * FROM {table}", {}), key=repr) for table in tables}


def test_each_table_of_lemmy_is_taken_or_left_for_a_reason() -> None:
    planned = {step.source for step in PLAN}
    assert planned | NOT_TAKEN.keys() == lemmy_tables.TABLES.keys()
    assert not planned & NOT_TAKEN.keys()
    for step in PLAN:
        there = {each.split()[0] for each in lemmy_tables.TABLES[step.source].split(",")}
        assert {name for column in step.columns.values() for name in column.needs} <= there, step.name


def test_every_row_arrives_with_its_number_keys_and_words(lemmy: str, tmp_path: Path, database_url: str) -> None:
    here = settings(tmp_path, database_url)
    adopted = adopt(here, Clock(), lemmy, quietly)
    assert adopted.notes == []
    with psycopg.connect(lemmy) as there, session(here.database_uri, read_only=True) as found:
        old: Fetch = lambda query: there.execute(query.encode()).fetchall()  # noqa: E731
        new: Fetch = lambda query: found.fetch(query, {})  # noqa: E731
        assert {each.table for each in adopted.tables if each.taken != each.of} == {"post_read"}, "one row of ours is two of theirs"
        for columns in ("id, name, ap_id, body", "id, url, thumbnail_url, alt_text", "id, creator_id, community_id, language_id"):
            assert new(f"SELECT {columns} FROM post ORDER BY id") == old(f"SELECT {columns} FROM post ORDER BY id")
        assert new("SELECT id, path, content FROM comment ORDER BY id") == old("SELECT id, path, content FROM comment ORDER BY id")
        assert new("SELECT content FROM private_message") == [(NASTY,)]
        for row, published in zip(
            new("SELECT published FROM post ORDER BY id"), old("SELECT published FROM post ORDER BY id"), strict=True
        ):
            assert row[0] == micros(published[0])
        assert new("SELECT public_key, private_key FROM actor WHERE person_id = 2") == [("public key of Ann", "private key of Ann")]
        assert new("SELECT private_key FROM actor WHERE site_id = 1") == [("private key of the site",)]
        assert new("SELECT COUNT(*) FROM actor WHERE private_key IS NULL") == [(20 + 2 + 1,)]
        assert new("SELECT score, upvotes, downvotes FROM post_aggregates WHERE post_id = 7") == [(5, 7, 2)]
        assert [bool(row[0]) for row in new("SELECT listed FROM post_aggregates ORDER BY post_id LIMIT 4")] == [True, False, False, True]
        assert new("SELECT person_id FROM community_moderator ORDER BY id") == [(3,), (2,)]
        assert [(row[0], bool(row[1])) for row in new("SELECT person_id, local FROM post_vote ORDER BY person_id")] == [
            (2, True),
            (3, True),
            (10, False),
            (11, False),
        ]
        marks = new("SELECT post_id, read_comments, marked FROM post_read ORDER BY post_id")
        assert [(row[0], row[1], bool(row[2])) for row in marks] == [(1, 12, True), (5, 1, False)]
        kinds = new("SELECT kind FROM modlog ORDER BY id")
        assert len(kinds) == 15
        assert (kinds[0], kinds[-1]) == (("AdminPurgeComment",), ("ModRemovePost",)), "oldest first"
        assert new("SELECT post_id, reason, community_id FROM modlog WHERE kind = 'ModRemovePost'") == [(3, NASTY, 2)]
        assert new("SELECT post_id, comment_id, community_id FROM modlog WHERE kind = 'ModRemoveComment'") == [(1, 5, 2)]
        assert new("SELECT id, object_ap_id, inboxes FROM sent_activity ORDER BY id") == [
            (77, f"{BASE}/post/1", "[]"),
            (78, f"{BASE}/private_message/1", '["https://far.test/u/guest0/inbox"]'),
        ]
        assert new("SELECT instance_id, last_successful_id, fail_count FROM delivery") == [(2, 77, 3)]
        assert new("SELECT message, post FROM local_site_rate_limit") == [(999, 77)]
        assert new("SELECT COUNT(*) FROM adoption") == [(0,)]


def test_accounts_open_with_the_old_password_and_the_old_session(lemmy: str, tmp_path: Path) -> None:
    here = settings(tmp_path)
    asyncio.run(migrate_at(here.database_uri, Clock()))
    with session(here.database_uri) as made:
        made.run("INSERT INTO secret (name, value) VALUES ('jwt', 'what `lemmy-lite migrate` made up')", {})
    adopt(here, Clock(), lemmy, quietly)
    with session(here.database_uri, read_only=True) as found:
        stored = found.fetch("SELECT password_encrypted, email, admin_since IS NOT NULL FROM local_user ORDER BY id", {})
        assert [passwords.check_password("password of old", row[0]).correct for row in stored] == [True, True, True]
        assert [(row[1], bool(row[2])) for row in stored] == [("ann@example.com", True), ("bob@example.com", False), (None, False)]
        secret = found.fetch("SELECT value FROM secret WHERE name = 'jwt'", {})[0][0]
        claims = tokens.read_jwt(secret, lemmy_rows.TOKEN, HOST)
        assert claims is not None
        assert found.fetch("SELECT local_user_id, user_agent FROM login_token", {}) == [(1, "an app")]
        assert found.fetch("SELECT token_hash FROM login_token", {}) == [(tokens.stored_hash(lemmy_rows.TOKEN),)]


def test_numbers_that_were_given_out_are_not_given_out_again(lemmy: str, tmp_path: Path, database_url: str) -> None:
    here = settings(tmp_path, database_url)
    adopt(here, Clock(), lemmy, quietly)
    with session(here.database_uri) as found:
        made = found.fetch(
            found.dialect.statement(
                """INSERT INTO post (creator_id, community_id, local, published, ap_id, name)
                   VALUES (2, 2, :yes, 1, 'x', 'y') RETURNING id"""
            ),
            {"yes": True},
        )
    assert made == [(501,)]


@pytest.mark.parametrize("form", ["plain", "gzip", "custom"])
def test_a_dump_gives_what_the_living_database_gives(lemmy: str, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{postgres.programs() / 'bin'}:{os.environ['PATH']}")
    file = dump(lemmy, tmp_path / "dump", *(("-Fc",) if form == "custom" else ()))
    if form == "gzip":
        file = tmp_path / "dump.gz"
        file.write_bytes(gzip.compress((tmp_path / "dump").read_bytes()))
    clock = Clock(lambda: 1_800_000_000_000_000)
    of_dump, of_life = settings(tmp_path / "dump_", None), settings(tmp_path / "life", None)
    adopt(of_dump, clock, str(file), quietly)
    adopt(of_life, clock, lemmy, quietly)
    assert everything(of_dump) == everything(of_life)
    assert [path.name for path in of_dump.data_dir.iterdir() if "adopting" in path.name] == [], "nothing unpacked stays"


def test_what_was_interrupted_anywhere_goes_on_and_ends_the_same(lemmy: str, tmp_path: Path, database_url: str) -> None:
    class Interrupted(Exception):
        pass

    clock = Clock(lambda: 1_800_000_000_000_000)
    whole = settings(tmp_path / "whole")
    steps: list[str] = []
    adopt(whole, clock, lemmy, lambda what, done, of: steps.append(what))
    assert len(steps) > len(PLAN) / 2
    here = settings(tmp_path / "pieces", database_url)
    attempts = 0

    def stop(what: str, done: int, of: int) -> None:
        nonlocal attempts
        attempts += 1
        if attempts % 2:
            raise Interrupted

    for _ in range(2 * len(steps)):
        try:
            adopt(here, clock, lemmy, stop)
            break
        except Interrupted:
            with session(here.database_uri, read_only=True) as found:
                assert found.fetch("SELECT COUNT(*) FROM adoption", {})[0][0] > 0
    else:
        pytest.fail("it never came to an end")
    plain = {
        table: [tuple(int(value) if isinstance(value, bool) else value for value in row) for row in rows]
        for table, rows in everything(here).items()
    }
    assert {table: sorted(map(str, rows)) for table, rows in plain.items()} == {
        table: sorted(map(str, rows)) for table, rows in everything(whole).items()
    }


def test_what_cannot_be_taken_over_is_refused_with_a_reason_and_untouched(lemmy: str, tmp_path: Path, bare_postgres_url: str) -> None:
    with pytest.raises(SchemaError, match=r'this Lemmy is https://old\.test/.* set hostname: "old\.test" and tls_enabled: true'):
        adopt(settings(tmp_path / "a", hostname="new.test"), Clock(), lemmy, quietly)
    assert not (tmp_path / "a" / "data" / "lemmy.db").exists()
    with pytest.raises(SchemaError, match=r"not the database of a Lemmy 0\.19: person lacks"):
        adopt(settings(tmp_path / "a"), Clock(), bare_postgres_url, quietly)
    here = settings(tmp_path / "b")
    adopt(here, Clock(), lemmy, quietly)
    before = everything(here)
    with pytest.raises(SchemaError, match="an instance in this database already"):
        adopt(here, Clock(), lemmy, quietly)
    assert everything(here) == before
    with psycopg.connect(lemmy, autocommit=True) as connection:
        connection.execute("CREATE TABLE post_actions (person_id int)")
    with pytest.raises(SchemaError, match=r"Lemmy 1\.0 or later"):
        adopt(settings(tmp_path / "c"), Clock(), lemmy, quietly)


def test_a_dump_that_breaks_off_is_refused(lemmy: str, tmp_path: Path) -> None:
    file = dump(lemmy, tmp_path / "dump")
    text = file.read_bytes()
    file.write_bytes(text[: text.index(b"COPY public.post (") + 2_000])
    with pytest.raises(SchemaError, match=r"breaks off|not the database of a Lemmy"):
        adopt(settings(tmp_path), Clock(), str(file), quietly)


def test_an_address_of_two_accounts_stays_with_the_first_and_it_is_said_even_after_an_interruption(lemmy: str, tmp_path: Path) -> None:
    with psycopg.connect(lemmy, autocommit=True) as connection:
        connection.execute("UPDATE local_user SET email = 'BOB@example.com' WHERE id = 3")
        connection.execute("CREATE TABLE plugin_data AS SELECT 1 AS id; CREATE TABLE plugin_empty (id int)")
        connection.execute("CREATE TABLE __diesel_schema_migrations AS SELECT '2024' AS version")

    def stop(what: str, done: int, of: int) -> None:
        if what == "post":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        adopt(settings(tmp_path), Clock(), lemmy, stop)
    adopted = adopt(settings(tmp_path), Clock(), lemmy, quietly)
    assert adopted.notes == [
        "account 3 lost its mail address, which another account has as well",
        "plugin_data stayed behind, as Lemmy 0.19 has no such table",
    ]


def test_an_account_that_may_read_lemmys_tables_alone_takes_it_over_and_names_the_others(lemmy: str, tmp_path: Path) -> None:
    with psycopg.connect(lemmy, autocommit=True) as connection:
        role = f"reader_{connection.info.dbname}"
        connection.execute(
            f"""CREATE ROLE "{role}"; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{role}";
                CREATE TABLE plugin_secrets (id serial); CREATE TABLE plugin_empty (id int); GRANT SELECT ON plugin_empty TO "{role}";
                INSERT INTO plugin_secrets DEFAULT VALUES""".encode()
        )
        try:
            adopted = adopt(settings(tmp_path), Clock(), f"{lemmy}&options=-c%20role%3D{role}", quietly)
        finally:
            connection.execute(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"'.encode())
    assert adopted.notes == [
        "plugin_secrets stayed behind, as Lemmy 0.19 has no such table; its rows could not be counted, as this account may not read it"
    ]
    with session(settings(tmp_path).database_uri, read_only=True) as found:
        assert found.fetch("SELECT COUNT(*) FROM post", {}) == [(40,)]


def test_what_cannot_be_read_is_refused_in_a_sentence(lemmy: str, tmp_path: Path) -> None:
    plain = dump(lemmy, tmp_path / "dump").read_bytes()
    packed = bytearray(gzip.compress(plain))
    packed[len(packed) // 2] ^= 255
    row = plain.index(b"COPY public.post (")
    row = plain.index(b"\n", row) + 1
    kinds = {
        "is not whole": bytes(packed),
        "not in UTF-8": plain[:row] + plain[row:].replace(b"Post", b"P\xffst", 1),
        "a row of post is damaged: it has 1 columns": plain[:row] + b"cut\n" + plain[row:],
        "a row of post is damaged: invalid literal": plain[:row] + b"x" + plain[row:],
    }
    for sentence, data in kinds.items():
        (tmp_path / "damaged").write_bytes(data)
        with pytest.raises(SchemaError, match=sentence):
            adopt(settings(tmp_path / sentence[:8]), Clock(), str(tmp_path / "damaged"), quietly)
    with pytest.raises(StorageError, match="Lemmy's database cannot be read: permission denied for table") as refused:
        adopt(settings(tmp_path / "role"), Clock(), f"{lemmy}&options=-c%20role%3Dpg_monitor", quietly)
    assert "\n" not in str(refused.value)


def test_a_release_without_the_newest_columns_leaves_ours_at_their_defaults(lemmy: str, tmp_path: Path) -> None:
    with psycopg.connect(lemmy, autocommit=True) as connection:
        connection.execute("ALTER TABLE post DROP COLUMN alt_text; ALTER TABLE site DROP COLUMN content_warning")
        connection.execute("DROP TABLE local_user_vote_display_mode, post_hide, image_details, local_site_url_blocklist")
        connection.execute("ALTER TABLE person_post_aggregates DROP COLUMN read_comments")
    here = settings(tmp_path)
    adopted = adopt(here, Clock(), lemmy, quietly)
    assert adopted.notes == ["person_post_aggregates stayed behind, as it lacks read_comments"]
    with session(here.database_uri, read_only=True) as found:
        assert found.fetch("SELECT COUNT(*), COUNT(alt_text) FROM post", {}) == [(40, 0)]
        assert found.fetch("SELECT vote_upvotes FROM local_user WHERE id = 2", {}) == [(1,)]
