"""The instance's own secrets: made once, never shown."""

from lemmy_lite.storage.query import Transaction


def get_or_create(tx: Transaction, name: str, fresh: str) -> str:
    """The secret of a name; `fresh` becomes it at the first call."""
    tx.run("INSERT INTO secret (name, value) VALUES (:name, :fresh) ON CONFLICT DO NOTHING", name=name, fresh=fresh)
    value: str = tx.value("SELECT value FROM secret WHERE name = :name", name=name)
    return value
