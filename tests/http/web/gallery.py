"""Every page with sample data, for the tests that render them all and for the screenshots: one table."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from lemmy_lite.domain.login_session import Session
from lemmy_lite.domain.recovery_code import Left
from lemmy_lite.http.api_v3.wire.search import ResolveObjectResponse, SearchResponse
from lemmy_lite.http.web import choices
from lemmy_lite.http.web.page import Page, StoredHtml
from lemmy_lite.http.web.post_form import Looked
from lemmy_lite.model.community import CommunityModeratorView, SubscribedType
from lemmy_lite.model.listing import SearchType
from lemmy_lite.model.local_user import MyUserInfo
from lemmy_lite.model.post import LinkMetadata
from lemmy_lite.model.site import RegistrationMode
from lemmy_lite.text import qr
from lemmy_lite.text.translations import phrase
from tests.http.web import gallery_blog, gallery_moderation, sample

READERS: dict[str, MyUserInfo | None] = {
    "anonymous": None,
    "user": sample.me(),
    "moderator": sample.me(moderates=(0,)),
    "admin": sample.me(admin=True),
}

NO_FORM: dict[str, object] = {"form": {}, "errors": {}}
LOOK: dict[str, object] = {"looked": Looked(), "preview": None}
LANGUAGES = [(0, "Undetermined"), (37, "English"), (8, "العربية")]


class Case(NamedTuple):
    """One page in one situation: a name for its screenshot, the template, what the handler gives it, the frame."""

    name: str
    template: str
    data: dict[str, object]
    frame: Callable[[MyUserInfo | None], Page] = sample.page


def cases() -> Iterator[Case]:
    """All pages for which any reader's view makes sense."""
    nodes, html = sample.comments()
    whole = StoredHtml(
        posts={100: sample.BODY},
        comments=html.comments,
        communities={0: sample.GROUP_TEXT},
        persons={2: sample.GROUP_TEXT},
        site=sample.SIDEBAR,
    )
    moderators = [CommunityModeratorView(community=sample.community(0), moderator=sample.person(n)) for n in (2, 3)]
    list_data: dict[str, object] = {"sort": "Active", "data_type": "Post", "comments": [], "html": whole, "next_page": "P1f"}
    list_data |= {"kept": {}, "mode": "List"}
    front = {**list_data, "listing": "Local", "tagline": None, "feed": "/feeds/local"}
    some = [sample.comment_view(n, f"0.{n}") for n in range(1, 9)]
    yield Case("front", "front.html", {**front, "posts": sample.posts()})
    yield Case("front-comments", "front.html", {**front, "posts": [], "comments": some, "data_type": "Comment", "sort": "TopDay"})
    yield Case("front-cards", "front.html", {**front, "posts": sample.posts()[:9], "mode": "Card"})
    yield Case("front-small-cards", "front.html", {**front, "posts": sample.posts()[:9], "mode": "SmallCard", "kept": {"sort": "New"}})
    yield Case("front-empty", "front.html", {**front, "posts": [], "listing": "Subscribed", "next_page": None, "feed": None})
    group = {**list_data, "community_view": sample.community_view(), "moderators": moderators, "html": whole}
    yield Case("community", "community.html", {**group, "posts": sample.posts(9)})
    empty = sample.community_view(6, SubscribedType.PENDING)
    yield Case("community-empty", "community.html", {**group, "community_view": empty, "posts": [], "next_page": None, "moderators": []})
    post = {
        "community_view": sample.community_view(),
        "moderators": moderators,
        "html": whole,
        "sort": "Hot",
        "parent": None,
        "next_page": None,
        "cross_posts": [sample.post_view(9)],
        "missing": None,
        "flat": [],
        "authors": {},
        "above": None,
        "view": "Tree",
        "number": 1,
        "slim": False,
        "languages": [],
    }
    for node in nodes[:2]:
        node.fresh = True
    nodes[-1].more = 12
    authors = {str(node.view.comment.id): node.view.creator for node in nodes}
    chat = {**post, "view": "Flat", "flat": nodes, "authors": authors, "nodes": [], "sort": "New", "languages": LANGUAGES}
    yield Case("post-chat", "post.html", {**chat, "post_view": sample.post_view(0)})
    yield Case("post", "post.html", {**post, "post_view": sample.post_view(0), "nodes": nodes})
    long = {**post, "nodes": sample.long_thread(), "slim": True, "cross_posts": []}
    yield Case("post-long", "post.html", {**long, "post_view": sample.post_view(1)})
    yield Case("post-deep", "post.html", {**post, "post_view": sample.post_view(2), "nodes": sample.deep_thread(30), "cross_posts": []})
    dropped = phrase(
        "This post is old, and its text was dropped here to save space. It could not be fetched again: {why} It is tried anew in a while.",
        why=phrase("Its home does not answer."),
    )
    yield Case(
        "post-dropped", "post.html", {**post, "post_view": sample.post_view(9), "nodes": [], "missing": dropped, "html": StoredHtml()}
    )
    yield Case("post-nsfw-locked", "post.html", {**post, "post_view": sample.post_view(17, locked=True), "nodes": []})
    yield Case(
        "post-removed",
        "post.html",
        {**post, "post_view": sample.post_view(5, removed=True), "nodes": nodes[:2], "parent": 1, "above": some[1]},
    )
    yield Case("post-rtl", "post.html", {**post, "post_view": sample.post_view(7), "nodes": nodes[3:6], "html": StoredHtml()})
    profile: dict[str, object] = {
        "moderates": moderators,
        "view": "Overview",
        "sort": "New",
        "html": whole,
        "next_page": 2,
        "elsewhere": [],
    }
    profile["feed"] = "/feeds/u/ada"
    items = [sample.post_view(2), some[0], some[1], sample.post_view(7), some[3]]
    yield Case("profile", "profile.html", {**profile, "person_view": sample.person_view(), "items": items})
    yield Case("profile-remote", "profile.html", {**profile, "person_view": sample.person_view(9, local=False), "items": []})
    groups = [sample.community_view(n, SubscribedType.SUBSCRIBED if n == 1 else SubscribedType.NOT_SUBSCRIBED) for n in range(8)]
    yield Case("communities", "communities.html", {"communities": groups, "listing": "All", "sort": "Hot", "next_page": 2})
    yield from _searches(whole)
    yield from _forms()
    yield from (Case(*each) for each in gallery_moderation.pages())
    yield from (Case(*each) for each in gallery_blog.pages())
    yield Case(
        "error",
        "error.html",
        {
            "status": 404,
            "title": "Not found",
            "sentence": "There is no post with this number, or it is gone for good.",
            "code": "couldnt_find_post",
            "words": [],
        },
    )
    yield Case(
        "error-bare",
        "error.html",
        {
            "status": 503,
            "title": "Not now",
            "sentence": "The database does not answer. It may be back in a minute.",
            "code": "unavailable",
            "words": ["Some words", "A long text. " * 20],
        },
        lambda reader: sample.page(None, site=None),
    )


