"""Rows on their way into a table, and where the numbering of a data set begins."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from lemmy_lite.model.clock import Micros


class Batch(NamedTuple):
    """Rows of one table; `expected` is about how many, for the progress bar."""

    table: str
    columns: str
    rows: Iterable[tuple[Any, ...]]
    expected: int


class Ground(NamedTuple):
    """What the first start left: the data set goes on from here. `first_*` are the first free ids."""

    base_url: str
    own_instance: int
    first_instance: int
    first_person: int
    first_community: int
    now: Micros
    first_user: int = 2
    first_post: int = 1
    first_comment: int = 1
