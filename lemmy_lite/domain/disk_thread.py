"""Threads from elsewhere that leave the disk, and come back when somebody opens them (README.md, "What leaves first").

A thread becomes a stub: its title, link and counters stay in the lists, its text and comments leave. A stub may leave altogether; its
number is kept, so that its address here finds it again. What anybody here has made anything of never leaves (storage/tables/regret.py).
"""

from collections import Counter
from typing import Final

from lemmy_lite.context import Context
from lemmy_lite.domain import comment as comments
from lemmy_lite.domain import image_use
from lemmy_lite.domain.writing import House
from lemmy_lite.model.clock import Micros
from lemmy_lite.model.ids import CommentId, PostId
from lemmy_lite.model.post import Post, PostForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community, erasure, person, post, regret, removal, search_text, spent
from lemmy_lite.storage.tables.spent import Stub

AT_ONCE: Final = 300
"""Comments that leave in one unit of work: some tens of milliseconds on a small board."""


def shrink(tx: Transaction, post_id: PostId, before: Micros) -> tuple[int, bool]:
    """Take a step in making a stub of a thread in which nothing was said since `before`; answers how many comments left, and whether it is
    done. A thread that somebody here has got to do with meanwhile is left as it is."""
    if not regret.is_spendable(tx, post_id, before):
        return 0, True
    found = post.existing(tx, post_id)
    gone = regret.comments(tx, post_id, AT_ONCE)
    _let_go(tx, found, gone)
    if len(gone) == AT_ONCE:
        return len(gone), False
    if (stub := spent.stub(tx, post_id)) is None or stub.since is None:
        post.update(tx, post_id, body=None, html=None, embed_description=None)
        spent.make_stub(tx, post_id)
    return len(gone), True


def leave(tx: Transaction, post_id: PostId, before: Micros) -> tuple[int, bool]:
    """Take a step in letting a stub go altogether; answers as `shrink`, the post counted as well. Its number is kept."""
    number, done = shrink(tx, post_id, before)
    stub = spent.stub(tx, post_id)
    if not done or stub is None or stub.since is None or not regret.is_spendable(tx, post_id, before):
        return number, done
    found = post.existing(tx, post_id)
    image_use.gone_with_post(tx, post_id)
    community.count(tx, found.community_id, posts=-1)
    person.count(tx, found.creator_id, posts=-1)
    erasure.post(tx, post_id)
    spent.remember(tx, post_id, found.ap_id)
    return number + 1, True


def come_back(tx: Transaction, context: Context, known: Post, form: PostForm) -> None:
    """Put the text of a stub back, as its home tells it; its comments are counted by those that are here, and come one by one."""
    missing = spent.stub(tx, known.id)
    if missing is None:
        return
    tx.append(post.counters(tx, known.id))
    if missing.since is not None:
        house = House(tx, context, known.ap_id)
        given = form.body if isinstance(form.body, str) else None
        body, columns = house.body(given, "post body") if given else (None, house.rendered(None))
        post.update(tx, known.id, body=body, **columns)
    spent.fill_stub(tx, known.id)
    post.recount_comments(tx, known.id)


def missing(tx: Transaction, post_id: PostId) -> Stub | None:
    """What is missing of a post that is here; None when nothing is."""
    return spent.stub(tx, post_id)


def _let_go(tx: Transaction, of_post: Post, gone: list[regret.Comment]) -> None:
    if not gone:
        return
    numbers = [each.id for each in gone]
    search_text.forget(tx, search_text.COMMENT, numbers)
    counted = [each for each in gone if each.counts]
    above = Counter[CommentId](number for each in counted for number in comments.ancestors(each.path))
    leaving = set(numbers)
    removal.count_children(tx, {number: -by for number, by in above.items() if number not in leaving})
    regret.count_people(tx, Counter(each.creator_id for each in counted))
    community.count(tx, of_post.community_id, comments=-len(counted))
    regret.delete_comments(tx, numbers)
    spent.count_comments(tx, of_post.id, len(counted))
