"""What waits for those who hold an office: the two numbers that stand on every page of theirs."""

from lemmy_lite.domain import registration, report
from lemmy_lite.model.local_user import MyUserInfo
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction


class Desk(Struct, kw_only=True):
    """Unresolved reports that this person may resolve, and undecided applications; those are known to admins alone."""

    reports: int
    applications: int | None = None

    @property
    def waiting(self) -> int:
        """How many things wait in all."""
        return self.reports + (self.applications or 0)


def desk(tx: Transaction, viewer: Viewer, me: MyUserInfo) -> Desk | None:
    """What waits for a moderator or admin; None for everybody else, at no cost."""
    admin = me.local_user_view.local_user.admin
    if not admin and not me.moderates:
        return None
    found = report.waiting(tx, viewer.person)
    reports = found.posts + found.comments + (found.private_messages or 0)
    return Desk(reports=reports, applications=registration.count_undecided(tx, viewer.person) if admin else None)
