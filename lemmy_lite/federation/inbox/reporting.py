"""Flag: somebody reports a post or a comment to those who are answerable for it here.

A report is nobody's business but theirs: it is neither announced nor passed on.
"""

from lemmy_lite.domain import report as reports
from lemmy_lite.domain.writing import House
from lemmy_lite.federation.errors import Refused
from lemmy_lite.federation.inbox.verified import Verified
from lemmy_lite.federation.inbox.voting import home_of
from lemmy_lite.federation.objects import texts, written
from lemmy_lite.federation.protocol import values
from lemmy_lite.model.comment import Comment
from lemmy_lite.model.community import Community, CommunityVisibility
from lemmy_lite.model.post import Post
from lemmy_lite.storage.tables import comment, community_moderator, person, post
from lemmy_lite.text import slurs

NO_REASON = "(no reason given)"
MOST_OBJECTS = 20
"""Things named by one report: Mastodon names the person and each of the posts."""


def report(given: Verified) -> None:
    """Enter a report. Of several things the first post or comment that is known here is meant, as in Lemmy."""
    if given.announcer is not None:
        raise Refused("foreign_announce", "a report is not announced")
    target = _target(given)
    home = home_of(given, target)
    author = person.existing(given.tx, target.creator_id)
    _require_ours(given, target, home)
    given.require_addressed_to(home.actor_id, author.actor_id)
    reporter = written.known_person(given.tx, given.actor_id)
    if isinstance(target, Post):
        reports.report_post(given.tx, given.context, reporter, target.id, _reason(given))
    else:
        reports.report_comment(given.tx, given.context, reporter, target.id, _reason(given))


def _target(given: Verified) -> Post | Comment:
    for ap_id in values.every(given.activity.object)[:MOST_OBJECTS]:
        found = post.by_ap_id(given.tx, ap_id) or comment.by_ap_id(given.tx, ap_id)
        if found is not None:
            return found
    raise Refused("unknown_object", f"{given.activity.id[:200]} reports nothing that is known here")


def _require_ours(given: Verified, target: Post | Comment, home: Community) -> None:
    """Refuse what nobody here is answerable for: the community, its author or one of its moderators must be ours. Raises Refused."""
    if home.visibility is not CommunityVisibility.PUBLIC:
        raise Refused("not_a_community", "it happened in a community that others do not see")
    audience = values.one(given.activity.audience)
    if audience is not None and audience != home.actor_id:
        raise Refused("wrong_audience", f"{given.activity.id[:200]} names {audience[:200]}, but reports something in {home.actor_id}")
    people = [target.creator_id, *community_moderator.order(given.tx, home.id)]
    if not home.local and not any(person.existing(given.tx, each).local for each in people):
        raise Refused("not_ours", f"nobody here is answerable for {target.ap_id}")


def _reason(given: Verified) -> str:
    """The words of the report: Lemmy's `summary`, Mastodon's `content`. A slur in them is no reason to lose the report."""
    said = values.text(given.activity.summary) or values.text(given.activity.content) or NO_REASON
    plain = slurs.replace(House(given.tx, given.context).site.slur_filter_regex, said.strip())
    return texts.shortened_to(plain, "report reason")
