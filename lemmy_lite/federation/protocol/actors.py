"""Actors on the wire: Person, Group, Application.

The fields that decide about trust are strict; those that merely show something are `Any`, for peers fill them in many ways and a
strange icon should not cost us the actor. `protocol.values` reads them.
"""

from typing import Any

from lemmy_lite.federation.protocol.wire import Wire

PERSON_TYPES = frozenset({"Person", "Service", "Organization"})
GROUP_TYPES = frozenset({"Group"})
SITE_TYPES = frozenset({"Application"})
"""Sites that speak for themselves: they fetch, and Mastodon's report what its people do not want to have reported under their names."""


class PublicKey(Wire, kw_only=True):
    """An actor's key; `owner` is the actor."""

    id: str
    owner: str
    public_key_pem: str


class Endpoints(Wire, kw_only=True):
    """Where a whole host can be reached at once."""

    shared_inbox: str | None = None


class Actor(Wire, kw_only=True):
    """What every actor has."""

    id: str
    type: str
    preferred_username: str
    inbox: str
    outbox: Any = None
    followers: Any = None
    public_key: PublicKey
    endpoints: Any = None
    name: Any = None
    summary: Any = None
    source: Any = None
    icon: Any = None
    image: Any = None
    published: Any = None
    updated: Any = None


class Person(Actor, kw_only=True):
    """A person or a bot (Service)."""

    matrix_user_id: Any = None


class Group(Actor, kw_only=True):
    """A community; `attributed_to` leads to its moderators."""

    sensitive: Any = None
    attributed_to: Any = None
    featured: Any = None
    posting_restricted_to_mods: Any = None
    language: Any = None


class Application(Actor, kw_only=True):
    """A site."""

    content: Any = None
    media_type: Any = None
    language: Any = None
    content_warning: Any = None
