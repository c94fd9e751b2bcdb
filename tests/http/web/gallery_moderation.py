"""The pages of moderators and admins with sample data."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from lemmy_lite.domain.backup.keeping import Record
from lemmy_lite.domain.figures import Machine, Rows
from lemmy_lite.domain.modlog import Filter
from lemmy_lite.domain.wear import Pace
from lemmy_lite.federation.figures import Figures
from lemmy_lite.http.web import dashboard, modlog_line, registration, report, site_fields
from lemmy_lite.http.web.moderation import Judged
from lemmy_lite.http.web.modlog import Asked
from lemmy_lite.http.web.modlog_line import Line
from lemmy_lite.http.web.page import StoredHtml
from lemmy_lite.http.web.purge import Doomed
from lemmy_lite.http.web.report import Reported
from lemmy_lite.http.web.setup import Check
from lemmy_lite.http.web.site_fields import Lists
from lemmy_lite.model.community import CommunityModeratorView, SubscribedType
from lemmy_lite.model.emoji import CustomEmoji, CustomEmojiKeyword, CustomEmojiView
from lemmy_lite.model.ids import (
    CommentReportId,
    CustomEmojiId,
    InstanceId,
    LocalSiteId,
    LocalUserId,
    PersonId,
    PostReportId,
    PrivateMessageId,
    PrivateMessageReportId,
    RegistrationApplicationId,
)
from lemmy_lite.model.image import LocalImage, LocalImageView
from lemmy_lite.model.instance import InstanceWithFederationState, ReadableFederationState
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.private_message import PrivateMessage
from lemmy_lite.model.registration import RegistrationApplication, RegistrationApplicationView
from lemmy_lite.model.report import (
    CommentReport,
    CommentReportView,
    PostReport,
    PostReportView,
    PrivateMessageReport,
    PrivateMessageReportView,
)
from lemmy_lite.model.vote import VoteView
from lemmy_lite.storage.tables.delivery import Peer
from tests.http.web import sample

NO_FORM: dict[str, object] = {"form": {}, "errors": {}}


class Page(NamedTuple):
    """A name, a template and its data."""

    name: str
    template: str
    data: dict[str, object]


def pages() -> Iterator[Page]:
    """All of them."""
    yield from _deeds()
    yield from _queues()
    yield from _setup()
    yield from _communities()
    yield from _administration()
    lines = [
        Line(
            kind=kind,
            id=n,
            when=sample.NOW - timedelta(minutes=4 * n * n),
            moderator=sample.person(2) if n % 3 else None,
            deed=wording.done if n % 2 else wording.undone or wording.done,
            parts=[(preposition, part, _thing(part, n)) for preposition, part in wording.about],
            where=_end(wording.entry, done=bool(n % 2)),
            reason="Advertising, and the third time this week" if n % 4 == 0 else None,
            expires=sample.NOW + timedelta(days=7) if wording.flag == "banned" else None,
        )
        for n, (kind, wording) in enumerate(modlog_line.WORDINGS.items())
    ]
    log: dict[str, object] = {"kinds": modlog_line.KINDS, "asked": Asked(filter=Filter()), "here": "/modlog", "next_href": "/modlog?page=2"}
    yield Page("modlog", "modlog.html", {**log, "lines": lines})
    wrong = Asked(filter=Filter(), moderator="nobody@<nowhere>", nobody="There is no such person.")
    yield Page("modlog-nobody", "modlog.html", {**log, "lines": [], "asked": wrong, "next_href": None})


def _end(entry: str, *, done: bool) -> str | None:
    """What the log says after a deed."""
    return {"mod_feature_post": "to its top" if done else "from its top", "mod_ban": "from the site"}.get(entry)


def _setup() -> Iterator[Page]:
    checks = (
        Check("Name", True, "This site calls itself hearth.example."),
        Check("Mail", False, "No mail server is configured (email): forgotten passwords cannot be reset."),
        Check("Clock", False, "The clock shows 1970-01-01 00:00, which is before this program was made."),
    )
    form = {"registration_mode": "RequireApplication", "federation_enabled": "true"}
    page: dict[str, object] = {"checks": checks, "registration": site_fields.REGISTRATION, "token": "t0ken", "form": form, "errors": {}}
    yield Page("setup", "setup.html", page)
    wrong = {"form": {**form, "username": "<b>", "site_name": "Hearth"}, "errors": {"username": "A name has at least three letters."}}
    yield Page("setup-failed", "setup.html", {**page, **wrong})


def _communities() -> Iterator[Page]:
    group = sample.community(0)
    offered = [(0, "Undetermined"), (37, "English"), (8, "العربية")]
    typed = {"title": "Gardening", "description": "Pots and **balconies**", "discussion_languages": ["37"]}
    settings: dict[str, object] = {"community": group, "offered": offered, "uploads": True, "decided": {}, "form": typed, "errors": {}}
    yield Page("community-settings", "community_settings.html", settings)
    wrong = {"form": {**typed, "title": "<b>"}, "errors": {"title": "The text contains a word that is not allowed here."}, "uploads": False}
    yield Page("community-settings-failed", "community_settings.html", {**settings, **wrong})
    leading = [CommunityModeratorView(community=group, moderator=sample.person(n)) for n in (2, 1, 3)]
    page: dict[str, object] = {**NO_FORM, "community": group, "moderators": leading, "may_hand_over": True}
    yield Page("community-moderators", "community_moderators.html", page)


def _administration() -> Iterator[Page]:
    lists = Lists(
        discussion_languages=[0, 37],
        blocked_urls=["evil.example/money"],
        taglines=["Grown in a garden shed.", "Mind the cat."],
        allowed_instances=[],
        blocked_instances=["spam.example", "worse.example"],
    )
    frame: dict[str, object] = {"tabs": site_fields.ALL_TABS, **NO_FORM}
    languages = [(language.id, language.name) for language in LANGUAGES]
    for tab, (_, groups) in site_fields.TABS.items():
        stored = site_fields.shown(tab, sample.site(), lists)
        form: dict[str, object] = {"tab": tab, "groups": groups, "stored": stored, "form": stored, "languages": languages, "uploads": True}
        yield Page(f"admin-{tab}", "admin.html", {**frame, **form, "mail": False, "set_up": tab != "site"})
    yield from _dashboard(frame)
    wrong: dict[str, object] = {"errors": {"name": "The site needs a name."}, "form": {"name": "", "description": "</textarea><b>"}}
    groups = site_fields.TABS["site"][1]
    stored = site_fields.shown("site", sample.site(), lists)
    failed: dict[str, object] = {
        "tab": "site",
        "groups": groups,
        "stored": stored,
        "languages": [],
        "uploads": False,
        "mail": True,
        "set_up": True,
    }
    yield Page("admin-failed", "admin.html", {**frame, **failed, **wrong})
    emoji = [
        CustomEmojiView(
            custom_emoji=CustomEmoji(
                id=CustomEmojiId(n),
                local_site_id=LocalSiteId(1),
                shortcode=name,
                image_url=f"{sample.ORIGIN}/pictrs/image/{name}.webp",
                alt_text=f"A {name}",
                category="garden",
                published=sample.NOW,
            ),
            keywords=[CustomEmojiKeyword(custom_emoji_id=CustomEmojiId(n), keyword="green")],
        )
        for n, name in enumerate(("bean", "leek", "mole"))
    ]
    yield Page("admin-emoji", "admin_emoji.html", {**frame, "tab": "emoji", "emoji": emoji, "uploads": True})
    edited: dict[str, object] = {"form": {"id": "1", "image_url": "x"}, "errors": {"image_url": "This is not a valid address."}}
    yield Page("admin-emoji-failed", "admin_emoji.html", {**frame, "tab": "emoji", "emoji": emoji, "uploads": True, **edited})
    people: dict[str, object] = {"admins": [sample.person_view(1), sample.person_view(2)], "banned": [sample.person_view(5)]}
    yield Page("admin-people", "admin_people.html", {**frame, "tab": "people", **people})
    uploads = [
        (
            LocalImageView(
                local_image=LocalImage(pictrs_alias=f"{name}.webp", pictrs_delete_token="token", published=sample.NOW),
                person=sample.person(n),
            ),
            f"{sample.ORIGIN}/pictrs/image/{name}.webp",
        )
        for n, name in enumerate(("spoon", "snow", "lake", "pan", "solar"))
    ]
    letter = {"set_up": True, "how": "Mails go to mail.test port 587.", "warnings": ["Sent in clear."], "waiting": 3, "said": "250 <Taken>"}
    yield Page("admin-mail", "admin_mail.html", {**frame, "tab": "mail", **letter, "form": {"address": "a@b.test"}, "errors": {}})
    yield Page("admin-uploads", "admin_uploads.html", {**frame, "tab": "uploads", "uploads": uploads, "next_href": None})
    peers = [
        InstanceWithFederationState(
            id=InstanceId(n),
            domain=domain,
            published=sample.NOW - timedelta(days=n),
            software="lemmy" if n else None,
            version="0.19.12" if n else None,
            federation_state=ReadableFederationState(
                instance_id=InstanceId(n),
                fail_count=7 if n == 2 else 0,
                last_successful_published_time=sample.NOW - timedelta(minutes=n) if n != 2 else None,
                next_retry=sample.NOW + timedelta(hours=3) if n == 2 else None,
            )
            if n
            else None,
        )
        for n, domain in enumerate(
            ("meadow.example", "a-very-long-name-of-a-server.somewhere-in-the-woods.example", "gone.example", "b.example")
        )
    ]
    tabs = [("linked", "Linked (4)"), ("allowed", "Allowed (0)"), ("blocked", "Blocked (2)")]
    known: dict[str, object] = {
        "instances": peers,
        "federates": True,
        "tabs": tabs,
        "tab": "linked",
        "q": "",
        "next_href": "/instances?page=2",
    }
    yield Page("instances", "instances.html", known)
    yield Page("instances-none", "instances.html", {**known, "federates": False, "instances": []})
    yield Page("legal", "legal.html", {"text": sample.SIDEBAR})


def _dashboard(frame: dict[str, object]) -> Iterator[Page]:
    """A site in good health, and one in trouble."""
    day = 86_400 * 1_000_000
    now = int(sample.NOW.timestamp()) * 1_000_000
    peer = Peer(
        domain="quiet.example",
        behind=412,
        fail_count=9,
        failing_since=now - 3 * day,
        next_retry=now + day // 24,
        last_successful_published_time=now - 3 * day,
        asleep=False,
        trouble="quiet.example does not answer: connection refused <b>",
    )
    slow = Peer(domain="slow.example", behind=3, fail_count=0, asleep=False)
    fallen = Peer(domain="fallen.example", behind=10_000, fail_count=60, failing_since=now - 9 * day, next_retry=now + day, asleep=True)
    counts = sample.site().counts
    pace = Pace(days=30, program=180 << 20, today=20 << 20, device=400 << 20)
    rows = Rows(
        counts=counts, told=41, failing=2, asleep=1, peers=[fallen, peer, slow], inbox_waiting=3, inbox_parked=1, mails=2, wear=pace
    )
    machine = Machine(
        memory=71 << 20,
        written=3 << 30,
        database=412 << 20,
        wal=4 << 20,
        uploads=1 << 30,
        cache=5 << 28,
        pictures_limit=4 << 30,
        free=9 << 30,
        size=29 << 30,
        used=3 << 30,
        budget=8 << 30,
    )
    told = Figures(told=40, under_way=1, failing=2, asleep=1, inbox_waiting=3, inbox_lanes=1, inbox_refused={})
    good = Record(good=now - day // 3, bytes=420 << 20, tried=now, drilled=now - 2 * day)
    base: dict[str, object] = {
        **frame,
        "tab": dashboard.TAB,
        "size": dashboard.size,
        "when": dashboard.when,
        "machine": machine,
        "life": None,
        "backup_under_way": False,
        "backup_folder": "/var/lib/lemmy-lite/backups/by-hand",
    }
    yield Page(
        "admin-overview",
        "admin_dashboard.html",
        {**base, "rows": rows, "federation": told, "backup": good, "backups_planned": True},
    )
    doubt = Figures(told=0, under_way=0, failing=0, asleep=0, inbox_waiting=0, inbox_lanes=0, inbox_refused={}, clock_doubt="It is 1970.")
    none = Rows(counts=counts, told=0, failing=0, asleep=0, peers=[], inbox_waiting=0, inbox_parked=0, mails=0)
    ill = Record(tried=now, trouble="the disk is full")
    bare = Machine(free=90 << 20, size=1 << 30, used=900 << 20, budget=900 << 20, shut="only 30 MB are free on the disk")
    trouble = {
        "rows": none,
        "machine": bare,
        "federation": doubt,
        "backup": ill,
        "backups_planned": False,
        "life": None,
        "backup_under_way": True,
        "errors": {"": "No such server."},
    }
    yield Page("admin-overview-trouble", "admin_dashboard.html", {**base, **trouble})


def _thing(part: str, number: int) -> Any:
    if part == "post":
        return sample.post_view(number).post
    if part == "comment":
        return sample.comment_view(number + 1, f"0.{number + 1}", content="Buy my [pills](https://pills.example) now").comment
    return sample.community(number % 6) if part == "community" else sample.person(number, local=number % 2 == 0)


def _deeds() -> Iterator[Page]:
    post = sample.post_view(1)
    base: dict[str, object] = {**NO_FORM, "html": StoredHtml()}
    judged = Judged(post_view=post, community=post.community, author=post.creator, author_leads=False)
    yield Page("moderate-post", "moderate.html", {**base, "judged": judged, "here": "/post/101"})
    typed = {
        "form": {"banned_here_reason": "Spam </textarea><b>", "banned_here_days": "soon"},
        "errors": {"banned_here_days": "A whole number of days from 1 to 3650, or nothing for a ban without end."},
    }
    yield Page("moderate-failed", "moderate.html", {**base, **typed, "judged": judged, "here": "/post/101"})
    comment = sample.comment_view(4, "0.4", removed=True)
    about = Judged(comment_view=comment, html="x", community=comment.community, author=comment.creator, author_leads=True)
    html = StoredHtml(comments={4: sample.comment_html(4)})
    yield Page("moderate-comment", "moderate.html", {**base, "judged": about, "here": "/comment/4", "html": html})
    mine = [CommunityModeratorView(community=sample.community(n), moderator=sample.person(1)) for n in (0, 2)]
    yield Page("moderate-person", "moderate_person.html", {**NO_FORM, "person_view": sample.person_view(5), "communities": mine})
    said = Reported(
        noun="comment", path="/comment/4", words="Buy my pills", author=sample.person(5), goes_to="the moderators of Home cooking"
    )
    reporting: dict[str, object] = {**NO_FORM, "reported": said, "here": "/comment/4/report", "blocked": False, "done": None}
    yield Page("report", "report.html", reporting)
    yield Page("report-sent", "report.html", {**reporting, "done": "report", "blocked": True})
    empty = {"errors": {"reason": "Please say why you are reporting this."}}
    yield Page("report-failed", "report.html", {**reporting, **empty})
    ballots = [VoteView(creator=sample.person(n), creator_banned_from_community=n == 3, score=-1 if n < 2 else 1) for n in range(8)]
    votes: dict[str, object] = {"votes": ballots, "words": post.post.name, "back": "/post/101", "next_href": "/post/101/votes?page=2"}
    yield Page("votes", "votes.html", votes)
    doomed = Doomed(
        noun="post", words=post.post.name, goes_too="All its comments go with it.", back="/post/101", afterwards="/", wipe=lambda *_: None
    )
    yield Page("purge", "purge.html", {**NO_FORM, "doomed": doomed, "here": "/post/101/purge"})
    unsure = {"form": {"reason": "Illegal"}, "errors": {"sure": "Tick the box to say that you mean it."}}
    yield Page("purge-unsure", "purge.html", {**unsure, "doomed": doomed, "here": "/post/101/purge"})


def _queues() -> Iterator[Page]:
    queue: dict[str, object] = {"types": report.TYPES, "views": report.VIEWS, "type": "All", "view": "All", "next_href": None}
    yield Page("reports", "reports.html", {**queue, "reports": [_of_post(), _of_comment(), _of_message()]})
    yield Page("reports-none", "reports.html", {**queue, "reports": [], "view": "Unresolved"})
    waiting: dict[str, object] = {**NO_FORM, "views": registration.VIEWS, "view": "All", "next_href": None}
    applications = [_application(n) for n in range(3)]
    yield Page("applications", "registration_applications.html", {**waiting, "applications": applications})
    yield Page("applications-none", "registration_applications.html", {**waiting, "applications": [], "view": "Unread"})


def _of_post() -> PostReportView:
    view = sample.post_view(14)
    return PostReportView(
        post_report=PostReport(
            id=PostReportId(1),
            creator_id=PersonId(3),
            post_id=view.post.id,
            original_post_name="Make money while you sleep, no work, no risk, ask me how",
            original_post_url="https://money.example/now",
            original_post_body="Only today.",
            reason="Spam, the same thing was posted in four other communities",
            resolved=False,
            published=sample.NOW - timedelta(hours=3),
        ),
        creator=sample.person(3),
        post_creator=view.creator,
        **{name: getattr(view, name) for name in _SHARED_BY_POSTS},
    )


_SHARED_BY_POSTS = (
    "post",
    "community",
    "creator_banned_from_community",
    "creator_is_moderator",
    "creator_is_admin",
    "subscribed",
    "saved",
    "read",
    "hidden",
    "creator_blocked",
    "unread_comments",
    "counts",
)


def _of_comment() -> CommentReportView:
    view = sample.comment_view(6, "0.6", removed=True)
    return CommentReportView(
        comment_report=CommentReport(
            id=CommentReportId(1),
            creator_id=PersonId(4),
            comment_id=view.comment.id,
            original_comment_text="You are an idiot <b>and</b> so is your cat",
            reason="Rude",
            resolved=True,
            resolver_id=PersonId(2),
            published=sample.NOW - timedelta(days=2),
            updated=sample.NOW - timedelta(days=1),
        ),
        comment=view.comment,
        post=view.post,
        community=view.community,
        creator=sample.person(4),
        comment_creator=view.creator,
        counts=view.counts,
        creator_banned_from_community=True,
        creator_is_moderator=False,
        creator_is_admin=False,
        creator_blocked=False,
        subscribed=SubscribedType.NOT_SUBSCRIBED,
        saved=False,
        resolver=sample.person(2),
    )


def _of_message() -> PrivateMessageReportView:
    return PrivateMessageReportView(
        private_message_report=PrivateMessageReport(
            id=PrivateMessageReportId(1),
            creator_id=PersonId(3),
            private_message_id=PrivateMessageId(1),
            original_pm_text="Send me your password, I am the admin",
            reason="Asks for my password",
            resolved=False,
            published=sample.NOW - timedelta(minutes=12),
        ),
        private_message=PrivateMessage(
            id=PrivateMessageId(1),
            creator_id=PersonId(5),
            recipient_id=PersonId(3),
            content="Send me your password, I am the admin",
            deleted=False,
            removed=False,
            read=True,
            published=sample.NOW,
            ap_id="https://hearth.example/private_message/1",
            local=True,
        ),
        private_message_creator=sample.person(5),
        creator=sample.person(3),
    )


def _application(number: int) -> RegistrationApplicationView:
    account = sample.me().local_user_view.local_user
    return RegistrationApplicationView(
        registration_application=RegistrationApplication(
            id=RegistrationApplicationId(number + 1),
            local_user_id=LocalUserId(9),
            answer="I grow beans on a windowsill.\n\nAnd I would like to <b>show</b> them.",
            admin_id=PersonId(2) if number else None,
            deny_reason="Beans are not allowed" if number == 2 else None,
            published=sample.NOW - timedelta(hours=number),
        ),
        creator_local_user=type(account)(
            **{**{f: getattr(account, f) for f in account.__struct_fields__}, "accepted_application": number == 1}
        ),
        creator=sample.person(7),
        admin=sample.person(2) if number else None,
    )
