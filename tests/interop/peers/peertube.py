"""PeerTube: a channel is a Group that announces Videos by their ids; accounts write Notes below them, in markdown. It takes part in its own
channels alone: in communities of others it reads.

From docs.joinpeertube.org/api/activitypub.
"""

from typing import Any, ClassVar
from uuid import uuid4

from tests.interop.peers.server import Json
from tests.interop.peers.signing import Style
from tests.interop.peers.software import PUBLIC, STREAMS, Software, Target, precise


class PeerTube(Software):
    """A server with films."""

    name = "peertube"
    version = "7.0.1"
    context: ClassVar[Any] = [STREAMS, "https://w3id.org/security/v1", {"pt": "https://joinpeertube.org/ns#", "sc": "http://schema.org/"}]
    style = Style(("(request-target)", "host", "date", "digest"))

    def person(self, name: str) -> str:
        return self.actor("Person", f"/accounts/{name}", name, url=f"{self.server.url}/accounts/{name}", icon=[], summary=None)

    def channel(self, name: str, owner: str) -> str:
        """A channel, which is a community to others."""
        return self.actor(
            "Group",
            f"/video-channels/{name}",
            name,
            url=f"{self.server.url}/video-channels/{name}",
            postingRestrictedToMods=True,
            attributedTo=[{"type": "Person", "id": owner}],
            support="Donations welcome",
            summary="Kettles, reviewed",
        )

    def follow(self, actor: str, whom: str) -> Json:
        return {"type": "Follow", "id": self.new_id(f"{actor.removeprefix(self.server.url)}/follows/"), "actor": actor, "object": whom}

    def accept(self, channel: str, follow: Json) -> Json:
        """A subscriber is welcome."""
        asked = {name: follow[name] for name in ("id", "type", "actor", "object")}
        return {"type": "Accept", "id": f"{channel}/accepts/follows/1", "actor": channel, "object": asked}

    def video(self, owner: str, channel: str, title: str, text: str) -> Json:
        """A film."""
        number = uuid4()
        ap_id = f"{self.server.url}/videos/watch/{number}"
        page = {"type": "Link", "mediaType": "text/html", "href": ap_id}
        film = {"type": "Link", "mediaType": "video/mp4", "href": f"{self.server.url}/static/{number}.mp4", "height": 720, "size": 1}
        return self.serve(
            {
                "to": [PUBLIC],
                "cc": [f"{owner}/followers"],
                "type": "Video",
                "id": ap_id,
                "name": title,
                "duration": "PT1145S",
                "uuid": str(number),
                "category": {"identifier": "15", "name": "Science & Technology"},
                "language": {"identifier": "en", "name": "English"},
                "views": 360,
                "sensitive": False,
                "commentsEnabled": True,
                "published": precise(),
                "updated": precise(),
                "mediaType": "text/markdown",
                "content": text,
                "support": None,
                "icon": [
                    {"type": "Image", "url": f"{self.server.url}/thumbnail.jpg", "mediaType": "image/jpeg", "width": 280, "height": 157}
                ],
                "url": [page, film],
                "likes": f"{ap_id}/likes",
                "comments": f"{ap_id}/comments",
                "attributedTo": [{"type": "Person", "id": owner}, {"type": "Group", "id": channel}],
                "tag": [{"type": "Hashtag", "name": "kettle"}],
            }
        )

    def announce(self, owner: str, channel: str, video: Json) -> Json:
        """A channel shows a film."""
        told = {"to": [PUBLIC], "cc": [f"{owner}/followers", f"{channel}/followers"]}
        return {**told, "type": "Announce", "id": f"{video['id']}/announces/299", "actor": channel, "object": video["id"]}

    def retitled(self, owner: str, video: Json, title: str) -> Json:
        """The film has another name now."""
        changed = self.serve(video | {"name": title, "updated": precise()})
        told = {"to": video["to"], "cc": video["cc"]}
        return {"type": "Update", "id": f"{video['id']}/updates/{changed['updated']}", "actor": owner, "object": changed, **told}

    def reply(self, actor: str, home: Target, parent: Target, text: str) -> Json:
        told = {"to": [PUBLIC], "cc": [f"{actor}/followers", parent.by]}
        ap_id = self.new_id(f"/videos/watch/{uuid4()}/comments/")
        note = {
            "type": "Note",
            "id": ap_id,
            "content": text,
            "mediaType": "text/markdown",
            "inReplyTo": parent.id,
            "updated": precise(),
            "published": precise(),
            "url": ap_id,
            "attributedTo": actor,
            "tag": [{"type": "Mention", "href": parent.by, "name": "@somebody"}],
            "replyApproval": None,
            **told,
        }
        return {"type": "Create", "id": f"{ap_id}/activity", "actor": actor, "object": self.serve(note), **told}

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        kind = "likes" if score > 0 else "dislikes"
        told = {"to": [PUBLIC], "cc": [f"{actor}/followers"]}
        return {"type": kind[:-1].title(), "id": f"{actor}/{kind}/{uuid4()}", "actor": actor, "object": about.id, **told}

    def undo(self, activity: Json) -> Json:
        told: Json = {name: activity[name] for name in ("to", "cc") if name in activity}
        return {"type": "Undo", "id": f"{activity['id']}/undo", "actor": activity["actor"], "object": activity, **told}

    def delete(self, create: Json) -> Json:
        told = {"to": [PUBLIC], "cc": [f"{create['actor']}/followers"]}
        return {
            "type": "Delete",
            "id": f"{create['object']['id']}/delete",
            "actor": create["actor"],
            "object": create["object"]["id"],
            **told,
        }

    def farewell(self, actor: str) -> Json:
        """An account ends; it is addressed to nobody."""
        return {"type": "Delete", "id": f"{actor}/delete", "actor": actor, "object": actor}

    def report(self, actor: str, home: Target, about: Target, reason: str) -> Json:
        told = {"to": [about.by]}
        return {
            "type": "Flag",
            "id": f"{self.server.url}/admin/abuses/{uuid4()}",
            "actor": actor,
            "content": reason,
            "object": [about.id],
            **told,
        }
