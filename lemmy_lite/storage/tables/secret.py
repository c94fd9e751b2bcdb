"""The instance's own secrets: never shown."""

from lemmy_lite.storage.query import Transaction


def get_or_create(tx: Transaction, name: str, fresh: str) -> str:
    """The secret of a name; `fresh` becomes it at the first call."""
    tx.run("INSERT INTO secret (name, value) VALUES (:name, :fresh) ON CONFLICT DO NOTHING", name=name, fresh=fresh)
    value: str = tx.value("SELECT value FROM secret WHERE name = :name", name=name)
    return value


def put(tx: Transaction, name: str, value: str) -> None:
    """Keep a secret, in the place of one that was there."""
    tx.run(
        "INSERT INTO secret (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name=name,
        value=value,
    )


def find(tx: Transaction, name: str) -> str | None:
    """The secret of a name, or None."""
    value: str | None = tx.value("SELECT value FROM secret WHERE name = :name", name=name)
    return value


def some(tx: Transaction, names: list[str]) -> dict[str, str]:
    """Those of these secrets that there are, by name."""
    return dict(tx.all("SELECT name, value FROM secret WHERE name AMONG :names", names=names))


def delete(tx: Transaction, name: str) -> None:
    """Forget a secret; a repeat is harmless."""
    tx.run("DELETE FROM secret WHERE name = :name", name=name)
