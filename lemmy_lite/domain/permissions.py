"""Who may do what: one table, asked by every verb, whoever calls it.

A rule names the relations of which one suffices, the error when none is there, and whether the community must be open to the actor.
Codes and their order follow Lemmy 0.19 (crates/api_common/src/utils.rs): the person's standing first, then the community, then the role.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from lemmy_lite.model.clock import micros
from lemmy_lite.model.community import Community
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, InstanceId, PersonId
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community_ban, community_moderator, local_user, person


class Relation(StrEnum):
    """How an actor stands to what is acted on."""

    PERSON = "any person in good standing"
    AUTHOR = "its author"
    MODERATOR = "a moderator of the community"
    MODERATOR_ANYWHERE = "a moderator of any community"
    TOP_MODERATOR = "the top moderator of the community"
    ADMIN = "an admin of this site"
    HOME_ADMIN = "an admin of the instance where it lives, which is not ours"


class Rule(Struct, kw_only=True):
    """One line of the table. `in_community`: the community must stand and the actor must not be banned from it. `outranks`: the actor
    must come before the author in the order of admins, then moderators."""

    may: tuple[Relation, ...]
    otherwise: str = "not_logged_in"
    in_community: bool = False
    outranks: bool = False


_PERSON = (Relation.PERSON,)
_AUTHOR = (Relation.AUTHOR,)
_MODERATION = (Relation.MODERATOR, Relation.ADMIN)
# What the admins of a community's home may do to it too. Nobody tells us who they are: federation/ lets through whom the home vouches for.
_GOVERNMENT = (*_MODERATION, Relation.HOME_ADMIN)

RULES: Final[Mapping[str, Rule]] = {
    "post.create": Rule(may=_PERSON, in_community=True),
    "post.edit": Rule(may=_AUTHOR, otherwise="no_post_edit_allowed", in_community=True),
    "post.delete": Rule(may=_AUTHOR, otherwise="no_post_edit_allowed", in_community=True),
    "post.vote": Rule(may=_PERSON, in_community=True),
    "post.mark": Rule(may=_PERSON),
    "post.list_votes": Rule(may=_MODERATION, otherwise="not_a_mod_or_admin"),
    "post.remove": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin", outranks=True),
    "post.lock": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin"),
    "post.feature_in_community": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin"),
    "post.feature_locally": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "comment.create": Rule(may=_PERSON, in_community=True),
    "comment.create_in_locked_post": Rule(may=_MODERATION, otherwise="locked", in_community=True),
    "comment.edit": Rule(may=_AUTHOR, otherwise="no_comment_edit_allowed", in_community=True),
    "comment.delete": Rule(may=_AUTHOR, otherwise="no_comment_edit_allowed", in_community=True),
    "comment.vote": Rule(may=_PERSON, in_community=True),
    "comment.mark": Rule(may=_PERSON),
    "comment.list_votes": Rule(may=_MODERATION, otherwise="not_a_mod_or_admin"),
    "comment.distinguish": Rule(may=_MODERATION, otherwise="not_a_mod_or_admin"),
    "comment.remove": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin", outranks=True),
    "private_message.create": Rule(may=_PERSON),
    "private_message.edit": Rule(may=_AUTHOR, otherwise="edit_private_message_not_allowed"),
    "private_message.delete": Rule(may=_AUTHOR, otherwise="edit_private_message_not_allowed"),
    # What was received is the recipient's: here the recipient stands in the author's place.
    "private_message.mark": Rule(may=_AUTHOR, otherwise="couldnt_update_private_message"),
    "private_message.list": Rule(may=_PERSON),
    "private_message.report": Rule(may=_AUTHOR, otherwise="couldnt_create_report"),
    "private_message_report.resolve": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "private_message_report.list": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "notification.list": Rule(may=_PERSON),
    "notification.mark": Rule(may=_AUTHOR, otherwise="couldnt_update_comment"),
    "post.report": Rule(may=_PERSON, in_community=True),
    "comment.report": Rule(may=_PERSON, in_community=True),
    "report.resolve": Rule(may=_MODERATION, otherwise="not_a_mod_or_admin"),
    "report.list": Rule(may=(Relation.MODERATOR_ANYWHERE, Relation.ADMIN), otherwise="not_a_mod_or_admin"),
    "community.create": Rule(may=_PERSON),
    "community.create_when_admins_only": Rule(may=(Relation.ADMIN,), otherwise="only_admins_can_create_communities"),
    "community.post_when_restricted": Rule(may=(Relation.MODERATOR,), otherwise="only_mods_can_post_in_community"),
    "community.follow": Rule(may=_PERSON, in_community=True),
    "community.unfollow": Rule(may=_PERSON),
    "community.block": Rule(may=_PERSON),
    "community.edit": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin"),
    "community.delete": Rule(may=(Relation.TOP_MODERATOR, Relation.HOME_ADMIN), otherwise="not_top_mod"),
    "community.remove": Rule(may=(Relation.ADMIN, Relation.HOME_ADMIN), otherwise="not_an_admin"),
    "community.hide": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "community.ban": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin", outranks=True),
    "community.appoint": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin", in_community=True),
    "community.dismiss": Rule(may=_GOVERNMENT, otherwise="not_a_mod_or_admin", in_community=True, outranks=True),
    "community.transfer": Rule(may=(Relation.TOP_MODERATOR, Relation.ADMIN), otherwise="not_an_admin", in_community=True),
    "admin.appoint": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "admin.dismiss": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin", outranks=True),
    "admin.leave": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "site.ban": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin", outranks=True),
    "site.ban_own_people": Rule(may=(Relation.HOME_ADMIN,), otherwise="not_an_admin"),
    "site.list_banned": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "site.purge": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin", outranks=True),
    "person.edit": Rule(may=_AUTHOR, otherwise="couldnt_update_user"),
    "person.block": Rule(may=_PERSON),
    "instance.block": Rule(may=_PERSON),
    "account.change": Rule(may=_AUTHOR, otherwise="couldnt_update_user"),
    "application.read": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "application.decide": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "image.upload": Rule(may=_PERSON),
    "image.delete": Rule(may=(Relation.AUTHOR, Relation.ADMIN), otherwise="not_an_admin"),
    "image.list_all": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "emoji.edit": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
    "site.edit": Rule(may=(Relation.ADMIN,), otherwise="not_an_admin"),
}


def require(tx: Transaction, action: str, actor: Person, *, community: Community | None = None, author_id: PersonId | None = None) -> None:
    """Refuse what the table does not allow.

    `author_id` is who wrote, or is, what is acted on. Raises LemmyError: site_ban or deleted for an actor without standing; deleted or
    banned_from_community where the community is closed to the actor; the rule's code without the role; not_higher_mod.
    """
    rule = RULES[action]
    require_standing(actor, tx.now)
    if rule.in_community and community is not None:
        require_open(tx, actor, community)
    if not any(_holds(tx, relation, actor, community, author_id) for relation in rule.may):
        raise LemmyError(rule.otherwise)
    if rule.outranks and author_id is not None and not outranks(tx, actor, author_id, community):
        raise LemmyError("not_higher_mod" if community else "not_higher_admin")


def require_standing(actor: Person, now: int) -> None:
    """Refuse banned and deleted people. A ban whose end has come no longer counts, whenever the job that clears it runs."""
    if is_banned(actor, now):
        raise LemmyError("site_ban")
    if actor.deleted:
        raise LemmyError("deleted")


def is_banned(person: Person, now: int) -> bool:
    """Whether a ban keeps a person from this site at a moment (microseconds)."""
    return person.banned and (person.ban_expires is None or micros(person.ban_expires) > now)


def require_open(tx: Transaction, actor: Person, community: Community) -> None:
    """Refuse acting in a community that is gone, or from which the actor is banned."""
    if community.deleted or community.removed:
        raise LemmyError("deleted")
    if community_ban.holds(tx, community.id, actor.id):
        raise LemmyError("banned_from_community")


def is_mod_or_admin(tx: Transaction, person_id: PersonId, community_id: CommunityId) -> bool:
    """Whether a person moderates the community or administers this site."""
    return community_moderator.moderates(tx, person_id, community_id) or local_user.is_admin(tx, person_id)


def outranks(tx: Transaction, actor: Person, target_id: PersonId, community: Community | None) -> bool:
    """Whether the actor comes before the target: admins in the order of their appointment, then moderators in theirs.

    Who holds no office is outranked by everybody who does; people outrank themselves. In a community elsewhere our admins have no rank
    before its own people: moderators there come in their order, behind the admins of its home, who hold no office that we know of.
    """
    if actor.id == target_id:
        return True
    moderators = community_moderator.order(tx, community.id) if community is not None else []
    if community is not None and not community.local and not actor.local:
        if actor.id not in moderators and _is_of_home(actor, community.instance_id, local=community.local):
            return True
        order = moderators
    else:
        order = local_user.admin_order(tx) + moderators
    first = next((person for person in order if person in (actor.id, target_id)), actor.id)
    return first == actor.id


def _is_of_home(actor: Person, instance_id: InstanceId, *, local: bool) -> bool:
    return not actor.local and not local and actor.instance_id == instance_id


def _holds(tx: Transaction, relation: Relation, actor: Person, community: Community | None, author_id: PersonId | None) -> bool:
    match relation:
        case Relation.PERSON:
            return True
        case Relation.AUTHOR:
            return author_id == actor.id
        case Relation.MODERATOR:
            return community is not None and community_moderator.moderates(tx, actor.id, community.id)
        case Relation.MODERATOR_ANYWHERE:
            return community_moderator.moderates_any(tx, actor.id)
        case Relation.TOP_MODERATOR:
            return community is not None and community_moderator.order(tx, community.id)[:1] == [actor.id]
        case Relation.ADMIN:
            return actor.local and local_user.is_admin(tx, actor.id)
        case Relation.HOME_ADMIN:
            if community is not None:
                return _is_of_home(actor, community.instance_id, local=community.local)
            lives = person.get(tx, author_id) if author_id is not None else None
            return lives is not None and _is_of_home(actor, lives.instance_id, local=lives.local)
