"""WebFinger (RFC 7033): telling others the ids behind our names. Asking for those behind theirs is in `handles`."""

import re
from collections.abc import Sequence
from urllib.parse import unquote

import msgspec

from lemmy_lite.config import Config
from lemmy_lite.context import Context
from lemmy_lite.federation import origins
from lemmy_lite.federation.document import Document, refused
from lemmy_lite.federation.errors import Refused
from lemmy_lite.model.community import CommunityVisibility
from lemmy_lite.model.webfinger import Webfinger, WebfingerLink
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, person

CONTENT_TYPE = "application/jrd+json"
CACHE_CONTROL = "public, max-age=259200"
_TYPE = "https://www.w3.org/ns/activitystreams#type"
_ACTIVITY = "application/activity+json"
INTERACTION_PATH = "/activitypub/externalInteraction"
"""Where other sites send their visitors who want to follow or answer as somebody of this one."""
_ACCOUNT = re.compile(r"acct:([!@]?)([^@!\s/?#]+)@([^@\s/?#]+)")
_ACTOR = re.compile(r"(https?://[^@\s/?#]+)(?:/?|/([uc])/([^@!\s/?#]+)/?)")


def answer(tx: Transaction, context: Context, resource: str, rels: Sequence[str] = ()) -> Document:
    """The links of somebody here: 400 for what is no address of this host, 404 for nobody.

    `acct:name@host` is a person, a community, or both, the community last, as Mastodon takes the last of two; `acct:!name@host` is the
    community alone. `acct:host@host` is the site. The address of an actor (`https://host/c/name`) is answered with its name. With `rels`
    only the links of these relations (RFC 7033, 4.3).
    """
    asked = _asked(context.config, resource)
    if asked is None:
        return refused(400, "couldnt_find_object")
    rooms, name = asked
    hostname = context.config.hostname
    links: list[WebfingerLink] = []
    aliases: list[str] = []
    if not name or (name.lower() == hostname.lower() and rooms == "uc"):
        name = hostname
        links = _links(context, f"{context.config.base_url}/", "none")
    else:
        human = person.local_by_name(tx, name) if "u" in rooms else None
        group = community.local_by_name(tx, name) if "c" in rooms else None
        if human is not None and not human.deleted:
            links += _links(context, human.actor_id, "Person")
            name = human.name
        if group is not None and group.visibility is CommunityVisibility.PUBLIC and not (group.deleted or group.removed):
            links += _links(context, group.actor_id, "Group")
            name = group.name
    if not links:
        return refused(404, "couldnt_find_object")
    aliases = [link.href for link in links if link.rel == "self" and link.href]
    shown = [link for link in links if not rels or link.rel in rels]
    body = msgspec.json.encode(Webfinger(subject=f"acct:{name}@{hostname}", links=shown, aliases=aliases))
    return Document(status=200, content_type=CONTENT_TYPE, body=body, cache_control=CACHE_CONTROL, for_scripts=True)


def _asked(config: Config, resource: str) -> tuple[str, str] | None:
    """In which rooms (u, c, or both) which name is meant, an empty one for the site; None for what is not of this host."""
    if account := _ACCOUNT.fullmatch(resource):
        mark, name, host = account.groups()
        rooms, address = "c" if mark == "!" else "uc", f"{config.protocol}://{host}"
    elif actor := _ACTOR.fullmatch(resource):
        address, rooms, name = actor[1], actor[2] or "", unquote(actor[3] or "")
    else:
        return None
    try:
        return (rooms, name) if origins.origin(address) == origins.origin(config.base_url) else None
    except Refused:
        return None


def _links(context: Context, actor_id: str, kind: str) -> list[WebfingerLink]:
    links = [
        WebfingerLink(rel="http://webfinger.net/rel/profile-page", type="text/html", href=actor_id, template=None),
        WebfingerLink(rel="self", type=_ACTIVITY, href=actor_id, template=None, properties={_TYPE: kind}),
    ]
    if kind == "Person":
        template = f"{context.config.base_url}{INTERACTION_PATH}?uri={{uri}}"
        links.append(WebfingerLink(rel="http://ostatus.org/schema/1.0/subscribe", type=None, href=None, template=template))
    return links
