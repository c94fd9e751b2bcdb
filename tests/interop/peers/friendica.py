"""Friendica: posts with a name are Articles, BBCode in `source`, everything says which `instrument` made it.

From wiki.friendi.ca and docs/ of its source ("ActivityPub").
"""

from typing import Any, ClassVar
from uuid import uuid4

from tests.interop.peers.server import Json
from tests.interop.peers.signing import Style
from tests.interop.peers.software import PUBLIC, STREAMS, Software, Target, now


class Friendica(Software):
    """A node."""

    name = "friendica"
    version = "2024.12"
    context: ClassVar[Any] = [STREAMS, "https://w3id.org/security/v1", {"diaspora": "https://diasporafoundation.org/ns/"}]
    style = Style(("(request-target)", "date", "digest", "host"))
    takes_whole_activities = False

    def person(self, name: str) -> str:
        return self.actor(
            "Person",
            f"/profile/{name}",
            name,
            **{"diaspora:guid": str(uuid4()), "vcard:hasAddress": {"@type": "vcard:Home", "vcard:locality": ""}},
            url=f"{self.server.url}/profile/{name}",
            summary="Strong tea,<br>weak coffee",
            inbox=f"{self.server.url}/inbox/{name}",
            generator={"type": "Service", "name": "Friendica", "url": self.server.url},
            tag=[],
        )

    def follow(self, actor: str, whom: str) -> Json:
        return self._deed("Follow", actor, whom, {"to": [whom]}, f"{self.server.url}/activity/{uuid4()}")

    def write(self, actor: str, home: Target, title: str, text: str) -> Json:
        ap_id = f"{self.server.url}/objects/{uuid4()}"
        group = home.by.partition("@")[0]
        called = f'<bdi>!<a href="{home.id}" class="userinfo mention" title="{group}">{group}</a></bdi>'
        return self._written(
            ap_id,
            {"to": [home.id], "cc": [PUBLIC, f"{home.id}/followers"]},
            type="Article",
            inReplyTo=None,
            attributedTo=actor,
            context=f"{ap_id}#context",
            name=title,
            content=text,
            contentMap={"de": f"{called} {text}"},
            source={"content": f"![url={home.id}]{group}[/url] {text}", "mediaType": "text/bbcode"},
            tag=[{"type": "Mention", "href": home.id, "name": f"@{home.by}"}],
        )

    def reply(self, actor: str, home: Target, parent: Target, text: str) -> Json:
        name = parent.by.rsplit("/", 1)[-1]
        return self._written(
            f"{self.server.url}/objects/{uuid4()}",
            {"to": [parent.by, PUBLIC], "cc": [f"{self.server.url}/followers/x", home.id]},
            type="Note",
            inReplyTo=parent.id,
            attributedTo=actor,
            context=f"{parent.id}#context",
            content=text,
            contentMap={"de": text},
            source={"content": f"@[url={parent.by}]{name}[/url] {text}", "mediaType": "text/bbcode"},
            **{"diaspora:comment": '{"author":"somebody"}'},
            tag=[{"type": "Mention", "href": parent.by, "name": f"@{name}"}],
        )

    def update(self, create: Json, text: str) -> Json:
        changed = create["object"] | {"content": text, "contentMap": {"de": text}, "updated": now()}
        changed["source"] = {"content": text, "mediaType": "text/bbcode"}
        return create | {"id": f"{changed['id']}/Update", "type": "Update", "object": self.serve(changed)}

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        told = {"to": [about.by, home.id], "cc": [PUBLIC, f"{home.id}/followers"], "diaspora:like": '{"positive":"true"}'}
        return self._deed("Like" if score > 0 else "Dislike", actor, about.id, told)

    def undo(self, activity: Json) -> Json:
        addressed: Json = {name: activity[name] for name in ("to", "cc") if name in activity}
        return self._deed("Undo", activity["actor"], activity, addressed, f"{activity['id']}/Undo")

    def delete(self, create: Json) -> Json:
        ap_id = create["object"]["id"]
        addressed: Json = {name: create[name] for name in ("to", "cc")}
        return self._deed("Delete", create["actor"], {"id": ap_id, "type": "Tombstone"}, addressed, f"{ap_id}/Delete")

    def report(self, actor: str, home: Target, about: Target, reason: str) -> Json:
        return self._deed("Flag", actor, [about.by, about.id], {"to": [about.by], "content": reason})

    def _written(self, ap_id: str, addressed: Json, **fields: Any) -> Json:
        document = self.serve(
            {
                "id": ap_id,
                "summary": "",
                "diaspora:guid": ap_id.rsplit("/", 1)[-1],
                "published": now(),
                "url": ap_id.replace("/objects/", "/display/"),
                "sensitive": False,
                "attachment": [],
                **addressed,
                **fields,
            }
        )
        return self._deed("Create", document["attributedTo"], document, addressed, f"{ap_id}/Create")

    def _deed(self, kind: str, actor: str, about: Any, addressed: Json, ap_id: str | None = None) -> Json:
        return {
            "id": ap_id or f"{self.server.url}/objects/{uuid4()}",
            "type": kind,
            "actor": actor,
            "published": now(),
            "instrument": {"type": "Service", "name": f"Friendica {self.version}", "url": self.server.url},
            **addressed,
            "object": about,
        }
