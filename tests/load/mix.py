"""What people ask of an instance in the course of a day, in no order: reading, searching, writing, taking back, coming and going."""

import io
import json
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple
from urllib.parse import quote

from PIL import Image

from tests.bench.data.sizes import COMMON_WORD, PASSWORD, RARE_WORD
from tests.bench.load import Answer, posted, request

API: Final = "/api/v3"
SORTS: Final = ("Active", "Hot", "New", "TopDay", "Scaled", "TopAll", "Old", "MostComments", "NewComments", "Controversial")
ACTIVITY: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
WORDS: Final = (COMMON_WORD, RARE_WORD, "the", "river", "nothing like this")
_LIMIT: Final = "soak-soak-soak"


class Facts(NamedTuple):
    """What the data set holds: ids to ask for, newest first, and whose sessions there are (name and JWT)."""

    posts: Sequence[int]
    comments: Sequence[int]
    thread: int
    communities: Sequence[str]
    homes: Sequence[tuple[int, str]]
    """Id and name of communities of this instance, in which everybody may write."""
    people: Sequence[tuple[int, str]]
    members: Sequence[tuple[str, str]]


class Deed(NamedTuple):
    """One request, what it is called in the table of answers, which statuses are right, and who wants to see what came back."""

    name: str
    data: bytes
    right: tuple[int, ...] = (200,)
    heard: Callable[[Answer], None] = lambda _: None


