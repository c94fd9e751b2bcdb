"""What the tests of the contract act upon: a running instance with people, a community, posts and a thread."""

import hashlib
import itertools
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyotp

from tests import uploads
from tests.instances import ADMIN, PASSWORD, Answer, Client, Instance

NOON = 1_700_000_000_000_000
"""Some moment of the past, in microseconds."""

NOBODY = 2_000_000_000
"""An id that no row has."""

FAR = 4_000_000_000
"""A Unix second in 2096: more than ten years from now, as long as tests of this code are run."""


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
        """What the example answers. The routes of pictures take a form with files, or their fields in the path."""
        caller = self.callers[example.caller]
        if method == "POST" and path.startswith("/pictrs/"):
            return uploads.send(caller, **example.fields)
        if path.startswith("/pictrs/"):
            return caller.send(method, path.format_map({"token": "-", "filename": "-", **example.fields}))
        return caller.call(method, path.removeprefix("/api/v3"), example.fields)

    def picture(self, by: str) -> dict[str, str]:
        """A new upload, as the fields of an address."""
        made = uploads.send(self.callers[by]).json["files"][0]
        return {"token": made["delete_token"], "filename": made["file"]}

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

    def community_of_two(self) -> int:
        """A new community of the admin's that the member moderates too."""
        community_id = self.community()
        self.callers["admin"].post("/community/mod", community_id=community_id, person_id=self.member_id, added=True)
        return community_id

    def banned(self) -> int:
        """Somebody new who is banned from the community and from the site."""
        person_id = self.person()
        self.callers["admin"].post("/community/ban_user", community_id=self.community_id, person_id=person_id, ban=True, reason="Spam")
        self.callers["admin"].post("/user/ban", person_id=person_id, ban=True, reason="Spam", expires=FAR)
        return person_id

    def later_admin(self, **fields: Any) -> Example:
        """A call by an admin who came after the first."""
        example = self.newcomer(**fields)
        name = self.callers["newcomer"].get("/site")["my_user"]["local_user_view"]["person"]["name"]
        self.callers["later admin"] = self.callers["newcomer"]
        self.callers["admin"].post("/admin/add", person_id=self._person_id(name), added=True)
        return example._replace(caller="later admin")

    def deeds(self) -> None:
        """One entry in every list of the log of moderation."""
        root, post_id, community_id = self.callers["admin"], self.post(), self.community_of_two()
        root.post("/post/remove", post_id=post_id, removed=True, reason="Spam")
        root.post("/post/lock", post_id=post_id, locked=True)
        root.post("/post/feature", post_id=post_id, featured=True, feature_type="Community")
        root.post("/comment/remove", comment_id=self.comment(), removed=True, reason="Rude")
        root.post("/community/transfer", community_id=community_id, person_id=self.member_id)
        root.post("/community/remove", community_id=community_id, removed=True, reason="Empty")
        root.put("/community/hide", community_id=community_id, hidden=True, reason="Loud")
        self.banned()
        self.later_admin()
        root.post("/admin/purge/comment", comment_id=self.comment(), reason="Illegal")
        root.post("/admin/purge/post", post_id=self.post(), reason="Illegal")
        root.post("/admin/purge/community", community_id=self.community(), reason="Illegal")
        root.post("/admin/purge/person", person_id=self.person(), reason="Illegal")

    def site_not_set_up(self) -> None:
        """Makes the instance one whose admin has not described the site yet."""
        self.instance.execute("UPDATE local_site SET site_setup = false")

    def newcomer(self, **fields: Any) -> Example:
        """A call by somebody who has just registered, with PASSWORD."""
        self.callers["newcomer"] = self.instance.registered(self.name())
        return Example("newcomer", fields)

    def address(self) -> str:
        """The mail address of a newcomer."""
        address = f"{self.name()}@mail.example"
        self.callers[self.newcomer().caller].put("/user/save_user_settings", email=address.title())
        return address

    def with_second_factor(self, **fields: Any) -> Example:
        """A call by a newcomer who has prepared the second factor, with a code that is right."""
        example = self.newcomer()
        url = self.callers["newcomer"].post("/user/totp/generate")["totp_secret_url"]
        return example._replace(fields={"totp_token": pyotp.parse_uri(url).now(), **fields})  # type: ignore[attr-defined]  # HOTP lacks it

    def applicant(self) -> dict[str, int]:
        """Somebody who waits to be let in: ids of the `application` and of the `person`."""
        name = self.name()
        self.instance.execute("UPDATE local_site SET registration_mode = 'RequireApplication', site_setup = true")
        self.callers["anybody"].post(
            "/user/register",
            username=name,
            password=PASSWORD,
            password_verify=PASSWORD,
            answer="I like birds",
            email=f"{name}@mail.example",
        )
        self.instance.execute("UPDATE local_site SET registration_mode = 'Open'")
        waiting = self.callers["admin"].get("/admin/registration_application/list", limit=50)["registration_applications"]
        found = next(each for each in waiting if each["creator"]["name"] == name)
        return {"application": found["registration_application"]["id"], "person": found["creator"]["id"]}

    def mailed(self, table: str) -> str:
        """A token of a newcomer's as a mail would carry it; `table` is password_reset_request or email_verification."""
        token = self.name()
        columns, values = ("email, ", f"'{token}@mail.example', ") if table == "email_verification" else ("", "")
        self.instance.execute(
            f"""INSERT INTO {table} ({columns}token_hash, local_user_id, published)
                SELECT {values}'{hashlib.sha256(token.encode()).hexdigest()}', local_user.id, {time.time_ns() // 1000}
                  FROM local_user WHERE person_id = {self.person()}"""
        )
        return token

    def emoji(self) -> int:
        """A new custom emoji."""
        name = self.name()
        made = self.callers["admin"].post(
            "/custom_emoji",
            shortcode=name,
            image_url=f"https://here.example/{name}.png",
            alt_text="A bird",
            category="birds",
            keywords=["a"],
        )
        return int(made["custom_emoji"]["custom_emoji"]["id"])

    def other_instance(self) -> int:
        """Another instance that is known here, to which sending has failed."""
        domain = f"{self.name().replace('_', '-')}.example"
        self.instance.execute(
            f"INSERT INTO instance (domain, published, software, version) VALUES ('{domain}', {NOON}, 'lemmy', '0.19.20')"
        )
        number = int(self.instance.execute(f"SELECT id FROM instance WHERE domain = '{domain}'")[0][0])
        self.instance.execute(
            f"INSERT INTO delivery (instance_id, last_successful_id, last_successful_published_time, fail_count, last_retry, next_retry) "
            f"VALUES ({number}, 0, {NOON}, 3, {NOON}, {NOON * 2})"
        )
        return number

    def leaver(self) -> Example:
        """A call in a new session, which ends with it."""
        self.callers["leaver"] = self.instance.logged_in("stranger")
        return Example("leaver", {})

    def _person_id(self, name: str) -> int:
        return int(self.callers["anybody"].get("/user", username=name)["person_view"]["person"]["id"])
