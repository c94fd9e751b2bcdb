"""The comment tree as a page shows it: nodes, and the flat walk that the template prints.

A thread can be thousands deep, so nothing here recurses: neither the building nor the walk, and the template is one loop.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from lemmy_lite.domain.comment_listing import Node
from lemmy_lite.model.comment import CommentView
from lemmy_lite.model.ids import CommentId
from lemmy_lite.model.listing import CommentSortType

FOLD_DEPTH = 24
"""Replies below this depth of one page stand behind a "Continue this thread" link; deeper lines would leave a phone no width."""

ON_A_PAGE = 100
"""Comments after which no further one is begun at the top of a page."""
PER_CHAT_PAGE = 50
MOST_ON_A_PAGE = 250
"""Comments that a single thread may bring to a page; 50 comments weigh some 40 kB."""

NOTHING = Markup("")


class CommentNode:
    """One comment of a tree: the view, its stored rendering (empty if the text is gone), the replies in their order, the depth from 0.

    `more` counts the comments below that are not on this page. `fresh`: written by somebody else since the reader was last here.
    """

    __slots__ = ("children", "depth", "fresh", "html", "more", "view")

    def __init__(self, view: CommentView, html: Markup, depth: int) -> None:
        self.view = view
        self.html = html
        self.depth = depth
        self.children: list[CommentNode] = []
        self.more = 0
        self.fresh = False


class Step(NamedTuple):
    """One step of the walk: a node opens, a node closes, the walk stops at a node whose replies are folded away (`fold`), or some of its
    replies stand on pages of their own (`more`)."""

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


def page(nodes: Sequence[Node], number: int, focus: CommentId | None = None) -> tuple[list[Node], dict[CommentId, int], bool]:
    """One page of a thread: what stands at its top, how many comments below which one stand elsewhere, and whether a page follows.

    Siblings at the top (with a focus: the answers to it) fill a page until it holds ON_A_PAGE comments with all below them. One alone
    that has more below it is cut where its upper levels fill the page; the rest is reached by the pages of the comments it hangs below,
    so that a thread of any size can be read to its end.
    """
    at_focus = focus is not None and len(nodes) == 1 and nodes[0].view.comment.id == focus
    siblings = nodes[0].children if at_focus else nodes
    groups: list[list[Node]] = [[]]
    filled = 0
    sizes = _sizes(siblings)
    for node in siblings:
        if filled and filled + sizes[node.view.comment.id] > ON_A_PAGE:
            groups.append([])
            filled = 0
        groups[-1].append(node)
        filled += sizes[node.view.comment.id]
    group = groups[number - 1] if number <= len(groups) else []
    elsewhere = _cut(group, sizes)
    if not at_focus:
        return group, elsewhere, number < len(groups)
    nodes[0].children = group
    return [nodes[0]], elsewhere, number < len(groups)


def chat(nodes: Sequence[Node], order: CommentSortType, number: int) -> tuple[list[Node], bool]:
    """One page of a thread without its levels, and whether another follows: by time, the newest first unless the oldest or the best are
    asked for."""
    told = everyone(nodes)
    if order is CommentSortType.TOP:
        told.sort(key=lambda node: (node.view.counts.score, node.view.comment.id), reverse=True)
    else:
        told.sort(key=lambda node: (node.view.comment.published, node.view.comment.id), reverse=order is not CommentSortType.OLD)
    start = (number - 1) * PER_CHAT_PAGE
    page = told[start : start + PER_CHAT_PAGE]
    for node in page:
        node.children = []
    return page, start + PER_CHAT_PAGE < len(told)


def everyone(nodes: Sequence[Node]) -> list[Node]:
    """Every comment of a tree, each before what answers it."""
    found, waiting = [], list(nodes)
    while waiting:
        found.append(waiting.pop())
        waiting.extend(found[-1].children)
    return found


def _sizes(nodes: Sequence[Node]) -> dict[CommentId, int]:
    """How many comments each one is with all below it."""
    sizes: dict[CommentId, int] = {}
    for node in reversed(everyone(nodes)):
        sizes[node.view.comment.id] = 1 + sum(sizes[child.view.comment.id] for child in node.children)
    return sizes


def _cut(group: Sequence[Node], sizes: Mapping[CommentId, int]) -> dict[CommentId, int]:
    """Leaves MOST_ON_A_PAGE comments of a page, the upper levels first; answers how many are gone below which."""
    elsewhere: dict[CommentId, int] = {}
    left, waiting = max(0, MOST_ON_A_PAGE - len(group)), deque(group)
    while waiting:
        node = waiting.popleft()
        kept, gone = node.children[:left], node.children[left:]
        if gone:
            elsewhere[node.view.comment.id] = sum(sizes[child.view.comment.id] for child in gone)
            node.children = kept
        left -= len(kept)
        waiting.extend(kept)
    return elsewhere


def shown(
    nodes: Sequence[Node], elsewhere: Mapping[CommentId, int], html: Callable[[str], Markup], is_fresh: Callable[[CommentView], bool]
) -> list[CommentNode]:
    """The tree with its renderings declared as markup by `html`; without recursion, as a thread may be deep."""

    def copied(node: Node) -> CommentNode:
        copy = CommentNode(node.view, html(node.html), node.depth)
        copy.more = elsewhere.get(node.view.comment.id, 0)
        copy.fresh = is_fresh(node.view)
        return copy

    roots = [copied(node) for node in nodes]
    waiting = list(zip(nodes, roots, strict=True))
    while waiting:
        node, copy = waiting.pop()
        copy.children = [copied(child) for child in node.children]
        waiting.extend(zip(node.children, copy.children, strict=True))
    return roots


def steps(nodes: Sequence[CommentNode], fold: int = FOLD_DEPTH) -> Iterator[Step]:
    """The walk through the tree: each node opens, then its replies, then it closes; a `fold` step stands for replies below `fold`."""
    waiting: list[Step] = [Step("open", node) for node in reversed(nodes)]
    while waiting:
        step = waiting.pop()
        yield step
        if step.kind != "open":
            continue
        waiting.append(Step("close", step.node))
        if step.node.more:
            waiting.append(Step("more", step.node))
        if step.node.children and step.node.depth + 1 >= fold:
            waiting.append(Step("fold", step.node))
        else:
            waiting.extend(Step("open", child) for child in reversed(step.node.children))
