"""What there is before the first deed: people, communities, posts, comments, messages, reports. One scene for each way of doing."""

import asyncio
import io
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from PIL import Image

from tests.instances import PASSWORD, Client, Instance
from tests.interop.network import eventually
from tests.mail.mailbox import Mailbox

__all__ = ["PASSWORD", "PICTURE", "Post", "Scene", "postman"]


def _drawn() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "PNG")
    return out.getvalue()


PICTURE = _drawn()
PEOPLE = ("ann", "mona", "eve", "cara", "pia", "doe")
"""Member, first moderator, somebody else, a moderator and admin to be, one who sees to their account, one who will be purged."""
LONG = 21
"""Comments of a thread that is shown with less around each."""
LIMITS = dict.fromkeys(("message", "register", "post", "comment", "image", "search"), 100000)


class Post:
    """A mail server of its own thread, and what it took."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._mailbox.port

    def count(self, address: str) -> int:
        """How many mails came for an address."""
        return len(self._mailbox.to(address))

    def link(self, address: str, start: str) -> str:
        """What follows `start` in the newest mail to an address that has such a link; waited for."""
        return eventually(lambda: self._found(address, start), bool)

    def _found(self, address: str, start: str) -> str:
        for mail in reversed(self._mailbox.to(address)):
            text = f"{mail.message.get('List-Unsubscribe', '')} {mail.text}"
            if found := re.search(rf"{re.escape(start)}([^\s>]+)", text):
                return found[1]
        return ""


@contextmanager
def postman() -> Iterator[Post]:
    """A mail server that listens until the end."""
    loop, mailbox = asyncio.new_event_loop(), Mailbox()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    run(mailbox.open())
    try:
        yield Post(mailbox)
    finally:
        run(mailbox.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Scene:
    """The things of one scene by name; a few are made when they are asked for."""

    def __init__(self, site: Instance, post: Post, mode: str, number: int) -> None:
        self.site, self.post, self.mode = site, post, mode
        self.tokens: dict[str, str] = {}
        self.things: dict[str, object] = {"mode": mode, "site": site.url, "limit": 99_000 + number}
        self.secret = ""
        """What an authenticator was shown last."""
        self._clients: dict[str, Client] = {}
        self._backups: set[tuple[str, int]] = set()
        self._make()

    def text(self, pattern: str) -> str:
        """A pattern with the scene's things filled in."""
        return pattern.format_map(self)

    def value(self, pattern: str) -> object:
        """The first value of the first row that the database answers; None without a row."""
        rows = self.site.execute(self.text(pattern))
        return rows[0][0] if rows else None

    def backups(self) -> int:
        """How many backups there have been since this scene began; of those of one day only the newest stays."""
        self._backups |= {(str(path), path.stat().st_mtime_ns) for path in self.site.data_dir.glob("backups/by-hand/**/manifest.json")}
        return len(self._backups)

    def execute(self, pattern: str) -> None:
        """Something that other servers or time would have done."""
        self.site.execute(self.text(pattern))

    def client(self, who: str) -> Client:
        """One of the people, by the API."""
        return self._clients[who]

    def __getitem__(self, name: str) -> object:
        """For `text`."""
        made = {
            "reset": lambda: self.post.link(f"pia_{self.mode}@mail.test", "/password_change/"),
            "confirm": self._confirm,
            "unsubscribe": self._unsubscribe,
            "last_message": lambda: self.value("SELECT MAX(id) FROM private_message WHERE creator_id = {ann}"),
            "another_session": lambda: self._sessions(1),
            "more_sessions": lambda: self._sessions(2),
        }
        return made[name]() if name in made else self.things[name]

    def _confirm(self) -> str:
        self.client("eve").put("/user/save_user_settings", email=f"eve_{self.mode}@mail.test")
        return self.post.link(f"eve_{self.mode}@mail.test", "/verify_email/")

    def _unsubscribe(self) -> str:
        self.client("ann").post("/private_message", recipient_id=self.things["eve"], content="Are you there?")
        return self.post.link(f"eve_{self.mode}@mail.test", "/unsubscribe/")

    def _sessions(self, count: int) -> str:
        for _ in range(count):
            self.site.logged_in(f"pia_{self.mode}")
        return str(count)

    def _register(self, who: str, **fields: Any) -> None:
        name = f"{who}_{self.mode}"
        answer = self.site.client().post("/user/register", username=name, password=PASSWORD, password_verify=PASSWORD, **fields)
        self.things[who] = self.site.execute(f"SELECT id FROM person WHERE name = '{name}'")[0][0]
        if answer.get("jwt"):
            self.tokens[who] = answer["jwt"]
            self._clients[who] = self.site.client(answer["jwt"])

    def _make(self) -> None:
        self.site.execute("UPDATE local_site SET registration_mode = 'RequireApplication'")
        for who in ("hopes", "lurks"):
            self._register(who, answer="I like *tea*.")
        self.site.execute("UPDATE local_site SET registration_mode = 'Open'")
        for who in PEOPLE:
            self._register(who, **({"email": f"pia_{self.mode}@mail.test"} if who == "pia" else {}))
        self.execute("UPDATE local_user SET email_verified = true WHERE person_id = {pia}")
        self.execute("UPDATE local_user SET enable_keyboard_navigation = '{mode}' = 'keys'")
        self.things["backups"] = self.backups() + 1
        self.tokens["root"] = self.site.admin.jwt or ""
        ann, mona, eve = (self.client(who) for who in ("ann", "mona", "eve"))
        for name, founder in (("home", mona), ("away", eve), ("doomed", eve), ("quiet", self.client("cara"))):
            made = founder.post("/community", name=f"{name}_{self.mode}", title=name.title())["community_view"]["community"]
            self.things |= {name: made["name"], f"{name}_id": made["id"]}
        self.things["doomed_post"] = self._posted(eve, "Soon gone")
        self.things["mine"] = self._posted(ann, "Mine", body="My own words")
        self.things["long"] = self._posted(eve, "Talked about at length")
        self.things["linked"] = self._posted(eve, "A page", url=f"https://link.example/cross/{self.mode}")
        self.things["post"] = self._posted(eve, "Buy my pills", body="They are *good*.")
        self._talk(ann, mona, eve)
        self._correspond(ann, eve)
        sent = self.client("cara").send("POST", "/pictrs/image", *_picture(self.tokens["cara"]))
        self.things["upload"] = sent.json["files"][0]["file"]

    def _posted(self, who: Client, name: str, **fields: str) -> int:
        return int(who.post("/post", name=name, community_id=self.things["home_id"], **fields)["post_view"]["post"]["id"])

    def _said(self, who: Client, post: str, words: str, **fields: object) -> int:
        return int(who.post("/comment", post_id=self.things[post], content=words, **fields)["comment_view"]["comment"]["id"])

    def _talk(self, ann: Client, mona: Client, eve: Client) -> None:
        things = self.things
        things["comment"] = self._said(eve, "post", "Really, buy them")
        things["first"] = min(self._said(mona, "long", f"Number {number}") for number in range(LONG))
        things["doomed_comment"] = self._said(eve, "post", "Illegal")
        things["spoken"] = self._said(mona, "post", "Please do not")
        things["my_comment"] = self._said(ann, "mine", "My thought")
        self._said(eve, "mine", f"No, @ann_{self.mode}@{self.site.hostname}", parent_id=things["my_comment"])
        self._said(eve, "post", f"I mean you, @ann_{self.mode}@{self.site.hostname}")
        things["reply"] = self.value("SELECT id FROM comment_reply WHERE recipient_id = {ann}")
        things["mention"] = self.value("SELECT id FROM person_mention WHERE recipient_id = {ann} ORDER BY id DESC LIMIT 1")
        cara = self.client("cara")
        things["post_report"] = cara.post("/post/report", post_id=things["post"], reason="Spam")["post_report_view"]["post_report"]["id"]
        told = cara.post("/comment/report", comment_id=things["comment"], reason="Rude")["comment_report_view"]
        things["comment_report"] = told["comment_report"]["id"]

    def _correspond(self, ann: Client, eve: Client) -> None:
        things = self.things
        for name, writer, reader in (("message", eve, "ann"), ("warned", eve, "cara")):
            sent = writer.post("/private_message", recipient_id=things[reader], content="Send me your password")
            things[name] = sent["private_message_view"]["private_message"]["id"]
        told = self.client("cara").post("/private_message/report", private_message_id=things["warned"], reason="A thief")
        things["message_report"] = told["private_message_report_view"]["private_message_report"]["id"]


def _picture(token: str) -> tuple[bytes, Mapping[str, str]]:
    head = b'--limit\r\nContent-Disposition: form-data; name="images[]"; filename="x.png"\r\nContent-Type: image/png\r\n\r\n'
    return head + PICTURE + b"\r\n--limit--\r\n", {
        "content-type": "multipart/form-data; boundary=limit",
        "authorization": f"Bearer {token}",
    }
