"""Which rules of `domain/permissions.py` each received activity asks: one line each, as `http/api_v3/asked.py` has it of the API.

The verbs ask them of the actor's stored rows, whatever the activity says (security.md, rules 8 and 9). Where a line is empty, another
proof stands in its place: the actor's signature over their own matter.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from lemmy_lite.domain.permissions import RULES

NOTHING: Final[tuple[str, ...]] = ()

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "Create": (
        "post.create",
        "comment.create",
        "comment.create_in_locked_post",
        "private_message.create",
        "community.post_when_restricted",
    ),
    "Update": ("post.edit", "comment.edit", "private_message.edit", "community.edit"),
    "Like": ("post.vote", "comment.vote"),
    "EmojiReact": ("post.vote", "comment.vote"),
    "Dislike": ("post.vote", "comment.vote"),
    "Delete": ("post.delete", "post.remove", "comment.delete", "comment.remove", "private_message.delete", "community.delete"),
    "Undo": NOTHING,  # it asks what the activity within asks
    "Lock": ("post.lock",),
    "Add": ("community.appoint", "post.feature_in_community"),
    "Remove": ("community.dismiss", "post.feature_in_community"),
    "Block": ("community.ban", "site.ban_own_people"),
    "Announce": NOTHING,  # it asks what the activity within asks, and that somebody here follows the community
    "Follow": ("community.follow",),
    "Accept": NOTHING,  # only as the answer to a Follow of ours
    "Reject": NOTHING,
    "Flag": ("post.report", "comment.report"),
    "Move": NOTHING,  # both actors must name each other at their own ids
}


class Unasked(ValueError):
    """A type of activity of which nobody has said what it asks, or a rule that is not in the table."""


def check(types: Iterable[str]) -> None:
    """Raises Unasked unless each type that is taken has a line, and each line a type and known rules."""
    wanted = set(types)
    if wanted != ASKS.keys():
        raise Unasked(f"the tables of activities and of what they ask differ in {', '.join(sorted(wanted ^ ASKS.keys()))}")
    if unknown := sorted({rule for rules in ASKS.values() for rule in rules} - set(RULES)):
        raise Unasked(f"the table of permissions has no {', '.join(unknown)}")
