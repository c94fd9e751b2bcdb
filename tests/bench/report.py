"""What the bench says in the end: a table on the terminal, JSON, and one page with bars."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.bench.figures import Case, Figure


class Line(NamedTuple):
    """A figure beside its floor and its target. `ratio` is value by floor; `met` is None where nothing is asked or it cannot be told."""

    figure: Figure
    floor: float | None
    ratio: float | None
    met: bool | None

    @property
    def verdict(self) -> str:
        """One or two words."""
        if not self.figure.samples:
            return "no figure"
        return {True: "met", False: "missed", None: ""}[self.met]


def lines(figures: Sequence[Figure]) -> list[Line]:
    """Every figure with its verdict."""
    values = {figure.key: figure.value for figure in figures}
    found = []
    for figure in figures:
        value, floor = figure.value, values.get(figure.metric.floor or "")
        ratio = value / floor if value is not None and floor else None
        target = figure.metric.target
        found.append(Line(figure, floor, ratio, target.met(value, floor) if target is not None and value is not None else None))
    return found


def number(value: float) -> str:
    """A value in three figures, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def text(cases: Sequence[Case], figures: Sequence[Figure], about: Mapping[str, str]) -> str:
    """The table for a terminal."""
    facts = ", ".join(f"{name} {value}" for name, value in about.items())
    if not cases:
        return f"{facts}\n"
    rows: list[tuple[str, ...]] = [("", "what", "measure", "median", "± MAD", "unit", "× floor", "target", "")]
    for case in cases:
        own = [line for line in lines(figures) if line.figure.case == case.id]
        rows += [_row(line) for line in own]
        if not own:
            rows.append((case.id, case.workload, "", "", "", "", "", "", "not run" if case.written else "not yet"))
        elif case.yet:
            rows.append((case.id, f"not yet: {case.yet}", "", "", "", "", "", "", "not yet"))
    widths = [min(60, max(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    table = "\n".join("  ".join(cell[:60].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    whys = sorted({f"{line.figure.case} {line.figure.name}: {line.figure.why}" for line in lines(figures) if line.figure.why})
    return "\n".join([facts, "", table, "", *whys])


def _row(line: Line) -> tuple[str, ...]:
    figure = line.figure
    return (
        figure.case,
        figure.name,
        figure.metric.name,
        number(figure.value) if figure.value is not None else "",
        number(figure.deviation) if len(figure.samples) > 1 else "",
        figure.metric.unit,
        f"{line.ratio:.2f}" if line.ratio is not None else "",
        str(figure.metric.target or ""),
        line.verdict,
    )


def document(cases: Sequence[Case], figures: Sequence[Figure], about: Mapping[str, str]) -> dict[str, Any]:
    """The same as plain values, for JSON."""
    return {
        "about": dict(about),
        "cases": [
            {
                "id": case.id,
                "workload": case.workload,
                "metric": case.metric,
                "target": case.target,
                "floor": case.floor,
                "state": "not yet"
                if not case.written
                else "not run"
                if not any(figure.case == case.id for figure in figures)
                else "measured in part"
                if case.yet
                else "measured",
                "not_yet": case.yet or (None if case.written else case.workload),
            }
            for case in cases
        ],
        "figures": [
            {
                "case": line.figure.case,
                "name": line.figure.name,
                "metric": line.figure.metric.name,
                "unit": line.figure.metric.unit,
                "median": line.figure.value,
                "mad": line.figure.deviation,
                "samples": line.figure.samples,
                "floor": line.floor,
                "ratio": line.ratio,
                "target": str(line.figure.metric.target or "") or None,
                "met": line.met,
                "why": line.figure.why or None,
            }
            for line in lines(figures)
        ],
    }
