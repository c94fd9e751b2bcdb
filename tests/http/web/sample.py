"""Made-up but lifelike data for pages: a small site, its people and communities, posts of every awkward kind, a deep thread."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from markupsafe import Markup

from lemmy_lite.http.web.comments import CommentNode, tree
from lemmy_lite.http.web.page import Page, StoredHtml
from lemmy_lite.http.web.render import stored_html
from lemmy_lite.model.comment import Comment, CommentAggregates, CommentView
from lemmy_lite.model.community import (
    Community,
    CommunityAggregates,
    CommunityFollowerView,
    CommunityModeratorView,
    CommunityView,
    CommunityVisibility,
    SubscribedType,
)
from lemmy_lite.model.emoji import CustomEmoji
from lemmy_lite.model.ids import (
    CommentId,
    CommentReplyId,
    CommunityId,
    CustomEmojiId,
    InstanceId,
    LanguageId,
    LocalSiteId,
    LocalUserId,
    PersonId,
    PersonMentionId,
    PostId,
    PrivateMessageId,
    SiteId,
)
from lemmy_lite.model.listing import ListingType, SortType
from lemmy_lite.model.local_user import LocalUser, LocalUserView, LocalUserVoteDisplayMode, MyUserInfo
from lemmy_lite.model.notification import CommentReply, CommentReplyView, PersonMention, PersonMentionView
from lemmy_lite.model.person import Person, PersonAggregates, PersonView
from lemmy_lite.model.post import Post, PostAggregates, PostView
from lemmy_lite.model.private_message import PrivateMessage, PrivateMessageView
from lemmy_lite.model.site import (
    LocalSite,
    LocalSiteRateLimit,
    PostListingMode,
    RegistrationMode,
    Site,
    SiteAggregates,
    SiteView,
)

NOW = datetime(2026, 11, 22, 20, 4, tzinfo=UTC)
ORIGIN = "https://hearth.example"
CSRF = "9f2c41d07ab38e65" * 2

NAMES = ("ada", "tove", "matteo", "ines", "kofi", "yuki", "bramble", "nils")
GROUPS = (
    ("gardening", "Gardening in small places", True),
    ("selfhosted", "Self-hosted", False),
    ("woodwork", "Woodwork and green wood", True),
    ("birds", "Birds and other flying friends", False),
    ("linux", "Linux", False),
    ("cooking", "Home cooking", True),
    ("радио", "Радиолюбители", True),
    ("photography", "Photography", False),
)
TITLES = (
    ("A raspberry pi, a solar panel and two years without touching either: what I learned", "https://blog.fenwick.example/solar-pi"),
    ("What is growing on your balcony this week?", None),
    ("Carved my first spoon from a birch that fell in the storm", "https://hearth.example/pictrs/image/spoon.webp"),
    (
        "TIL that swifts can stay in the air for ten months without landing once, eating and sleeping on the wing",
        "https://birds.example/swifts",
    ),
    ("Kernel 7.2 released", "https://lwn.example/Articles/1050001/"),
    ("How do you keep sourdough alive when you travel?", None),
    ("Антенна из проволоки: простой приёмник за один вечер", None),
    ("كيف تبدأ حديقة صغيرة على شرفة لا تصلها الشمس إلا ساعتين في اليوم؟", None),
    ("The quiet after snow", "https://hearth.example/pictrs/image/snow.webp"),
    ("Backups that you have never restored are a rumour", "https://www.nines.example:8443/posts/restore-day"),
    ("Show us the corner of your home where the server lives", None),
    ("[Solved] Fan noise", None),
    ("A field guide to mosses of the north, free to download", "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a"),
    ("Weekly question thread: no question is too small", None),
    ("Why I went back to a mail client from 2004", "https://slow.example/mail"),
    ("Pneumonoultramicroscopicsilicovolcanoconiosis" * 3 + " and other words that break layouts", None),
    ("One pan, four people, twenty minutes", "https://kitchen.example/one-pan"),
    ("Long exposure of the ferry leaving at night", "https://hearth.example/pictrs/image/ferry.webp"),
    ("Is it normal that the bees are this early?", None),
    ("Release notes: hearth.example moves to lemmy_lite", None),
)
THUMBS = ("solar", "spoon", "swift", "snow", "lake", "pan")
SENTENCES = (
    "I did the same last winter and the only thing that failed was the cheap power supply.",
    "Thank you for writing this down. The part about logs is worth a post of its own.",
    "Have you measured how much it draws when idle? Mine sits at 2.1 W with everything running.",
    "We have three of these in the club and they all behave like that when the nights get cold.",
    "No.",
    "It depends on the soil, but as a rule of thumb I water when the top two centimetres are dry, and then properly.",
)


def person(number: int, *, name: str | None = None, local: bool = True, bot: bool = False, display: str | None = None) -> Person:
    name = name or NAMES[number % len(NAMES)]
    host = "hearth.example" if local else "meadow.example"
    return Person(
        id=PersonId(number),
        name=name,
        display_name=display,
        banned=False,
        published=NOW - timedelta(days=400 + number),
        actor_id=f"https://{host}/u/{name}",
        local=local,
        deleted=False,
        bot_account=bot,
        instance_id=InstanceId(1 if local else 2),
        bio="I grow things." if number == 2 else None,
        matrix_user_id="@tove:matrix.example" if number == 2 else None,
    )


def community(number: int, *, visibility: CommunityVisibility = CommunityVisibility.PUBLIC) -> Community:
    name, title, local = GROUPS[number % len(GROUPS)]
    host = "hearth.example" if local else "meadow.example"
    return Community(
        id=CommunityId(number),
        name=name,
        title=title,
        description="Pots, windowsills, balconies. Photos welcome, advice even more so.",
        removed=False,
        published=NOW - timedelta(days=700),
        deleted=False,
        nsfw=False,
        actor_id=f"https://{host}/c/{name}",
        local=local,
        icon=f"{ORIGIN}/pictrs/image/icon{number}.webp" if number in (0, 3) else None,
        banner=f"{ORIGIN}/pictrs/image/banner.webp" if number == 0 else None,
        hidden=False,
        posting_restricted_to_mods=False,
        instance_id=InstanceId(1 if local else 2),
        visibility=visibility,
    )


def community_view(number: int = 0, subscribed: SubscribedType = SubscribedType.NOT_SUBSCRIBED) -> CommunityView:
    return CommunityView(
        community=community(number),
        subscribed=subscribed,
        blocked=False,
        banned_from_community=False,
        counts=CommunityAggregates(
            community_id=CommunityId(number),
            subscribers=1 if number == 6 else 2841 * (number + 1),
            posts=731,
            comments=12904,
            published=NOW - timedelta(days=700),
            users_active_day=12,
            users_active_week=90,
            users_active_month=310,
            users_active_half_year=1200,
            subscribers_local=34,
        ),
    )


def post_view(number: int = 0, **changes: object) -> PostView:
    """The post of TITLES with this number; `changes` go to the Post, or to the view where the view has that field."""
    name, url = TITLES[number % len(TITLES)]
    group = community(number)
    author = person(number + 1, local=group.local, bot=number == 4, display="Tove of the Moss" if number % 8 == 0 else None)
    picture = bool(url and "/pictrs/" in url)
    thumb = url if picture else f"{ORIGIN}/pictrs/image/{THUMBS[number % 6]}.webp" if url and number in (0, 3, 16) else None
    fields: dict[str, object] = {
        "id": PostId(number + 100),
        "name": name,
        "url": url,
        "creator_id": author.id,
        "community_id": group.id,
        "removed": False,
        "locked": number == 13,
        "published": NOW - timedelta(minutes=7 + number * number * 23),
        "updated": NOW - timedelta(minutes=3) if number == 1 else None,
        "deleted": False,
        "nsfw": number == 17,
        "embed_title": "Two years on one panel" if number == 0 else None,
        "embed_description": "A small server, a battery, a garden shed. What broke, what did not, and what I would build differently today."
        if number == 0
        else None,
        "thumbnail_url": thumb,
        "ap_id": f"https://{'hearth' if group.local else 'meadow'}.example/post/{number + 100}",
        "local": group.local,
        "language_id": LanguageId(0),
        "featured_community": False,
        "featured_local": number == 19,
        "url_content_type": "image/webp" if picture else "text/html" if url else None,
        "alt_text": "A spoon of pale wood on a bench full of shavings" if number == 2 else None,
    }
    view: dict[str, object] = {
        "creator_banned_from_community": False,
        "banned_from_community": False,
        "creator_is_moderator": number in (1, 13),
        "creator_is_admin": number == 19,
        "subscribed": SubscribedType.SUBSCRIBED,
        "saved": number == 3,
        "read": number in (3, 5, 9),
        "hidden": False,
        "creator_blocked": False,
        "my_vote": {0: 1, 4: -1, 8: 1}.get(number),
        "unread_comments": 3 if number == 3 else 0,
    }
    for field, value in changes.items():
        (view if field in view else fields)[field] = value
    score = (1542, 48, 312, 907, 66, 23, 4, 17, 2210, 130, 75, 1, 0, 9, 88, -6, 41, 530, 12, 201)[number % 20]
    talk = (186, 31, 22, 64, 140, 18, 1, 5, 39, 47, 212, 3, 0, 96, 54, 7, 8, 1024, 11, 60)[number % 20]
    counts = PostAggregates(
        post_id=PostId(number + 100),
        comments=talk,
        score=score,
        upvotes=max(score, 0) + 5,
        downvotes=5,
        published=NOW,
        newest_comment_time=NOW,
    )
    return PostView(post=Post(**fields), creator=author, community=group, counts=counts, **view)  # type: ignore[arg-type]


def posts(count: int = 20) -> list[PostView]:
    order = [19, *range(19)]
    return [post_view(number) for number in order[:count]]


def comment_view(number: int, path: str, *, author: Person | None = None, children: int = 0, **changes: object) -> CommentView:
    shown = post_view(0)
    who = author or person(number * 5 + 3, local=number % 3 != 0)
    fields: dict[str, object] = {
        "id": CommentId(number),
        "creator_id": who.id,
        "post_id": shown.post.id,
        "content": "as rendered",
        "removed": False,
        "published": NOW - timedelta(minutes=number * 11),
        "updated": NOW if number % 9 == 4 else None,
        "deleted": False,
        "ap_id": f"{who.actor_id.rsplit('/u/')[0]}/comment/{number}",
        "local": who.local,
        "path": path,
        "distinguished": False,
        "language_id": LanguageId(0),
        **changes,
    }
    score = (14, 3, -2, 51, 1, 0, 118)[number % 7]
    return CommentView(
        comment=Comment(**fields),  # type: ignore[arg-type]
        creator=who,
        post=shown.post,
        community=shown.community,
        counts=CommentAggregates(
            comment_id=CommentId(number),
            score=score,
            upvotes=max(score, 0) + 2,
            downvotes=2,
            published=NOW,
            child_count=children,
        ),
        creator_banned_from_community=False,
        banned_from_community=False,
        creator_is_moderator=number == 7,
        creator_is_admin=number == 12,
        subscribed=SubscribedType.SUBSCRIBED,
        saved=False,
        creator_blocked=False,
        my_vote={1: 1, 5: -1}.get(number),
    )


def comment_html(number: int) -> Markup:
    rich = {
        2: '<p>Two things helped:</p><ul><li>a <a href="https://ups.example" rel="nofollow">supercapacitor</a> instead of a battery</li>'
        "<li><code>tmpfs</code> for the logs</li></ul>",
        4: "<blockquote><p>what broke, what did not</p></blockquote><p>The honest list is the best part of the article.</p>",
        8: "<p>متفق تمامًا، والتجربة نفسها كانت عندي في الصيف.</p>",
        9: "<details><summary>The ending</summary><p>It was the fuse.</p></details>",
    }
    words = Random(number)
    return stored_html(rich.get(number) or "<p>" + " ".join(words.choices(SENTENCES, k=1 + number % 3)) + "</p>")


def comments(count: int = 30) -> tuple[list[CommentNode], StoredHtml]:
    """A tree of `count` comments with one long chain, a removed and a deleted one that have replies, and a comment of the author."""
    parents = {2: 1, 3: 2, 4: 3, 5: 2, 6: 1, 8: 7, 9: 8, 10: 7, 12: 11, 13: 12, 14: 13, 15: 14, 16: 15, 17: 16, 18: 17, 21: 20, 23: 22}
    paths = {0: "0"}
    views: list[CommentView] = []
    children = {number: sum(1 for child in parents if _above(child, number, parents)) for number in range(1, count + 1)}
    for number in range(1, count + 1):
        paths[number] = f"{paths[parents.get(number, 0)]}.{number}"
        author = person(1, display="Tove of the Moss") if number in (3, 13) else None
        changes: dict[str, object] = {"removed": number == 7, "deleted": number == 20, "distinguished": number == 12}
        views.append(comment_view(number, paths[number], author=author, children=children[number], **changes))
    html = {number: comment_html(number) for number in range(1, count + 1) if number not in (7, 20)}
    return tree(views, html), StoredHtml(comments=html)


def _above(child: int, number: int, parents: dict[int, int]) -> bool:
    while child in parents:
        child = parents[child]
        if child == number:
            return True
    return False


def long_thread(count: int = 50) -> list[CommentNode]:
    """Some fifty comments in a dozen threads, numbered as on a site that has existed for a while."""
    paths: dict[int, str] = {}
    for number in range(1, count + 1):
        above = paths[number - 1] if number % 4 and number > 1 else "0"
        paths[number] = f"{above}.{12_000 + number}"
    views = [comment_view(12_000 + number, path) for number, path in paths.items()]
    return tree(views, {12_000 + number: comment_html(number) for number in paths})


def deep_thread(depth: int) -> list[CommentNode]:
    """One chain of replies, `depth` comments long."""
    path, views = "0", []
    for number in range(1, depth + 1):
        path = f"{path}.{number}"
        views.append(comment_view(number, path, children=depth - number))
    return tree(views, {number: comment_html(number) for number in range(1, depth + 1)})


def site(registration: RegistrationMode = RegistrationMode.OPEN) -> SiteView:
    return SiteView(
        site=Site(
            id=SiteId(1),
            name="Hearth",
            sidebar="as rendered",
            published=NOW - timedelta(days=800),
            description="A small, slow place for people who make things",
            actor_id=f"{ORIGIN}/",
            last_refreshed_at=NOW,
            inbox_url=f"{ORIGIN}/inbox",
            public_key="-----BEGIN PUBLIC KEY-----",
            instance_id=InstanceId(1),
        ),
        local_site=LocalSite(
            id=LocalSiteId(1),
            site_id=SiteId(1),
            site_setup=True,
            enable_downvotes=True,
            enable_nsfw=True,
            community_creation_admin_only=False,
            require_email_verification=False,
            application_question="Why here?",
            private_instance=False,
            default_theme="browser",
            default_post_listing_type=ListingType.LOCAL,
            hide_modlog_mod_names=True,
            application_email_admins=False,
            actor_name_max_length=20,
            federation_enabled=True,
            captcha_enabled=False,
            captcha_difficulty="medium",
            published=NOW,
            registration_mode=registration,
            reports_email_admins=False,
            federation_signed_fetch=False,
            default_post_listing_mode=PostListingMode.LIST,
            default_sort_type=SortType.ACTIVE,
        ),
        local_site_rate_limit=LocalSiteRateLimit(
            local_site_id=LocalSiteId(1),
            message=180,
            message_per_second=60,
            post=6,
            post_per_second=600,
            register=10,
            register_per_second=3600,
            image=6,
            image_per_second=3600,
            comment=6,
            comment_per_second=600,
            search=60,
            search_per_second=600,
            published=NOW,
            import_user_settings=1,
            import_user_settings_per_second=86400,
        ),
        counts=SiteAggregates(
            site_id=SiteId(1),
            users=1284,
            posts=10733,
            comments=88210,
            communities=41,
            users_active_day=38,
            users_active_week=164,
            users_active_month=402,
            users_active_half_year=911,
        ),
    )


def me(*, admin: bool = False, moderates: tuple[int, ...] = (), theme: str = "browser") -> MyUserInfo:
    who = person(1, name="tove", display="Tove of the Moss")
    return MyUserInfo(
        local_user_view=LocalUserView(
            local_user=LocalUser(
                id=LocalUserId(1),
                person_id=who.id,
                email="tove@mail.example",
                show_nsfw=True,
                theme=theme,
                default_sort_type=SortType.ACTIVE,
                default_listing_type=ListingType.SUBSCRIBED,
                interface_language="en",
                show_avatars=True,
                send_notifications_to_email=False,
                show_scores=True,
                show_bot_accounts=True,
                show_read_posts=True,
                email_verified=True,
                accepted_application=True,
                open_links_in_new_tab=False,
                blur_nsfw=True,
                auto_expand=False,
                infinite_scroll_enabled=False,
                admin=admin,
                post_listing_mode=PostListingMode.LIST,
                totp_2fa_enabled=False,
                enable_keyboard_navigation=False,
                enable_animated_images=True,
                collapse_bot_comments=False,
                last_donation_notification=NOW,
            ),
            local_user_vote_display_mode=LocalUserVoteDisplayMode(
                local_user_id=LocalUserId(1), score=True, upvotes=False, downvotes=False, upvote_percentage=False
            ),
            person=who,
            counts=PersonAggregates(person_id=who.id, post_count=31, comment_count=402),
        ),
        follows=[CommunityFollowerView(community=community(number), follower=who) for number in range(8)],
        moderates=[CommunityModeratorView(community=community(number), moderator=who) for number in moderates],
        community_blocks=[],
        instance_blocks=[],
        person_blocks=[],
        discussion_languages=[],
    )


def person_view(number: int = 2, *, local: bool = True) -> PersonView:
    who = person(number, local=local, display="Tove of the Moss" if local else None)
    return PersonView(person=who, counts=PersonAggregates(person_id=who.id, post_count=31, comment_count=402), is_admin=local)


def page(reader: MyUserInfo | None = None, path: str = "/", **changes: object) -> Page:
    fields: dict[str, object] = {"site": site(), "me": reader, "csrf": CSRF, "path": path, "now": NOW, **changes}
    return Page(**fields)  # type: ignore[arg-type]


SIDEBAR = stored_html(
    "<p>Hearth runs on a Raspberry Pi in a garden shed. Be kind, stay curious, credit what you share.</p>"
    "<ol><li>No advertising</li><li>Argue with ideas, not people</li><li>Describe your pictures</li></ol>"
)
GROUP_TEXT = stored_html("<p>Pots, windowsills, balconies. Photos welcome, advice even more so.</p><p>New here? Say what you grow.</p>")
BODY = stored_html(
    "<p>The panel is 50 W, the battery came out of a scooter, and the whole thing has now run for <strong>731 days</strong>. "
    "This is what I would tell myself at the start.</p>"
    "<h2>What broke</h2><ul><li>One SD card, in month five</li><li>The charge controller, by my own hand</li></ul>"
    "<h2>What did not</h2><p>Everything I was afraid of: heat, spiders, the neighbour's cat.</p>"
    "<pre><code>$ uptime\n 20:04:11 up 214 days, 3:12, 1 user, load average: 0.08, 0.05, 0.01</code></pre>"
    "<table><thead><tr><th>month</th><th>Wh a day</th></tr></thead><tbody><tr><td>June</td><td>61</td></tr>"
    "<tr><td>December</td><td>54</td></tr></tbody></table>"
)


def picture(address: str | None) -> str | None:
    """Where a page loads a picture from when no image store stands behind it: own ones alone."""
    if address is None or address.startswith("//"):
        return None
    path = address.removeprefix(ORIGIN)
    return path if path.startswith("/") else None


def reply_view(number: int, *, read: bool = False) -> CommentReplyView:
    note = CommentReply(id=CommentReplyId(number), recipient_id=PersonId(1), comment_id=CommentId(number), read=read, published=NOW)
    return CommentReplyView(comment_reply=note, recipient=person(1), **_parts(number))


def mention_view(number: int, *, read: bool = True) -> PersonMentionView:
    note = PersonMention(id=PersonMentionId(number), recipient_id=PersonId(1), comment_id=CommentId(number), read=read, published=NOW)
    return PersonMentionView(person_mention=note, recipient=person(1), **_parts(number))


def _parts(number: int) -> dict[str, Any]:
    view = comment_view(number, f"0.{number}")
    return {name: getattr(view, name) for name in view.__struct_fields__}


def message_view(number: int, *, mine: bool) -> PrivateMessageView:
    sender, recipient = (person(1), person(2)) if mine else (person(2), person(1))
    message = PrivateMessage(
        id=PrivateMessageId(number),
        creator_id=sender.id,
        recipient_id=recipient.id,
        content="as rendered",
        deleted=False,
        read=False,
        published=NOW - timedelta(hours=number),
        ap_id=f"{ORIGIN}/private_message/{number}",
        local=True,
        removed=False,
    )
    return PrivateMessageView(private_message=message, creator=sender, recipient=recipient)


def emoji(code: str) -> CustomEmoji:
    return CustomEmoji(
        id=CustomEmojiId(1),
        local_site_id=LocalSiteId(1),
        shortcode=code,
        image_url=f"{ORIGIN}/pictrs/image/{code}.webp",
        alt_text=f"A {code}",
        category="animals",
        published=NOW,
    )
