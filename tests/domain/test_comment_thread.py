"""The comments of a post as the web site shows them, on both databases."""

import pytest

from lemmy_lite.domain import comment_listing
from lemmy_lite.domain.comment_listing import CommentQuery, Node, listing, thread
from lemmy_lite.model.clock import HOUR
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommentId
from lemmy_lite.model.listing import CommentSortType
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text import markdown
from tests.domain.threads import comment, told
from tests.storage import rows
from tests.storage.rows import NOON

Tree = list[tuple[CommentId, int, "Tree"]]


def _outline(nodes: list[Node]) -> Tree:
    return [(node.view.comment.id, node.depth, _outline(node.children)) for node in nodes]


def test_answers_hang_below_what_they_answer_in_the_order_of_the_sort(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada = rows.person(tx)
        post = rows.post(tx, ada, rows.community(tx))
        low, high = comment(tx, ada, post, upvotes=1), comment(tx, ada, post, upvotes=5)
        worse = comment(tx, ada, post, below=low, upvotes=2)
        better = comment(tx, ada, post, below=low, upvotes=3)
        deep = comment(tx, ada, post, below=worse)
        top = CommentSortType.TOP
        assert _outline(thread(tx, None, post, top)) == [
            (high, 0, []),
            (low, 0, [(better, 1, []), (worse, 1, [(deep, 2, [])])]),
        ]
        assert _outline(thread(tx, None, post, top, focus=worse)) == [(worse, 0, [(deep, 1, [])])]

    told(database_url, story)


def test_a_focus_in_another_post_or_nowhere_is_not_found(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada = rows.person(tx)
        town = rows.community(tx)
        post, other = rows.post(tx, ada, town), rows.post(tx, ada, town)
        for focus in (comment(tx, ada, other), CommentId(999)):
            with pytest.raises(LemmyError, match="couldnt_find_comment"):
                thread(tx, None, post, focus=focus)

    told(database_url, story)


def test_answers_to_a_blocked_person_hang_below_the_nearest_comment_that_is_shown(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, foe, viewer = rows.person(tx), rows.person(tx, "foe"), rows.user(tx, "vera")
        post = rows.post(tx, ada, rows.community(tx))
        rows.link(tx, "person_block", person_id=viewer.id, target_id=foe)
        top = comment(tx, ada, post, published=NOON - 9 * HOUR)
        hidden = comment(tx, foe, post, below=top)
        answer = comment(tx, ada, post, below=hidden)
        lonely = comment(tx, ada, post, below=comment(tx, foe, post))
        assert _outline(thread(tx, viewer, post, CommentSortType.OLD)) == [(top, 0, [(answer, 1, [])]), (lonely, 0, [])]

    told(database_url, story)


def test_a_thread_of_any_depth_is_built(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada = rows.person(tx)
        post = rows.post(tx, ada, rows.community(tx))
        last = comment(tx, ada, post)
        for _ in range(150):
            last = comment(tx, ada, post, below=last)
        nodes = thread(tx, None, post)
        while nodes[0].children:
            nodes = nodes[0].children
        assert (nodes[0].view.comment.id, nodes[0].depth) == (last, 150)

    told(database_url, story)


def test_stored_html_is_shown_when_our_renderer_made_it_and_made_anew_when_an_older_one_did(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada = rows.person(tx)
        post = rows.post(tx, ada, rows.community(tx))
        version = markdown.RENDERER_VERSION
        comment(tx, ada, post, "*a*", html="<p>stored</p>", html_version=version, published=NOON - 3 * HOUR)
        comment(tx, ada, post, "*b*", html="<p>old</p>", html_version=version - 1, published=NOON - 2 * HOUR)
        comment(tx, ada, post, "[c](/post/1)", published=NOON - HOUR)
        nodes = thread(tx, None, post, CommentSortType.OLD, options=markdown.Options(base_url="https://here.test"))
        assert [node.html.strip() for node in nodes][:2] == ["<p>stored</p>", "<p><em>b</em></p>"]
        assert 'href="https://here.test/post/1"' in nodes[2].html
        assert tx.column("SELECT html_version FROM comment ORDER BY id") == [version, version - 1, 0]

    told(database_url, story)


def test_the_html_of_a_deleted_comment_is_for_admins_alone(database_url: str) -> None:
    def story(tx: Transaction) -> None:
        ada, admin = rows.person(tx), rows.user(tx, "root", admin=True)
        post = rows.post(tx, ada, rows.community(tx))
        for state in ({"deleted": True}, {"removed": True}):
            comment(tx, ada, post, "secret", html="<p>secret</p>", html_version=markdown.RENDERER_VERSION, **state)
        assert [node.html for node in thread(tx, None, post)] == ["", ""]
        assert [node.html for node in thread(tx, admin, post)] == ["<p>secret</p>", "<p>secret</p>"]

    told(database_url, story)


def test_a_whole_thread_of_very_much_text_ends_and_leaves_no_answer_without_its_parent(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def story(tx: Transaction) -> None:
        ada = rows.person(tx)
        post = rows.post(tx, ada, rows.community(tx))
        above = [comment(tx, ada, post, upvotes=number) for number in range(3)]
        below = [comment(tx, ada, post, below=parent) for parent in above for _ in range(3)]
        whole = CommentQuery(post_id=post, max_depth=8)
        assert {view.comment.id for view in listing(tx, None, whole)} == {*above, *below}
        monkeypatch.setattr(comment_listing, "WHOLE_CHARACTERS", 1)
        assert len(listing(tx, None, whole)) == 12, "fewer than Lemmy sends are never cut"
        monkeypatch.setattr(comment_listing, "LEAST_WHOLE", 5)
        cut = [view.comment for view in listing(tx, None, whole)]
        assert len(cut) == 5
        shown = {f"{each.id}" for each in cut}
        assert all(set(each.path.split(".")[1:]) <= shown for each in cut)
        # Post, community and author are repeated with each comment, and so count with each.
        monkeypatch.setattr(comment_listing, "LEAST_WHOLE", 1)
        for change in ("post SET thumbnail_url", "community SET banner", "person SET avatar"):
            monkeypatch.setattr(comment_listing, "WHOLE_CHARACTERS", 6000)
            assert len(listing(tx, None, whole)) == 12
            tx.run(f"UPDATE {change} = :long", long="x" * 1000)
            assert 1 < len(listing(tx, None, whole)) < 7
            tx.run(f"UPDATE {change} = NULL")

    told(database_url, story)
