"""Mastodon and Pleroma: everything is a Note, a community is somebody who is called, and of an Announce only the object counts.

Mastodon: docs.joinmastodon.org/spec/activitypub and /spec/security; Pleroma: docs-develop.pleroma.social, "ActivityPub extensions".
"""

from typing import Any, ClassVar

from tests.interop.peers.server import Json, Server
from tests.interop.peers.signing import Style
from tests.interop.peers.software import PUBLIC, STREAMS, Software, Target, now


class Mastodon(Software):
    """In secure mode: whoever fetches must sign. Reports are sent by the site's own actor."""

    name = "mastodon"
    version = "4.3.2"
    context: ClassVar[Any] = [
        STREAMS,
        {"ostatus": "http://ostatus.org#", "sensitive": "as:sensitive", "toot": "http://joinmastodon.org/ns#", "Emoji": "toot:Emoji"},
    ]
    dislikes = False
    takes_whole_activities = False

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.site = self.actor(
            "Application", "/actor", server.hostname.partition(":")[0], inbox=f"{server.url}/actor/inbox", manuallyApprovesFollowers=True
        )
        server.open_paths.add("/actor")

    def person(self, name: str) -> str:
        return self.actor(
            "Person",
            f"/users/{name}",
            name,
            following=f"{self.server.url}/users/{name}/following",
            featured=f"{self.server.url}/users/{name}/collections/featured",
            url=f"{self.server.url}/@{name}",
            summary="<p>On two wheels</p>",
            manuallyApprovesFollowers=False,
            discoverable=True,
            devices=f"{self.server.url}/users/{name}/collections/devices",
            tag=[],
            attachment=[{"type": "PropertyValue", "name": "Pronouns", "value": "they/them"}],
        )

    def follow(self, actor: str, whom: str) -> Json:
        return {"id": self.new_id("/follows-"), "type": "Follow", "actor": actor, "object": whom}

    def write(self, actor: str, home: Target, title: str, text: str) -> Json:
        content = f"<p>{_called(home.id, home.by)} {title}</p><p>{text}</p>"
        return self._create(actor, None, [home], content)

    def reply(self, actor: str, home: Target, parent: Target, text: str) -> Json:
        author = Target(parent.by, parent.by.rsplit("/", 1)[-1])
        return self._create(actor, parent.id, [author], f"<p>{_called(author.id, author.by)} {text}</p>")

    def direct(self, actor: str, whom: Target, text: str) -> Json:
        """A direct message: a Note to who is called and nobody else."""
        note = self._note(actor, None, [whom], f"<p>{_called(whom.id, whom.by)} {text}</p>") | {"to": [whom.id], "cc": []}
        return {"id": f"{note['id']}/activity", "type": "Create", "actor": actor, "to": [whom.id], "cc": [], "object": note}

    def update(self, create: Json, text: str) -> Json:
        old = create["object"]
        title = old["content"].partition("</p>")[0] + "</p>" if old["inReplyTo"] is None else ""
        content = f"{title}<p>{text}</p>"
        note = self.serve(old | {"content": content, "contentMap": {"en": content}, "updated": now()})
        about = {"actor": create["actor"], "to": note["to"], "cc": note["cc"]}
        return {"id": f"{note['id']}#updates/{len(text)}", "type": "Update", "published": now(), "object": note, **about}

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        assert score == 1, "there is no other"
        return {"id": self.new_id(f"/users/{actor.rsplit('/', 1)[-1]}#likes/"), "type": "Like", "actor": actor, "object": about.id}

    def undo(self, activity: Json) -> Json:
        return {"id": f"{activity['id']}/undo", "type": "Undo", "actor": activity["actor"], "object": activity}

    def delete(self, create: Json) -> Json:
        ap_id = create["object"]["id"]
        stone = {"id": ap_id, "type": "Tombstone", "atomUri": ap_id}
        return {"id": f"{ap_id}#delete", "type": "Delete", "actor": create["actor"], "to": [PUBLIC], "object": stone}

    def farewell(self, actor: str) -> Json:
        """An account ends."""
        self.server.gone.add(actor.removeprefix(self.server.url))
        return {"id": f"{actor}#delete", "type": "Delete", "actor": actor, "to": [PUBLIC], "object": actor}

    def report(self, actor: str, home: Target, about: Target, reason: str) -> Json:
        return {
            "id": self.new_id("/reports-"),
            "type": "Flag",
            "actor": self.site,
            "content": reason,
            "object": [about.by, about.id],
            "to": about.by,
        }

    def _create(self, actor: str, parent: str | None, called: list[Target], content: str) -> Json:
        note = self.serve(self._note(actor, parent, called, content))
        about = {"actor": actor, "published": note["published"], "to": note["to"], "cc": note["cc"]}
        return {"id": f"{note['id']}/activity", "type": "Create", "object": note, **about}

    def _note(self, actor: str, parent: str | None, called: list[Target], content: str) -> Json:
        ap_id = self.new_id(f"/users/{actor.rsplit('/', 1)[-1]}/statuses/11083074368070651")
        return {
            "id": ap_id,
            "type": "Note",
            "summary": None,
            "inReplyTo": parent,
            "published": now(),
            "url": ap_id.replace("/users/", "/@").replace("/statuses", ""),
            "attributedTo": actor,
            "to": [PUBLIC],
            "cc": [f"{actor}/followers", *(each.id for each in called)],
            "sensitive": False,
            "atomUri": ap_id,
            "inReplyToAtomUri": parent,
            "conversation": f"tag:{self.server.hostname},2024-06-06:objectId=1:objectType=Conversation",
            "content": content,
            "contentMap": {"en": content},
            "attachment": [],
            "tag": [{"type": "Mention", "href": each.id, "name": f"@{each.by}"} for each in called],
            "replies": {"id": f"{ap_id}/replies", "type": "Collection", "first": {"type": "CollectionPage", "items": []}},
        }


