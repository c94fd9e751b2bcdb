"""People, local and remote: the public face of an account."""

from datetime import datetime

from lemmy_lite.model.ids import InstanceId, PersonId
from lemmy_lite.model.struct import Struct


class Person(Struct, kw_only=True):
    """A person, local or remote; the actor of every verb. `bio` is markdown, `ban_expires` is absent for a ban without end."""

    id: PersonId
    name: str
    display_name: str | None = None
    avatar: str | None = None
    banned: bool
    published: datetime
    updated: datetime | None = None
    actor_id: str
    bio: str | None = None
    local: bool
    banner: str | None = None
    deleted: bool
    matrix_user_id: str | None = None
    bot_account: bool
    ban_expires: datetime | None = None
    instance_id: InstanceId


class PersonAggregates(Struct, kw_only=True):
    """The counters of a person."""

    person_id: PersonId
    post_count: int
    comment_count: int


class PersonView(Struct, kw_only=True):
    """A person as anybody sees them."""

    person: Person
    counts: PersonAggregates
    is_admin: bool


class PersonBlockView(Struct, kw_only=True):
    """Who has blocked whom."""

    person: Person
    target: Person
