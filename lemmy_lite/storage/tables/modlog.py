"""The log of what moderators and admins did: one table, one row a deed, kinds named as API v3 names them."""

from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommentId, CommunityId, PersonId, PostId
from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import rows


def insert(
    tx: Transaction,
    kind: ModlogActionType,
    mod_person_id: PersonId,
    *,
    other_person_id: PersonId | None = None,
    community_id: CommunityId | None = None,
    post_id: PostId | None = None,
    comment_id: CommentId | None = None,
    flag: bool = True,
    in_community: bool = False,
    expires: Micros | None = None,
    reason: str | None = None,
) -> None:
    """Enter a deed. `flag` is what the kind says of it: removed, locked, featured, banned, hidden."""
    rows.insert(
        tx,
        "modlog",
        kind=kind.value,
        mod_person_id=mod_person_id,
        other_person_id=other_person_id,
        community_id=community_id,
        post_id=post_id,
        comment_id=comment_id,
        flag=flag,
        in_community=in_community,
        expires=expires,
        reason=reason,
        when_=tx.now,
    )


def last(tx: Transaction, kind: ModlogActionType, **about: int) -> tuple[PersonId, bool] | None:
    """Who had the last word of a kind on something, and what it was (`flag`). `about`: columns with the ids of what it is about."""
    where = " AND ".join(f"{name} = :{name}" for name in about)
    row = tx.one(
        f"SELECT mod_person_id, flag FROM modlog WHERE kind = :kind AND {where} ORDER BY id DESC LIMIT 1", kind=kind.value, **about
    )
    return (row[0], bool(row[1])) if row else None
