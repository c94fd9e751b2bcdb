"""What every start asks of a taking over; all else about it is imported with the command."""

from lemmy_lite.storage.query import Transaction


def unfinished(tx: Transaction) -> bool:
    """Whether this database holds a server that has been taken over in part."""
    return tx.one("SELECT 1 FROM adoption LIMIT 1") is not None
