"""What posts and comments have in common when they come in: an author, addressees, a community, and a place they were written at."""

import re

from lemmy_lite.context import Context
from lemmy_lite.federation import origins
from lemmy_lite.federation.errors import Gone, Needs, Refused
from lemmy_lite.federation.objects import texts
from lemmy_lite.federation.protocol import objects, values
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.ids import LanguageId
from lemmy_lite.model.language import UNDETERMINED
from lemmy_lite.model.origin import RemoteOrigin
from lemmy_lite.model.person import Person
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import community, person, tombstone
from lemmy_lite.text import mentions

MOST_ADDRESSEES_ASKED = 10
"""How many unknown addressees we look up to find the community among them."""
MOST_TAGS = 100
MOST_CALLED = 50
"""People called by one text, as for notifications."""
# Collections of followers under the names that Lemmy, Mastodon, Friendica and GNU social give them: no community is found there.
_COLLECTION = re.compile(r"/(?:followers|following|subscribers)(?:/|$)")


def verify(tx: Transaction, context: Context, wire: objects.Written) -> None:
    """Refuse what is ours, was not written at its author's home, is not public, or was deleted before it came. Raises Refused."""
    origins.require_remote(context.config, wire.id)
    origins.require_same(wire.id, author_id(wire), "author")
    if not values.is_public([*values.every(wire.to), *values.every(wire.cc)]):
        raise Refused("not_public", f"{wire.id[:200]} is not addressed to the public")
    if tombstone.holds(tx, wire.id):
        raise Gone(wire.id)


def author_id(wire: objects.Written) -> str:
    """Who wrote it. PeerTube names the person and the channel, each with its type. Raises Refused."""
    listed = wire.attributed_to if isinstance(wire.attributed_to, list) else [wire.attributed_to]
    persons = [each for each in listed if values.kind(each) != "Group"]
    found = values.one(persons)
    if found is None:
        raise Refused("no_author", f"{wire.id[:200]} does not name its author")
    return found


def calls_of(wire: objects.Written) -> list[str]:
    """The ids of the people whom one of our documents calls."""
    return [each.href for each in wire.tag or [] if isinstance(each, objects.Mention)]


def called_in(tx: Transaction, text: str | None) -> list[Person]:
    """The people of other instances whom a text calls by name and who are known here."""
    found = (person.by_name(tx, each.name, each.host) for each in mentions.find(text or "")[:MOST_CALLED])
    return list({each.actor_id: each for each in found if each is not None and not each.local}.values())


def call(called: Person) -> objects.Mention:
    """The tag that calls a person by name."""
    return objects.Mention(type="Mention", href=called.actor_id, name=f"@{called.name}@{origins.origin(called.actor_id).authority}")


def author(tx: Transaction, wire: objects.Written) -> Person:
    """The row of the author. Raises Needs, Refused."""
    return known_person(tx, author_id(wire))


def known_person(tx: Transaction, ap_id: str) -> Person:
    """The person with this id. Raises Needs when nothing is known under it, Refused when it is somebody else."""
    found = person.by_actor_id(tx, ap_id)
    if found is None:
        if actors.get(tx, ap_id) is not None:
            raise Refused("not_a_person", f"{ap_id[:200]} is not a person")
        raise Needs(ap_id)
    return found


def known_community(tx: Transaction, ap_id: str) -> Community:
    """The community with this id. Raises Needs, Refused like `known_person`; local-only ones do not exist for others."""
    found = community.by_actor_id(tx, ap_id)
    if found is None:
        if actors.get(tx, ap_id) is not None:
            raise Refused("not_a_community", f"{ap_id[:200]} is not a community")
        raise Needs(ap_id)
    if found.visibility is not CommunityVisibility.PUBLIC:
        raise Refused("not_a_community", f"{ap_id[:200]} is not a community that others see")
    return found


def addressed_community(tx: Transaction, wire: objects.Written, announcer: Community | None = None) -> Community:
    """The community that a post is written to: its audience, the channel of a film, or the first community among its addressees and
    those it calls; else its `announcer`, if that is of the post's own host: WordPress and NodeBB name it nowhere.

    Raises Needs for the first addressee that is not known, when none of them is a known community; Refused when there is none.
    """
    if (audience := values.one(wire.audience)) is not None:
        return known_community(tx, audience)
    named = candidates(wire)
    for each in named:
        if community.by_actor_id(tx, each) is not None:
            return known_community(tx, each)
    if announcer is not None and origins.origin(announcer.actor_id) == origins.origin(wire.id):
        return announcer
    unknown = next((each for each in named if not _COLLECTION.search(each) and actors.get(tx, each) is None), None)
    if unknown is None:
        raise Refused("no_community", f"{wire.id[:200]} is not addressed to a community")
    raise Needs(unknown)


def candidates(wire: objects.Written) -> list[str]:
    """Who may be the community of a post."""
    authors = wire.attributed_to if isinstance(wire.attributed_to, list) else []
    channels = [each for each in authors[:MOST_ADDRESSEES_ASKED] if values.kind(each) == "Group"]
    called = [each.href for each in calls(wire)]
    named = [*values.every(channels), *values.every(wire.to), *values.every(wire.cc), *called]
    return [each for each in dict.fromkeys(named) if not values.is_public([each]) and each != author_id(wire)][:MOST_ADDRESSEES_ASKED]


def calls(wire: objects.Written) -> list[objects.Mention]:
    """Whom it calls by name, as its tags say."""
    listed = wire.tag if isinstance(wire.tag, list) else [wire.tag]
    called = (each for each in listed[:MOST_TAGS] if values.kind(each) == "Mention")
    return [objects.Mention(type="Mention", href=href) for each in called if (href := values.link(each))]


def require_audience(wire: objects.Written, home: Community) -> None:
    """Refuse an audience that is not the community it belongs to. Raises Refused."""
    audience = values.one(wire.audience)
    if audience is not None and audience != home.actor_id:
        raise Refused("wrong_audience", f"{wire.id[:200]} names {audience[:200]} as its community, but belongs to {home.actor_id}")


def origin(tx: Transaction, wire: objects.Written) -> RemoteOrigin:
    """Its id and times."""
    return RemoteOrigin(ap_id=wire.id, published=texts.published(wire.published, tx.now), updated=texts.updated(wire.updated, tx.now))


def language(tx: Transaction, wire: objects.Written, home: Community) -> LanguageId:
    """Its language, or Undetermined where the community does not have it: a language is no reason to lose a post."""
    spoken = list(wire.content_map) if isinstance(wire.content_map, dict) and len(wire.content_map) == 1 else []
    found = next(iter(values.read_languages(wire.language) or values.read_languages(spoken)), UNDETERMINED)
    allowed = community.languages(tx, home.id)
    if not allowed or found in allowed:
        return found
    return UNDETERMINED if UNDETERMINED in allowed else allowed[0]
