"""Applications for an account."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import LocalUserId, PersonId, RegistrationApplicationId
from lemmy_lite.model.registration import RegistrationApplication
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import rows

REGISTRATION_APPLICATION = Shape(RegistrationApplication, "registration_application")


def insert(tx: Transaction, local_user_id: LocalUserId, answer: str) -> None:
    """Hand in an application."""
    rows.insert(tx, "registration_application", local_user_id=local_user_id, answer=answer, published=tx.now)


def get(tx: Transaction, application_id: RegistrationApplicationId) -> RegistrationApplication | None:
    """The application with this id."""
    row = tx.one(f"SELECT {REGISTRATION_APPLICATION.columns} FROM registration_application WHERE id = :id", id=application_id)
    return REGISTRATION_APPLICATION.build(row) if row else None


def of_account(tx: Transaction, local_user_id: LocalUserId) -> RegistrationApplication | None:
    """What stands behind an account, if it was asked for."""
    row = tx.one(f"SELECT {REGISTRATION_APPLICATION.columns} FROM registration_application WHERE local_user_id = :id", id=local_user_id)
    return REGISTRATION_APPLICATION.build(row) if row else None


def decision(tx: Transaction, local_user_id: LocalUserId) -> tuple[bool, str | None] | None:
    """None without an application; else whether an admin has decided, and the reason given for a denial."""
    row = tx.one("SELECT admin_id, deny_reason FROM registration_application WHERE local_user_id = :id", id=local_user_id)
    return (row[0] is not None, row[1]) if row else None


def decide(tx: Transaction, application_id: RegistrationApplicationId, admin_id: PersonId, **reason: str | None) -> None:
    """Note who decided, and the `deny_reason` if one is given."""
    rows.update(tx, "registration_application", "id", application_id, admin_id=admin_id, **reason)


def long_denied(tx: Transaction, before: Micros, limit: int) -> list[PersonId]:
    """Some who applied before a moment, were refused, and have left nothing here that others see or that is counted."""
    return tx.column(
        """SELECT person.id FROM registration_application application
             JOIN local_user ON local_user.id = application.local_user_id JOIN person ON person.id = local_user.person_id
            WHERE application.admin_id IS NOT NULL AND application.published < :before AND NOT local_user.accepted_application
              AND NOT local_user.admin
              AND NOT EXISTS (SELECT 1 FROM post WHERE post.creator_id = person.id)
              AND NOT EXISTS (SELECT 1 FROM comment WHERE comment.creator_id = person.id)
              AND NOT EXISTS (SELECT 1 FROM private_message WHERE private_message.creator_id = person.id)
              AND NOT EXISTS (SELECT 1 FROM post_vote WHERE post_vote.person_id = person.id AND post_vote.local)
              AND NOT EXISTS (SELECT 1 FROM comment_vote WHERE comment_vote.person_id = person.id AND comment_vote.local)
              AND NOT EXISTS (SELECT 1 FROM community_follower WHERE community_follower.person_id = person.id)
              AND NOT EXISTS (SELECT 1 FROM modlog WHERE modlog.mod_person_id = person.id)
            ORDER BY application.id LIMIT :limit""",
        before=before,
        limit=limit,
    )
