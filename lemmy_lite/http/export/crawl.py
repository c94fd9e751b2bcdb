"""Asks the site for its pages as a stranger does, in this process, and writes them as files that lead to each other.

First everything is asked for, page after page as they lead to each other; then, as it is known what there is, links are changed. What a
stranger may see is decided where it always is, by the pages themselves.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from lemmy_lite.http.export import feed, places
from lemmy_lite.http.export.places import Kind, Place
from lemmy_lite.http.images import TILE
from lemmy_lite.text import static_page
from lemmy_lite.text.static_page import Link

Ask = Callable[[str, Path], Awaitable[int]]
"""Asks for an address, puts what comes into a file, and answers the status."""
Progress = Callable[[str, int, int], None]

_MOST_NEXT: Final = 100_000


class Crawl:
    """One export into the empty folder `folder`; `aside` is for what came and is not changed yet.

    `is_ours` says of a post whether it belongs in here, `origin_of` where something of another instance lies, None if it is not that.
    `icons` is the sprite of the site.
    """

    def __init__(
        self,
        folder: Path,
        aside: Path,
        *,
        base_url: str,
        hostname: str,
        blog: bool,
        ask: Ask,
        is_ours: Callable[[int], Awaitable[bool]],
        origin_of: Callable[[str], Awaitable[str | None]],
        icons: str,
        progress: Progress,
    ) -> None:
        self._folder, self._aside = folder, aside
        self._base_url, self._hostname, self._blog = base_url, hostname, blog
        self._ask, self._is_ours, self._origin_of = ask, is_ours, origin_of
        self._icons, self._progress = icons, progress
        self._waiting: deque[tuple[Place, Place, int]] = deque()
        self._asked: set[str] = set()
        self._held: list[tuple[Place, Path]] = []
        self._there: set[str] = set()
        self._comments: dict[int, str] = {}
        self._origins: dict[str, str | None] = {}
        self._following: dict[str, str] = {}
        self.pictures = 0

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return sum(place.kind is Kind.PAGE for place, _ in self._held)

    async def run(self) -> None:
        """All of it. Raises OSError."""
        for target in ("/", "/forum", "/communities", "/legal", "/feeds/local.atom", *(("/about", "/archive") if self._blog else ())):
            await self._meet(target)
        while self._waiting:
            await self._take(*self._waiting.popleft())
            self._progress("reading pages", len(self._asked) - len(self._waiting), len(self._asked))
        tile = self._folder / places.TILE
        tile.parent.mkdir(exist_ok=True)
        tile.write_bytes(TILE)
        for number, (place, path) in enumerate(self._held, 1):
            self._write(place, path)
            self._progress("writing pages", number, len(self._held))

    async def _take(self, place: Place, first: Place, number: int) -> None:
        """One address. `first` is the first page of the list of which this is the page `number`."""
        path = self._folder / place.file if place.kind is Kind.FILE else self._aside / str(len(self._held))
        path.parent.mkdir(parents=True, exist_ok=True)
        if await self._ask(place.target, path) != 200:
            path.unlink(missing_ok=True)
            return
        self._there.add(place.file)
        if place.kind is Kind.FILE:
            self.pictures += place.file.startswith("pictures/")
            return
        self._held.append((place, path))
        if place.kind is Kind.FEED:
            for address in feed.addresses(path.read_bytes(), lambda text: static_page.outline(text).addresses):
                await self._meet(address)
            return
        await self._follow(static_page.outline(path.read_text()), place, first, number)

    async def _follow(self, found: static_page.Outline, place: Place, first: Place, number: int) -> None:
        if place.file.startswith(("post/", "comment/")):
            for comment in found.comments:
                self._comments.setdefault(comment, place.file)
        if found.following is not None and number < _MOST_NEXT:
            following = places.numbered(first, found.following, number + 1)
            self._following[found.following] = following.file
            self._queue(following, first, number + 1)
        for address in found.continued:
            if (own := self._own(address)) is not None and (thread := self._place(own)) is not None:
                self._queue(thread, thread, 1)
        for address in found.addresses:
            await self._meet(address)

    async def _meet(self, address: str) -> None:
        """An address on a page: put into the queue if it belongs into the export."""
        own = self._own(address)
        if own is None:
            return
        place = self._place(own)
        if place is None or place.target.startswith("/comment/"):
            await self._look_up(own)
        elif place.file not in self._asked:
            if place.post is not None and not await self._is_ours(place.post):
                await self._look_up(own)
            else:
                self._queue(place, place, 1)

    def _queue(self, place: Place, first: Place, number: int) -> None:
        if place.file not in self._asked:
            self._asked.add(place.file)
            self._waiting.append((place, first, number))

    async def _look_up(self, own: str) -> None:
        path = unquote(urlsplit(own).path)
        if path not in self._origins:
            self._origins[path] = await self._origin_of(path)

    def _own(self, address: str) -> str | None:
        """Path, query and fragment of an address of ours; None for one elsewhere."""
        if address.startswith(f"{self._base_url}/") or address == self._base_url:
            return address.removeprefix(self._base_url) or "/"
        return address if address.startswith("/") and not address.startswith("//") else None

    def _place(self, own: str) -> Place | None:
        return places.place(own, self._hostname, blog=self._blog)

    def _write(self, place: Place, path: Path) -> None:
        target = self._folder / place.file
        target.parent.mkdir(parents=True, exist_ok=True)
        tile = places.relative(place.file, places.TILE)

        def resolve(link: Link) -> str | None:
            return self._led(link, place.file)

        if place.kind is Kind.FEED:
            target.write_bytes(feed.rewrite(path.read_bytes(), resolve, target.name, tile))
        else:
            target.write_text(static_page.rewrite(path.read_text(), resolve, self._offers, tile, self._icons), encoding="utf-8")
        path.unlink()

    def _offers(self, address: str) -> bool:
        own = self._own(address)
        return own is not None and places.offers(own)

    def _led(self, link: Link, file: str) -> str | None:
        own = self._own(link.address)
        if own is None:
            if link.loads:
                return link.address if link.address.startswith("data:") else None
            return f"https:{link.address}" if link.address.startswith("//") else link.address
        place, fragment = self._place(own), own.partition("#")[2]
        if place is not None and place.target.startswith("/comment/") and not link.continues:
            number = int(place.target.removeprefix("/comment/"))
            if number in self._comments:
                return f"{places.relative(file, self._comments[number])}#c{number}"
        if place is not None and (place.file in self._there):
            return places.relative(file, place.file) + (f"#{fragment}" if fragment else "")
        following = self._following.get(own)
        if following is not None and following in self._there:
            return places.relative(file, following)
        return self._origins.get(unquote(urlsplit(own).path))


async def ask(application: Any, target: str, path: Path, *, host: str, secure: bool, language: str) -> int:
    """One GET without cookies through an ASGI application; what it answers goes to a file. Answers the status."""
    plain, _, query = target.partition("?")
    status = 500

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    with path.open("wb") as file:

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                file.write(message.get("body", b""))

        headers = {"host": host, "accept": "text/html", "accept-language": language}
        await application(
            {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "scheme": "https" if secure else "http",
                "path": unquote(plain),
                "raw_path": plain.encode(),
                "query_string": query.encode(),
                "root_path": "",
                "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
                "client": ("127.0.0.1", 1),
                "server": (host, 80),
                "extensions": {},
            },
            receive,
            send,
        )
    return status
