"""How a reader who has an account on another server comes to answer a post of ours: a page with the way there.

It is a page with a link and no redirect: the browser's policy (`form-action 'self'`) would stop that, and an address of ours that sends
people anywhere would be of use to those who catch passwords.
"""

from lemmy_lite.domain import elsewhere
from lemmy_lite.domain import post as posts
from lemmy_lite.domain.elsewhere import Way
from lemmy_lite.http.response import Response
from lemmy_lite.http.web.post import post_id
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.model.post import PostView
from lemmy_lite.storage.query import Transaction

MOST_CHARACTERS = 500


async def post(visit: Visit) -> Response:
    """`GET /post/ID/elsewhere?server=`."""
    typed = visit.query.get("server", "").strip()[:MOST_CHARACTERS]
    server = elsewhere.server_of(typed)

    def matter(tx: Transaction, frame: Frame) -> tuple[PostView, Way | None]:
        found = posts.view(tx, visit.viewer, post_id(visit))
        return found, elsewhere.way(tx, server, found.post.ap_id) if server else None

    frame, (found, way) = await visit.read(matter)
    return visit.page(frame, "elsewhere.html", post=found.post, way=way, typed=typed)
