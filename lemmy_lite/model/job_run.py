"""What the scheduled jobs of this process have cost since its start."""

from lemmy_lite.model.struct import Struct


class JobSpent(Struct, kw_only=True):
    """One job: how often it ran, how often it failed, and the seconds of all runs together and of the latest one."""

    runs: int = 0
    failures: int = 0
    seconds: float = 0.0
    latest: float = 0.0

    def after(self, seconds: float, *, failed: bool) -> "JobSpent":
        """The same with one more run."""
        return JobSpent(runs=self.runs + 1, failures=self.failures + failed, seconds=self.seconds + seconds, latest=seconds)