def _searches(html: StoredHtml) -> Iterator[Case]:
    search: dict[str, object] = {
        "type": "All",
        "listing": "All",
        "sort": "TopAll",
        "html": html,
        "next_page": 2,
        "hint": None,
        "resolved": None,
        "title_only": False,
        "community": "",
        "creator": "",
    }
    found = SearchResponse(
        type_=SearchType.ALL,
        comments=[sample.comment_view(1, "0.1")],
        posts=[sample.post_view(0), sample.post_view(3)],
        communities=[sample.community_view(0)],
        users=[sample.person_view()],
    )
    nothing = SearchResponse(type_=SearchType.ALL, comments=[], posts=[], communities=[], users=[])
    yield Case("search", "search.html", {**search, "q": "moss", "results": found})
    narrowed = {"community": "gardening", "creator": "tove", "title_only": True, "type": "Posts", "sort": "TopYear"}
    yield Case("search-narrowed", "search.html", {**search, **narrowed, "q": "moss", "results": found})
    resolved = ResolveObjectResponse(community=sample.community_view(1))
    yield Case("search-address", "search.html", {**search, "q": "!selfhosted@meadow.example", "results": nothing, "resolved": resolved})
    hint = "Log in to fetch it from meadow.example: the search of this site finds only what is known here."
    yield Case("search-blank", "search.html", {**search, "q": "", "results": None, "hint": hint, "next_page": None})