class Mix:
    """An endless day. What was written is remembered up to a bound, and edited and deleted later."""

    def __init__(self, facts: Facts, seed: int = 1) -> None:
        self._facts = facts
        self._dice = Random(seed)
        self._written: deque[tuple[str, int, str]] = deque(maxlen=500)
        self._entered: deque[str] = deque(maxlen=50)
        self._pictures: deque[tuple[str, str, str]] = deque(maxlen=50)
        self._count = 0
        self._kinds: list[Callable[[], Deed]] = [kind for kind, weight in self._weights() for _ in range(weight)]

    def next(self) -> Deed:
        """What somebody does next."""
        self._count += 1
        return self._dice.choice(self._kinds)()

    def _weights(self) -> tuple[tuple[Callable[[], Deed], int], ...]:
        return (
            (self._list, 14),
            (self._page, 22),
            (self._thread, 8),
            (self._search, 4),
            (self._feed, 5),
            (self._document, 5),
            (self._inbox, 6),
            (self._vote, 14),
            (self._comment, 7),
            (self._post, 2),
            (self._edit, 3),
            (self._delete, 2),
            (self._message, 2),
            (self._login, 1),
            (self._logout, 1),
            (self._upload, 1),
            (self._take_picture_back, 1),
            (self._wrong, 2),
        )

    def _member(self) -> str:
        return self._dice.choice(self._facts.members)[1]

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._member()}"} if self._dice.random() < 0.6 else {}

    def _list(self) -> Deed:
        sort, who = self._dice.choice(SORTS), self._bearer()
        kind = self._dice.choice(("All", "Local", "Subscribed") if who else ("All", "Local"))
        where = self._dice.choice(("post", "comment"))
        # The sorts of comments are fewer (CommentSortType).
        chosen = sort if where == "post" else self._dice.choice(("Hot", "Top", "New", "Old", "Controversial"))
        return Deed(f"{where} list", request("GET", f"{API}/{where}/list?type_={kind}&sort={chosen}&limit=20", **who))

    def _page(self) -> Deed:
        facts, dice = self._facts, self._dice
        path = dice.choice(
            (
                "/",
                f"/?sort={dice.choice(SORTS)}",
                f"/c/{quote(dice.choice(facts.communities))}",
                f"/u/{quote(dice.choice(facts.people)[1])}",
                f"/post/{dice.choice(facts.posts)}",
                f"/comment/{dice.choice(facts.comments)}",
                "/communities",
                "/modlog",
                f"/search?q={quote(dice.choice(WORDS))}",
                "/instances",
                "/legal",
            )
        )
        cookie = {"Cookie": f"session={self._member()}"} if dice.random() < 0.5 else {}
        return Deed("page", request("GET", path, Accept="text/html", Accept_Encoding="gzip", **cookie), (200, 404))

    def _thread(self) -> Deed:
        post = self._facts.thread if self._dice.random() < 0.3 else self._dice.choice(self._facts.posts)
        ask = self._dice.choice((f"post?id={post}", f"comment/list?post_id={post}&max_depth=8&type_=All", f"comment/list?post_id={post}"))
        return Deed("thread", request("GET", f"{API}/{ask}", **self._bearer()), (200, 404))

    def _search(self) -> Deed:
        kind = self._dice.choice(("All", "Posts", "Comments", "Communities", "Users", "Url"))
        word = quote(self._dice.choice(WORDS))
        return Deed("search", request("GET", f"{API}/search?q={word}&type_={kind}&limit=10", **self._bearer()))

    def _feed(self) -> Deed:
        form = self._dice.choice(("xml", "atom", "json"))
        where = self._dice.choice(("all", "local", f"c/{quote(self._dice.choice(self._facts.communities))}"))
        return Deed("feed", request("GET", f"/feeds/{where}.{form}?sort={self._dice.choice(('Active', 'New', 'TopAll'))}"), (200, 404))

    def _document(self) -> Deed:
        home = self._dice.choice(self._facts.homes)[1]
        path = self._dice.choice(
            (
                f"/c/{home}",
                f"/c/{home}/outbox",
                f"/c/{home}/followers",
                "/",
                "/nodeinfo/2.1",
                "/.well-known/nodeinfo",
                f"/.well-known/webfinger?resource=acct:{home}@localhost:8536",
                "/robots.txt",
                "/sitemap.xml",
            )
        )
        return Deed("document", request("GET", path, Accept=ACTIVITY))

    def _inbox(self) -> Deed:
        path = self._dice.choice(
            ("user/unread_count", "user/replies?limit=20", "user/mention?limit=20", "private_message/list", "site", "user/report_count")
        )
        # Who moderates nothing may not ask how many reports there are.
        return Deed("inbox", request("GET", f"{API}/{path}", Authorization=f"Bearer {self._member()}"), (200, 400))

    def _vote(self) -> Deed:
        noun = self._dice.choice(("post", "comment"))
        target = self._dice.choice(self._facts.posts if noun == "post" else self._facts.comments)
        form = {f"{noun}_id": target, "score": self._dice.choice((1, 1, 1, -1, 0))}
        return Deed("vote", posted(f"{API}/{noun}/like", form, self._member()))

    def _comment(self) -> Deed:
        token = self._member()
        form = {"post_id": self._dice.choice(self._facts.posts), "content": f"Thought *{self._count}*, with a [link](https://a.test)."}
        return Deed("comment", posted(f"{API}/comment", form, token), heard=self._wrote("comment", token))

    def _post(self) -> Deed:
        token = self._member()
        form = {"name": f"What I saw, {self._count}", "body": "Some words. " * 40, "community_id": self._dice.choice(self._facts.homes)[0]}
        return Deed("post", posted(f"{API}/post", form, token), heard=self._wrote("post", token))

    def _wrote(self, noun: str, token: str) -> Callable[[Answer], None]:
        def heard(answer: Answer) -> None:
            if answer.status == 200:
                self._written.append((noun, answer.json()[f"{noun}_view"][noun]["id"], token))

        return heard

    def _edit(self) -> Deed:
        if not self._written:
            return self._comment()
        noun, number, token = self._dice.choice(self._written)
        change = {"content": f"Changed {self._count}"} if noun == "comment" else {"body": f"Changed {self._count}"}
        return Deed("edit", posted(f"{API}/{noun}", {f"{noun}_id": number, **change}, token, "PUT"))

    def _delete(self) -> Deed:
        if not self._written:
            return self._comment()
        noun, number, token = self._written.popleft()
        return Deed("delete", posted(f"{API}/{noun}/delete", {f"{noun}_id": number, "deleted": True}, token))

    def _message(self) -> Deed:
        names = {name for name, _ in self._facts.members}
        recipient = self._dice.choice([number for number, name in self._facts.people if name in names])
        return Deed(
            "message", posted(f"{API}/private_message", {"recipient_id": recipient, "content": f"Hello {self._count}"}, self._member())
        )

    def _login(self) -> Deed:
        def heard(answer: Answer) -> None:
            if answer.status == 200:
                self._entered.append(answer.json()["jwt"])

        name = self._dice.choice(self._facts.members)[0]
        return Deed("login", posted(f"{API}/user/login", {"username_or_email": name, "password": PASSWORD}), heard=heard)

    def _logout(self) -> Deed:
        if not self._entered:
            return self._login()
        return Deed("logout", posted(f"{API}/user/logout", {}, self._entered.popleft()))

    def _upload(self) -> Deed:
        token, file = self._member(), io.BytesIO()
        Image.new("RGB", (64 + self._count % 64, 48), (self._count % 256, 90, 160)).save(file, "PNG")
        head = f'--{_LIMIT}\r\nContent-Disposition: form-data; name="images[]"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        body = head.encode() + file.getvalue() + f"\r\n--{_LIMIT}--\r\n".encode()
        lines = [
            "POST /pictrs/image HTTP/1.1",
            "Host: localhost:8536",
            f"Authorization: Bearer {token}",
            f"Content-Type: multipart/form-data; boundary={_LIMIT}",
            f"Content-Length: {len(body)}",
        ]

        def heard(answer: Answer) -> None:
            if answer.status == 201:
                made = json.loads(answer.body)["files"][0]
                self._pictures.append((made["file"], made["delete_token"], token))

        return Deed("upload", "\r\n".join([*lines, "", ""]).encode() + body, (201,), heard)

    def _take_picture_back(self) -> Deed:
        if not self._pictures:
            return self._upload()
        file, mark, token = self._pictures.popleft()
        if self._dice.random() < 0.5:
            self._pictures.append((file, mark, token))
            return Deed("picture", request("GET", f"/pictrs/image/{file}?format=webp&thumbnail=64"))
        path = f"/pictrs/image/delete/{mark}/{file}"
        return Deed("delete picture", request("GET", path, Authorization=f"Bearer {token}"), (204,))

    def _wrong(self) -> Deed:
        return self._dice.choice(
            (
                Deed("wrong", request("GET", "/no/such/page", Accept="text/html"), (404,)),
                Deed("wrong", posted(f"{API}/post/like", {"post_id": 1, "score": 1}), (401,)),
                Deed("wrong", posted(f"{API}/post/like", {"post_id": "x"}, self._member()), (400,)),
                Deed("wrong", posted(f"{API}/user/login", {"username_or_email": f"nobody{self._count}", "password": "not this"}), (401,)),
                Deed("wrong", request("GET", f"{API}/post?id=99999999"), (404, 400)),
                Deed("wrong", posted("/inbox", {"type": "Like", "id": "https://x.test/1"}), (400, 401)),
            )
        )
