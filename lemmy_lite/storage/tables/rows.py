"""Writing a row from named values. Table and column names come from our own code only, values are always parameters."""

from typing import Any

from lemmy_lite.storage.query import Transaction


def insert(tx: Transaction, table: str, **values: Any) -> int:
    """Insert one row and answer its id."""
    names = ", ".join(values)
    slots = ", ".join(f":{name}" for name in values)
    number: int = tx.value(f"INSERT INTO {table} ({names}) VALUES ({slots}) RETURNING id", **values)
    return number


def insert_plain(tx: Transaction, table: str, **values: Any) -> bool:
    """Insert one row of a table without an id; answers False when it stood there already."""
    names = ", ".join(values)
    slots = ", ".join(f":{name}" for name in values)
    return tx.run(f"INSERT INTO {table} ({names}) VALUES ({slots}) ON CONFLICT DO NOTHING", **values) > 0


def add(tx: Transaction, table: str, key: str, number: int, **by: int) -> None:
    """Add to counters of one row. What stays as it is is not named: SQLite writes every index anew in which a named column stands."""
    changed = {name: amount for name, amount in by.items() if amount}
    if changed:
        sets = ", ".join(f"{name} = {name} + :{name}" for name in changed)
        tx.run(f"UPDATE {table} SET {sets} WHERE {key} = :number", number=number, **changed)


def update(tx: Transaction, table: str, key: str, number: int | str, **values: Any) -> bool:
    """Change the named columns of the row whose `key` column is `number`; answers whether there was such a row."""
    if not values:
        return True
    changes = ", ".join(f"{name} = :{name}" for name in values)
    return tx.run(f"UPDATE {table} SET {changes} WHERE {key} = :row_key", row_key=number, **values) > 0
