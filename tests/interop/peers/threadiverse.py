"""Lemmy, PieFed and Mbin: communities are Groups that announce whole activities; posts are Pages, comments Notes, votes go down as well.

Lemmy: join-lemmy.org/docs/contributors/05-federation; PieFed and Mbin: their own pages on federation, in docs/ of their sources.
"""

from typing import Any, ClassVar
from uuid import uuid4

from tests.interop.peers.server import Json
from tests.interop.peers.signing import Style
from tests.interop.peers.software import PUBLIC, STREAMS, Software, Target, now, precise


class Lemmy(Software):
    """Release 0.19."""

    name = "lemmy"
    version = "0.19.11"
    context: ClassVar[Any] = ["https://join-lemmy.org/context.json", STREAMS]
    style = Style(("(request-target)", "content-type", "date", "digest", "host"), "hs2019")

    def person(self, name: str) -> str:
        return self.actor(
            "Person",
            f"/u/{name}",
            name,
            summary="<p>Brews</p>\n",
            source={"content": "Brews", "mediaType": "text/markdown"},
            matrixUserId=None,
            published=precise(),
        )

    def group(self, name: str, moderator: str) -> str:
        """A community of its own."""
        ap_id = self.actor(
            "Group",
            f"/c/{name}",
            name,
            sensitive=False,
            attributedTo=f"{self.server.url}/c/{name}/moderators",
            featured=f"{self.server.url}/c/{name}/featured",
            postingRestrictedToMods=False,
            language=[],
            published=precise(),
        )
        for room, items in (("moderators", [moderator]), ("featured", []), ("outbox", [])):
            self.serve({"id": f"{ap_id}/{room}", "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items})
        self.serve({"id": f"{ap_id}/followers", "type": "Collection", "totalItems": 0, "items": []})
        return ap_id

    def announce(self, group: str, activity: Json) -> Json:
        """What happened in a community of its own, told to the followers."""
        told = {"to": [PUBLIC], "cc": [f"{group}/followers"]}
        return {"actor": group, **told, "object": activity, "type": "Announce", "id": self._activity("announce")}

    def accept(self, group: str, follow: Json) -> Json:
        """A follower is welcome."""
        asked = {name: value for name, value in follow.items() if name != "@context"}
        return {"actor": group, "to": [follow["actor"]], "object": asked, "type": "Accept", "id": self._activity("accept")}

    def follow(self, actor: str, whom: str) -> Json:
        return {"actor": actor, "to": [whom], "object": whom, "type": "Follow", "id": self._activity("follow")}

    def write(self, actor: str, home: Target, title: str, text: str) -> Json:
        page = {
            "type": "Page",
            "id": self.new_id("/post/"),
            "attributedTo": actor,
            "to": [home.id, PUBLIC],
            "name": title,
            "cc": [],
            **_texts(text),
            "attachment": [{"href": "https://tea.example/leaves", "mediaType": "text/html; charset=utf-8", "type": "Link"}],
            "sensitive": False,
            "published": precise(),
            "language": {"identifier": "en", "name": "English"},
            "audience": home.id,
            "tag": [{"href": f"{self.server.url}/post/1", "name": f"#{home.by.partition('@')[0]}", "type": "Hashtag"}],
        }
        return self._told("Create", actor, home, page)

    def reply(self, actor: str, home: Target, parent: Target, text: str) -> Json:
        note = {
            "type": "Note",
            "id": self.new_id("/comment/"),
            "attributedTo": actor,
            "to": [PUBLIC],
            "cc": [home.id, parent.by],
            **_texts(text),
            "inReplyTo": parent.id,
            "published": precise(),
            "tag": [{"href": parent.by, "name": f"@{parent.by.rsplit('/', 1)[-1]}", "type": "Mention"}],
            "distinguished": False,
            "language": {"identifier": "en", "name": "English"},
            "audience": home.id,
            "attachment": [],
        }
        return self._told("Create", actor, home, note)

    def message(self, actor: str, whom: Target, text: str) -> Json:
        """A private message."""
        message = {
            "type": "ChatMessage",
            "id": self.new_id("/private_message/"),
            "attributedTo": actor,
            "to": [whom.id],
            **_texts(text),
            "published": precise(),
        }
        return {"id": self._activity("create"), "actor": actor, "to": [whom.id], "object": message, "type": "Create"}

    def update(self, create: Json, text: str) -> Json:
        changed = create["object"] | _texts(text) | {"updated": precise()}
        return self._told("Update", create["actor"], Target(changed["audience"], ""), changed)

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        kind = "Like" if score > 0 else "Dislike"
        return {"actor": actor, "object": about.id, "type": kind, "id": self._activity(kind.lower()), "audience": home.id}

    def undo(self, activity: Json) -> Json:
        addressed: Json = {name: activity[name] for name in ("to", "cc", "audience") if name in activity}
        return {"actor": activity["actor"], **addressed, "object": activity, "type": "Undo", "id": self._activity("undo")}

    def delete(self, create: Json) -> Json:
        home = create["object"]["audience"]
        told = {"to": [PUBLIC], "cc": [home], "audience": home}
        return {"actor": create["actor"], **told, "object": create["object"]["id"], "type": "Delete", "id": self._activity("delete")}

    def report(self, actor: str, home: Target, about: Target, reason: str) -> Json:
        about_it = {"object": about.id, "summary": reason, "audience": home.id}
        return {"actor": actor, "to": [home.id], **about_it, "type": "Flag", "id": self._activity("flag")}

    def _told(self, kind: str, actor: str, home: Target, document: Json) -> Json:
        calls = [tag for tag in document["tag"] if tag["type"] == "Mention"]
        told = {"actor": actor, "to": [PUBLIC], "cc": [home.id, *document["cc"]], "tag": calls, "audience": home.id}
        return {**told, "object": self.serve(document), "type": kind, "id": self._activity(kind.lower())}

    def _activity(self, kind: str) -> str:
        return f"{self.server.url}/activities/{kind}/{uuid4()}"


class PieFed(Lemmy):
    """As Lemmy in most, with the algorithm named as the others do, nothing of what is empty, and an Undo that repeats no addressees."""

    name = "piefed"
    version = "1.3.5"
    context: ClassVar[Any] = [STREAMS, "https://w3id.org/security/v1", {"stickied": "as:stickied", "commentsEnabled": "pt:commentsEnabled"}]
    style = Style(("(request-target)", "host", "date", "digest", "content-type"), "rsa-sha256")

    def person(self, name: str) -> str:
        return self.actor("Person", f"/u/{name}", name, url=f"{self.server.url}/u/{name}", indexable=True, manuallyApprovesFollowers=False)

    def write(self, actor: str, home: Target, title: str, text: str) -> Json:
        create = super().write(actor, home, title, text)
        create["object"] |= {"url": create["object"]["id"], "commentsEnabled": True, "stickied": False, "published": f"{now()[:-1]}+00:00"}
        return create | {"@context": self.context, "published": now()}

    def undo(self, activity: Json) -> Json:
        return {"actor": activity["actor"], "to": [PUBLIC], "object": activity, "type": "Undo", "id": self._activity("undo")}

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        return super().vote(actor, home, about, score) | {"to": [PUBLIC], "cc": [home.id]}


class Mbin(Software):
    """Magazines hold entries (Page) and microblogs (Note); a like is a Like, and reports name the person beside the thing."""

    name = "mbin"
    version = "1.8.2"
    context: ClassVar[Any] = [
        STREAMS,
        {"ostatus": "http://ostatus.org#", "sensitive": "as:sensitive", "commentsEnabled": "pt:commentsEnabled"},
    ]
    style = Style(("(request-target)", "date", "host", "digest"))

    def person(self, name: str) -> str:
        return self.actor("Person", f"/u/{name}", name, url=f"{self.server.url}/u/{name}", manuallyApprovesFollowers=False, summary=None)

    def follow(self, actor: str, whom: str) -> Json:
        return {"id": self._object(), "type": "Follow", "actor": actor, "object": whom}

    def write(self, actor: str, home: Target, title: str, text: str) -> Json:
        entry = {
            "id": self.new_id(f"/m/{home.by}/t/"),
            "type": "Page",
            "attributedTo": actor,
            "inReplyTo": None,
            "to": [home.id, PUBLIC],
            "cc": [f"{actor}/followers"],
            "name": title,
            "audience": home.id,
            "content": f"<p>{text}</p>\n",
            "summary": f"{title} #{home.by.partition('@')[0]}",
            "mediaType": "text/html",
            "url": f"{self.server.url}/m/{home.by}/t/1/title",
            "tag": [{"type": "Hashtag", "href": f"{self.server.url}/tag/tea", "name": "#tea"}],
            "commentsEnabled": True,
            "sensitive": False,
            "stickied": False,
            "published": f"{now()[:-1]}+00:00",
            "contentMap": {"en": f"<p>{text}</p>\n"},
        }
        return self._told("Create", actor, entry)

    def reply(self, actor: str, home: Target, parent: Target, text: str) -> Json:
        name = parent.by.rsplit("/", 1)[-1]
        comment = {
            "id": self.new_id(f"/m/{home.by}/t/1/-/comment/"),
            "type": "Note",
            "attributedTo": actor,
            "inReplyTo": parent.id,
            "to": [PUBLIC, parent.by],
            "cc": [home.id, f"{actor}/followers"],
            "audience": home.id,
            "content": f"<p>{text}</p>\n",
            "mediaType": "text/html",
            "url": f"{self.server.url}/m/{home.by}/t/1/-/comment/1",
            "tag": [{"type": "Mention", "href": parent.by, "name": f"@{name}"}],
            "sensitive": False,
            "published": f"{now()[:-1]}+00:00",
            "contentMap": {"en": f"<p>{text}</p>\n"},
        }
        return self._told("Create", actor, comment)

    def update(self, create: Json, text: str) -> Json:
        content = f"<p>{text}</p>\n"
        changed = create["object"] | {"content": content, "contentMap": {"en": content}, "updated": f"{now()[:-1]}+00:00"}
        return self._told("Update", create["actor"], changed)

    def vote(self, actor: str, home: Target, about: Target, score: int) -> Json:
        told = {"to": [PUBLIC], "cc": [f"{actor}/followers", home.id], "audience": home.id}
        return {"id": self._object(), "type": "Like" if score > 0 else "Dislike", "actor": actor, "object": about.id, **told}

    def undo(self, activity: Json) -> Json:
        return {"id": f"{activity['id']}#undo", "type": "Undo", "actor": activity["actor"], "object": activity}

    def delete(self, create: Json) -> Json:
        written = create["object"]
        told = {"to": written["to"], "cc": written["cc"]}
        stone = {"id": written["id"], "type": "Tombstone"}
        return {"id": f"{written['id']}#delete", "type": "Delete", "actor": create["actor"], "object": stone, **told}

    def report(self, actor: str, home: Target, about: Target, reason: str) -> Json:
        return {
            "id": f"{self.server.url}/reports/{uuid4()}",
            "type": "Flag",
            "actor": actor,
            "object": [about.id, about.by],
            "audience": home.id,
            "summary": reason,
            "content": reason,
            "to": [home.id],
        }

    def boost(self, actor: str, about: Target) -> Json:
        """A person shows others' things to their followers: an Announce that no community says."""
        told = {"to": [PUBLIC], "cc": [f"{actor}/followers", about.by]}
        return {"id": self._object(), "type": "Announce", "actor": actor, "object": about.id, **told, "published": now()}

    def _told(self, kind: str, actor: str, document: Json) -> Json:
        about = {name: document[name] for name in ("to", "cc", "published")}
        return {"id": self._object(), "type": kind, "actor": actor, **about, "object": self.serve(document)}

    def _object(self) -> str:
        return f"{self.server.url}/f/object/{uuid4()}"


def _texts(text: str) -> Json:
    return {"content": f"<p>{text}</p>\n", "mediaType": "text/html", "source": {"content": text, "mediaType": "text/markdown"}}
