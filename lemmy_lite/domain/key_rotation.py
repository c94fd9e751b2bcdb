"""New keys for our own actors, and a new secret behind sessions: for whoever holds the machine.

A peer holds the key that it saw last. It hears of the new one by an Update, asks for the actor anew when a signature does not hold, or does
so once a day (Lemmy); until then what it refuses is signed once more with the old key (federation/signing.py), for GRACE. That helps
nobody who has stolen the old key: a peer that has the new one refuses the old.
"""

import asyncio
from typing import Final, NamedTuple

from lemmy_lite.context import Context
from lemmy_lite.crypto import keys, tokens
from lemmy_lite.crypto.keys import KeyPair
from lemmy_lite.domain import person as people
from lemmy_lite.model.clock import DAY, Micros
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.events import CommunityEdited, PersonEdited, SiteKeyRenewed
from lemmy_lite.storage.database import Database
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import actor as actors
from lemmy_lite.storage.tables import community, community_moderator, local_user, login_token, person, secret, site
from lemmy_lite.storage.tables.actor import Actor

GRACE: Final[Micros] = 2 * DAY
"""How long an old key is kept for peers that do not know the new one: Lemmy asks for an actor that it uses once a day."""
NOTICED_SECONDS: Final = 5.0
"""How long an actor, ours or another's, is believed to have the key that memory holds: keys are renewed while servers run, ours by other
processes too."""
JWT: Final = "jwt"
"""The name of the secret of which sessions, private feeds, ways out of mails, forms and addresses of the picture proxy are made."""
AT_ONCE: Final = 20
"""Actors whose keys are renewed in one step: up to ten seconds on a small board."""


class Step(NamedTuple):
    """A piece of a renewal of everything: where it ended (empty when nothing is left), how many it did, and how many are left."""

    after: str
    done: int
    left: int


def of_person(tx: Transaction, context: Context, name: str) -> Actor:
    """The actor of somebody with an account here. Raises LemmyError couldnt_find_person."""
    found = people.named(tx, context, name)
    own = actors.of_person(tx, found.id) if found is not None else None
    return _ours(own, "couldnt_find_person")


def of_community(tx: Transaction, context: Context, name: str) -> Actor:
    """The actor of a community of this instance. Raises LemmyError couldnt_find_community."""
    found = community.local_by_name(tx, name.removeprefix("!").removesuffix(f"@{context.config.hostname}"))
    own = actors.of_community(tx, found.id) if found is not None else None
    return _ours(own, "couldnt_find_community")


def of_site(tx: Transaction) -> Actor:
    """The actor that signs what we fetch."""
    view = site.view(tx)
    return _ours(actors.of_site(tx, view.site.id) if view is not None else None, "local_site_not_setup")


async def renew(database: Database, actor: Actor) -> None:
    """Make a key pair, put it in the place of the actor's, and tell those who know the actor."""
    pair = await asyncio.to_thread(keys.generate_key_pair)
    await database.write(_replace, actor, pair)
    keys.forget_private_keys()


async def renew_some(database: Database, after: str) -> Step:
    """The next few of all actors of this instance, in the order of their ids, beyond `after`."""
    due = await database.read(actors.ours, after, AT_ONCE)
    for actor in due:
        await renew(database, actor)
    last = due[-1].ap_id if due else ""
    left = await database.read(actors.count_ours, last) if due else 0
    return Step(after=last if left else "", done=len(due), left=left)


async def renew_secret(database: Database, context: Context) -> int:
    """Put a new secret behind sessions and end them all; answers how many there were."""
    fresh = tokens.new_jwt_secret()
    ended = await database.write(_replace_secret, fresh)
    context.renew_jwt_secret(fresh)
    return ended


def secret_in_force(tx: Transaction) -> str | None:
    """The secret behind sessions, whichever process has replaced it."""
    return secret.find(tx, JWT)


def take_up_secret(context: Context, found: str | None) -> None:
    """Where other processes work on the same database, one of them may have replaced the secret."""
    if found is not None and found != context.jwt_secret:
        context.renew_jwt_secret(found)


def _replace(tx: Transaction, actor: Actor, pair: KeyPair) -> None:
    actors.renew_key(tx, actor.ap_id, pair.public_key, pair.private_key)
    order = local_user.admin_order(tx)
    if actor.person_id is not None:
        if not person.existing(tx, actor.person_id).deleted:
            tx.append(PersonEdited(actor_id=actor.person_id))
    elif actor.community_id is not None:
        found = community.existing(tx, actor.community_id)
        # In the name of who may change it everywhere: admins are not known as such elsewhere.
        moderators = [each for each in community_moderator.order(tx, found.id) if person.existing(tx, each).local]
        author = next(iter([*moderators, *order]), None)
        if author is not None and not found.deleted and not found.removed:
            tx.append(CommunityEdited(actor_id=author, community_id=found.id))
    elif order:
        tx.append(SiteKeyRenewed(actor_id=order[0]))


def _replace_secret(tx: Transaction, fresh: str) -> int:
    secret.put(tx, JWT, fresh)
    return login_token.delete_everybodys(tx)


def _ours(actor: Actor | None, otherwise: str) -> Actor:
    if actor is None or actor.private_key is None:
        raise LemmyError(otherwise)
    return actor
