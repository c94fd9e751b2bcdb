"""When scheduled work was done last, so that a machine that is switched off every night still does its weekly work once a week."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.storage.query import Transaction


def finished(tx: Transaction) -> dict[str, Micros]:
    """The moment each job was done last."""
    return {name: int(moment) for name, moment in tx.all("SELECT name, finished FROM job_run")}


def put(tx: Transaction, name: str) -> None:
    """A job is done."""
    tx.run(
        "INSERT INTO job_run (name, finished) VALUES (:name, :now) ON CONFLICT (name) DO UPDATE SET finished = excluded.finished",
        name=name,
        now=tx.now,
    )
