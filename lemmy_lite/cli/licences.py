"""`lemmy-lite --licences`: what the executable carries, with the licence of each part."""

import click

from lemmy_lite import assets

NONE_INSIDE = """\
lemmy_lite is licensed under AGPL-3.0-or-later. Run from its source it carries nothing else: `pip list` in its environment shows
what is installed beside it. The executable that scripts/build makes lists everything that is inside it."""


def show(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print the list that packaging/licences.py put into the executable, through a pager on a terminal, and end the program."""
    if not wanted or ctx.resilient_parsing:
        return
    inside = assets.folder().parent / "licences.txt"
    click.echo_via_pager(inside.read_text("utf-8") if inside.is_file() else NONE_INSIDE)
    ctx.exit()
