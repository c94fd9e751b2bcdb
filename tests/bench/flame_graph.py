"""Stacks as a flame graph: one SVG that needs no script and fits any width, whose frames are as wide as their share of the time.

It hangs from the top: what was called stands below what called it. A frame is an `<svg>` of its own, placed by percents, which cuts off
the part of the name that has no room, so that letters keep their size on a phone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape

from tests.bench.stacks import LIBRARIES, OUTSIDE, ROOMS, Frame, Stacks, folded

ROW = 18
"""Pixels from one row to the next."""
LEAST = 0.005
"""Frames with a smaller share of the whole are not drawn."""
_NAMED, _NAMED_ON_A_PHONE = 0.03, 0.12
_COLUMNS = 2

_COLOURS = {
    "http": ("#9cc3f0", "#2f5f96"),
    "domain": ("#9fd8a8", "#2f7042"),
    "storage": ("#f3c77d", "#855b12"),
    "federation": ("#cdb4f2", "#674a9c"),
    "text": ("#f4a9c7", "#95426a"),
    "crypto": ("#f2a097", "#9a3d33"),
    "net": ("#8fd9d6", "#226f6c"),
    "other rooms": ("#dcd98c", "#66631d"),
    LIBRARIES: ("#d3d9e0", "#47505b"),
    OUTSIDE: ("#b3bbc6", "#333b45"),
}
"""Of each room, on a light page and on a dark one."""


def _class(room: str) -> str:
    return "r" + str(ROOMS.index(room))


def _fills(dark: int) -> str:
    return " ".join(f".flames .{_class(room)} {{ fill: {_COLOURS[room][dark]} }}" for room in ROOMS)


_STYLE = f"""
.flames text {{ font: 11px/1 system-ui, sans-serif; fill: #1d2430 }} .flames .of {{ opacity: .65 }} .flames .page {{ fill: #fff }}
.flames rect {{ stroke: #fff; stroke-width: .7 }} {_fills(0)}
@media (max-width: 560px) {{ .flames .wide {{ display: none }} }}
@media (prefers-color-scheme: dark) {{ .flames text {{ fill: #eef2f6 }} .flames .page {{ fill: #14181e }} .flames rect {{ stroke: #14181e }}
{_fills(1)} }}
"""


@dataclass
class Node:
    """A frame in its place: what it and all below it spent, and what it called."""

    frame: Frame
    weight: float = 0.0
    called: dict[Frame, "Node"] = field(default_factory=dict)


def tree(stacks: Stacks, whole: Frame) -> Node:
    """The folded stacks as a tree below one frame for all of them."""
    top = Node(whole)
    for stack, weight in stacks.items():
        node = top
        node.weight += weight
        for each in folded(stack):
            node = node.called.setdefault(each, Node(each))
            node.weight += weight
    return top


def flame_graph(stacks: Stacks, whole: str, shares: Iterable[tuple[str, float]], unit: float, of: str) -> str:
    """The picture. `whole` names the frame of everything, `shares` of rooms become the legend; `unit` is what one piece of the work spent
    in milliseconds, and `of` says of what: ` a page`."""
    top = tree(stacks, Frame(whole, "", LIBRARIES))
    legend = [(room, share) for room, share in shares if share >= 0.0005]
    begins = ROW * -(-len(legend) // _COLUMNS) + (6 if legend else 1)
    frames = list(_drawn(top, 0.0, begins, top.weight or 1.0, unit, of))
    height = max(bottom for bottom, _ in frames) + 2
    rows = "\n".join([*_legend(legend), *(drawn for _, drawn in frames)])
    named = f'<title>{escape(whole)}</title><style>{_STYLE}</style><rect class="page" width="100%" height="{height}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="flames" width="100%" height="{height}" role="img" '
        f'aria-label="{escape(whole)}">{named}\n{rows}\n</svg>'
    )


def swatch(room: str) -> str:
    """The colour of a room for the words beside a picture; `room` may have words in brackets after it."""
    box = f'<rect class="{_class(room.partition(" (")[0])}" width="11" height="11"/>'
    return f'<svg class="flames" width="11" height="11" aria-hidden="true">{box}</svg>'


def _legend(shares: list[tuple[str, float]]) -> Iterator[str]:
    for number, (room, share) in enumerate(shares):
        x, y = 100 / _COLUMNS * (number % _COLUMNS), ROW * (number // _COLUMNS)
        box = f'<rect class="{_class(room)}" x="1" y="3" width="11" height="11"/>'
        words = f'<text x="17" y="13">{escape(room)} {share:.1%}</text>'.replace("%<", " %<")
        yield f'<svg x="{x:.2f}%" y="{y}" width="{100 / _COLUMNS:.2f}%" height="{ROW}"><title>{escape(room)}</title>{box}{words}</svg>'


def _drawn(node: Node, x: float, y: int, whole: float, unit: float, of: str) -> Iterator[tuple[int, str]]:
    """Each frame with its lower edge; x is a share of the width. What called more stands further left."""
    share = node.weight / whole
    name, place = node.frame.name, node.frame.place
    said = f"{name}, {place}" if name and place else name or place
    title = f"<title>{escape(said)}: {share * 100:.1f} %, {share * unit:.3g} ms{of}</title>"
    words = ""
    if share >= _NAMED:
        of_what = f'<tspan class="of" dx="5">{escape(place)}</tspan>' if name and place else ""
        hidden = ' class="wide"' if share < _NAMED_ON_A_PHONE else ""
        words = f'<text{hidden} x="4" y="12.5">{escape(name or place)}{of_what}</text>'
    box = f'<rect class="{_class(node.frame.room)}" width="100%" height="{ROW - 1}"/>'
    yield (
        y + ROW,
        f'<svg x="{x * 100:.2f}%" y="{y}" width="{share * 100:.2f}%" height="{ROW - 1}">{title}{box}{words}</svg>',
    )
    for child in sorted(node.called.values(), key=lambda each: -each.weight):
        if child.weight / whole >= LEAST:
            yield from _drawn(child, x, y + ROW, whole, unit, of)
        x += child.weight / whole
