"""The page of a run: a bar for each figure, its floor and its target marked on the same scale. SVG in HTML, no script."""

from collections.abc import Mapping, Sequence
from html import escape

from tests.bench.figures import Case
from tests.bench.report import Line, number

_WIDTH, _HEIGHT = 360, 18

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1d2430; background: #fff }
h2 { margin: 2.2rem 0 .2rem; font-size: 1.1rem } p { margin: .2rem 0 .6rem; color: #566 }
table { border-collapse: collapse; width: 100% } td { padding: .15rem .6rem .15rem 0; white-space: nowrap }
td:first-child { width: 99%; white-space: normal }
td.n { text-align: right; font-variant-numeric: tabular-nums } .met { color: #17733a } .missed { color: #b3261e } .not { color: #777 }
rect.bar { fill: #7aa7d9 } rect.missed { fill: #e0877f } rect.met { fill: #7dc396 } rect.spread { fill: #0004 }
line.floor { stroke: #566; stroke-dasharray: 3 2 } line.target { stroke: #111; stroke-width: 2 }
.sideways { overflow-x: auto } .sideways svg { min-width: 44rem; display: block }
.rooms { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: 0 0 .6rem; padding: 0; list-style: none }
.hot { margin-top: .8rem } .hot th { text-align: right; font-weight: 600; vertical-align: bottom }
.hot th { padding: 0 .6rem .2rem 0; white-space: nowrap }
.hot th:first-child { text-align: left } .hot td:first-child { overflow-wrap: anywhere } .hot small { color: #566 }
@media (max-width: 560px) {
  .hot { font-size: 13px } .hot small { display: block } .hot th { white-space: normal } .hot td, .hot th { padding-right: .4rem }
}
@media (prefers-color-scheme: dark) { .hot small { color: #9ab } }
@media (prefers-color-scheme: dark) { body { color: #dde3ea; background: #14181e } p { color: #9ab } line.target { stroke: #fff } }
"""


_FLAMES = (
    "A frame is as wide as its share of the processor, with all that it calls, which hangs below it. What has no frame below is the "
    "function's own: so SQLite's work is that of fetch and control. What a library calls in itself is one frame."
)


def page(cases: Sequence[Case], found: Sequence[Line], about: Mapping[str, str], flames: Sequence[str] = ()) -> str:
    """The whole document; `flames` are parts of it that are written already (flames.py)."""
    facts = ", ".join(f"{escape(name)} {escape(value)}" for name, value in about.items())
    head = f'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width"><style>{_STYLE}</style>'
    parts = [f"{head}<title>Bench</title><h1>Bench</h1><p>{facts}</p>"]
    if flames:
        parts += [f"<p>{_FLAMES}</p>", *flames]
    if cases:
        parts.append("<p>Bars are medians; the shade at their end is the MAD; a dashed line is the floor, a full one the target.</p>")
    for case in cases:
        own = [line for line in found if line.figure.case == case.id]
        parts.append(f"<h2>{escape(case.id)}: {escape(case.workload)}</h2>")
        asked = f"Target: {case.target}. " if case.target else ""
        floor = f"Floor: {case.floor}. " if case.floor else ""
        missing = f"Not yet: {case.yet or case.workload}." if case.yet or not case.written else ""
        skipped = "" if own or not case.written else " Not run."
        parts.append(f"<p>{escape(asked + floor + missing + skipped)}</p><table>")
        for unit in dict.fromkeys((line.figure.metric.name, line.figure.metric.unit) for line in own):
            alike = [line for line in own if (line.figure.metric.name, line.figure.metric.unit) == unit]
            scale = max([1e-9, *(max(line.figure.value or 0, line.floor or 0, _bound(line) or 0) for line in alike)])
            parts += [_row(line, scale) for line in alike]
        parts.append("</table>")
    return "\n".join(parts)


def _bound(line: Line) -> float | None:
    """The target on the scale of the figure."""
    target = line.figure.metric.target
    bound = None if target is None else target.least if target.least is not None else target.most
    if target is None or bound is None or not target.of_floor:
        return bound
    return bound * line.floor if line.floor else None


def _row(line: Line, scale: float) -> str:
    figure = line.figure
    state = line.verdict if line.figure.samples else "not"
    name = f"{escape(figure.name)}, {escape(figure.metric.name)}"
    if figure.value is None:
        return f"<tr><td>{name}<td colspan=4 class=not>{escape(figure.why or 'not yet')}"
    ratio = f"{line.ratio:.2f} × floor" if line.ratio is not None else ""
    if figure.why:
        name += f"<br><small>{escape(figure.why)}</small>"
    cells = f"<td class=n>{number(figure.value)} {escape(figure.metric.unit)}<td class=n>{ratio}<td class={state or 'none'}>{line.verdict}"
    return f"<tr><td>{name}<td>{_bar(line, figure.value, scale, state)}{cells}"


def _bar(line: Line, value: float, scale: float, state: str) -> str:
    def place(amount: float) -> float:
        return round(amount / scale * (_WIDTH - 2), 1)

    spread = place(line.figure.deviation)
    marks = [
        f'<rect class="bar {state}" width="{place(value)}" height="{_HEIGHT}"/>',
        f'<rect class="spread" x="{max(0.0, place(value) - spread)}" width="{2 * spread}" height="{_HEIGHT}"/>',
    ]
    for kind, amount in (("floor", line.floor), ("target", _bound(line))):
        if amount is not None:
            marks.append(f'<line class="{kind}" x1="{place(amount)}" x2="{place(amount)}" y1="0" y2="{_HEIGHT}"/>')
    return f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img">{"".join(marks)}</svg>'
