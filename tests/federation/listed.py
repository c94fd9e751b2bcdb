"""A community at a peer that lists its posts and comments as Lemmy's API and ActivityPub's collections do, written out by hand."""

from typing import Any

from tests.federation.peer import Json, Peer


class Listing:
    """Serves `/api/v3/post/list`, `comment/list` and `resolve_object` for one community of a peer, newest first."""

    def __init__(self, peer: Peer, home: str) -> None:
        self.peer = peer
        self.home = home
        self.name = home.rsplit("/", 1)[-1]
        self.posts: list[Json] = []
        self.comments: dict[str, list[Json]] = {}
        self.asked: list[dict[str, str]] = []
        peer.documents["/api/v3/post/list"] = self._post_list
        peer.documents["/api/v3/comment/list"] = self._comment_list
        peer.documents["/api/v3/post"] = self._post
        peer.documents["/api/v3/resolve_object"] = self._resolve

    def post(self, document: Json, *comments: Json) -> Json:
        """List a post, older than those before it, with its comments, newest first."""
        self.posts.append(document)
        self.comments[document["id"]] = list(comments)
        return document

    def _post_list(self, query: dict[str, str]) -> Json | int:
        self.asked.append(query)
        if query.get("community_name") != self.name:
            return 404
        start, limit = int(query.get("page_cursor", "P0")[1:]), int(query["limit"])
        part = self.posts[start : start + limit]
        more = {"next_page": f"P{start + limit}"} if start + limit < len(self.posts) else {}
        return {"posts": [self._post_view(each) for each in part], **more}

    def _comment_list(self, query: dict[str, str]) -> Json | int:
        self.asked.append(query)
        if "post_id" in query:
            listed = self.comments[self.posts[int(query["post_id"]) - 1]["id"]]
        else:
            listed = sorted((each for some in self.comments.values() for each in some), key=lambda each: each["published"], reverse=True)
        limit = int(query["limit"])
        start = (int(query["page"]) - 1) * limit
        return {"comments": [{"comment": _thing(number, each)} for number, each in enumerate(listed[start : start + limit], 1)]}

    def _resolve(self, query: dict[str, str]) -> Json | int:
        self.asked.append(query)
        found = [each for each in self.posts if each["id"] == query["q"]]
        return {"post": self._post_view(found[0])} if found else 404

    def _post(self, query: dict[str, str]) -> Json | int:
        self.asked.append(query)
        found = [each for each in self.posts if each["id"] == f"{self.peer.url}/post/{query['id']}"]
        return {"post_view": self._post_view(found[0])} if found else 404

    def _post_view(self, document: Json) -> Json:
        number = self.posts.index(document) + 1
        # What is counted here is nothing that anybody should believe, but for the question whether there are comments.
        counts = {"comments": len(self.comments[document["id"]]), "score": 999, "upvotes": 999, "downvotes": 0}
        return {"post": _thing(number, document), "counts": counts, "subscribed": "NotSubscribed"}


def outbox(peer: Peer, home: str, *items: Any) -> None:
    """Serve the newest posts of a community at once, as Lemmy does."""
    serve(peer, f"{home}/outbox", *items)


def serve(peer: Peer, url: str, *items: Any, kind: str = "OrderedCollection", **fields: Any) -> None:
    """Serve a collection."""
    peer.documents[url.removeprefix(peer.url)] = {"id": url, "type": kind, "orderedItems": list(items), **fields}


def serve_pages(peer: Peer, url: str, *pages: list[Any]) -> None:
    """Serve a collection in pages, as Mbin and PieFed do."""
    path = url.removeprefix(peer.url)
    peer.documents[path] = {"id": url, "type": "OrderedCollection", "first": f"{url}?page=1", "totalItems": sum(map(len, pages))}
    for number, items in enumerate(pages, 1):
        following = {"next": f"{url}?page={number + 1}"} if number < len(pages) else {}
        peer.documents[f"{path}?page={number}"] = {
            "id": f"{url}?page={number}",
            "type": "OrderedCollectionPage",
            "partOf": url,
            "orderedItems": items,
            **following,
        }


def created(peer: Peer, home: str, page: Json) -> Json:
    """A post as Lemmy's outbox has it."""
    create = peer.activity("Create", page["attributedTo"], page, home)
    return peer.activity("Announce", home, create)


def _thing(number: int, document: Json) -> Json:
    return {"id": number, "ap_id": document["id"], "published": document["published"], "local": True, "deleted": False, "removed": False}