class Pleroma(Mastodon):
    """litepub: `source` is a plain string, objects name an `actor` too, reactions are any emoji; who reports is named."""

    name = "pleroma"
    version = "2.6.2"
    context: ClassVar[Any] = [STREAMS, "https://pleroma.test/schemas/litepub-0.1.jsonld", {"@language": "und"}]
    style = Style(("(request-target)", "content-length", "date", "digest", "host"))

    def follow(self, actor: str, whom: str) -> Json:
        return super().follow(actor, whom) | {"id": self.new_id("/activities/"), "state": "pending", "to": [whom], "cc": []}

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        told = {"to": [about.by, f"{actor}/followers"], "cc": [PUBLIC], "content": "☕"}
        return {"id": self.new_id("/activities/"), "type": "EmojiReact", "actor": actor, "object": about.id, **told}

    def undo(self, activity: Json) -> Json:
        addressed: Json = {name: activity[name] for name in ("to", "cc") if name in activity}
        return {"id": self.new_id("/activities/"), "type": "Undo", "actor": activity["actor"], "object": activity, **addressed}

    def delete(self, create: Json) -> Json:
        told = {"to": [f"{create['actor']}/followers", PUBLIC], "cc": [], "attachment": [], "conversation": None}
        ap_id = create["object"]["id"]
        return {"id": self.new_id("/activities/"), "type": "Delete", "actor": create["actor"], "object": ap_id, **told}

    def report(self, actor: str, home: Target, about: Target, reason: str) -> Json:
        noted = {"type": "Note", "id": about.id, "content": "…", "published": now(), "actor": {"id": about.by}}
        told = {"to": [about.by], "cc": [], "context": self.new_id("/contexts/"), "state": "open"}
        return {"id": self.new_id("/activities/"), "type": "Flag", "actor": actor, "content": reason, "object": [about.by, noted], **told}

    def _note(self, actor: str, parent: str | None, called: list[Target], content: str) -> Json:
        note = super()._note(actor, parent, called, content)
        for name in ("contentMap", "atomUri", "inReplyToAtomUri", "replies"):
            note.pop(name)
        context = self.new_id("/contexts/")
        addressed = {"to": [PUBLIC, *(each.id for each in called)], "cc": [f"{actor}/followers"]}
        source = {"source": "@somebody as I typed it", "summary": "", "sensitive": None}
        return note | {"id": self.new_id("/objects/"), "actor": actor, "context": context, "conversation": context, **source, **addressed}

    def update(self, create: Json, text: str) -> Json:
        return super().update(create, text) | {"id": self.new_id("/activities/")}


def _called(ap_id: str, handle: str) -> str:
    name = handle.partition("@")[0]
    return f'<span class="h-card" translate="no"><a href="{ap_id}" class="u-url mention">@<span>{name}</span></a></span>'
