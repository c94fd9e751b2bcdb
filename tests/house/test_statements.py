"""SQL stands in one room."""

from pathlib import Path

import pytest

from tests.house import statements
from tests.house.conftest import House, none


def test_sql_stands_only_in_storage(checkout: Path) -> None:
    none(statements.violations(checkout))


@pytest.mark.parametrize(
    "text",
    [
        "query = 'SELECT id FROM post'",
        "query = '''\n    INSERT INTO post (id) VALUES (:id)'''",
        "query = f'UPDATE post SET name = {name}'",
        "query = 'delete from post where id = :id'",
        "query = 'select id from post where id = 1'",
        "def f(tx):\n    tx.run('CREATE UNIQUE INDEX i ON post (id)')",
        "query = 'WITH RECURSIVE tree AS (VALUES (1))'",
        "piece = ' ORDER BY published DESC'",
        "piece = f'x {a} LEFT JOIN post'",
        "query = 'PRAGMA journal_mode=WAL'",
    ],
)
def test_a_statement_elsewhere_is_found(house: House, text: str) -> None:
    assert len(statements.violations(house({"domain/post.py": text}))) == 1


def test_prose_and_storage_itself_are_left_alone(house: House) -> None:
    top = house(
        {
            "domain/post.py": '"""SELECT is a word here."""\nlabel = "Select a community from the list"\nhint = "Update the settings"',
            "storage/views/post.py": "query = 'SELECT id FROM post'",
        }
    )
    assert statements.violations(top) == []
