"""Votes."""

from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct


class VoteView(Struct, kw_only=True):
    """Who voted, shown to moderators and admins; `score` is 1 or -1."""

    creator: Person
    creator_banned_from_community: bool
    score: int
