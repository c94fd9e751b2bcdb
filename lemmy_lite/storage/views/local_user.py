"""What logged-in users see of their own account."""

from datetime import datetime

from lemmy_lite.model.clock import Micros, micros
from lemmy_lite.model.community import CommunityBlockView
from lemmy_lite.model.ids import LocalUserId, PersonId
from lemmy_lite.model.instance import InstanceBlockView
from lemmy_lite.model.local_user import LocalUser, LocalUserView, LocalUserVoteDisplayMode
from lemmy_lite.model.person import Person, PersonAggregates, PersonBlockView
from lemmy_lite.model.struct import Struct
from lemmy_lite.model.viewer import Viewer
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.shapes import Shape
from lemmy_lite.storage.tables import local_user
from lemmy_lite.storage.tables.instance import INSTANCE
from lemmy_lite.storage.tables.local_user import LOCAL_USER, VOTE_DISPLAY
from lemmy_lite.storage.tables.site import SITE
from lemmy_lite.storage.views.community import COMMUNITY
from lemmy_lite.storage.views.person import PERSON, person_shape

LOCAL_USER_VIEW: Shape[LocalUserView] = Shape(
    LocalUserView,
    local_user=LOCAL_USER,
    local_user_vote_display_mode=VOTE_DISPLAY,
    person=PERSON,
    counts=Shape(PersonAggregates, "person_aggregates"),
)
_PERSON_BLOCK: Shape[PersonBlockView] = Shape(PersonBlockView, person=PERSON, target=person_shape("target"))
_COMMUNITY_BLOCK: Shape[CommunityBlockView] = Shape(CommunityBlockView, person=PERSON, community=COMMUNITY)
_INSTANCE_BLOCK: Shape[InstanceBlockView] = Shape(InstanceBlockView, person=PERSON, instance=INSTANCE, site=SITE)


class _Account(Struct):
    """What a viewer is made of."""

    person: Person
    local_user: LocalUser
    vote_display: LocalUserVoteDisplayMode


_ACCOUNT: Shape[_Account] = Shape(_Account, person=PERSON, local_user=LOCAL_USER, vote_display=VOTE_DISPLAY)
_BY_SESSION = f"""SELECT {_ACCOUNT.columns} FROM login_token
                    JOIN local_user ON local_user.id = login_token.local_user_id
                    JOIN person ON person.id = local_user.person_id
                   WHERE login_token.token_hash = :hash"""
_BY_ID = f"SELECT {_ACCOUNT.columns} FROM local_user JOIN person ON person.id = local_user.person_id WHERE local_user.id = :id"


def view(tx: Transaction, local_user_id: LocalUserId) -> LocalUserView | None:
    """An account with its person and counters."""
    row = tx.one(
        f"""SELECT {LOCAL_USER_VIEW.columns} FROM local_user
              JOIN person ON person.id = local_user.person_id
              JOIN person_aggregates ON person_aggregates.person_id = person.id
             WHERE local_user.id = :id""",
        id=local_user_id,
    )
    return LOCAL_USER_VIEW.build(row) if row else None


def by_session(tx: Transaction, token_hash: str) -> Viewer | None:
    """Who holds a live session: nobody when the account is banned or deleted (contract, "invalid token"). The writer remembers it until a
    session, an account or a person changes; the end of a ban is judged by the clock."""
    return _viewer(tx, tx.recalled(("login_token", "local_user", "person"), _BY_SESSION, _ACCOUNT.build, hash=token_hash), token_hash)


def by_id(tx: Transaction, local_user_id: LocalUserId) -> Viewer | None:
    """The owner of an account, who has shown no session; nobody when it is banned or deleted."""
    row = tx.one(_BY_ID, id=local_user_id)
    return _viewer(tx, None if row is None else _ACCOUNT.build(row), "")


def _viewer(tx: Transaction, found: _Account | None, session: str) -> Viewer | None:
    if found is None or found.person.deleted or (found.person.banned and not _is_over(found.person.ban_expires, tx.now)):
        return None
    return Viewer(
        person=found.person,
        local_user=found.local_user,
        vote_display=found.vote_display,
        languages=tuple(local_user.languages(tx, found.local_user.id)),
        session=session,
    )


def _is_over(end: datetime | None, now: Micros) -> bool:
    return end is not None and micros(end) <= now


def person_blocks(tx: Transaction, person_id: PersonId) -> list[PersonBlockView]:
    """The people a person has blocked, oldest block first."""
    rows = tx.all(
        f"""SELECT {_PERSON_BLOCK.columns} FROM person_block JOIN person ON person.id = person_block.person_id
              JOIN person target ON target.id = person_block.target_id
             WHERE person_block.person_id = :id AND NOT target.deleted ORDER BY person_block.published, target.id""",
        id=person_id,
    )
    return [_PERSON_BLOCK.build(row) for row in rows]


def community_blocks(tx: Transaction, person_id: PersonId) -> list[CommunityBlockView]:
    """The communities a person has blocked, oldest block first."""
    rows = tx.all(
        f"""SELECT {_COMMUNITY_BLOCK.columns} FROM community_block JOIN person ON person.id = community_block.person_id
              JOIN community ON community.id = community_block.community_id
             WHERE community_block.person_id = :id AND NOT community.deleted AND NOT community.removed
             ORDER BY community_block.published, community.id""",
        id=person_id,
    )
    return [_COMMUNITY_BLOCK.build(row) for row in rows]


def instance_blocks(tx: Transaction, person_id: PersonId) -> list[InstanceBlockView]:
    """The instances a person has blocked, oldest block first."""
    rows = tx.all(
        f"""SELECT {_INSTANCE_BLOCK.columns} FROM instance_block JOIN person ON person.id = instance_block.person_id
              JOIN instance ON instance.id = instance_block.instance_id
              LEFT JOIN site ON site.instance_id = instance.id
             WHERE instance_block.person_id = :id ORDER BY instance_block.published, instance.id""",
        id=person_id,
    )
    return [_INSTANCE_BLOCK.build(row) for row in rows]
