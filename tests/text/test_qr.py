"""QR codes."""

import re

import pytest
import segno

from lemmy_lite.text import qr

SECRET = "otpauth://totp/Hearth%20and%20home:tove?secret=" + "GEZDGNBVGY3TQOJQ" * 4 + "&issuer=Hearth%20and%20home"


def test_the_outline_covers_the_dark_squares_and_nothing_else() -> None:
    found = qr.code(SECRET)
    dark = set()
    for column, row, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", found.path):
        dark |= {(int(row), int(column) + step) for step in range(int(length))}
    expected = segno.make_qr(SECRET, error="m", boost_error=False)
    assert found.size == expected.symbol_size(border=4)[0]
    assert dark == {(r + 4, c + 4) for r, row in enumerate(expected.matrix) for c, square in enumerate(row) if square}


def test_the_path_holds_nothing_but_strokes() -> None:
    assert re.fullmatch(r"(M\d+ \d+\.5h\d+)+", qr.code('"><script>alert(1)</script>').path)


def test_a_text_that_no_code_holds_is_refused() -> None:
    with pytest.raises(ValueError, match=r"fit|large|data"):
        qr.code("x" * 5000)
