"""The activities that this instance sends, as Lemmy's peers expect them."""

import os
from typing import Any, Final

from lemmy_lite.context import Context
from lemmy_lite.federation.protocol import values
from lemmy_lite.federation.protocol.activities import Activity
from lemmy_lite.federation.protocol.wire import Wire, builtins
from lemmy_lite.model.community import Community
from lemmy_lite.model.person import Person

_VERSION: Final = 0x7 << 76 | 0b10 << 62
_RANDOM: Final = (1 << 80) - 1 ^ 0xF << 76 ^ 0b11 << 62


def new_id(context: Context, kind: str) -> str:
    """A fresh id, at which the activity can be fetched while it is kept. It begins with its time (UUID version 7 of RFC 9562), so that
    the index of ids grows at its end, one page at a time; 74 bits are random."""
    milliseconds = context.clock.now() // 1000
    chance = int.from_bytes(os.urandom(10)) & _RANDOM
    digits = f"{milliseconds << 80 | _VERSION | chance:032x}"
    uuid = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return f"{context.config.base_url}/activities/{kind.lower()}/{uuid}"


def written(context: Context, kind: str, actor: Person, home: Community, document: Wire) -> Activity:
    """Create or Update of a post, a comment or a community. The addressees are those of the object, with its community."""
    plain = builtins(document)
    called = [tag["href"] for tag in plain.get("tag", []) if tag.get("type") == "Mention"]
    return Activity(
        id=new_id(context, kind),
        type=kind,
        actor=actor.actor_id,
        to=[values.PUBLIC],
        cc=list(dict.fromkeys([home.actor_id, *called])),
        object=plain,
        audience=home.actor_id,
        tag=[tag for tag in plain.get("tag", []) if tag.get("type") == "Mention"] or None,
    )


def vote(context: Context, actor: Person, home: Community, object_id: str, score: int) -> Activity:
    """Like or Dislike. Lemmy addresses votes to nobody: only the community's inbox gets them."""
    kind = "Like" if score > 0 else "Dislike"
    return Activity(id=new_id(context, kind), type=kind, actor=actor.actor_id, object=object_id, audience=home.actor_id)


def delete(context: Context, actor: Person, home: Community, object_id: str, reason: str | None) -> Activity:
    """Delete by the author; with a `reason`, which may be empty, a removal by a moderator."""
    return Activity(
        id=new_id(context, "Delete"),
        type="Delete",
        actor=actor.actor_id,
        to=[values.PUBLIC],
        cc=[home.actor_id],
        object=object_id,
        audience=home.actor_id,
        summary=reason,
    )


def govern(context: Context, kind: str, actor: Person, home: Community, object_id: str, target: str | None = None) -> Activity:
    """What a moderator does in a community: Lock, Add and Remove with the collection in `target`, Block with the community there."""
    return Activity(
        id=new_id(context, kind),
        type=kind,
        actor=actor.actor_id,
        to=[values.PUBLIC],
        cc=[home.actor_id],
        object=object_id,
        target=target,
        audience=home.actor_id,
    )


def flag(context: Context, actor: Person, home: Community, object_id: str, reason: str) -> Activity:
    """A report; Lemmy addresses it to the community, and knows it by its `summary`."""
    return Activity(
        id=new_id(context, "Flag"),
        type="Flag",
        actor=actor.actor_id,
        to=[home.actor_id],
        object=object_id,
        audience=home.actor_id,
        summary=reason,
    )


def profile(context: Context, person: Person, document: Wire) -> Activity:
    """What a person shows of themselves now."""
    return of_itself(context, person.actor_id, document)


def of_itself(context: Context, actor_id: str, document: Wire) -> Activity:
    """Update of an actor by itself."""
    return Activity(id=new_id(context, "Update"), type="Update", actor=actor_id, to=[values.PUBLIC], object=builtins(document))


def farewell(context: Context, leaver: Person, *, remove_data: bool) -> Activity:
    """Delete of a person by themselves; with `remove_data` what they wrote goes as well."""
    return Activity(
        id=new_id(context, "Delete"),
        type="Delete",
        actor=leaver.actor_id,
        to=[values.PUBLIC],
        object=leaver.actor_id,
        remove_data=remove_data,
    )


def follow(context: Context, actor: Person, home: Community) -> Activity:
    """The wish to follow a community."""
    return Activity(id=new_id(context, "Follow"), type="Follow", actor=actor.actor_id, to=[home.actor_id], object=home.actor_id)


def to_one_person(context: Context, kind: str, actor: Person, recipient: Person, about: Wire | str) -> Activity:
    """What is said to one person alone: Create or Update of a message, or the Delete of its id."""
    told = about if isinstance(about, str) else builtins(about)
    return Activity(id=new_id(context, kind), type=kind, actor=actor.actor_id, to=[recipient.actor_id], object=told)


def undo(context: Context, of: Activity) -> Activity:
    """Takes back what an activity did, addressed to the same."""
    return Activity(id=new_id(context, "Undo"), type="Undo", actor=of.actor, to=of.to, cc=of.cc, object=builtins(of), audience=of.audience)


def accept(context: Context, home: Community, follow: dict[str, Any], follower_id: str) -> Activity:
    """The community's answer to a follower."""
    return answer(context, "Accept", home.actor_id, follow, follower_id)


def answer(context: Context, kind: str, followed_id: str, follow: dict[str, Any], follower_id: str) -> Activity:
    """Accept or Reject of a follower; it repeats the Follow, by which the peer knows it."""
    kept = {name: follow[name] for name in ("id", "type", "actor", "to", "object") if name in follow}
    return Activity(id=new_id(context, kind), type=kind, actor=followed_id, to=[follower_id], object=kept)


def announce(context: Context, home: Community, announced: dict[str, Any]) -> Activity:
    """What happened in a local community, told to its followers."""
    inner = {name: value for name, value in announced.items() if name != "@context"}
    return Activity(
        id=new_id(context, "Announce"),
        type="Announce",
        actor=home.actor_id,
        to=[values.PUBLIC],
        cc=[f"{home.actor_id}/followers"],
        object=inner,
    )