def _forms() -> Iterator[Case]:
    yield Case("login", "login.html", {**NO_FORM, "prev": "/post/100", "ask_totp": False})
    wrong = {"form": {"username_or_email": "tove"}, "errors": {"": "That name and password do not belong together."}}
    yield Case("login-failed", "login.html", {**wrong, "prev": None, "ask_totp": True})
    yield Case("signup", "signup.html", {**NO_FORM, "html": StoredHtml(), "captcha": None})
    apply = StoredHtml(application_question=sample.GROUP_TEXT)
    short = {
        "form": {"username": "to", "email": "x"},
        "errors": {"username": "A name needs at least 3 characters.", "answer": "Tell us a little."},
    }
    yield Case(
        "signup-apply",
        "signup.html",
        {**short, "html": apply, "captcha": None},
        lambda reader: sample.page(reader, site=sample.site(RegistrationMode.REQUIRE_APPLICATION)),
    )
    yield Case(
        "signup-closed",
        "signup.html",
        {**NO_FORM, "html": StoredHtml(), "captcha": None},
        lambda reader: sample.page(reader, site=sample.site(RegistrationMode.CLOSED)),
    )
    yield Case("create-post", "post_form.html", {**NO_FORM, "post": None, "languages": LANGUAGES, "uploads": True, **LOOK})
    typed = {
        "form": {"community": "gardening", "name": "Hi", "url": "ftp://x", "body": "Some **text** </textarea><b>"},
        "errors": {"url": "A link starts with http or https."},
    }
    yield Case("create-post-failed", "post_form.html", {**typed, "post": None, "languages": LANGUAGES, "uploads": True, **LOOK})
    yield Case(
        "edit-post",
        "post_form.html",
        {
            "form": {"name": "A title", "nsfw": "true"},
            "errors": {},
            "post": sample.post_view(0).post,
            "languages": [],
            "uploads": False,
            **LOOK,
        },
    )
    looked = Looked(card=LinkMetadata(title="A page"), same=[sample.post_view(4)], similar=[sample.post_view(6), sample.post_view(2)])
    form = {"community": "gardening", "name": "Hi", "url": "https://a.example/"}
    filled: dict[str, object] = {"form": form, "errors": {}, "post": None, "languages": []}
    yield Case("create-post-preview", "post_form.html", {**filled, "uploads": True, "looked": looked, "preview": sample.BODY})
    again = {"looked": Looked(same=[sample.post_view(4)], sure=True), "preview": None}
    yield Case("create-post-again", "post_form.html", {**filled, "uploads": True, **again})
    parent = sample.comment_view(4, "0.4")
    reply: dict[str, object] = {
        **NO_FORM,
        "post": sample.post_view(0).post,
        "languages": [],
        "preview": None,
        "comment": None,
        "parent": parent,
        "parent_html": sample.comment_html(4),
    }
    yield Case("reply", "comment_form.html", reply)
    yield Case(
        "comment-failed",
        "comment_form.html",
        {**reply, "parent": None, "parent_html": None, "errors": {"content": "At most 10,000 characters."}},
    )
    yield Case(
        "edit-comment",
        "comment_form.html",
        {**reply, "parent": None, "parent_html": None, "comment": parent.comment, "form": {"content": "as typed"}},
    )
    yield Case("create-community", "community_form.html", NO_FORM)
    yield from _settings()


