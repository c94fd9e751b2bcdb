"""What the tests of the contract act upon: a running instance with people, a community, posts and a thread."""

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.instances import ADMIN, Answer, Client, Instance

NOBODY = 2_000_000_000
"""An id that no row has."""


class Example(NamedTuple):
    """One call: by whom (a name of Scene.callers), and its fields."""

    caller: str
    fields: Mapping[str, Any]


def anybody(**fields: Any) -> Example:
    """A call without login."""
    return Example("anybody", fields)


def admin(**fields: Any) -> Example:
    """A call by the admin, who founded the scene's community."""
    return Example("admin", fields)


def member(**fields: Any) -> Example:
    """A call by somebody who follows the community, and wrote the scene's post and comment."""
    return Example("member", fields)


def stranger(**fields: Any) -> Example:
    """A call by a user who has no part in anything."""
    return Example("stranger", fields)


class Scene:
    """A community with a post, comments, votes, marks and something removed, so that answers show every optional field they can."""

    def __init__(self, instance: Instance) -> None:
        self._numbers = itertools.count(1)
        self.instance = instance
        self.callers: dict[str, Client] = {
            "anybody": instance.client(),
            "admin": instance.admin,
            "member": instance.registered("member"),
            "stranger": instance.registered("stranger"),
        }
        self.admin_id = self._person_id(ADMIN)
        self.member_id = self._person_id("member")
        self.callers["member"].put(
            "/user/save_user_settings", display_name="A member", bio="*Hello*", matrix_user_id="@member:matrix.example"
        )
        self.community_id = self.community()
        self.callers["member"].post("/community/follow", community_id=self.community_id, follow=True)
        self.post_id = self.post(url="https://link.example/a?b=c", body="Some **text**", alt_text="What the picture shows")
        self.comment_id = self.comment()
        self.reply_id = self.callers["admin"].post("/comment", content="A reply", post_id=self.post_id, parent_id=self.comment_id)[
            "comment_view"
        ]["comment"]["id"]
        self.callers["admin"].post("/post/like", post_id=self.post_id, score=1)
        self.callers["admin"].post("/comment/like", comment_id=self.comment_id, score=-1)
        self.callers["admin"].put("/post/save", post_id=self.post_id, save=True)
        self.callers["admin"].post("/comment/remove", comment_id=self.comment(), removed=True)
        self.callers["member"].post("/comment/delete", comment_id=self.comment(), deleted=True)

    def call(self, method: str, path: str, example: Example) -> Answer:
        """What the example answers."""
        return self.callers[example.caller].call(method, path.removeprefix("/api/v3"), example.fields)

    def name(self) -> str:
        """A name that is not taken yet."""
        return f"name_{next(self._numbers)}"

    def community(self, by: str = "admin", **fields: Any) -> int:
        """A new community."""
        made = self.callers[by].post("/community", name=self.name(), title="A community", description="About *it*", **fields)
        return int(made["community_view"]["community"]["id"])

    def post(self, **fields: Any) -> int:
        """A new post of the member's."""
        made = self.callers["member"].post("/post", **{"name": "A post", "community_id": self.community_id} | fields)
        return int(made["post_view"]["post"]["id"])

    def post_of_admin(self) -> int:
        """A new post of the admin's."""
        made = self.callers["admin"].post("/post", name="A post", community_id=self.community_id)
        return int(made["post_view"]["post"]["id"])

    def comment(self, **fields: Any) -> int:
        """A new comment of the member's."""
        made = self.callers["member"].post("/comment", **{"content": "A comment", "post_id": self.post_id} | fields)
        return int(made["comment_view"]["comment"]["id"])

    def message(self) -> int:
        """A new private message from the admin to the member."""
        made = self.callers["admin"].post("/private_message", content="Hello", recipient_id=self.member_id)
        return int(made["private_message_view"]["private_message"]["id"])

    def locked_post(self) -> int:
        """A post that takes no more comments."""
        post_id = self.post()
        self.callers["admin"].post("/post/lock", post_id=post_id, locked=True)
        return post_id

    def reply(self) -> int:
        """The note that tells the member of a new answer."""
        self.callers["admin"].post("/comment", content="An answer", post_id=self.post_id, parent_id=self.comment_id)
        return int(self.callers["member"].get("/user/replies", limit=1)["replies"][0]["comment_reply"]["id"])

    def mention(self) -> int:
        """The note that tells the member of a new comment that names them."""
        self.callers["stranger"].post("/comment", content=f"Ask @member@{self.instance.hostname}", post_id=self.post_of_admin())
        return int(self.callers["member"].get("/user/mention", limit=1, sort="New")["mentions"][0]["person_mention"]["id"])

    def post_report(self) -> int:
        """The member's report of a new post."""
        made = self.callers["member"].post("/post/report", post_id=self.post(url="https://link.example/", body="Text"), reason="Spam")
        return int(made["post_report_view"]["post_report"]["id"])

    def comment_report(self) -> int:
        """The member's report of a new comment."""
        made = self.callers["member"].post("/comment/report", comment_id=self.comment(), reason="Rude")
        return int(made["comment_report_view"]["comment_report"]["id"])

    def message_report(self) -> int:
        """The member's report of a new private message."""
        made = self.callers["member"].post("/private_message/report", private_message_id=self.message(), reason="Spam")
        return int(made["private_message_report_view"]["private_message_report"]["id"])

    def person(self) -> int:
        """Somebody new, who has written something."""
        name = self.name()
        self.instance.registered(name).post("/comment", content="I am new", post_id=self.post_id)
        return self._person_id(name)

    def site_not_set_up(self) -> None:
        """Makes the instance one whose admin has not described the site yet."""
        self.instance.execute("UPDATE local_site SET site_setup = false")

    def leaver(self) -> Example:
        """A call in a new session, which ends with it."""
        self.callers["leaver"] = self.instance.logged_in("stranger")
        return Example("leaver", {})

    def _person_id(self, name: str) -> int:
        return int(self.callers["anybody"].get("/user", username=name)["person_view"]["person"]["id"])
