"""Finds the files the program carries that are not Python: templates, static files, catalogues.

They lie in `assets/` of a checkout. In the executable they lie in the folder that
it unpacked once, which PyInstaller names in `sys._MEIPASS`; in an installed wheel nothing but a checkout beside the package is looked for.
"""

import sys
from functools import cache
from pathlib import Path


@cache
def folder() -> Path:
    """The folder `assets`, absolute. Raises FileNotFoundError with the place looked at, so that a broken build is named at once."""
    unpacked = getattr(sys, "_MEIPASS", None)
    home = Path(unpacked) if unpacked is not None else Path(__file__).resolve().parent.parent
    place = home / "assets"
    if not place.is_dir():
        raise FileNotFoundError(f"the bundled files are missing: no folder {place}")
    return place


def path(name: str) -> Path:
    """The absolute path of one bundled file or folder, as `static/site.css`. Names are written in code, never taken from a request."""
    found = folder() / name
    if not found.exists():
        raise FileNotFoundError(f"the bundled file {name} is missing under {folder()}")
    return found
