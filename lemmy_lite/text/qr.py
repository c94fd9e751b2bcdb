"""A text as a QR code: the outline of its dark squares, for a page to draw. Sole user of segno."""

from typing import Final, NamedTuple

QUIET: Final = 4
"""Light squares around a code, without which readers do not find it (ISO/IEC 18004)."""


class Code(NamedTuple):
    """A QR code. `size` is the length of a side in squares, the quiet ring included; `path` the dark squares as data of an SVG path, one
    stroke of width 1 for each run of a row."""

    size: int
    path: str


def code(text: str) -> Code:
    """The code of a text of up to some 2,300 bytes, at medium error correction. Raises ValueError for a longer one."""
    import segno  # on first use: few ever ask for it

    matrix = segno.make_qr(text, error="m", boost_error=False).matrix
    return Code(len(matrix) + 2 * QUIET, "".join(_row(number + QUIET, row) for number, row in enumerate(matrix)))


def _row(number: int, row: bytearray) -> str:
    strokes: list[str] = []
    start: int | None = None
    for column, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = column
        elif not dark and start is not None:
            strokes.append(f"M{start + QUIET} {number}.5h{column - start}")
            start = None
    return "".join(strokes)
