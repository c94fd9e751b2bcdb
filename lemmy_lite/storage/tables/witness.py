"""What rows know of the time: the clock cannot be right while it shows less than what was written before."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.query import Transaction


def latest(tx: Transaction) -> Micros:
    """The latest moment at which this database was surely in use: something was sent or received, or a job was done. 0 when never."""
    moments = tx.one(
        """SELECT (SELECT MAX(published) FROM sent_activity), (SELECT MAX(published) FROM received_activity),
                  (SELECT MAX(finished) FROM job_run)"""
    )
    return max((moment for moment in moments or () if moment is not None), default=0)
