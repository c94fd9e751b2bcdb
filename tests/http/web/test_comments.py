"""The comment tree of a page."""

from lemmy_lite.http.web.comments import NOTHING, steps, tree
from tests.http.web import sample


def test_replies_hang_beneath_their_parents_in_the_order_given() -> None:
    views = [sample.comment_view(3, "0.1.3"), sample.comment_view(2, "0.2"), sample.comment_view(1, "0.1"), sample.comment_view(4, "0.1.4")]
    roots = tree(views, {})
    assert [node.view.comment.id for node in roots] == [2, 1]
    assert [node.view.comment.id for node in roots[1].children] == [3, 4]
    assert [node.depth for node in roots[1].children] == [1, 1]
    assert roots[0].html == NOTHING


def test_a_reply_without_its_parent_becomes_a_root() -> None:
    roots = tree([sample.comment_view(9, "0.1.5.9"), sample.comment_view(10, "0.1.5.9.10")], {})
    assert [node.view.comment.id for node in roots] == [9]
    assert roots[0].children[0].depth == 1


def test_the_walk_opens_and_closes_each_node_once() -> None:
    nodes, _ = sample.comments()
    walked = list(steps(nodes))
    open_now: list[int] = []
    for kind, node in walked:
        if kind == "open":
            assert node.depth == len(open_now)
            open_now.append(node.view.comment.id)
        else:
            assert kind == "close"
            assert open_now.pop() == node.view.comment.id
    assert open_now == []
    assert len(walked) == 60


def test_a_thread_of_thousands_neither_recurses_nor_runs_off_the_page() -> None:
    nodes = sample.deep_thread(3000)
    walked = list(steps(nodes, fold=5000))
    assert sum(kind == "open" for kind, _ in walked) == 3000
    folded = [node.view.comment.id for kind, node in steps(nodes, fold=10) if kind == "fold"]
    assert folded == [10]