def _settings() -> Iterator[Case]:
    """Pages of one's own account: nobody else gets them."""
    choice: dict[str, object] = {
        "form": {"display_name": "Tove", "theme": "browser", "show_scores": "true", "email": "tove@mail.example"},
        "errors": {},
        "uploads": True,
        "avatar": "/pictrs/image/a.webp",
        "banner": None,
        "themes": choices.THEMES,
        "interface_languages": choices.interface_languages(),
        "languages": LANGUAGES,
        "ticked": frozenset({0, 37}),
        "mails": True,
        "verified": False,
    }
    yield Case("settings", "settings.html", choice, lambda reader: own(reader, notice="Saved."))
    yield Case("settings-failed", "settings.html", {**choice, "errors": {"languages": "Not this one.", "bio": "Too long."}}, own)
    agents = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
        "Jerboa",
    )
    sessions = [
        Session(name=f"s{number}", published=sample.NOW - timedelta(days=number), ip="2001:db8::1", user_agent=agent, current=number == 0)
        for number, agent in enumerate(agents)
    ]
    address = "otpauth://totp/Hearth:tove?secret=" + "GEZDGNBVGY3TQOJQ" * 4 + "&issuer=Hearth"
    safe: dict[str, object] = {**NO_FORM, "sessions": sessions, "enabled": False, "address": None, "secret": None, "code": None}
    safe["recovery"] = Left(left=7, given=10, last_used=sample.NOW - timedelta(days=3))
    scanned: dict[str, object] = {"address": address, "secret": "GEZDGNBVGY3TQOJQ" * 4, "code": qr.code(address)}
    yield Case("security", "security.html", safe, own)
    yield Case("security-qr", "security.html", {**safe, **scanned, "errors": {"totp_2fa_token": "This code is wrong."}}, own)
    yield Case("security-on", "security.html", {**safe, "enabled": True, "sessions": sessions[:1]}, own)
    none = {**safe, "enabled": True, "recovery": Left(left=0, given=0)}
    yield Case("security-no-codes", "security.html", none, own)
    codes = [f"{number}f9k-1m2p-x8qz-07vw" for number in range(10)]
    yield Case("recovery-codes", "recovery_codes.html", {"codes": codes}, lambda reader: own(reader, notice="The second factor is on."))
    yield Case("blocks", "blocks.html", {"form": {"person": "nobody"}, "errors": {"person": "There is no such person."}}, own)
    names = ("snow.webp", "spoon.webp", "swift.webp", "film.mp4")
    yield Case(
        "uploads",
        "uploads.html",
        {"uploads": [(name, sample.NOW) for name in names], "folder": "/pictrs/image/", "offered": True, "next_page": 2},
        own,
    )
    feeds = (("What I follow", f"{sample.ORIGIN}/feeds/front/1-abc.xml"), ("My inbox", f"{sample.ORIGIN}/feeds/inbox/1-abc.xml"))
    yield Case("emoji", "emoji.html", {"groups": [("animals", [sample.emoji("swift"), sample.emoji("snow")])]})
    yield Case("keyboard", "keyboard.html", {})
    yield Case("emoji-none", "emoji.html", {"groups": []})
    yield Case("uploads-none", "uploads.html", {"uploads": [], "folder": "/pictrs/image/", "offered": False, "next_page": None}, own)
    yield Case("data", "data.html", {**NO_FORM, "errors": {"settings_file": "This is no exported file."}, "feeds": feeds}, own)
    yield Case("login-reset", "login_reset.html", NO_FORM)
    yield Case("password-change", "password_change.html", {**NO_FORM, "path": "/password_change/abc"})
    yield Case("verify-email", "verify_email.html", {"errors": {}, "path": "/verify_email/abc"})
    yield Case("verify-email-stale", "verify_email.html", {"errors": {"": "This link counts no more."}, "path": "/verify_email/abc"})
    yield Case("unsubscribe", "unsubscribe.html", {"digest": False, "done": False, "path": "/unsubscribe/1-abc"})
    yield Case("unsubscribe-done", "unsubscribe.html", {"digest": True, "done": True, "path": "/unsubscribe/1-abc"})
    replies = [sample.reply_view(4), sample.reply_view(5)]
    inbox: dict[str, object] = {"kind": "All", "state": "Unread", "unread": (2, 1, 1), "next_page": 2, "feed": None}
    _, html = sample.comments()
    texts = StoredHtml(comments=html.comments, messages={1: sample.GROUP_TEXT, 2: sample.GROUP_TEXT})
    messages = [sample.message_view(1, mine=False), sample.message_view(2, mine=True)]
    yield Case("inbox", "inbox.html", {**inbox, "items": [*replies, sample.mention_view(6), *messages], "html": texts}, own)
    yield Case("inbox-empty", "inbox.html", {**inbox, "items": [], "unread": (0, 0, 0), "html": texts, "next_page": None}, own)
    talk: dict[str, object] = {**NO_FORM, "preview": None, "other": sample.person(2), "message": None, "next_page": None, "html": texts}
    talk["gone"] = None
    yield Case("conversation", "conversation.html", {**talk, "said": messages, "preview": sample.BODY}, own)
    yield Case("conversation-undo", "conversation.html", {**talk, "said": messages, "gone": 3}, own)
    edited = {"message": messages[1].private_message, "said": [], "form": {"content": "as typed"}}
    yield Case("edit-message", "conversation.html", {**talk, **edited}, own)


def own(reader: MyUserInfo | None, **more: str) -> Page:
    """The frame of a page that strangers never get: they are shown as a member."""
    return sample.page(reader or sample.me(), **more)
