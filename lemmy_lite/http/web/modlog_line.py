"""What the log of moderation says of each kind of entry: one table, for its page and its feed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from lemmy_lite.model.modlog import ModlogActionType
from lemmy_lite.model.struct import Struct


class Wording(NamedTuple):
    """How a kind of entry is told. `entry` and `flag` are the names of the fields that hold it and say which of the two sentences holds;
    `about` names what the sentence goes on with: a preposition and a thing."""

    words: str
    entry: str
    flag: str | None
    done: str
    undone: str
    about: tuple[tuple[str, str], ...]


_POST = (("", "post"), ("in", "community"))
_COMMENT = (("", "comment"), ("by", "commenter"), ("on", "post"), ("in", "community"))
_COMMUNITY = (("", "community"),)
_FROM_COMMUNITY = (("", "banned_person"), ("from", "community"))
_LEADER = (("", "modded_person"), ("in", "community"))
_BANNED = (("", "banned_person"),)
_MODDED = (("", "modded_person"),)
_IN = (("in", "community"),)
_ON = (("on", "post"),)
Kind = ModlogActionType

WORDINGS: Final[Mapping[ModlogActionType, Wording]] = {
    Kind.MOD_REMOVE_POST: Wording("Removed posts", "mod_remove_post", "removed", "removed the post", "restored the post", _POST),
    Kind.MOD_LOCK_POST: Wording("Locked posts", "mod_lock_post", "locked", "locked the post", "unlocked the post", _POST),
    Kind.MOD_FEATURE_POST: Wording("Pinned posts", "mod_feature_post", "featured", "pinned the post", "unpinned the post", _POST),
    Kind.MOD_REMOVE_COMMENT: Wording(
        "Removed comments", "mod_remove_comment", "removed", "removed the comment", "restored the comment", _COMMENT
    ),
    Kind.MOD_REMOVE_COMMUNITY: Wording(
        "Removed communities", "mod_remove_community", "removed", "removed the community", "restored the community", _COMMUNITY
    ),
    Kind.MOD_BAN_FROM_COMMUNITY: Wording(
        "Bans from communities", "mod_ban_from_community", "banned", "banned", "lifted the ban of", _FROM_COMMUNITY
    ),
    Kind.MOD_ADD_COMMUNITY: Wording(
        "Moderators", "mod_add_community", "removed", "dismissed the moderator", "appointed the moderator", _LEADER
    ),
    Kind.MOD_TRANSFER_COMMUNITY: Wording(
        "Handed over communities", "mod_transfer_community", None, "made the first moderator", "made the first moderator", _LEADER
    ),
    Kind.MOD_ADD: Wording("Admins", "mod_add", "removed", "dismissed the admin", "appointed the admin", _MODDED),
    Kind.MOD_BAN: Wording("Bans from the site", "mod_ban", "banned", "banned", "lifted the ban of", _BANNED),
    Kind.MOD_HIDE_COMMUNITY: Wording(
        "Hidden communities", "mod_hide_community", "hidden", "hid the community", "unhid the community", _COMMUNITY
    ),
    Kind.ADMIN_PURGE_PERSON: Wording("Purged people", "admin_purge_person", None, "purged a person", "", ()),
    Kind.ADMIN_PURGE_COMMUNITY: Wording("Purged communities", "admin_purge_community", None, "purged a community", "", ()),
    Kind.ADMIN_PURGE_POST: Wording("Purged posts", "admin_purge_post", None, "purged a post", "", _IN),
    Kind.ADMIN_PURGE_COMMENT: Wording("Purged comments", "admin_purge_comment", None, "purged a comment", "", _ON),
}
"""Every kind of the log; the keys are Lemmy's names, which the address has as `actionType`."""

KINDS: Final = (("All", "Everything"), *((kind.value, wording.words) for kind, wording in WORDINGS.items()))


class Line(Struct, kw_only=True):
    """One entry as the page prints it. `id` is that of its kind. `moderator` is None where the reader may not know; `parts` are a
    preposition, a kind of thing and the thing."""

    kind: ModlogActionType
    id: int
    when: datetime
    moderator: Any
    deed: str
    parts: Sequence[tuple[str, str, Any]]
    where: str | None = None
    reason: str | None = None
    expires: datetime | None = None

    @property
    def sentence(self) -> str:
        """The entry in English with a `{placeholder}` for its moderator and for each of its things, by its kind."""
        words = ["{moderator}", self.deed]
        for preposition, kind, _ in self.parts:
            words += [preposition, f"{{{kind}}}"]
        return " ".join(filter(None, [*words, self.where]))


def line_of(kind: ModlogActionType, view: Any) -> Line:
    """An entry, one of the views of model/modlog.py, as a line."""
    wording = WORDINGS[kind]
    entry = getattr(view, wording.entry)
    done = wording.flag is None or getattr(entry, wording.flag)
    where = None
    if kind is ModlogActionType.MOD_FEATURE_POST:
        top = "its top" if entry.is_featured_community else "the front page"
        where = f"{'to' if done else 'from'} {top}"
    elif kind is ModlogActionType.MOD_BAN:
        where = "from the site"
    return Line(
        kind=kind,
        id=entry.id,
        when=entry.when_,
        moderator=getattr(view, "moderator", None) or getattr(view, "admin", None),
        deed=wording.done if done else wording.undone,
        parts=[(preposition, name, getattr(view, name)) for preposition, name in wording.about],
        where=where,
        reason=getattr(entry, "reason", None),
        expires=getattr(entry, "expires", None),
    )
