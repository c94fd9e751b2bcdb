"""The comment tree as a page shows it: nodes, and the flat walk that the template prints.

A thread can be thousands deep, so nothing here recurses: neither the building nor the walk, and the template is one loop.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.ids import CommentId

FOLD_DEPTH = 24
"""Replies below this depth of one page stand behind a "Continue this thread" link; deeper lines would leave a phone no width."""

NOTHING = Markup("")


class CommentNode:
    """One comment of a tree: the view, its stored rendering (empty if the text is gone), the replies in their order, the depth from 0."""

    __slots__ = ("children", "depth", "html", "view")

    def __init__(self, view: CommentView, html: Markup, depth: int) -> None:
        self.view = view
        self.html = html
        self.depth = depth
        self.children: list[CommentNode] = []


class Step(NamedTuple):
    """One step of the walk: a node opens, a node closes, or the walk stops at a node whose replies are folded away."""

    kind: str
    node: CommentNode


def tree(views: Iterable[CommentView], html: Mapping[int, Markup]) -> list[CommentNode]:
    """Hangs each comment beneath its parent, siblings in the order given.

    `html` maps comment ids to their rendering. A comment whose parent is not among `views` becomes a root: so a sub-tree of a
    permalink works, and a thread whose top was purged stays readable. Views may come in any order.
    """
    ordered = list(views)
    nodes = {view.comment.id: CommentNode(view, html.get(view.comment.id, NOTHING), 0) for view in ordered}
    roots: list[CommentNode] = []
    for view in ordered:
        parent = _parent(view.comment.path)
        siblings = nodes[parent].children if parent in nodes else roots
        siblings.append(nodes[view.comment.id])
    _number(roots)
    return roots


def _parent(path: str) -> CommentId:
    """The parent's id in a path as `0.5.9` (9 answers 5); 0 above a top-level comment."""
    parts = path.rsplit(".", 2)
    return CommentId(int(parts[-2])) if len(parts) > 1 else CommentId(0)


def _number(roots: list[CommentNode]) -> None:
    """Sets the depths, parents before children."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        for child in node.children:
            child.depth = node.depth + 1
        waiting.extend(node.children)


def steps(nodes: Sequence[CommentNode], fold: int = FOLD_DEPTH) -> Iterator[Step]:
    """The walk through the tree: each node opens, then its replies, then it closes; a `fold` step stands for replies below `fold`."""
    waiting: list[Step] = [Step("open", node) for node in reversed(nodes)]
    while waiting:
        step = waiting.pop()
        yield step
        if step.kind != "open":
            continue
        waiting.append(Step("close", step.node))
        if step.node.children and step.node.depth + 1 >= fold:
            waiting.append(Step("fold", step.node))
        else:
            waiting.extend(Step("open", child) for child in reversed(step.node.children))
